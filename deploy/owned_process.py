"""Start, recognise and stop one background process, through a file that says which one it is.

A process id alone is not an identity: the kernel gives it away again. The file therefore also holds the
start time that the kernel keeps for each process, and `stop` signals nothing that does not match both.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_POLL_S = 0.02
_LOG_TAIL_LINES = 15


class StartError(Exception):
    """The process could not be started, or did not become ready in time."""


def _start_ticks(pid: int) -> str | None:
    """Return the kernel's start time of a live process, or None when there is none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command's name stands in parentheses and may itself hold spaces and parentheses.
    fields = stat.rpartition(")")[2].split()
    state, start = fields[0], fields[19]
    return None if state in {"Z", "X"} else start


class OwnedProcess:
    """A background process that belongs to whoever holds its pid file."""

    def __init__(self, pid_file: Path, log_file: Path) -> None:
        self.pid_file = pid_file
        self.log_file = log_file
        self._child: subprocess.Popen[bytes] | None = None

    def pid(self) -> int | None:
        """Return the id of the process that this file names, or None when that one no longer runs."""
        try:
            pid_text, ticks = self.pid_file.read_text(encoding="utf-8").split()
            pid = int(pid_text)
        except (FileNotFoundError, ValueError):
            return None
        return pid if _start_ticks(pid) == ticks else None

    def start(
        self,
        command: Sequence[str],
        *,
        ready: Callable[[], bool],
        timeout_s: float,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start the command and return when it is ready; stop it again when that takes too long.

        Args:
            command: the program and its arguments.
            ready: tells whether the process serves; called until it says so.
            timeout_s: how long that may take.
            env: the process's environment; this process's own when left out.

        Raises:
            StartError: the process ended, or was not ready in time. The message holds the end of its log.
        """
        with self.log_file.open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, start_new_session=True
            )
        # It may outlive this program; only a stop in the same program has a child to wait for.
        self._child = process
        self.pid_file.write_text(f"{process.pid} {_start_ticks(process.pid)}\n", encoding="utf-8")
        deadline = time.monotonic() + timeout_s
        while not ready():
            if process.poll() is not None:
                self.pid_file.unlink(missing_ok=True)
                raise StartError(f"{command[0]} ended with status {process.returncode}\n{self._log_tail()}")
            if time.monotonic() > deadline:
                self.stop()
                raise StartError(f"{command[0]} was not ready after {timeout_s:g} s\n{self._log_tail()}")
            time.sleep(_POLL_S)

    def stop(self, *, grace_s: float = 20.0) -> bool:
        """Ask the process to end, and kill it after the grace period.

        Args:
            grace_s: how long it may take to end by itself.

        Returns:
            Whether there was a process to stop.
        """
        pid = self.pid()
        if pid is not None:
            self._signal(signal.SIGTERM)
            if not self._ended_within(grace_s):
                self._signal(signal.SIGKILL)
                self._ended_within(grace_s)
        if self._child is not None:
            self._child.wait()
        self.pid_file.unlink(missing_ok=True)
        return pid is not None

    def _signal(self, number: signal.Signals) -> None:
        pid = self.pid()
        if pid is not None:
            os.kill(pid, number)

    def _ended_within(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def _log_tail(self) -> str:
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(["last lines of " + str(self.log_file) + ":", *lines[-_LOG_TAIL_LINES:]])


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def say(text: str) -> None:
    """Tell a person what goes on; standard output is kept for the one line that a script reads."""
    print(text, file=sys.stderr)
