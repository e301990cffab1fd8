"""Values to YAML text, in the style of what stands around them.

ruamel.yaml writes whole documents: it folds long lines, and knows neither the quotes nor the indentation of neighbours.
Here a text is written plain where each reader of YAML 1.1 and 1.2 takes it for that very text, else in quotes.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from controller.source.read.yaml_scalars import plain_value

_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@` ")
_OPTION: Final = re.compile(r"--?[A-Za-z]")
_OF_FLOW: Final = frozenset(",[]{}:")
# Numbers with `_`, of base 2 and 60, and words that mean something to YAML 1.1, https://yaml.org/type/
_ODD: Final = re.compile(
    r"""[-+]?(?: 0b[01_]+ | 0o?[0-7_]+ | 0x[0-9a-fA-F_]+
      | [0-9][0-9_]*(?::[0-5]?[0-9])*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)? | \.[0-9_]+(?:[eE][-+]?[0-9]+)? )
      | [yYnN] | = | <<""",
    re.VERBOSE,
)
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_BLOCK_BEGINS: Final = re.compile(r"[^ \t\n]")
_ONLY_BLANKS: Final = re.compile(r"^[ \t]+$", re.MULTILINE)


@dataclass(frozen=True)
class Style:
    """How a document is written."""

    step: int = 2
    """How much deeper a mapping stands than its key, in blanks."""
    dash: int = 2
    """How much deeper the dashes of a list stand than its key, in blanks."""
    line_end: str = "\n"


def scalar(value: Any, *, in_flow: bool = False, quote: str = "") -> str:
    """A value that is no collection, in one line.

    Args:
        value: None, bool, int, float or str.
        in_flow: True inside of brackets.
        quote: what a neighbour, or the value before, is quoted with; empty for plain.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        text = repr(value)
        # YAML 1.1 takes 1e-05 for a text.
        return text if "." in text else text.replace("e", ".0e")
    return _text(value, in_flow=in_flow, quote=quote)


def key(name: str, *, in_flow: bool = False, quote: str = "") -> str:
    """A key."""
    return _text(name, in_flow=in_flow, quote=quote)


def flow(value: Any, *, quote: str = "") -> str:
    """A value in one line, as it stands inside of brackets."""
    if isinstance(value, dict):
        pairs = (f"{key(name, in_flow=True, quote=quote)}: {flow(one, quote=quote)}" for name, one in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one, quote=quote) for one in value) + "]"
    return scalar(value, in_flow=True, quote=quote)


def is_in_one_line(value: Any) -> bool:
    """True for what is written behind its key: scalars, collections that are empty, and lists of numbers, such as points."""
    if isinstance(value, dict):
        return not value
    if isinstance(value, list):
        return _holds_numbers(value)
    return not (isinstance(value, str) and _is_block_text(value))


def in_one_line(value: Any, *, quote: str = "") -> str:
    """A value behind its key or dash, outside of brackets, where `is_in_one_line`."""
    return flow(value) if isinstance(value, dict | list) else scalar(value, quote=quote)


def lines(value: Any, indent: int, style: Style) -> list[str]:
    """The lines of a mapping or a list that stands below its key.

    Args:
        value: a collection that is not in one line.
        indent: of the key, or of the dash.
        style: of the document.
    """
    if isinstance(value, dict):
        return mapping_lines(value, indent + style.step, style)
    return sequence_lines(value, indent + style.dash, style)


def mapping_lines(value: dict[str, Any], column: int, style: Style) -> list[str]:
    """The lines of a mapping whose keys stand in a column, from 0."""
    found = []
    for name, one in value.items():
        head = " " * column + key(name) + ":"
        found += _with_head(head, one, column, style)
    return found


def sequence_lines(value: list[Any], column: int, style: Style, *, quote: str = "") -> list[str]:
    """The lines of a list whose dashes stand in a column, from 0."""
    found = []
    for one in value:
        found += item_lines(one, column, style, quote=quote)
    return found


def item_lines(value: Any, column: int, style: Style, *, quote: str = "") -> list[str]:
    """The lines of one element of a list whose dashes stand in a column, from 0."""
    head = " " * column + "-"
    if is_in_one_line(value):
        return [f"{head} {in_one_line(value, quote=quote)}"]
    if isinstance(value, str):
        return _with_head(head, value, column, style)
    inner = (
        mapping_lines(value, column + 2, style) if isinstance(value, dict) else sequence_lines(value, column + 2, style)
    )
    return [head + inner[0][column + 1 :], *inner[1:]]


def entry_lines(name: str, value: Any, column: int, style: Style, *, quote: str = "") -> list[str]:
    """The lines of one entry of a mapping whose keys stand in a column, from 0."""
    return _with_head(" " * column + key(name, quote=quote) + ":", value, column, style)


def block_text(value: str, indent: int) -> tuple[str, list[str]]:
    """The sign and the lines of a text of several lines."""
    sign = "|" if value.endswith("\n") else "|-"
    parts = value.removesuffix("\n").split("\n")
    return sign, [" " * indent + part if part else "" for part in parts]


def _with_head(head: str, value: Any, column: int, style: Style) -> list[str]:
    if is_in_one_line(value):
        return [f"{head} {in_one_line(value)}"]
    if isinstance(value, str):
        sign, inner = block_text(value, column + style.step)
        return [f"{head} {sign}", *inner]
    return [head, *lines(value, column, style)]


def _holds_numbers(value: list[Any]) -> bool:
    return all(
        _holds_numbers(one) if isinstance(one, list) else isinstance(one, int | float) and not isinstance(one, bool)
        for one in value
    )


def _is_block_text(text: str) -> bool:
    """True for a text of lines that a person can read as they are, whatever stands below it."""
    return (
        "\n" in text
        and not text.endswith("\n\n")
        and _BLOCK_BEGINS.match(text) is not None
        and all(one.isprintable() or one in "\n\t" for one in text)
        and "\ufeff" not in text
        and not _ONLY_BLANKS.search(text)
    )


def _text(text: str, *, in_flow: bool, quote: str) -> str:
    is_printable = text.isprintable() and "\ufeff" not in text
    if quote == "'" and is_printable:
        return "'" + text.replace("'", "''") + "'"
    if quote != '"' and is_printable and _is_plain(text, in_flow=in_flow):
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _is_plain(text: str, *, in_flow: bool) -> bool:
    if not text or (text[0] in _INDICATORS and not _OPTION.match(text)) or text[-1] in ": ":
        return False
    if ": " in text or " #" in text or (in_flow and not _OF_FLOW.isdisjoint(text)):
        return False
    return plain_value(text) is text and not _ODD.fullmatch(text) and not text.startswith(("---", "..."))


def _escaped(one: str) -> str:
    if one in _ESCAPES:
        return _ESCAPES[one]
    if one.isprintable() and one != "\ufeff":
        return one
    code = ord(one)
    return json.dumps(one)[1:-1] if code < 0x10000 else f"\\U{code:08X}"
