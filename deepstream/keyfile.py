"""Key files as GLib's GKeyFile reads them: groups, keys and raw values, with every byte of the text kept.

DeepStream's `.txt` files are no INI files: the rules here are those of `g_key_file_load_from_data` with flags NONE
(gkeyfile.c of GLib 2.74), in a process whose locale is C. What the values mean is the business of
`deepstream.keyfile_values`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from deepstream.findings import ConfigTextError, Finding, Severity

_SPACE = " \t\n\f\r"
"""What g_ascii_isspace knows: no vertical tab."""
_NUL = "\0"
"""Where the strings of C end: GLib does not see the rest of the line."""
_BYTE_ORDER_MARK = "\ufeff"


class KeyFileError(ConfigTextError):
    """GLib refuses the whole text; `line` says where."""


@dataclass(frozen=True)
class Line:
    """One line of the text, and what it says."""

    text: str
    """With its line end, as it was."""
    number: int
    """Counts from 1."""
    group: str | None = None
    """The group that the line opens, or that its key belongs to."""
    key: str | None = None
    """None for comments, blank lines and heads of groups."""
    value_at: int = 0
    """Where the raw value of the key begins in `text`."""

    @property
    def value(self) -> str:
        """The raw value of the key: what follows `=` and blanks, escapes and trailing blanks included."""
        return _without_line_end(self.text)[self.value_at :].partition(_NUL)[0]


@dataclass(frozen=True)
class Entry:
    """One key of a group with its raw value; of a key that is repeated, the last one."""

    key: str
    value: str
    line: int


@dataclass(frozen=True)
class Group:
    """One group; groups of the same name are one."""

    name: str
    line: int
    entries: tuple[Entry, ...]

    @cached_property
    def _values(self) -> Mapping[str, str]:
        return {entry.key: entry.value for entry in self.entries}

    def get(self, key: str) -> str | None:
        """The raw value of a key, or None."""
        return self._values.get(key)


@dataclass(frozen=True)
class KeyFile:
    """A key file. `dump` gives back the very text it was parsed from."""

    lines: tuple[Line, ...] = ()

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """In the order of their first heads, merged; each key once, where it came first, with its last value."""
        heads: dict[str, int] = {}
        entries: dict[str, dict[str, Entry]] = {}
        for line in self.lines:
            if line.group is None:
                continue
            heads.setdefault(line.group, line.number)
            known = entries.setdefault(line.group, {})
            if line.key is not None and not _is_translation(line.key):
                known[line.key] = Entry(line.key, line.value, line.number)
        return tuple(Group(name, heads[name], tuple(entries[name].values())) for name in heads)

    @cached_property
    def _by_name(self) -> Mapping[str, Group]:
        return {group.name: group for group in self.groups}

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What GLib passes over in silence: repeated keys and groups, translated keys, NUL characters."""
        return tuple(_oddities(self.lines))

    def group(self, name: str) -> Group | None:
        """The group of this name, or None."""
        return self._by_name.get(name)

    def get(self, group: str, key: str) -> str | None:
        """The raw value that GLib would find, or None."""
        found = self.group(group)
        return found.get(key) if found else None

    def with_value(self, group: str, key: str, value: str) -> "KeyFile":
        """The document with another raw value for a key, and everything else as it was.

        Of a key that is repeated, the last one is changed: it is the one that counts. A key that is not there is added
        at the end of its group, a group that is not there at the end of the file, with the line ends of the file.

        Raises:
            ValueError: the group, the key or the value cannot stand there.
        """
        _require_group(group)
        _require_entry(key, value)
        texts = [line.text for line in self.lines]
        line_end = "\r\n" if texts and texts[0].endswith("\r\n") else "\n"
        added = f"{key}={value}{line_end}"
        places = [at for at, line in enumerate(self.lines) if line.group == group]
        at = next((at for at in reversed(places) if self.lines[at].key == key), None)
        if at is not None:
            text = texts[at]
            texts[at] = text[: self.lines[at].value_at] + value + text[len(_without_line_end(text)) :]
        elif places:
            texts[places[-1]] = _closed(texts[places[-1]], line_end) + added
        else:
            if texts:
                texts[-1] = _closed(texts[-1], line_end) + line_end
            texts.append(f"[{group}]{line_end}{added}")
        return parse("".join(texts))


def parse(text: str) -> KeyFile:
    """Reads a key file.

    Raises:
        KeyFileError: GLib would not load it; `line` says where.
    """
    return KeyFile(tuple(_read_lines(text)))


def dump(document: KeyFile) -> str:
    """The text of a document: the very one it was parsed from, but for the values that were changed."""
    return "".join(line.text for line in document.lines)


def build(groups: Iterable[tuple[str, Iterable[tuple[str, str]]]], header: str = "") -> str:
    """The text of a new key file.

    Args:
        groups: names of groups, each with its keys and raw values, in the order to be written.
        header: text for a comment at the top.

    Raises:
        ValueError: a group, key or value cannot stand in a key file.
    """
    blocks = ["".join(f"# {line}".rstrip() + "\n" for line in header.splitlines())] if header else []
    for group, entries in groups:
        _require_group(group)
        lines = [f"[{group}]\n"]
        for key, value in entries:
            _require_entry(key, value)
            lines.append(f"{key}={value}\n")
        blocks.append("".join(lines))
    return dump(parse("\n".join(blocks)))


