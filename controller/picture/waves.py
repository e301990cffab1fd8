"""Readers who wait together are woken together, and so rarely that this leaves time for all else."""

import asyncio
from typing import Final

SECONDS_APART: Final = 0.0002
"""Between two waves, for each who is woken: to wake him and to send him what is new costs about 20 us (`bench/watch_fanout.py`), so that at
most a tenth of the time goes there. A single one waits for nothing that he would notice, 500 for 0.1 s; what came meanwhile goes to
each in one piece."""


class Waves:
    """Those of the readers of one kind who wait for the next wave."""

    def __init__(self) -> None:
        self.waiting: set[asyncio.Future[None]] = set()
        self._not_before = 0.0
        """In seconds of the loop."""
        self._next: asyncio.TimerHandle | None = None

    @property
    def is_due(self) -> bool:
        """True when there is something new, and it waits for its time."""
        return self._next is not None

    def add(self, one: asyncio.Future[None]) -> None:
        """He waits."""
        self.waiting.add(one)

    def discard(self, one: asyncio.Future[None]) -> None:
        """He waits no more."""
        self.waiting.discard(one)
        if not self.waiting:
            self._forget_timer()

    def notify(self) -> None:
        """There is something new: they are woken now, or as soon as the wave before is long enough ago."""
        if not self.waiting or self._next is not None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() >= self._not_before:
            self.wake()
        else:
            self._next = loop.call_at(self._not_before, self.wake)

    def wake(self) -> None:
        """Wakes all who wait."""
        self._forget_timer()
        if self.waiting:
            self._not_before = asyncio.get_running_loop().time() + SECONDS_APART * len(self.waiting)
            waiting, self.waiting = self.waiting, set()
            wake_all(waiting)

    def _forget_timer(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None


def wake_all(waiting: set[asyncio.Future[None]]) -> None:
    """Ends the waiting of these."""
    for one in waiting:
        if not one.done():
            one.set_result(None)
