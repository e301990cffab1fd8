"""Where the parts of a fleet log to."""

import logging
import sys
import threading


def start_log(level: str) -> None:
    """Logs to standard error, one line each."""
    logging.basicConfig(
        level=level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    # A thread of a library that dies silently would leave a program behind that looks alive.
    threading.excepthook = lambda died: logging.getLogger("thread").error(
        "thread %s died", died.thread.name if died.thread else "?", exc_info=died.exc_value
    )
