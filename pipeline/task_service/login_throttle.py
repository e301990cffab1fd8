"""Slows down who guesses passwords: after a few wrong ones, the next guess has to wait, longer each time."""

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

# A person mistypes; a program that does is slowed to a guess a minute.
_FREE_FAILURES: Final = 5
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 60.0
# After so long without a failure, all is forgotten.
_FORGET_S: Final = 900.0
# Whoever has many addresses shall not fill the memory.
_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class _Failures:
    count: int
    last_s: float

    def wait_s(self, now_s: float) -> float:
        over = self.count - _FREE_FAILURES
        if over < 0 or now_s - self.last_s > _FORGET_S:
            return 0.0
        # The exponent is held down, or the number would outgrow a float.
        until_s = self.last_s + min(_FIRST_WAIT_S * 2.0 ** min(over, 10), _LONGEST_WAIT_S)
        return max(0.0, until_s - now_s)


class LoginThrottle:
    """Counts failures by address, and by address and user; so nobody can lock somebody else out from elsewhere."""

    def __init__(self) -> None:
        """Begins with no failures."""
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, ...], _Failures] = OrderedDict()

    def attempt(self, address: str, user: str, now_s: float) -> float:
        """Begins an attempt, and returns 0; or returns how many seconds it has to wait before it may begin.

        The attempt counts as a failure until ``succeeded`` is called, so that many at once gain nothing.

        Args:
            address: Of the client.
            user: Who it says it is.
            now_s: Monotonic seconds.
        """
        with self._lock:
            wait_s = max(self._wait_s(key, now_s) for key in _keys(address, user))
            if wait_s == 0:
                for key in _keys(address, user):
                    self._count(key, now_s)
            return wait_s

    def succeeded(self, address: str, user: str) -> None:
        """The password was right. The address keeps its other failures: who has a password may guess at others'."""
        with self._lock:
            self._failures.pop((address, user), None)
            before = self._failures.get((address,))
            if before is not None:
                self._failures[address,] = replace(before, count=max(0, before.count - 1))

    def _wait_s(self, key: tuple[str, ...], now_s: float) -> float:
        return self._failures[key].wait_s(now_s) if key in self._failures else 0.0

    def _count(self, key: tuple[str, ...], now_s: float) -> None:
        before = self._failures.pop(key, None)
        forgotten = before is None or now_s - before.last_s > _FORGET_S
        self._failures[key] = _Failures(1 if forgotten or before is None else before.count + 1, now_s)
        if len(self._failures) > _MOST_REMEMBERED:
            self._failures.popitem(last=False)


def _keys(address: str, user: str) -> tuple[tuple[str, ...], ...]:
    return (address,), (address, user)
