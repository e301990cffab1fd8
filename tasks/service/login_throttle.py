"""Slows down who guesses passwords: after a few wrong ones, the next guess has to wait, longer each time."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

# A person mistypes; a program that does is slowed to a guess a minute.
_FREE_FAILURES: Final = 5
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 60.0
# After so long without a failure, all is forgotten.
_FORGET_S: Final = 900.0
# Whoever has many addresses, or makes up names, shall not fill the memory. To push out a user's failures by others takes so many
# hashes of passwords that waiting gives more guesses.
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
    """Counts failures by address and user name together.

    So nobody is delayed by failures with other names, also where all clients have the address of one proxy, nor by failures with
    their own name from another address. Behind one address, whoever guesses at a name does delay its user. A password tried with
    many names is not slowed down here; that takes a limit for each client, which only the proxy can tell from others.
    """

    def __init__(self) -> None:
        """Begins with no failures."""
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], _Failures] = OrderedDict()

    def attempt(self, address: str, user: str, now_s: float) -> float:
        """Begins an attempt, and returns 0; or returns how many seconds it has to wait before it may begin.

        The attempt counts as a failure until ``succeeded`` is called, so that many at once gain nothing.

        Args:
            address: Of the client, or of the proxy that it comes through.
            user: Who it says it is.
            now_s: Monotonic seconds.
        """
        with self._lock:
            before = self._failures.get((address, user))
            wait_s = 0.0 if before is None else before.wait_s(now_s)
            if wait_s == 0:
                self._count((address, user), before, now_s)
            return wait_s

    def succeeded(self, address: str, user: str) -> None:
        """The password was right; the failures before are forgotten, of this user at this address alone."""
        with self._lock:
            self._failures.pop((address, user), None)

    def _count(self, key: tuple[str, str], before: _Failures | None, now_s: float) -> None:
        forgotten = before is None or now_s - before.last_s > _FORGET_S
        self._failures[key] = _Failures(1 if forgotten or before is None else before.count + 1, now_s)
        self._failures.move_to_end(key)
        if len(self._failures) > _MOST_REMEMBERED:
            self._failures.popitem(last=False)
