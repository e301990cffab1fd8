"""Where librdkafka logs to: what it says again and again while brokers are away is said once a minute."""

import logging
import re
from collections.abc import Callable

from ports.clock import SystemClock

_SAY_AGAIN_AFTER_S = 60.0
_MOST_KINDS = 1000
_NUMBERS = re.compile(r"\d+")


class NotTooOften(logging.Filter):
    """Lets a line through unless one that differs from it only in numbers came less than a minute ago."""

    def __init__(self, clock: Callable[[], float] = SystemClock().monotonic) -> None:
        """Starts with nothing said.

        Args:
            clock: seconds that never go back.
        """
        super().__init__()
        self._clock = clock
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter`."""
        kind = _NUMBERS.sub("#", record.getMessage())
        now = self._clock()
        if now - self._said.get(kind, -_SAY_AGAIN_AFTER_S) < _SAY_AGAIN_AFTER_S:
            return False
        if len(self._said) >= _MOST_KINDS:
            self._said.clear()
        self._said[kind] = now
        return True


def client_logger(parent: logging.Logger) -> logging.Logger:
    """The logger for librdkafka below another one; all clients of a bus share it."""
    logger = parent.getChild("librdkafka")
    if not logger.filters:
        logger.addFilter(NotTooOften())
    return logger
