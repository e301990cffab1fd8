"""Which groups a file has: those that stand once, such as `[property]`, and numbered ones, such as `[sensor0]`."""

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from deepstream.findings import Finding, Severity
from deepstream.groups import GroupedFile, Key, KeyGroup, read_group, write_group
from deepstream.keyfile import Group
from deepstream.keyfile_values import Reader
from deepstream.near_miss import near_miss
from deepstream.versions import NEWEST, DsVersion

_NUMBER = re.compile(r"0|[1-9][0-9]{0,8}")


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not _NUMBER.fullmatch(value):
        raise ValueError("a plain number is expected in the name: 0, 1, 2 and so on")
    return int(value)


GroupNumber = Annotated[int, BeforeValidator(_plain), Field(ge=0, lt=10**9)]
"""The number in the name of a group: mostly that of a source, in the order of the streammux pads."""


@dataclass(frozen=True)
class GroupLayout:
    """The groups of one kind of file, and the fields of its model that hold them."""

    single: Mapping[str, tuple[str, type[KeyGroup]]] = field(default_factory=dict)
    """By the name of the group: the field, and the model of the group."""
    numbered: Mapping[str, tuple[str, type[KeyGroup]]] = field(default_factory=dict)
    """By what stands before the number: the field, a mapping from numbers to groups, and the model of the groups."""


def read_layout(
    layout: GroupLayout, groups: Iterable[Group], *, version: DsVersion = NEWEST, yaml: bool = False
) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Reads the groups of a file.

    Args:
        layout: where each group belongs.
        groups: all groups of the file.
        version: the DeepStream that reads the file.
        yaml: the file is YAML.

    Returns:
        The values of the fields of the file's model, and what is to be said about the groups. A group that the layout
        does not know is kept in `extra_groups`.
    """
    values: dict[str, Any] = {}
    extra: dict[str, dict[str, str]] = {}
    findings: list[Finding] = []
    for group in groups:
        prefix = next((one for one in layout.numbered if group.name.startswith(one)), None)
        number = group.name[len(prefix) :] if prefix is not None else ""
        model: type[KeyGroup] | None = None
        if group.name in layout.single:
            name, model = layout.single[group.name]
            values[name], found = read_group(model, group.name, group.entries, version=version, yaml=yaml)
        elif prefix is not None and _NUMBER.fullmatch(number):
            name, model = layout.numbered[prefix]
            read, found = read_group(model, group.name, group.entries, version=version, yaml=yaml)
            values.setdefault(name, {})[int(number)] = read
        else:
            extra[group.name] = {entry.key: entry.value for entry in group.entries}
            found = (_unknown(group, prefix, layout),)
        findings += found
        findings += _open_lists(model, group) if yaml and model else ()
    return {**values, "extra_groups": extra}, tuple(findings)


def write_layout(layout: GroupLayout, file: GroupedFile) -> list[tuple[str, list[tuple[str, str]]]]:
    """The groups of a file with their keys: single ones, numbered ones in the order of their numbers, then the rest.

    Raises:
        ValueError: a value cannot be written so that GLib reads it back.
    """
    written = [
        (name, write_group(group))
        for name, (attribute, _) in layout.single.items()
        if (group := getattr(file, attribute)) is not None
    ]
    for prefix, (attribute, _) in layout.numbered.items():
        groups: Mapping[int, KeyGroup] = getattr(file, attribute)
        written += [(f"{prefix}{number}", write_group(groups[number])) for number in sorted(groups)]
    known = {name for name, _ in written}
    return written + [(name, list(keys.items())) for name, keys in file.extra_groups.items() if name not in known]


def _open_lists(model: type[KeyGroup], group: Group) -> Iterator[Finding]:
    """Lists that end with their separator: GLib takes no notice, but the readers of YAML find an empty number."""
    for entry in group.entries:
        if not entry.value.rstrip().endswith(";"):
            continue
        declared = next((one for one in model.keys().values() if _names(one, entry.key)), None)
        if declared and declared.reader in (Reader.INTEGER_LIST, Reader.DOUBLE_LIST):
            message = "in YAML DeepStream fails at a list that ends with ;, and the process with it; take the ; away"
            yield Finding(Severity.ERROR, message, group.name, entry.key, entry.line)


def _names(declared: Key, name: str) -> bool:
    return name.startswith(declared.name) if declared.prefix else name == declared.name


def _unknown(group: Group, prefix: str | None, layout: GroupLayout) -> Finding:
    if prefix is None:
        number = group.name[len(group.name.rstrip(string.digits)) :]
        known = (*layout.single, *(f"{one}{number}" for one in layout.numbered if number))
        message = f"DeepStream does not know this group, and goes on without it{near_miss(group.name, known)}"
        return Finding(Severity.WARNING, message, group.name, line=group.line)
    message = (
        f"a plain number must follow {prefix!r}: DeepStream refuses the file, or takes the group for that of another "
        "camera; write it as 0, 1, 2 and so on"
    )
    return Finding(Severity.ERROR, message, group.name, line=group.line)
