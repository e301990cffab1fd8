"""One write at a time. The others wait, but not for ever, and not as many as there can be."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Final

from controller.writing.refusals import NotNow

WAIT_SECONDS: Final = 30.0
"""Until a write that waits is refused: a remote that is away may hold the one before it for minutes."""
MOST_WAITING: Final = 200
"""Each has a body of up to a mebibyte."""


class Turns:
    """Whose turn it is, in the order of who came."""

    def __init__(self, *, wait_seconds: float = WAIT_SECONDS, most_waiting: int = MOST_WAITING) -> None:
        self._held = asyncio.Lock()
        self._waiting = 0
        self._wait_seconds = wait_seconds
        self._most_waiting = most_waiting

    @contextlib.asynccontextmanager
    async def mine(self) -> AsyncIterator[None]:
        """The turn of whoever asks, while the context is open.

        Raises:
            NotNow: others keep him waiting for too long, or too many are.
        """
        if self._waiting >= self._most_waiting:
            raise NotNow(f"{self._most_waiting} other writes are waiting already: try again later")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._wait_seconds):
                await self._held.acquire()
        except TimeoutError:
            raise NotNow(
                f"the writes before this one took more than {self._wait_seconds:g} s: try again later"
            ) from None
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._held.release()
