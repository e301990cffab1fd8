"""What two messages have in common that say the same about another moment: times, numbers and addresses left out."""

import re

# Names of revisions and generations are what their events tell.
_NAMES_THINGS = ("Revision", "Generation")
_MARK = "#"
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_ADDRESS = re.compile(r"\b0x[0-9a-f]+", re.IGNORECASE)
# Ids of containers, of traces, of revisions of a library: at least one digit, or "deadbeef" would be one.
_HEXADECIMAL = re.compile(r"\b(?=[a-f]*[0-9])[0-9a-f]{8,}\b", re.IGNORECASE)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY_OR_MONTH = re.compile(
    rf"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b(?=\W{{1,2}}(?:\d|{_MONTH}\b))"
    rf"|\b{_MONTH}\b(?=\W{{1,2}}\d)|(?<=\d[/ -]){_MONTH}\b",
    re.IGNORECASE,
)
# Not what a name begins with, such as `7segment`; units are shorter than that.
_NUMBER = re.compile(r"(?<!\d)\d++(?:[.,]\d++)*+(?:e[+-]?\d++)?(?!\d|[A-Za-z]{4})", re.IGNORECASE)
_STANDING_ALONE = re.compile(r"(?<![\w-])\d++(?:[.,]\d++)*+(?![\w-])")
_MARKS = re.compile(r"#(?:[.,:/TZ+-]+#)+Z?")


def same_message(reason: str, message: str, *, is_trouble: bool) -> str:
    """A text that is equal for messages which tell of one thing at different moments.

    Args:
        reason: the CamelCase word of the event.
        message: its sentence.
        is_trouble: a warning may quote what a program said, with times, process ids and numbers of runs; of other events
            only numbers that stand alone are left out, since those in names tell what happened.
    """
    if reason.startswith(_NAMES_THINGS):
        return message
    for pattern in (_UUID, _ADDRESS):
        message = pattern.sub(_MARK, message)
    if not is_trouble:
        return _STANDING_ALONE.sub(_MARK, message)
    for pattern in (_HEXADECIMAL, _DAY_OR_MONTH, _NUMBER):
        message = pattern.sub(_MARK, message)
    return " ".join(_MARKS.sub(_MARK, message).split())
