"""Which process listens on a TCP port of this machine, as /proc shows it; see proc_pid_net(5).

Everything here blocks for some milliseconds: call it in a thread. Processes of other users show their sockets to root
alone: then nobody is known to listen, which is no proof that nobody does.
"""

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from nodeagent.model import PortHolder

_PROC = Path("/proc")
_TABLES = ("net/tcp", "net/tcp6")
_LISTEN = "0A"
_CONTAINER_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
_LOCAL, _STATE, _INODE = 1, 3, 9


class Listeners:
    """Remembers who listened on a port, since it is asked for again every second."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, str]] = {}

    def pids(self, port: int, likely: Iterable[int] = ()) -> frozenset[int]:
        """The processes that have a listening socket of a port; empty when there is none, or none may be seen.

        Args:
            port: the port.
            likely: processes that are looked at first; if one of them listens alone, no other is looked at.
        """
        inodes = _listening(port)
        if not inodes:
            self._known.pop(port, None)
            return frozenset()
        if len(inodes) == 1:
            (inode,) = inodes
            known = self._known.get(port)
            for pid in (*(known[:1] if known and known[1] == inode else ()), *likely):
                if inode in _sockets(pid):
                    self._known[port] = (pid, inode)
                    return frozenset({pid})
        found = frozenset(pid for pid in _all_pids() if not inodes.isdisjoint(_sockets(pid)))
        if len(found) == len(inodes) == 1:
            self._known[port] = (next(iter(found)), next(iter(inodes)))
        return found

    def hidden(self, port: int, expected: Iterable[int]) -> PortHolder | None:
        """Who listens on a port although no process is seen to: somebody else, if those who are expected to can be seen.

        Args:
            port: the port.
            expected: the processes that should listen.
        """
        pids = tuple(expected)
        if not pids or not all(map(_shows_its_files, pids)):
            return None
        # Whoever begins to listen while others look for him hides from nobody: it counts what was there before a look
        # that found nobody, and is there after it.
        before = _listening(port)
        if before and not self.pids(port, pids) and before & _listening(port):
            return PortHolder(None, "a process that this user may not look at")
        return None


def listening_ports(pids: Iterable[int]) -> tuple[int, ...]:
    """The ports on which processes listen, sorted; those of processes that may not be seen are left out."""
    sockets = frozenset[str]().union(*map(_sockets, pids))
    return tuple(sorted({port for port, inode in _listeners() if inode in sockets}))


def name_of(pid: int) -> str:
    """The name of a program, for people; it is text that the program chose."""
    try:
        text = (_PROC / str(pid) / "comm").read_text(errors="replace").strip()
    except OSError:
        return "gone"
    return "".join(one if one.isprintable() else "?" for one in text)


def container_of(pid: int) -> str | None:
    """The id of the container that a process is in, by its control group; None when it is in none."""
    try:
        found = _CONTAINER_ID.findall((_PROC / str(pid) / "cgroup").read_text())
    except OSError:
        return None
    return str(found[-1]) if found else None


def ports_of_container(container_id: str) -> tuple[int, ...]:
    """The ports on which the processes of a container listen, sorted, as far as the kernel shows them."""
    return listening_ports(pid for pid in _all_pids() if container_of(pid) == container_id)


def _listening(port: int) -> frozenset[str]:
    return frozenset(inode for one, inode in _listeners() if one == port)


def _listeners() -> Iterator[tuple[int, str]]:
    """Port and inode of each listening socket in the network namespace of this program."""
    for table in _TABLES:
        try:
            lines = (_PROC / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > _INODE and fields[_STATE] == _LISTEN:
                yield int(fields[_LOCAL].rpartition(":")[2], 16), fields[_INODE]


def _sockets(pid: int) -> frozenset[str]:
    """The inodes of the sockets that a process has open; none where it may not be seen."""
    found = set()
    with contextlib.suppress(OSError):
        for entry in (_PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                target = str(entry.readlink())
                if target.startswith("socket:["):
                    found.add(target[len("socket:[") : -1])
    return frozenset(found)


def _shows_its_files(pid: int) -> bool:
    try:
        next((_PROC / str(pid) / "fd").iterdir(), None)
    except OSError:
        return False
    return True


def _all_pids() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())
