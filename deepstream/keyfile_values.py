"""The values of key files: what GLib's typed readers make of the raw text, and the text that they read back.

Where GLib is odd the readers here are odd in the same way: what counts is what DeepStream will see.
"""

import math
import re
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

_INT32 = range(-(2**31), 2**31)
_UINT64 = range(2**64)
_SPACE = " \t\n\f\r"
"""What g_ascii_isspace knows; where numbers begin, the C library skips vertical tabs too."""
_SKIPPED = r"[ \t\n\v\f\r]*+"
_INTEGER = re.compile(_SKIPPED + r"(?P<sign>[+-]?)(?P<digits>[0-9]++)")
_DECIMAL = re.compile(_SKIPPED + r"([+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)")
_HEXADECIMAL = re.compile(
    _SKIPPED + r"([+-]?0[xX](?=\.?[0-9a-fA-F])[0-9a-fA-F]*+\.?[0-9a-fA-F]*+(?:[pP][+-]?[0-9]++)?)"
)
_NOT_FINITE = re.compile(
    _SKIPPED + r"([+-]?(?:inf(?:inity)?|nan))(?:(?<=nan)\([0-9a-z_]*+\))?", re.IGNORECASE | re.ASCII
)
_PIECE = re.compile(r"[^\\;]++|;|\\.?", re.DOTALL)
_ESCAPES: Final = {r"\s": " ", r"\n": "\n", r"\t": "\t", r"\r": "\r", r"\\": "\\"}

Scalar = bool | int | float | str
Value = Scalar | tuple[int, ...] | tuple[float, ...] | tuple[str, ...]


class Reader(StrEnum):
    """Which function of GLib DeepStream reads a key with."""

    INTEGER = "integer"
    UINT64 = "uint64"
    BOOLEAN = "boolean"
    DOUBLE = "double"
    STRING = "string"
    PATH = "path"
    """A string that DeepStream resolves against the folder of the file."""
    INTEGER_LIST = "integer list"
    DOUBLE_LIST = "double list"
    STRING_LIST = "string list"


def read(reader: Reader, raw: str) -> Value:
    """What a typed reader of GLib makes of a raw value.

    Raises:
        ValueError: GLib refuses it; the message says what is expected.
    """
    match reader:
        case Reader.INTEGER:
            return read_integer(raw)
        case Reader.UINT64:
            return read_uint64(raw)
        case Reader.BOOLEAN:
            return read_boolean(raw)
        case Reader.DOUBLE:
            return read_double(raw)
        case Reader.STRING | Reader.PATH:
            return read_string(raw)
        case Reader.INTEGER_LIST:
            return tuple(read_integer(part) for part in read_string_list(raw))
        case Reader.DOUBLE_LIST:
            return tuple(read_double(part) for part in read_string_list(raw))
        case Reader.STRING_LIST:
            return read_string_list(raw)


def read_integer(raw: str) -> int:
    """`g_key_file_get_integer`: decimal digits; what follows a blank behind them is not looked at.

    Nor is what follows a blank with no digits before it: that is 0, as the last part of the list `1; ` is.
    """
    found = _INTEGER.match(raw)
    end = found.end() if found else 0
    if raw[end : end + 1] not in (("", *_SPACE) if found else tuple(_SPACE)):
        raise ValueError(f"{_shown(raw)} is no whole number (decimal digits; write 1 and 0 for true and false)")
    value = _number(found) if found else 0
    if value not in _INT32:
        raise ValueError(f"{_shown(raw)} is out of the range of 32-bit numbers")
    return value


def read_uint64(raw: str) -> int:
    """`g_key_file_get_uint64`: decimal digits and nothing behind them.

    GLib does not refuse what is out of range: too large is the largest number, and -1 is that too.
    """
    found = _INTEGER.fullmatch(raw)
    if found is None:
        raise ValueError(f"{_shown(raw)} is no whole number (nothing may stand behind it, not even a blank)")
    value = _number(found)
    return value % 2**64 if abs(value) in _UINT64 else 2**64 - 1


def read_boolean(raw: str) -> bool:
    """`g_key_file_get_boolean`: true, false, 1, 0, and nothing else but blanks behind them."""
    word = raw.rstrip(_SPACE)
    if word in ("true", "1"):
        return True
    if word in ("false", "0"):
        return False
    raise ValueError(f"{_shown(raw)} is neither 1 nor 0 (nor true, false)")


