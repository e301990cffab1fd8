"""Which process listens on a TCP port of this machine, as the kernel shows it.

Everything here blocks for some milliseconds: call it in a thread. Processes of other users show their sockets to root
alone: then nobody is known to listen, which is no proof that nobody does.
"""

import contextlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path

from nodeagent.engines.listening_sockets import listening_sockets
from nodeagent.model import PortHolder

_PROC = Path("/proc")
_SOCKET = "socket:["
_CONTAINER_ID = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


class Listeners:
    """Remembers who listened on a port, since it is asked for again and again."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[int, str, str]] = {}
        """By port: the process, the inode of its socket, and the descriptor that it is open under."""
        self._holders: dict[int, tuple[str, str | None, PortHolder]] = {}
        """By port: the inode, who was expected to listen, and who did."""

    def holder(
        self, port: int, expected: str | None, find: Callable[[], PortHolder | None], inodes: Collection[str]
    ) -> PortHolder | None:
        """Who listens on a port: as it was found out before, while the same process has the same socket open.

        Args:
            port: the port.
            expected: the runtime that should listen.
            find: finds it out, by `pids`.
            inodes: the sockets that listen there now, see `listening_on`.
        """
        if len(inodes) == 1 and (known := self._holders.get(port)) is not None:
            inode, asked_for, holder = known
            if asked_for == expected and inode in inodes and self._still(port, inode) is not None:
                return holder
        self._holders.pop(port, None)
        found = find()
        if found is not None and port in self._known:
            self._holders[port] = (self._known[port][1], expected, found)
        return found

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
            if (pid := self._still(port, inode)) is not None:
                return frozenset({pid})
            for pid in likely:
                if (descriptor := _sockets(pid).get(inode)) is not None:
                    self._known[port] = (pid, inode, descriptor)
                    return frozenset({pid})
        sockets = {pid: _sockets(pid) for pid in _all_pids()}
        found = frozenset(pid for pid, its in sockets.items() if not inodes.isdisjoint(its))
        if len(found) == len(inodes) == 1:
            (pid,), (inode,) = found, inodes
            self._known[port] = (pid, inode, sockets[pid][inode])
        return found

    def _still(self, port: int, inode: str) -> int | None:
        """Who had this socket of a port at the last look, if he has it still."""
        pid, known, descriptor = self._known.get(port, (0, "", ""))
        return pid if known == inode and _inode(f"{_PROC}/{pid}/fd/{descriptor}") == inode else None

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


def listening_on(ports: Collection[int]) -> Mapping[int, Collection[str]]:
    """The inodes of the sockets that listen on some ports, asked for in one go; a port with none is left out."""
    found: dict[int, set[str]] = {}
    for port, inode in listening_sockets(next(iter(ports)) if len(ports) == 1 else None):
        if port in ports:
            found.setdefault(port, set()).add(inode)
    return found


def listening_ports(pids: Iterable[int]) -> tuple[int, ...]:
    """The ports on which processes listen, sorted; those of processes that may not be seen are left out."""
    sockets = frozenset[str]().union(*map(_sockets, pids))
    return tuple(sorted({port for port, inode in listening_sockets() if inode in sockets}))


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
    return frozenset(inode for _, inode in listening_sockets(port))


def _sockets(pid: int) -> dict[str, str]:
    """The sockets that a process has open, descriptors by inodes; none where it may not be seen."""
    folder = f"{_PROC}/{pid}/fd"
    try:
        descriptors = os.listdir(folder)  # noqa: PTH208 - as text, and often
    except OSError:
        return {}
    return {inode: one for one in descriptors if (inode := _inode(f"{folder}/{one}"))}


def _inode(descriptor: str) -> str:
    """The inode of an open socket; empty for anything else, and for what is not open any more."""
    try:
        target = os.readlink(descriptor)  # noqa: PTH115 - as text, and often
    except OSError:
        return ""
    return target[len(_SOCKET) : -1] if target.startswith(_SOCKET) else ""


def _shows_its_files(pid: int) -> bool:
    try:
        next((_PROC / str(pid) / "fd").iterdir(), None)
    except OSError:
        return False
    return True


def _all_pids() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())
