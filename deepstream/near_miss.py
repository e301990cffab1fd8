"""What was probably meant by a word that nobody knows."""

import difflib
from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 200
"""What is longer is no mistyped name, and comparing takes time."""
_LIKENESS: Final = 0.65
"""Of difflib's ratio: two wrong letters of six are still a slip, a half is another word."""


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that was probably meant, whatever the case of its letters, or None."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.lower()[:_LONGEST], by_lower, n=1, cutoff=_LIKENESS)
    return by_lower[found[0]] if found else None


def near_miss(word: str, candidates: Iterable[str]) -> str:
    """A question after the name that was probably meant, to end a sentence with; empty when none is near."""
    found = nearest(word, candidates)
    return f"; did you mean {found}?" if found else ""
