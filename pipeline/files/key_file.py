"""Key files as GLib reads them, which is what DeepStream's ``.txt`` files are.

They look like INI files and are none: Python's ``configparser`` refuses 38 of 606 real ones, for keys and groups that
stand twice. The rules are those of ``g_key_file_load_from_data`` and of the typed readers beside it, GLib 2.74.
No message says a value: it may be a password.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.files.json_reader import ConfigError, read_utf8

_BLANKS: Final = " \t\n\f\r"
_GROUP: Final = re.compile(r"\[([^\[\]\x00-\x1f\x7f]+)\][ \t]*")
# What follows a blank behind the digits is not looked at. Ten digits hold every number of 32 bits.
_INTEGER: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?)0*([0-9]{1,10})(?:[ \t\n\f\r].*)?", re.DOTALL)
_NUMBER: Final = re.compile(r"[ \t\n\v\f\r]*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_PIECE: Final = re.compile(r"[^\\;]+|;|\\.?", re.DOTALL)
_ESCAPES: Final = {r"\s": " ", r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\\": "\\"}


@dataclass(frozen=True)
class Entry:
    """One key; of a key that stands twice, the last one.

    Attributes:
        raw: What follows ``=`` and blanks, escapes and trailing blanks included.
        line: Where it stands, from 1.
    """

    raw: str = field(repr=False)
    line: int


@dataclass(frozen=True)
class Group:
    """One group, and typed values out of it; groups of one name are one.

    Attributes:
        file: Where it was read from.
        name: Of the group, without brackets.
        line: Of its first head, from 1.
        entries: By key, in the order of the file.
    """

    file: Path
    name: str
    line: int
    entries: Mapping[str, Entry]

    def wrong(self, key: str, what: str) -> ConfigError:
        """Returns the error that says what is wrong with the key; with no key, or one that is missing, with the group."""
        line = self.entries[key].line if key in self.entries else self.line
        return ConfigError(f"{self.file}:{line}: [{self.name}]{f' {key}' if key else ''}: {what}")

    def has(self, key: str) -> bool:
        """Tells whether the key is there."""
        return key in self.entries

    def text(self, key: str, *, default: str | None = None) -> str:
        """Returns the text of the key; without the key the default, if there is one."""
        if default is not None and not self.has(key):
            return default
        return self._parts(key, in_list=False)[0]

    def texts(self, key: str) -> tuple[str, ...]:
        r"""Returns the texts between ``;``, which ``\;`` escapes; a ``;`` at the end adds none."""
        parts = self._parts(key, in_list=True)
        return tuple(parts if parts[-1] else parts[:-1])

    def integer(self, key: str, least: int, most: int = 2**31 - 1, *, default: int | None = None) -> int:
        """Returns the integer of the key; without the key the default, if there is one."""
        if default is not None and not self.has(key):
            return default
        value = self._integer(key, self._raw(key))
        if not least <= value <= most:
            raise self.wrong(key, f"must be {f'at least {least}' if value < least else f'at most {most}'}")
        return value

    def integers(self, key: str) -> tuple[int, ...]:
        """Returns the integers between ``;``; a ``;`` at the end adds none, with blanks behind it or not."""
        parts = self.texts(key)
        if len(parts) > 1 and parts[-1] and not parts[-1].strip(_BLANKS):
            parts = parts[:-1]
        return tuple(self._integer(key, part) for part in parts)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Returns the numbers between ``;``; nothing may stand behind any of them, not even a blank."""
        return tuple(self._number(key, part) for part in self.texts(key))

    def boolean(self, key: str, *, default: bool | None = None) -> bool:
        """Returns the truth value of the key; without the key the default, if there is one."""
        if default is not None and not self.has(key):
            return default
        word = self._raw(key).rstrip(_BLANKS)
        if word not in ("1", "0", "true", "false"):
            raise self.wrong(
                key, "must be 1 or 0 (or true, false; nothing may stand behind it, there are no comments there)"
            )
        return word in ("1", "true")

    def _raw(self, key: str) -> str:
        if key not in self.entries:
            raise self.wrong(key, "missing")
        return self.entries[key].raw

    def _integer(self, key: str, text: str) -> int:
        found = _INTEGER.fullmatch(text)
        value = int(found[1] + found[2]) if found else 2**31
        if not -(2**31) <= value < 2**31:
            raise self.wrong(key, "must be made of whole numbers of 32 bits, in decimal digits")
        return value

    def _number(self, key: str, text: str) -> float:
        value = float(text) if _NUMBER.fullmatch(text) else math.inf
        if not math.isfinite(value):
            raise self.wrong(key, "must be made of numbers, such as 12.5, with no blank behind them")
        return value

    def _parts(self, key: str, *, in_list: bool) -> list[str]:
        parts = [""]
        for piece in _PIECE.findall(self._raw(key)):
            if piece == ";" and in_list:
                parts.append("")
            elif not piece.startswith("\\"):
                parts[-1] += piece
            elif piece in _ESCAPES or (piece == r"\;" and in_list):
                parts[-1] += _ESCAPES.get(piece, ";")
            else:
                raise self.wrong(key, r"holds a backslash that escapes nothing: write \\ for a backslash")
        return parts


def read_key_file(file: Path) -> tuple[Group, ...]:
    """Reads a key file: its groups, in the order of their first heads.

    Raises:
        ConfigError: If it cannot be read, or GLib would not load it; the message says the line.
    """
    text = read_utf8(file)
    heads: dict[str, int] = {}
    entries: dict[str, dict[str, Entry]] = {}
    for group, line, key, raw in _lines(file, text):
        heads.setdefault(group, line)
        known = entries.setdefault(group, {})
        if key:
            known[key] = Entry(raw, line)
    return tuple(Group(file, name, line, entries[name]) for name, line in heads.items())


def _lines(file: Path, text: str) -> Iterator[tuple[str, int, str, str]]:
    """Heads of groups, with no key, and keys: each with its group, line, key and raw value."""
    group = ""
    for number, one in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        content = one.lstrip(_BLANKS)
        if not content or content.startswith("#"):
            continue
        if head := _GROUP.fullmatch(content):
            group = head[1]
            yield group, number, "", ""
            continue
        name, equals, value = content.partition("=")
        key = name.rstrip(_BLANKS)
        # GLib knows keys with brackets, for translations, and nobody who writes for DeepStream does.
        if not equals or not key or any(bracket in key for bracket in "[]") or content.startswith("\ufeff"):
            raise ConfigError(
                f"{file}:{number}: neither a # comment, a [group] nor key=value; no comment can follow a group, and no byte "
                "order mark can stand at the top"
            )
        if not group:
            raise ConfigError(f"{file}:{number}: a key stands before the first [group]")
        yield group, number, key, value.lstrip(_BLANKS)
