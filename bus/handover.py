"""Events from a thread to asyncio, in batches and in bounded memory."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Self

from bus.base import BusEvent

_BATCHES_AHEAD = 2
_WAIT_S = 0.1


class Handover:
    """The thread puts batches; asyncio iterates over their events.

    When two batches wait to be taken, `put` blocks: a slow reader slows the thread down instead of filling memory.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._room = threading.Semaphore(_BATCHES_AHEAD)
        self._closing = threading.Event()
        self._batches: deque[list[BusEvent]] = deque()
        self._current: deque[BusEvent] = deque()
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()
        self._failure: BaseException | None = None

    # --- for the thread ---

    @property
    def closing(self) -> bool:
        """True when nobody wants more."""
        return self._closing.is_set()

    def put(self, events: list[BusEvent]) -> None:
        """Hands over a batch; blocks while there is no room, until closing."""
        if not events:
            return
        while not self._room.acquire(timeout=_WAIT_S):
            if self._closing.is_set():
                return
        self.call(self._take, events)

    def end(self, failure: BaseException | None) -> None:
        """Says that nothing will follow, and why: the iterator raises a failure after the last event."""
        self.call(self._end, failure)

    def call(self, function: Callable[..., None], *arguments: Any) -> None:
        """Runs a function in asyncio's thread."""
        try:
            self._loop.call_soon_threadsafe(function, *arguments)
        except RuntimeError:  # the loop was closed without closing us
            self._closing.set()

    # --- for asyncio ---

    async def aclose(self) -> None:
        """Ends the iteration, and returns when the thread has said its last word."""
        self._closing.set()
        self._changed.set()
        await self._ended.wait()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> BusEvent:
        while not self._current:
            if self._closing.is_set():
                raise StopAsyncIteration
            if self._batches:
                self._current.extend(self._batches.popleft())
            elif self._failure is not None:
                raise self._failure
            else:
                self._changed.clear()
                await self._changed.wait()
        event = self._current.popleft()
        if not self._current:
            self._room.release()
        return event

    def _take(self, events: list[BusEvent]) -> None:
        self._batches.append(events)
        self._changed.set()

    def _end(self, failure: BaseException | None) -> None:
        self._failure = failure
        self._ended.set()
        self._changed.set()
