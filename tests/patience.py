"""How long tests wait. Deadlines are told in seconds of an idle machine; a busy or slow one gets as many more as it needs.

What waits again and again asks `Patience`, which looks at the machine all the while; what can be told a number only,
such as a subprocess, is told `patient(seconds)`.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

_POLL_S = 0.02
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

    Never less than what was measured when the tests began, which also knows of a limit, or of neighbours on the host.
    """
    running = int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[0])
    return max(_AT_THE_START, _CORE * running / _CORES)


def patient(seconds: float) -> float:
    """So many seconds of an idle machine, in seconds of this one."""
    return seconds * slowness()


class Patience:
    """A deadline so many seconds of an idle machine from now; to be asked often, since it looks at the machine then."""

    def __init__(self, seconds: float) -> None:
        self._left_s = seconds
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
