"""How long tests wait. Deadlines are told in seconds of an idle machine; a busy or slow one gets as many more as it needs.

What waits again and again asks `Patience`, which looks at the machine all the while, and what an event loop waits for stands
inside of `in_time`; what can be told a number only, such as a subprocess, is told `patient(seconds)`.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

_POLL_S, _LOOK_S = 0.02, 0.1
# Nobody waits for so long where all is well, and what hangs has not come after ten seconds either.
_LEAST_S = 10.0
_CORES = len(os.sched_getaffinity(0))
# What the loop below takes on the machine that the deadlines were written on, while it does nothing else.
_LOOP = 1_000_000
_LOOP_S = 0.09


def _measure() -> tuple[float, float]:
    """How many times as long as it should one loop takes now, and how many times as long one core needs for it."""
    began_s, began_cpu_s, total = time.perf_counter(), time.thread_time(), 0
    for number in range(_LOOP):
        total += number * number
    core = (time.thread_time() - began_cpu_s) / _LOOP_S
    return max(1.0, (time.perf_counter() - began_s) / _LOOP_S), max(1.0, core)


_AT_THE_START, _CORE = _measure()


def slowness() -> float:
    """How many times as long as on an idle machine all takes now: as many as want a core for each that there is.

    Now, or in the last minute: this moment may be a quiet one. Never less than what was measured when the tests began, which
    also knows of a limit, or of neighbours on the host.
    """
    last_minute, _, _, now, _ = Path("/proc/loadavg").read_text(encoding="ascii").split()
    running = max(float(last_minute), int(now.partition("/")[0]))
    return max(_AT_THE_START, _CORE * running / _CORES)


def patient(seconds: float) -> float:
    """So many seconds of an idle machine, in seconds of this one; never fewer than ten, as it is for what hangs."""
    return max(seconds, _LEAST_S) * slowness()


class Patience:
    """A deadline so many seconds of an idle machine from now; to be asked often, since it looks at the machine then."""

    def __init__(self, seconds: float) -> None:
        self._left_s = max(seconds, _LEAST_S)
        self._asked_at_s = time.monotonic()

    def is_over(self) -> bool:
        """Tells whether these seconds are over."""
        now_s = time.monotonic()
        self._left_s -= (now_s - self._asked_at_s) / slowness()
        self._asked_at_s = now_s
        return self._left_s < 0


def wait_until(look: Callable[[], T], what: str, seconds: float = 15.0, *, poll_s: float = _POLL_S) -> T:
    """The first true value of `look`; fails the test when there is none in so many seconds of an idle machine."""
    patience = Patience(seconds)
    while not (seen := look()):
        if patience.is_over():
            pytest.fail(f"after {seconds:g} s of an idle machine still not: {what}; last seen: {seen!r}")
        time.sleep(poll_s)
    return seen


@contextlib.asynccontextmanager
async def in_time(seconds: float = 15.0) -> AsyncIterator[None]:
    """Ends what stands inside with a `TimeoutError` when it takes longer; not for virtual time, which has limits of its own."""
    patience = Patience(seconds)

    async def look(limit: asyncio.Timeout) -> None:
        while not patience.is_over():  # noqa: ASYNC110 - the load of the machine sets no event
            await asyncio.sleep(_LOOK_S)
        limit.reschedule(asyncio.get_running_loop().time())

    async with asyncio.timeout(None) as limit:
        looking = asyncio.ensure_future(look(limit))
        try:
            yield
        finally:
            looking.cancel()
