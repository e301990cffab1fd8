"""What belongs to the whole process: a test that leaves it otherwise than it was is told so, not one that comes long after it."""

import gc
import logging
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE)
# Pytest's own, and what the libraries of one test set for good when they are imported.
_NOT_OURS = frozenset({"PYTEST_CURRENT_TEST", "OPENBLAS_NUM_THREADS", "KMP_INIT_AT_FORK", "KMP_DUPLICATE_LIB_OK"})


def process_state() -> dict[str, Any]:
    """All of it by name, to be compared."""
    umask = os.umask(0)
    os.umask(umask)
    root = logging.getLogger()
    return {
        "the thresholds of searches for cycles": gc.get_threshold(),
        "what is called by searches for cycles": [
            each for each in gc.callbacks if not str(each.__module__).startswith("hypothesis")
        ],
        "objects set aside from searches for cycles": gc.get_freeze_count(),
        "whether there are searches for cycles": gc.isenabled(),
        "umask": umask,
        "working directory": Path.cwd(),
        "environment": {name: value for name, value in os.environ.items() if name not in _NOT_OURS},
        "signal handlers": [signal.getsignal(number) for number in _SIGNALS],
        "level of the log": root.level,
        "where Python looks for modules": [*sys.path],
        "hook for what nobody caught": (sys.excepthook, threading.excepthook),
    }
