"""What two messages have in common that say the same about another moment: times, numbers and ids left out."""

import re
from functools import lru_cache

# Names of revisions and generations are what their events tell.
_NAMES_THINGS = ("Revision", "Generation")
_MARK = "#"
_PHASE_BEFORE = re.compile(r"[A-Za-z]+ -> ")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DAY_OR_MONTH = re.compile(
    rf"\b(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b(?=\W{{1,2}}(?:\d|{_MONTH}\b))"
    rf"|\b{_MONTH}\b(?=\W{{1,2}}\d)|(?<=\d[/ -]){_MONTH}\b",
    re.IGNORECASE,
)
# A word with a digit is a time, a number, an address, a path or an id; a very long one is none of them.
_PART = r"[^\s=:,;()\[\]{}\"'<>|]"
_WITH_DIGIT = re.compile(rf"(?<!{_PART})(?={_PART}{{1,64}}(?!{_PART})){_PART}*\d{_PART}*")
_MARKS = re.compile(r"#(?:[.,:/\s]+#)+")
_NUMBER_ALONE = re.compile(r"(?<![\w-])\d++(?:[.,]\d++)*+(?![\w-])")


@lru_cache(maxsize=4096)  # thousands of cameras say the same
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
    if (before := _PHASE_BEFORE.match(message)) is not None:
        message = message[before.end() :]
    if not is_trouble:
        return _NUMBER_ALONE.sub(_MARK, message)
    for pattern in (_DAY_OR_MONTH, _WITH_DIGIT, _MARKS):
        message = pattern.sub(_MARK, message)
    return " ".join(message.split())
