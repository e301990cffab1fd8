"""DeepStream's YAML files as the groups of key files: a mapping of groups, each a mapping of keys to values.

DeepStream reads them with yaml-cpp, key by key and as text: nothing is resolved, so `1`, `"1"` and `true` stay the text
that they are. Values are given as the raw values of key files, where a backslash is written twice, so that
`deepstream.groups` reads both kinds of files alike.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)
from ruamel.yaml.loader import SafeLoader
from ruamel.yaml.reader import ReaderError

from deepstream.findings import ConfigTextError, Finding, Severity
from deepstream.keyfile import Entry, Group
from deepstream.keyfile_values import Reader, read, write

# Far above any file of DeepStream, far below what aliases of aliases expand to.
MOST_NODES: Final = 50_000
MOST_DEPTH: Final = 32
MOST_KEY_CHARACTERS: Final = 1000
"""Both YAML libraries look for the colon behind a key within 1,024 characters."""

# OpenCV writes %YAML:1.0, which is no YAML; yaml-cpp and people put it anywhere.
_VERSION_LINE = re.compile(r"^%YAML[^\n]*", re.MULTILINE)
_BLANKS = re.compile(r"[ \t]+")
_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN = re.compile(r"[A-Za-z0-9_./+(][A-Za-z0-9_./+();:=,@ -]*|-[0-9.][A-Za-z0-9_./+();:=,@ -]*")
_SOURCES: Final = "source"
"""People write a list of sources below it, by the example of other programs."""
_LISTED: Final = "group"
"""nvdspreprocess has its groups in a list of this name; in key files they are [group-0], [group-1] and so on."""


class YamlError(ConfigTextError):
    """The text is no YAML, or none that holds groups; `line` says where."""


@dataclass(frozen=True)
class YamlGroups:
    """The groups of a YAML file, and what is to be said about the text."""

    groups: tuple[Group, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class _Scalar:
    line: int
    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        return self.plain and self.text in _NULLS


@dataclass(frozen=True)
class _List:
    line: int
    items: tuple["_Node", ...]


@dataclass(frozen=True)
class _Map:
    line: int
    pairs: tuple[tuple["_Node", "_Node"], ...]


_Node = _Scalar | _List | _Map


def parse(text: str) -> YamlGroups:
    """Reads a YAML file of groups.

    What DeepStream would not make use of is left out and reported: the second of two groups of one name, documents
    after the first, and values that are mappings. A list of values becomes one value with `;` between.

    Raises:
        YamlError: it is no YAML, or no mapping.
    """
    findings: list[Finding] = []
    root = _first_document(text, findings)
    if root is None:
        return YamlGroups((), tuple(findings))
    if not isinstance(root, _Map):
        raise YamlError(root.line, "a mapping of groups is expected here, such as 'property:' with indented keys below")
    groups: dict[str, Group] = {}
    for key, value in root.pairs:
        if not isinstance(key, _Scalar):
            findings.append(Finding(Severity.ERROR, "the name of a group must be plain text", line=key.line))
        elif key.text in groups:
            message = f"the group stands in line {groups[key.text].line} too; DeepStream reads that one only"
            findings.append(Finding(Severity.WARNING, message, key.text, line=key.line))
        elif isinstance(value, _Map):
            groups[key.text] = Group(key.text, key.line, tuple(_entries(key.text, value, findings)))
        elif isinstance(value, _Scalar) and value.is_null:
            groups[key.text] = Group(key.text, key.line, ())
        elif isinstance(value, _List) and _is_listed(key.text, value):
            groups |= {one.name: one for one in _listed(key, value, findings)}
        else:
            message = "no group: its value is no mapping, DeepStream goes on without it, and it is left out"
            findings.append(Finding(Severity.WARNING, message, key.text, line=key.line, left_out=True))
    return YamlGroups(tuple(groups.values()), tuple(findings))


def build(groups: Iterable[tuple[str, Iterable[tuple[str, str]]]], header: str = "") -> str:
    """The text of a new YAML file.

    Args:
        groups: names of groups, each with its keys and the raw values of a key file, in the order to be written.
        header: text for a comment at the top.

    Raises:
        ValueError: a group, key or value cannot stand in YAML.
    """
    blocks = ["".join(f"# {line}".rstrip() + "\n" for line in header.splitlines())] if header else []
    for group, entries in groups:
        lines = [f"  {_key_text(key)}: {_text_of(_value(group, key, raw))}\n" for key, raw in entries]
        blocks.append(f"{_key_text(group)}:{'' if lines else ' {}'}\n" + "".join(lines))
    return "\n".join(blocks)


def _entries(group: str, values: _Map, findings: list[Finding]) -> Iterator[Entry]:
    """The keys of a group, each once: DeepStream goes through all of them, so that the last one wins."""
    found: dict[str, Entry] = {}
    for key, value in values.pairs:
        if not isinstance(key, _Scalar):
            findings.append(Finding(Severity.ERROR, "a key must be plain text", group, line=key.line))
            continue
        if key.text in found:
            message = f"the key stands in line {found[key.text].line} too; the last one wins"
            findings.append(Finding(Severity.WARNING, message, group, key.text, key.line))
        try:
            raw = _raw_value(value)
        except ValueError as error:
            findings.append(
                Finding(Severity.ERROR, f"{error}; the value is left out", group, key.text, key.line, left_out=True)
            )
            continue
        if isinstance(value, _List):
            message = "DeepStream fails at a list: it expects one text with ; between the values, and so it is taken"
            findings.append(Finding(Severity.WARNING, message, group, key.text, key.line))
        elif isinstance(value, _Scalar) and value.is_null:
            message = "no value: DeepStream reads the word null or fails; write a value, or leave the key out"
            findings.append(Finding(Severity.WARNING, message, group, key.text, key.line))
        found[key.text] = Entry(key.text, raw, key.line)
    yield from found.values()


def _is_listed(name: str, value: _List) -> bool:
    """True for a list whose entries are groups."""
    if name == _LISTED:
        return all(isinstance(one, _Map) for one in value.items)
    return name == _SOURCES and not any(isinstance(one, _List) for one in value.items)


def _listed(key: _Scalar, value: _List, findings: list[Finding]) -> Iterator[Group]:
    if key.text == _SOURCES:
        message = "DeepStream reads no list here; its entries are taken for groups source0, source1 and so on"
        findings.append(Finding(Severity.WARNING, message, key.text, line=key.line))
    for number, item in enumerate(value.items):
        name = f"{_SOURCES}{number}" if key.text == _SOURCES else f"{_LISTED}-{number}"
        yield Group(name, item.line, tuple(_listed_entries(name, item, findings)))


def _listed_entries(group: str, item: _Node, findings: list[Finding]) -> Iterator[Entry]:
    """The keys of one group of a list; a plain text is the address of a source."""
    if isinstance(item, _Map):
        yield from _entries(group, item, findings)
    elif isinstance(item, _Scalar) and not item.is_null:
        yield Entry("uri", write(Reader.STRING, item.text), item.line)


def _raw_value(value: _Node) -> str:
    """The raw value of a key file that reads as this text.

    Raises:
        ValueError: there is none.
    """
    items = value.items if isinstance(value, _List) else (value,)
    parts = [item.text for item in items if isinstance(item, _Scalar)]
    if len(parts) < len(items):
        raise ValueError("a plain value is expected, not a mapping: DeepStream fails here")
    return write(Reader.STRING, ";".join(parts))


def _first_document(text: str, findings: list[Finding]) -> _Node | None:
    """The first document that is not empty."""
    text = _as_ruamel_reads_it(text)
    composer = _Composer(text)
    try:
        for number, root in enumerate(composer.documents()):
            if isinstance(root, _Scalar) and root.is_null:
                continue
            if number:
                message = "an empty document stands before this one, and DeepStream reads the first only: remove a ---"
                findings.append(Finding(Severity.WARNING, message, line=root.line))
            if composer.another_begins():
                message = "DeepStream reads the first document only; what follows from here on is left out"
                findings.append(Finding(Severity.WARNING, message, line=composer.line, left_out=True))
            return root
    except ConfigTextError:
        raise
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(line, f"the character U+{error.character:04X} is not allowed in YAML") from None
    except MarkedYAMLError as error:
        raise _refusal(error, text.count("\n") + 1) from None
    except Exception as error:
        # Whatever the parser makes of a text, its author hears of it in one way.
        raise YamlError(composer.line, f"cannot be read as YAML ({type(error).__name__})") from error
    return None


def _refusal(error: MarkedYAMLError, lines: int) -> YamlError:
    mark = error.problem_mark or error.context_mark
    line = min(mark.line + 1, lines) if mark else 1
    context = f"{error.context}: " if error.context else ""
    problem = "a tab stands where only blanks may" if "'\\t'" in str(error.problem) else error.problem
    return YamlError(line, f"no YAML: {context}{problem}")


class _Composer:
    """Builds nodes from the events of ruamel.yaml, counting on the way."""

    def __init__(self, text: str) -> None:
        self.line = 1
        self._text = text
        self._anchors: dict[str, tuple[_Node, int]] = {}
        self._nodes = 0

    def documents(self) -> Iterator[_Node]:
        """The documents, in order."""
        self._loader = SafeLoader(self._text)
        self._next()
        while isinstance(self._next(), DocumentStartEvent):
            self._anchors.clear()
            yield self._node(self._next(), 0)
            self._next()

    def another_begins(self) -> bool:
        """True when more follows; ends the reading."""
        self._next()
        return isinstance(self._next(), DocumentStartEvent)

    def _next(self) -> Any:
        event = self._loader.get_event()
        self.line = event.start_mark.line + 1
        return event

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise YamlError(self.line, f"more than {MOST_NODES:,} values, aliases expanded: this is no DeepStream file")

    def _node(self, event: Any, depth: int) -> _Node:
        line = self.line
        if isinstance(event, AliasEvent):
            if event.anchor not in self._anchors:
                raise YamlError(line, f"the alias *{event.anchor} has no anchor before it")
            node, nodes = self._anchors[event.anchor]
            self._count(nodes)
            return node
        if depth > MOST_DEPTH:
            raise YamlError(line, f"nested deeper than {MOST_DEPTH} levels")
        before = self._nodes
        self._count(1)
        if isinstance(event, ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, MappingStartEvent):
            pairs: list[tuple[_Node, _Node]] = []
            while not isinstance(inner := self._next(), MappingEndEvent):
                key = self._node(inner, depth + 1)
                pairs.append((key, self._node(self._next(), depth + 1)))
            node = _Map(line, tuple(pairs))
        else:
            items: list[_Node] = []
            while not isinstance(inner := self._next(), SequenceEndEvent):
                items.append(self._node(inner, depth + 1))
            node = _List(line, tuple(items))
        if event.anchor:
            self._anchors[event.anchor] = (node, self._nodes - before)
        return node

    def _scalar(self, event: ScalarEvent) -> _Scalar:
        text: str = event.value
        if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text):
            raise YamlError(self.line, "an escape stands for no character (NUL, or one half of a surrogate pair)")
        return _Scalar(self.line, text, event.style is None)


def _as_ruamel_reads_it(text: str) -> str:
    """The text without what yaml-cpp takes and ruamel.yaml does not; lines stay lines."""
    text = _VERSION_LINE.sub("", text.removeprefix("\ufeff"))
    if "\t" not in text:
        return text
    return "\n".join(_without_tabs(line) if "\t" in line else line for line in text.split("\n"))


def _without_tabs(line: str) -> str:
    """A line with blanks for tabs that only separate; tabs inside of quotes and before the first key stay."""
    if not line.strip():
        return ""
    quotes = [at for at, one in enumerate(line) if one in "'\""]
    head_end, tail_start = (quotes[0], quotes[-1] + 1) if quotes else (len(line), len(line))
    head, middle, tail = line[:head_end], line[head_end:tail_start], line[tail_start:]
    return _separating_tabs(head) + middle + _separating_tabs(tail)


def _separating_tabs(part: str) -> str:
    def blanks(match: re.Match[str]) -> str:
        before, after = part[max(0, match.start() - 1) : match.start()], part[match.end() : match.end() + 1]
        separates = before in (":", "-") or after in ("", "#", "\r")
        return " " * len(match[0]) if separates else match[0]

    return _BLANKS.sub(blanks, part)


def _value(group: str, key: str, raw: str) -> str:
    try:
        value = read(Reader.STRING, raw)
    except ValueError as error:
        raise ValueError(f"[{group}] {key}: YAML files have no such escape: {error}") from None
    return str(value)


def _key_text(key: str) -> str:
    if len(key) > MOST_KEY_CHARACTERS:
        raise ValueError(f"a name of more than {MOST_KEY_CHARACTERS:,} characters cannot stand in YAML")
    return _text_of(key)


def _text_of(value: str) -> str:
    """Plain where that reads back as the same text in both YAML libraries, else in quotes."""
    plain = _PLAIN.fullmatch(value) and value not in _NULLS and not value.endswith((":", " ")) and ": " not in value
    return value if plain else '"' + "".join(_quoted(one) for one in value) + '"'


def _quoted(one: str) -> str:
    if one in '"\\':
        return "\\" + one
    code = ord(one)
    if code == 0 or 0xD800 <= code <= 0xDFFF:
        raise ValueError("NUL and halves of surrogate pairs cannot stand in YAML")
    if one.isprintable() and code != 0xFEFF:
        return one
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
