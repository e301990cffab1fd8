"""The latest changes of one kind."""

import asyncio
from bisect import bisect_right
from operator import attrgetter
from typing import Final, Generic, Protocol, TypeVar

from controller.picture.waves import Waves, wake_all

VERSION_OF: Final = attrgetter("version")


class _Numbered(Protocol):
    @property
    def version(self) -> int: ...


C = TypeVar("C", bound=_Numbered)


class Journal(Generic[C]):
    """The latest changes, oldest first."""

    def __init__(self, floor: int, limit: int) -> None:
        """Remembers nothing yet.

        Args:
            floor: the version before the first change.
            limit: changes that are remembered; a quarter more for a while.
        """
        self.floor = floor
        """Changes up to this version are not remembered."""
        self.changes: list[C] = []
        self.dropped = 0
        self.waiting: set[asyncio.Future[None]] = set()
        """Those of the readers who wait for more, and are woken at once."""
        self.waves = Waves()
        """Those who wait for it with many others."""
        self._limit = limit

    def append(self, change: C) -> None:
        """Remembers a change; drops the oldest when there are a quarter too many."""
        self.changes.append(change)
        if len(self.changes) > self._limit * 5 // 4:
            self._drop(len(self.changes) - self._limit)

    def forget(self, version: int) -> None:
        """Drops the changes up to a version."""
        self._drop(bisect_right(self.changes, version, key=VERSION_OF))

    def _drop(self, count: int) -> None:
        if count:
            self.floor = self.changes[count - 1].version
            del self.changes[:count]
            self.dropped += count

    def notify(self) -> None:
        """Wakes everybody who waits; those who wait with others when it is time for them."""
        waiting, self.waiting = self.waiting, set()
        wake_all(waiting)
        self.waves.notify()