def _read_lines(text: str) -> Iterator[Line]:
    *ended, rest = text.split("\n")
    texts = [f"{one}\n" for one in ended] + ([rest] if rest else [])
    group: str | None = None
    first_group: str | None = None
    for number, one in enumerate(texts, 1):
        line = _read_line(one, number, group)
        group = line.group or group
        first_group = first_group or group
        # GLib compares what follows a NUL here too.
        if (
            line.key == "Encoding"
            and group == first_group
            and _without_line_end(one)[line.value_at :].lower() != "utf-8"
        ):
            _refuse(number, "the key Encoding of the first group knows one value, UTF-8")
        yield line


def _read_line(text: str, number: int, group: str | None) -> Line:
    seen, _, unseen = _without_line_end(text).partition(_NUL)
    content = seen.lstrip(_SPACE)
    if not content or content[0] == "#":
        return Line(text, number)
    if number == 1 and content[0] == _BYTE_ORDER_MARK:
        _refuse(number, "the file begins with a byte order mark; GLib takes UTF-8 without one only")
    head = _group_head(content)
    if head is not None:
        # GLib takes the name up to the last ] of the line, even of what follows a NUL.
        if not _is_group_name(head) or "]" in unseen:
            _refuse(number, "the name of a group is empty, or holds [ or a control character")
        return Line(text, number, head)
    name, equals, value = content.partition("=")
    if not (name and equals):
        _refuse(number, "neither a # comment, a [group] nor key=value; GLib loads nothing of a file with such a line")
    if group is None:
        _refuse(number, "a key stands before the first [group]; GLib loads nothing of such a file")
    key = name.rstrip(_SPACE)
    if not _is_key_name(key):
        _refuse(number, "the name of a key holds [ or ], or its [language] is none; GLib loads nothing of such a file")
    return Line(text, number, group, key, len(seen) - len(value.lstrip(_SPACE)))


def _refuse(line: int, message: str) -> NoReturn:
    raise KeyFileError(line, message)


def _without_line_end(text: str) -> str:
    """GLib takes one carriage return away before a line feed; a last line without line feed keeps its own."""
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def _closed(text: str, line_end: str) -> str:
    """A line that another may follow."""
    if text.endswith("\n"):
        return text
    # A carriage return at the very end belongs to the value: it must not become half of the line end.
    return text + ("\r\n" if text.endswith("\r") else line_end)


def _group_head(content: str) -> str | None:
    head, bracket, behind = content.partition("]")
    return head[1:] if head[:1] == "[" and bracket and not behind.strip(" \t") else None


def _is_group_name(name: str) -> bool:
    return bool(name) and not any(one in "[]\x7f" or one < " " for one in name)


def _is_key_name(key: str) -> bool:
    name, bracket, language = key.partition("[")
    if not name or name[0] == " " or name[-1] == " " or "]" in name:
        return False
    return not bracket or (language.endswith("]") and all(one.isalnum() or one in "-_.@" for one in language[:-1]))


def _is_translation(key: str) -> bool:
    """True for `key[de]`, which GLib drops unless the locale asks for it. `key[C]` every locale asks for."""
    _, _, language = key.partition("[")
    return language.lower() not in ("", "]", "c]")


def _require_group(name: str) -> None:
    if not _is_group_name(name):
        raise ValueError(f"{name!r} is no name of a group: it is empty, or holds a bracket or a control character")


def _require_entry(key: str, value: str) -> None:
    if not _is_key_name(key) or key != key.strip(_SPACE) or key[0] == "#" or any(one in key for one in "=\n\0"):
        raise ValueError(f"{key!r} is no name of a key")
    if _is_translation(key):
        raise ValueError(f"{key!r} would be taken for a translation and not be read")
    if value[:1] in tuple(_SPACE) or value.endswith("\r") or "\n" in value or _NUL in value:
        raise ValueError(f"the raw value of {key} begins with a blank, or holds a line end or NUL: GLib would cut it")


def _oddities(lines: Iterable[Line]) -> Iterator[Finding]:
    heads: dict[str, int] = {}
    keys: dict[tuple[str, str], int] = {}
    for line in lines:
        if _NUL in line.text:
            message = "the line holds a NUL character: GLib does not read what follows it"
            yield Finding(Severity.WARNING, message, line.group or "", line.key or "", line.number)
        if line.group is None:
            continue
        if line.key is None:
            if line.group in heads:
                message = f"the group began in line {heads[line.group]}; GLib reads both as one"
                yield Finding(Severity.WARNING, message, line.group, line=line.number)
            heads.setdefault(line.group, line.number)
            continue
        if _is_translation(line.key):
            message = "GLib takes a key with [..] at its end for a translation, and does not read it"
            yield Finding(Severity.WARNING, message, line.group, line.key, line.number)
            continue
        before = keys.get((line.group, line.key))
        if before is not None:
            message = f"the key stands in line {before} too; the last one wins: delete the others"
            yield Finding(Severity.WARNING, message, line.group, line.key, line.number)
        keys[line.group, line.key] = line.number
