"""When a camera may be opened: not all at once, not in step, and none waiting for another one that does not answer."""

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from typing import Final

# Recorders answer a handful of cameras at once well, and a hundred badly.
_AT_ONCE: Final = 8

# Never two cameras in the same moment; still a hundred may try each second, which 400 dead ones do.
_SPACING_S: Final = 0.01

# Who has waited so long is let in although others are still opening: those that take this long do not answer, so they are no
# load, and with a time-out of 3 s each they would keep everybody waiting.
_PATIENCE_S: Final = 0.5

_RETRY_LEAST_S: Final = 0.5

# With the time that opening takes, a camera that has healed is back within 5 s.
_RETRY_MOST_S: Final = 3.5

# Between one attempt that took long and the next one.
_PAUSE_MOST_S: Final = 0.75


def retry_delay_s(failures: int, dice: random.Random) -> float:
    """Returns the time from one attempt to the next after so many failures in a row: 0.5 to 3.5 s, longer each time.

    It is spread, so that many cameras do not retry as one.
    """
    return dice.uniform(_RETRY_LEAST_S, min(_RETRY_MOST_S, _RETRY_LEAST_S * 2.0 ** min(failures, 10)))


def retry_pause_s(failures: int, spent_s: float, dice: random.Random) -> float:
    """Returns how long to wait after an attempt that took so long, and was the last of so many failures in a row.

    The delay counts from the beginning of the attempt: whoever has waited for an answer in vain has waited already.
    """
    return max(dice.uniform(_RETRY_LEAST_S, _PAUSE_MOST_S), retry_delay_s(failures, dice) - spent_s)


class ConnectionTurns:
    """Lets cameras open in the order in which they ask; one object for all of them.

    At most ``at_once`` are opening at a time, and one begins ``spacing_s`` after the other. A camera waits for others at most
    ``patience_s``, and ``spacing_s`` for each that asked before it; so cameras that are dead, however many, hold up nobody.
    """

    def __init__(
        self, *, at_once: int = _AT_ONCE, spacing_s: float = _SPACING_S, patience_s: float = _PATIENCE_S
    ) -> None:
        self._at_once = at_once
        self._spacing_s = spacing_s
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._asked_s: dict[object, float] = {}
        self._opening: set[object] = set()
        self._next_s = float("-inf")

    @contextlib.contextmanager
    def turn(self, stop: threading.Event) -> Iterator[None]:
        """Waits for a turn, unless asked to stop, and gives it back in the end."""
        camera = object()
        try:
            while wait_s := self.ask(camera, time.monotonic()):
                if stop.wait(wait_s):
                    break
            yield
        finally:
            self.leave(camera)

    def ask(self, camera: object, now_s: float) -> float:
        """Returns 0 if it is the camera's turn now, otherwise after how many seconds to ask again."""
        with self._lock:
            asked_s = self._asked_s.setdefault(camera, now_s)
            place = list(self._asked_s).index(camera)
            free = len(self._opening) < self._at_once or now_s - asked_s >= self._patience_s
            if place == 0 and free and now_s >= self._next_s:
                del self._asked_s[camera]
                self._opening.add(camera)
                self._next_s = now_s + self._spacing_s
                return 0.0
            return max(self._next_s - now_s, self._spacing_s * max(1, place))

    def leave(self, camera: object) -> None:
        """The camera is open, has failed, or does not want to any more."""
        with self._lock:
            self._asked_s.pop(camera, None)
            self._opening.discard(camera)
