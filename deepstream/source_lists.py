"""Sources in files of their own: the csv file of deepstream-app's YAML form, and the lists of other apps.

Source: deepstream_app_config_parser_yaml.cpp and deepstream_source_yaml.cpp, DeepStream 9.1.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from deepstream import yaml_text
from deepstream.app.source import SourceGroup
from deepstream.config_text import read_groups
from deepstream.findings import Finding, Severity
from deepstream.groups import read_group, write_group
from deepstream.keyfile import Entry
from deepstream.keyfile_values import Reader, read, read_string_list, write
from deepstream.versions import NEWEST, DsVersion

_TEXTS: Final = (Reader.STRING, Reader.PATH)
_READERS: Final = {one.name: one.reader for one in SourceGroup.keys().values()}
_TIMED: Final = re.compile(r"- +(?P<time>[0-9]{1,18}) *: +(?P<path>\S.*)")
_HEAD: Final = re.compile(r"source-list *:")


def read_source_csv(text: str, version: DsVersion = NEWEST) -> tuple[tuple[SourceGroup, ...], tuple[Finding, ...]]:
    """Reads a csv file: a row of keys, then a row for each source. There are no quotes, and nothing is trimmed.

    Rows that DeepStream fails by are reported and left out.
    """
    rows = list(enumerate(text.removesuffix("\n").split("\n"), 1))
    findings = []
    if any(row.endswith("\r") for _, row in rows):
        message = "DeepStream takes the carriage return for a part of the last column; save the file with LF line ends"
        findings.append(Finding(Severity.ERROR, message, line=1))
        rows = [(line, row.removesuffix("\r")) for line, row in rows]
    head = next((at for at, (_, row) in enumerate(rows) if row.strip(" \t") and row.lstrip(" \t")[0] != "#"), None)
    if head is None:
        message = "no row of keys; begin with one, such as enable,type,uri"
        return (), (*findings, Finding(Severity.ERROR, message))
    keys = rows[head][1].split(",")
    sources: list[SourceGroup] = []
    for line, row in rows[head + 1 :]:
        name = f"source{len(sources)}"
        if not row.strip(" \t") or row.lstrip(" \t")[0] == "#":
            message = "DeepStream takes each line below the keys for a source, and aborts at this one; delete it"
            findings.append(Finding(Severity.ERROR, message, line=line))
            continue
        values = row.split(",")
        if len(values) != len(keys):
            findings.append(_wrong_count(name, line, len(values), len(keys)))
        entries = (Entry(key, _raw(key, value), line) for key, value in zip(keys, values, strict=False))
        source, found = read_group(SourceGroup, name, entries, version=version, yaml=True)
        sources.append(source)
        findings += found
    return tuple(sources), tuple(_once_for_each_column(findings))


def write_source_csv(sources: Iterable[SourceGroup]) -> str:
    """The text of a csv file.

    Raises:
        ValueError: a value holds a comma or the end of a line, or the sources do not have the same keys.
    """
    given = tuple(sources)
    rows = [{key: _cell(key, raw) for key, raw in write_group(source)} for source in given]
    keys = list(rows[0]) if rows else ["enable", "type", "uri"]
    for number, row in enumerate(rows):
        if row.keys() != set(keys):
            differing = ", ".join(sorted(row.keys() ^ set(keys)))
            raise ValueError(f"all sources of a csv file have the same keys; source {number} differs in {differing}")
    cells = [[_without_separators(key, key) for key in keys], *([row[key] for key in keys] for row in rows)]
    text = "".join(",".join(line) + "\n" for line in cells)
    if read_source_csv(text)[0] != given:
        raise ValueError("a line would be taken for a comment, an empty one or another source: a key or value is odd")
    return text


@dataclass(frozen=True)
class TimedFile:
    """One entry of a list of lidar frames."""

    time: int
    """Presentation time in ms."""
    path: str


@dataclass(frozen=True)
class SourceListFile:
    """What a YAML file of another app says under `source-list`. deepstream-app itself reads no such list."""

    uris: tuple[str, ...] = ()
    """The apps of the TAO repository: `list:`, one text with `;` between."""
    timed: tuple[TimedFile, ...] = ()
    """The lidar apps: a list of `- <ms>: <path>`."""


def read_source_list_yaml(text: str) -> tuple[SourceListFile, tuple[Finding, ...]]:
    """Reads the list of a YAML file of another app.

    Raises:
        ConfigTextError: it is no YAML.
    """
    config = read_groups(text, "source-list.yaml")
    group = config.group("source-list")
    if group is not None:
        raw = group.get("list")
        uris = tuple(one for one in read_string_list(raw) if one) if raw is not None else ()
        missing = Finding(Severity.WARNING, "no list of sources", group.name, "list", group.line)
        return SourceListFile(uris=uris), config.findings if uris else (*config.findings, missing)
    timed, findings = _timed_files(text)
    others = tuple(one for one in config.findings if one.group != "source-list" or not timed)
    if not timed and not others:
        findings = (*findings, Finding(Severity.WARNING, "no source-list in the file"))
    return SourceListFile(timed=timed), others + findings


def write_source_list_yaml(sources: SourceListFile) -> str:
    """The text of a YAML file.

    Raises:
        ValueError: a path or an address cannot stand in such a list.
    """
    if sources.timed:
        for one in sources.timed:
            found = _TIMED.fullmatch(f"- {one.time}: {one.path}")
            if found is None or found["path"] != one.path or _plain(one.path) != one.path:
                raise ValueError("a path of a timed list is one word of letters, digits and . _ / -")
        return "source-list:\n" + "".join(f"  - {one.time}: {one.path}\n" for one in sources.timed)
    if any(not uri or ";" in uri for uri in sources.uris):
        raise ValueError("an address in a list is not empty and holds no semicolon: write it as %3B")
    return yaml_text.build([("source-list", [("list", write(Reader.STRING, ";".join(sources.uris)))])])


def _timed_files(text: str) -> tuple[tuple[TimedFile, ...], tuple[Finding, ...]]:
    """The plain form of such lists, line by line: the groups of a file hold no lists."""
    timed, findings = [], []
    inside = False
    for line, row in enumerate(text.splitlines(), 1):
        word = row.strip()
        if not word or word[0] in "#%":
            continue
        if row[0] not in " \t-" or word == "---":
            inside = _HEAD.fullmatch(word) is not None
        elif inside and (found := _TIMED.fullmatch(word)) is not None:
            timed.append(TimedFile(int(found["time"]), _plain(found["path"])))
        elif inside:
            message = "not the form - <ms>: <path>; the entry is left out"
            findings.append(Finding(Severity.WARNING, message, "source-list", line=line))
    return tuple(timed), tuple(findings)


def _plain(path: str) -> str:
    bare = path.split(" #", 1)[0].rstrip()
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"" else bare


def _wrong_count(name: str, line: int, values: int, keys: int) -> Finding:
    if values < keys:
        message = f"{values} values for {keys} keys: DeepStream reads on where nothing is, and may crash; write all"
        return Finding(Severity.ERROR, message, name, line=line)
    message = f"{values} values for {keys} keys: the last ones are lost. A comma inside of a value must be written %2C"
    return Finding(Severity.WARNING, message, name, line=line)


def _raw(key: str, value: str) -> str:
    """The raw value of a key file for a cell, whose text means what it is."""
    try:
        return write(Reader.STRING, value) if _READERS.get(key) in _TEXTS else value
    except ValueError:
        return value


def _cell(key: str, raw: str) -> str:
    return _without_separators(key, str(read(Reader.STRING, raw)) if _READERS.get(key) in _TEXTS else raw)


def _without_separators(key: str, value: str) -> str:
    if any(one in value for one in ",\r\n"):
        raise ValueError(f"{key}: a value with a comma or the end of a line cannot stand in a csv file of sources")
    return value


def _once_for_each_column(findings: list[Finding]) -> Iterator[Finding]:
    """The findings without those that each row has again, because they are about its column."""
    seen = set()
    for one in findings:
        about = (one.key, one.message)
        if one.key and one.severity is Severity.WARNING and about in seen:
            continue
        seen.add(about)
        yield one
