"""An event loop on which time passes only when everybody waits, and then at once."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class NothingScheduledError(RuntimeError):
    """Every task waits for something that no other task will ever do."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Runs one thread's tasks in an order that depends on nothing but themselves, an hour in as long as its work takes."""

    def __init__(self) -> None:
        self._seconds = 0.0
        super().__init__(_Leap(self))

    def time(self) -> float:
        """Seconds since the loop was made."""
        return self._seconds

    def pass_time(self, seconds: float) -> None:
        """Lets time pass: what was due in between is done after it."""
        self._seconds += seconds


class _Leap(selectors.SelectSelector):
    """Leaps to the next moment at which something is due, instead of waiting for it."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingScheduledError("every task waits, and nothing is scheduled")
        self._loop.pass_time(timeout)
        return []  # nothing comes from outside: there are no threads, and no sockets but the loop's own


def run_in_virtual_time(scenario: Coroutine[Any, Any, T], *, limit_seconds: float) -> T:
    """Runs a scenario to its end.

    Args:
        scenario: what to run; it may use no threads, sockets or processes.
        limit_seconds: virtual seconds that it may take.

    Raises:
        TimeoutError: it took longer.
        NothingScheduledError: it can never end.
    """

    async def within_the_limit() -> T:
        async with asyncio.timeout(limit_seconds):
            return await scenario

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(within_the_limit())
