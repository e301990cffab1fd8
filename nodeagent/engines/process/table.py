"""Processes of this machine as /proc shows them: found by their environment, told apart by when they were started.

Read here and not through psutil, whose start times move with the clock of the machine: an id made of them would name
another process after the clock was set. The kernel's count of ticks since boot never changes.
"""

import contextlib
import os
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGSTOP, Signals
from typing import Self

from nodeagent.engines.counters import Counters

_PROC = Path("/proc")
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
# Asked for once: the same process must not seem to have started at another time in every look.
_BOOTED = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Positions in /proc/<pid>/stat after the name of the program, see proc_pid_stat(5).
_CPU_TICKS, _PAGES = slice(11, 15), 21
_STATE, _SESSION, _THREADS, _START = 0, 3, 17, 19


@dataclass(frozen=True)
class ProcessId:
    """One process, never mistaken for a later one with the same pid."""

    pid: int
    start_ticks: int
    """Clock ticks from boot to its start."""

    def __str__(self) -> str:
        return f"{self.pid}:{self.start_ticks}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The id that has this text."""
        pid, _, ticks = text.partition(":")
        return cls(int(pid), int(ticks))

    @property
    def started_at(self) -> datetime:
        """When it was started, as far as the clock can be trusted."""
        return datetime.fromtimestamp(_BOOTED + self.start_ticks / _TICKS_PER_SECOND, UTC)

    def runs(self) -> bool:
        """True while it runs; one that has left and was not waited for yet does not."""
        state = _stat(self.pid)
        return state is not None and state.start_ticks == self.start_ticks and not state.left

    def in_our_network(self) -> bool:
        """True when it has the network of this program, so that their ports are the same; False when nobody can see that."""
        try:
            return Path(_PROC, str(self.pid), "ns/net").stat().st_ino == Path(_PROC, "self/ns/net").stat().st_ino
        except OSError:
            return False

    def is_stopped(self) -> bool:
        """True while SIGSTOP keeps it; one that a debugger holds is not."""
        state = _stat(self.pid)
        if state is None or state.start_ticks != self.start_ticks:
            return False
        return state.stopped or (state.uninterruptible and _will_stop(self.pid))

    def reap(self) -> int | None:
        """Frees its entry, if it has left and is a child of ours, and returns its exit code; otherwise None.

        A negative code is the signal that killed it.
        """
        state = _stat(self.pid)
        if state is None or state.start_ticks != self.start_ticks or not state.left:
            return None
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return None
        return os.waitstatus_to_exitcode(status) if pid else None

    def send(self, number: Signals) -> None:
        """Sends a signal to it alone; "it has left" is success."""
        if self.runs():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def send_to_group(self, number: Signals) -> None:
        """Sends a signal to it and its children, when it leads their group; "it has left" is success."""
        if self.runs():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


@dataclass(frozen=True)
class FoundProcess:
    """A process that was found by its environment."""

    id: ProcessId
    session: int
    environment: Mapping[str, str]

    @property
    def leads(self) -> bool:
        """True for the one that was started, False for its children, which inherit its environment."""
        return self.session == self.id.pid


def pids() -> Iterator[int]:
    """All processes there are.

    Raises:
        OSError: /proc cannot be read.
    """
    return (int(entry) for entry in os.listdir(_PROC) if entry.isdecimal())  # noqa: PTH208 - as text, and often


def find(environment: Mapping[str, str], among: Iterable[int] | None = None) -> Iterator[FoundProcess]:
    """All running processes whose environment began with these variables; those that are not ours to read are none.

    Args:
        environment: the variables.
        among: the only ones that are looked at.

    Raises:
        OSError: /proc cannot be read.
    """
    wanted = [f"{name}={value}".encode() for name, value in environment.items()]
    for pid in pids() if among is None else among:
        if (process := _found(pid, wanted)) is not None:
            yield process


def found(pid: int) -> FoundProcess | None:
    """The running process that has a pid now; None when none has, or it is not ours to read."""
    return _found(pid, ())


def used_by(sessions: Collection[int]) -> dict[int, Counters]:
    """What the processes of each session have used, by the pid of the one that leads it; those that left count with who waited for them.

    Raises:
        OSError: /proc cannot be read.
    """
    ticks: Counter[int] = Counter()
    pages: Counter[int] = Counter()
    for pid in pids() if sessions else ():
        try:
            fields = _read(pid, "stat").rpartition(b")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if (session := int(fields[_SESSION])) in sessions:
            ticks[session] += sum(map(int, fields[_CPU_TICKS]))
            pages[session] += int(fields[_PAGES])
    return {one: Counters(ticks[one] / _TICKS_PER_SECOND, pages[one] * _PAGE_BYTES) for one in ticks}


def _found(pid: int, wanted: Collection[bytes]) -> FoundProcess | None:
    try:
        block = _read(pid, "environ")
    except OSError:
        return None
    if not all(variable in block for variable in wanted):  # most belong to nobody of the fleet
        return None
    variables = block.split(b"\0")
    if not all(variable in variables for variable in wanted):
        return None
    state = _stat(pid)
    if state is None or state.left:
        return None
    texts = (variable.decode(errors="replace").partition("=") for variable in variables)
    return FoundProcess(
        id=ProcessId(pid, state.start_ticks),
        session=state.session,
        environment={name: value for name, _, value in texts},
    )


def _read(pid: int, name: str) -> bytes:
    """A file of a process. Paths are made of text here: hundreds of them are read in a second."""
    with open(f"{_PROC}/{pid}/{name}", "rb", buffering=0) as file:  # noqa: PTH123 - see above
        return file.read()


def id_of(pid: int) -> ProcessId | None:
    """The full id of the process that has a pid now; None when none has."""
    state = _stat(pid)
    return None if state is None else ProcessId(pid, state.start_ticks)


@dataclass(frozen=True)
class _Stat:
    start_ticks: int
    session: int
    left: bool
    stopped: bool
    uninterruptible: bool


def _stat(pid: int) -> _Stat | None:
    try:
        # The name of the program stands in brackets and may hold anything, brackets too.
        fields = _read(pid, "stat").rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The first thread of a program may be gone while others still leave; it cannot be waited for before they have.
    left = fields[_STATE] in {b"Z", b"X"} and int(fields[_THREADS]) <= 1
    state = fields[_STATE]
    return _Stat(int(fields[_START]), int(fields[_SESSION]), left, state == b"T", state == b"D")


def stop_is_pending(status: bytes) -> bool:
    """True when SIGSTOP waits for a process to come back from the kernel, by its /proc/<pid>/status.

    A shell that starts a command by vfork(2) hears no signal before that runs. When both are stopped in between, it never comes
    back, and its state is not the one of a stopped process, although it does nothing until SIGCONT.
    """
    fields = (line.partition(b":") for line in status.splitlines())
    pending = [int(value, 16) for name, _, value in fields if name in {b"SigPnd", b"ShdPnd"}]
    return any(one >> (SIGSTOP - 1) & 1 for one in pending)


def _will_stop(pid: int) -> bool:
    try:
        return stop_is_pending(_read(pid, "status"))
    except (FileNotFoundError, ProcessLookupError):
        return False
