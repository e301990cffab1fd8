"""The pipeline's log: one plain line on stderr per event, and never a credential in it."""

import logging
import re
import sys
import threading
import time
from types import TracebackType

_LOG = logging.getLogger("pipeline")

# Greedy up to the last "@" of the text: a password may hold "@", "/" or blanks that nobody has escaped. Hiding a little too
# much of a line costs nothing, hiding a little too little costs a password.
_USERINFO = re.compile(r"\b([a-z][a-z0-9+.-]*://).*@", re.IGNORECASE | re.DOTALL)


# Cameras are told passwords by many names: loginpas, pwd, authbasic, passphrase. Only a blank ends a value.
_PARAMETER = re.compile(
    r"([?&;_\s,][\w.-]*(?:pass|passw|loginpas|pwd|psw|pw|secret|token|auth|authbasic|credential|creds|api_?key|access_?key|sig)\w*=)\S+",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """Returns the text with ``***`` for the ``user:password`` part of every URL and for parameters that are passwords."""
    return _PARAMETER.sub(r"\1***", _USERINFO.sub(r"\1***@", text))


class EventFormatter(logging.Formatter):
    """Makes one line of every record: ``2025-01-31T12:00:00.123Z WARNING camera=dock not-reachable: ...``.

    Camera ids come from a file, so line breaks and other control characters in them must not be able to forge a line.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Formats the record, traceback included, and redacts the whole of it."""
        line = redact(super().format(record))
        return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in line)


def start_event_log(*more_rooms: str) -> None:
    """Sends the pipeline's events to stderr; what no code expected goes the same, redacted way.

    Args:
        more_rooms: packages beside this one whose loggers are sent there too.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(EventFormatter())
    for log in (_LOG, *map(logging.getLogger, more_rooms)):
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        log.propagate = False
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda args: _log_uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _log_uncaught(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    _LOG.critical("unexpected error", exc_info=(kind, error or kind(), traceback))
