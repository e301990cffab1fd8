"""Secrets that instances had while this agent lives: an app, and the log of a run before, may tell one that was replaced since."""

from collections.abc import Iterable
from typing import Final

_MOST: Final = 100
"""Of those of an instance that it has no more; the latest are kept."""


class RememberedWords:
    """In memory alone, as the secrets of today are: nothing of it is ever written anywhere. For one thread at a time."""

    def __init__(self) -> None:
        self._words: dict[str, tuple[str, ...]] = {}

    def with_those_of_today(self, instance: str, words: Iterable[str]) -> tuple[str, ...]:
        """All that nobody may read of an instance: these, however many they are, which are kept, and what was kept before."""
        today = dict.fromkeys(words)
        before = self._words.get(instance, ())
        if today and tuple(today) != before[-len(today) :]:
            before = (*[one for one in before if one not in today][-_MOST:], *today)
            self._words[instance] = before
        return before

    def forget(self, instance: str) -> None:
        """The instance is gone with all that it has written."""
        self._words.pop(instance, None)
