"""The signals that ask a program to stop, taken from their queue.

Not handled in a handler: nothing is interrupted, and it works for PID 1, which the kernel spares the default action of a signal.
"""

import queue
import signal
import threading
from typing import Final

STOP_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class StopSignals:
    """Waits for the signals. They must be blocked in all threads before."""

    def __init__(self) -> None:
        """Begins to wait in a thread.

        ``signal.sigtimedwait`` needs none, but answers with some signal that nobody sent when the process was stopped and
        went on meanwhile (SIGSTOP and SIGCONT, ``docker pause``): CPython 3.11 takes the interruption for the end of the wait.
        """
        self._received: queue.SimpleQueue[signal.Signals] = queue.SimpleQueue()
        threading.Thread(target=self._take, name="stop-signals", daemon=True).start()

    def _take(self) -> None:
        while True:
            self._received.put(signal.Signals(signal.sigwait(STOP_SIGNALS)))

    def wait(self, timeout_s: float) -> signal.Signals | None:
        """The next of them; None when none comes in time."""
        try:
            return self._received.get(timeout=timeout_s)
        except queue.Empty:
            return None
