"""Where the API listens: at a port, and at a socket in the file system."""

import contextlib
import errno
import socket
import stat
from pathlib import Path
from typing import Any, Final
from weakref import WeakSet

_PRIVATE = 0o600
_BACKLOG = 128


MOST_SOCKETS: Final = 800
"""Accepted at one port and not closed: more than connections that are answered, since those that begin with TLS and say no more count as
well. The rest of the 1024 files that a process may have open by default are for manifests, git and the bus."""


class BoundedListener(socket.socket):
    """Accepts so many connections at the same time; more of them are closed at once."""

    most = MOST_SOCKETS

    def __init__(self, family: int) -> None:
        # An event loop sends without delay only what it is told to be TCP; else the second part of each answer
        # waits 40 ms, until whoever asked has acknowledged the first.
        super().__init__(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._accepted = WeakSet[socket.socket]()

    def accept(self) -> tuple[socket.socket, Any]:
        """See `socket.socket`; nobody waits, as far as its caller sees, when whoever did was one too many."""
        connection, address = super().accept()
        if len(self._accepted) >= self.most and sum(one.fileno() >= 0 for one in self._accepted) >= self.most:
            connection.close()
            raise BlockingIOError
        self._accepted.add(connection)
        return connection, address


class PortInUse(OSError):  # noqa: N818 - says what happened
    """Another program listens there."""


def port_listener(host: str, port: int) -> socket.socket:
    """Listens at a port.

    Raises:
        PortInUse: something else listens there.
        OSError: it cannot be listened there for another reason.
    """
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = BoundedListener(family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"port {port} on {host} is in use by another program: stop that, or choose another port"
            raise PortInUse(error.errno, message) from None
        raise
    return listener


def unix_listener(path: Path) -> socket.socket:
    """Listens at a socket in the file system that root and the owner of this program alone may open.

    Raises:
        PortInUse: something else listens there, or is there.
        OSError: it cannot be listened there for another reason.
    """
    _remove_what_is_left(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(_PRIVATE)  # before anybody can connect, which takes a listener
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        if error.errno is None:  # Python's own: it looks at the length
            raise OSError(errno.ENAMETOOLONG, f"{path} is longer than names of sockets can be") from None
        raise
    return listener


def _remove_what_is_left(path: Path) -> None:
    """Takes away the socket of a program that was killed."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise PortInUse(errno.EADDRINUSE, f"{path} is there, and is no socket: choose another path")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1)
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
                return
        raise PortInUse(errno.EADDRINUSE, f"another program listens at {path}: stop that, or choose another path")
