"""Where the YAML form of nvinfer's files is narrower than the key file: what was read, and what can be written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from deepstream.findings import Finding, Severity
from deepstream.groups import Key, KeyGroup
from deepstream.keyfile import Group
from deepstream.keyfile_values import Reader, read_string_list

MOST_BYTES: Final = 63
"""Some values are copied into buffers of 64 bytes in the YAML reader."""
_CUT: Final = ("output-blob-names", "output-io-formats", "classifier-type")

_NUMBERS = (Reader.INTEGER_LIST, Reader.DOUBLE_LIST)


def check_yaml_group(model: type[KeyGroup], group: Group) -> Iterator[Finding]:
    """Values that a key file may have, and that nvinfer's YAML reader fails at or cuts."""
    declared = _by_name(model)
    for entry in group.entries:
        known = declared.get(entry.key)
        if known is None:
            continue

        def finding(severity: Severity, message: str, line: int = entry.line, key: str = entry.key) -> Finding:
            return Finding(severity, message, group.name, key, line)

        value = entry.value.strip()
        if known.reader is Reader.BOOLEAN and value in ("true", "false"):
            yield finding(Severity.ERROR, "DeepStream fails at true and false in YAML: write 1 or 0")
        elif known.reader in _NUMBERS and (value.endswith(";") or not value):
            yield finding(Severity.ERROR, "DeepStream fails at the empty part behind the last ; in YAML: take it away")
        elif known.reader is Reader.STRING_LIST and value.endswith(";"):
            message = "in YAML the ; at the end adds an empty value: take it away"
            yield finding(Severity.WARNING, message)
        elif entry.key in _CUT and _longest(known, value) > MOST_BYTES:
            message = f"DeepStream cuts values after {MOST_BYTES} bytes in YAML: use a .txt file"
            yield finding(Severity.WARNING, message)


def require_yaml(model: type[KeyGroup], name: str, entries: Sequence[tuple[str, str]]) -> None:
    """Refuses keys and values that the YAML form cannot hold.

    Raises:
        ValueError: names them.
    """
    declared = _by_name(model)
    unknown = [key for key, _ in entries if key in declared and not declared[key].in_yaml]
    if unknown:
        raise ValueError(f"[{name}] {', '.join(unknown)}: DeepStream reads this from .txt files only, not from YAML")
    bad = [key for key, raw in entries if key in declared and not _list_fits(declared[key], raw)]
    if bad:
        raise ValueError(
            f"[{name}] {', '.join(bad)}: a list that is empty, ends with an empty value or has a ; inside of a value "
            "cannot stand in YAML: use a .txt file"
        )


def _list_fits(declared: Key, raw: str) -> bool:
    if declared.reader in _NUMBERS:
        return bool(raw) and not raw.endswith(";")
    if declared.reader is not Reader.STRING_LIST:
        return True
    try:
        items = read_string_list(raw)
    except ValueError:
        # A value that was refused and kept: the YAML writer has its say about the escape.
        return True
    return bool(items) and bool(items[-1]) and not raw.endswith(";") and not any(";" in item for item in items)


def _longest(declared: Key, value: str) -> int:
    parts: Iterable[str] = value.split(";") if declared.reader is Reader.STRING_LIST else (value,)
    return max(len(part.encode()) for part in parts)


def _by_name(model: type[KeyGroup]) -> Mapping[str, Key]:
    return {declared.name: declared for declared in model.keys().values()}
