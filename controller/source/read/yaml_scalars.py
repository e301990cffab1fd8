"""What a plain scalar of YAML means: the core schema of YAML 1.2, and complaints where YAML 1.1 reads something else."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_BOOLEANS_OF_YAML_1_1 = {
    spelling: meaning
    for word, meaning in (("yes", "true"), ("on", "true"), ("no", "false"), ("off", "false"))
    for spelling in (word, word.capitalize(), word.upper())
}
# Longer numbers have no use in a manifest, and Python refuses to read those beyond 4300 digits.
_MOST_DIGITS = 40
_NUMBER_STARTS = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_BASED_INTEGER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?")


@dataclass(frozen=True)
class Doubtful:
    """A scalar that programs read differently, or that JSON cannot carry."""

    value: Any
    """What stands in for it, so that reading can go on."""
    complaint: str
    """What is wrong, without what to do about it."""
    ways: tuple[tuple[str, Any], ...] = ()
    """What to write instead, in words, and the value that it would be: which one is right depends on the field."""

    @property
    def message(self) -> str:
        """What is wrong, and every way out."""
        return with_ways(self.complaint, [words for words, _ in self.ways])


def with_ways(complaint: str, ways: Sequence[str]) -> str:
    """A complaint with what to write instead."""
    return f"{complaint}: write {', or '.join(ways)}" if ways else complaint


def plain_value(text: str) -> Any:
    """The value of a scalar without quotes: None, bool, int, float, str, or `Doubtful`.

    The text itself never stands in a complaint: it may be a password that someone forgot to keep out.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text in _BOOLEANS_OF_YAML_1_1:
        meaning = _BOOLEANS_OF_YAML_1_1[text]
        ways = ((meaning, meaning == "true"), (f'"{text}" in quotes', text))
        return Doubtful(text, f"{text} means {meaning} to some programs and text to others", ways)
    return _number_or_text(text) if text[0] in _NUMBER_STARTS else text


def _number_or_text(text: str) -> Any:
    if _LEADING_ZERO.fullmatch(text):
        without = ("it without the zero", int(text, 10)) if len(text) <= _MOST_DIGITS else None
        ways = tuple(filter(None, (without, ("it in quotes if it is text", text))))
        return Doubtful(text, "a number with a leading zero is octal to some programs", ways)
    if _INTEGER.fullmatch(text) or _BASED_INTEGER.fullmatch(text):
        if len(text) > _MOST_DIGITS:
            return Doubtful(0, f"a number of more than {_MOST_DIGITS} digits", (("it in quotes if it is text", text),))
        return int(text, 10) if _INTEGER.fullmatch(text) else int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            return Doubtful(0.0, "a number too large to be held", (("it in quotes if it is text", text),))
        return number
    if _NOT_FINITE.fullmatch(text):
        return Doubtful(0.0, "not-a-number and infinity are not allowed: give a number")
    if _DATE.fullmatch(text):
        return Doubtful(text, "a date to some programs and text to others", (("it in quotes", text),))
    return text