def read_double(raw: str) -> float:
    """`g_key_file_get_double`: a number and nothing behind it, not even a blank; the point is a point in any locale.

    As in C, hexadecimal numbers, `inf` and `nan` are numbers, and what is too large is infinite.
    """
    if found := _DECIMAL.fullmatch(raw) or _NOT_FINITE.fullmatch(raw):
        return float(found[1])
    if found := _HEXADECIMAL.fullmatch(raw):
        return _hexadecimal(found[1])
    raise ValueError(f"{_shown(raw)} is no number (nothing may stand behind it, not even a blank)")


def read_string(raw: str) -> str:
    r"""`g_key_file_get_string`: the text with `\s \n \t \r \\` replaced."""
    return "".join(_unescaped(raw, in_list=False)[0])


def read_string_list(raw: str) -> tuple[str, ...]:
    r"""`g_key_file_get_string_list`: parts between `;`, which `\;` escapes; a `;` at the end adds nothing."""
    parts = _unescaped(raw, in_list=True)
    return tuple("".join(part) for part in (parts if parts[-1] else parts[:-1]))


def _number(found: re.Match[str]) -> int:
    # Past any range; int() itself refuses thousands of digits.
    digits = found["digits"].lstrip("0")[:30]
    return int(found["sign"] + (digits or "0"))


def _hexadecimal(number: str) -> float:
    try:
        return float.fromhex(number)
    except OverflowError:
        return -math.inf if number[0] == "-" else math.inf


def _unescaped(raw: str, *, in_list: bool) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for piece in _PIECE.findall(raw):
        if piece == ";" and in_list:
            parts.append([])
        elif piece[0] != "\\":
            parts[-1].append(piece)
        elif piece in _ESCAPES:
            parts[-1].append(_ESCAPES[piece])
        elif piece == r"\;" and in_list:
            parts[-1].append(";")
        else:
            what = f"before {piece[1]!r}" if len(piece) > 1 else "at the end"
            raise ValueError(f"a backslash {what} is no escape of key files: write \\\\ for a backslash")
    return parts


def write(reader: Reader, value: Value) -> str:
    """The raw text that the reader makes this value of.

    Raises:
        ValueError: no text is read as this value.
    """
    match reader:
        case Reader.BOOLEAN:
            return str(_whole(value, range(2)))
        case Reader.INTEGER:
            return str(_whole(value, _INT32))
        case Reader.UINT64:
            return str(_whole(value, _UINT64))
        case Reader.DOUBLE:
            return _double(value)
        case Reader.STRING | Reader.PATH:
            return _not_cut(_escaped(value))
        case Reader.INTEGER_LIST:
            return ";".join(str(_whole(one, _INT32)) for one in _items(value))
        case Reader.DOUBLE_LIST:
            return ";".join(_double(one) for one in _items(value))
        case Reader.STRING_LIST:
            items = [_escaped(one).replace(";", r"\;") for one in _items(value)]
            # The reader drops the last part when it is empty.
            return _not_cut(";".join(items) + (";" if items and not items[-1] else ""))


def _items(value: Value) -> Iterable[Scalar]:
    match value:
        case tuple() | list():
            return value
    raise ValueError(f"{_shown(value)} is no list")


def _whole(value: Value, allowed: range) -> int:
    match value:
        # int() first: a range would look for a member of an IntEnum one by one.
        case int() if int(value) in allowed:
            return int(value)
    raise ValueError(f"{_shown(value)} is no whole number from {allowed[0]} to {allowed[-1]}")


def _double(value: Value) -> str:
    match value:
        case int() | float() if abs(value) <= sys.float_info.max:
            return repr(float(value))
    raise ValueError(f"{_shown(value)} is no finite number")


def _escaped(value: Value) -> str:
    match value:
        case str() if "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value):
            text = value.lstrip(" ")
            blanks = r"\s" * (len(value) - len(text))
            escaped = text.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r").replace("\t", r"\t")
            return blanks + escaped
    raise ValueError("no text that a key file can hold: NUL characters and halves of surrogate pairs cannot be written")


def _not_cut(raw: str) -> str:
    if raw.startswith("\f"):
        raise ValueError("a text that begins with a form feed cannot be written: GLib would skip it")
    return raw


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
