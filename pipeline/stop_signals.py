"""The signals that ask a program to stop, waited for in its main thread."""

import select
import signal
import socket
from typing import Final

STOP_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT})


class StopSignals:
    """Waits for the signals. To be made in the main thread, which has blocked them before it imported anything slow.

    They arrive in whichever thread has not blocked them, such as one of a library, so that each has a handler: that only writes
    the number of the signal into a socket. PID 1, which the kernel spares the default action of a signal, gets them, too.
    ``signal.sigtimedwait`` answers with some signal that nobody sent when the process was stopped and went on meanwhile
    (SIGSTOP and SIGCONT, ``docker pause``): CPython 3.11 takes the interruption for the end of the wait.
    """

    def __init__(self) -> None:
        """Takes the signals from now on, also those that came while they were blocked."""
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for one in STOP_SIGNALS:
            signal.signal(one, lambda _number, _frame: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def wait(self, timeout_s: float) -> signal.Signals | None:
        """The next of them; None when none comes in time."""
        ready, _, _ = select.select([self._reader], [], [], timeout_s)
        return signal.Signals(self._reader.recv(1)[0]) if ready else None
