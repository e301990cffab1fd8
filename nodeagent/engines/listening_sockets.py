"""The listening TCP sockets of the network namespace of this program, as the kernel shows them.

They are asked for by sock_diag(7), as `ss` does, which takes 0.04 ms. To read /proc/net/tcp is to go through all connections of the
machine as well: 10 ms on a busy one. So that is done only where nobody answers the other question.
"""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc/net")
_TABLES: Final = ("tcp", "tcp6")
_LISTEN_IN_TABLE: Final = "0A"
_LOCAL, _STATE, _INODE = 1, 3, 9
"""Fields of a line there, see proc_pid_net(5)."""

# linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h
_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST_OF_ALL: Final = 0x301
"""NLM_F_REQUEST and NLM_F_DUMP."""
_ERROR, _DONE = 2, 3
_LISTEN_STATE: Final = 10
_HEADER: Final = struct.Struct("=IHHII")
"""Of each message: its length, type, flags, number, and sender."""
_QUESTION: Final = struct.Struct("=BBxxI2s46x")
"""Family, protocol, states as bits, port in the order of the network; what follows asks for any address."""
_PORT: Final = struct.Struct("!4xH")
_INODE_OF_SOCKET: Final = struct.Struct("=68xI")
_ERROR_NUMBER: Final = struct.Struct("=i")
"""Where they stand in a message, behind its header."""
_ANSWER_BYTES: Final = 64 * 1024
_PATIENCE: Final = struct.pack("ll", 1, 0)
"""A second, as a `timeval`: a kernel answers at once; what only looks like one may not."""


def listening_sockets(port: int | None = None) -> tuple[tuple[int, str], ...]:
    """Port and inode of each listening socket; an inode may be told twice.

    Args:
        port: the only one that is asked for; None for all.
    """
    try:
        return tuple(_asked(port or 0))
    except (OSError, AttributeError, struct.error):
        # A kernel without sock_diag, a sandbox without netlink, another system.
        return tuple(one for one in _read() if port in {None, one[0]})


def _asked(port: int) -> Iterator[tuple[int, str]]:
    """All of them, asked of the kernel.

    Raises:
        OSError: it does not answer that.
    """
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
        kernel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _PATIENCE)
        for family in (socket.AF_INET, socket.AF_INET6):
            question = _QUESTION.pack(family, socket.IPPROTO_TCP, 1 << _LISTEN_STATE, port.to_bytes(2, "big"))
            kernel.send(
                _HEADER.pack(_HEADER.size + len(question), _SOCK_DIAG_BY_FAMILY, _REQUEST_OF_ALL, 1, 0) + question
            )
            yield from _answered(kernel)


def _answered(kernel: socket.socket) -> Iterator[tuple[int, str]]:
    while True:
        answer = memoryview(kernel.recv(_ANSWER_BYTES))
        while answer:
            length, kind, *_ = _HEADER.unpack_from(answer)
            content = answer[_HEADER.size : length]
            if kind == _DONE:
                return
            if kind == _ERROR:
                (number,) = _ERROR_NUMBER.unpack_from(content)
                raise OSError(-number, "the kernel does not tell who listens")
            (port_of_it,), (inode,) = _PORT.unpack_from(content), _INODE_OF_SOCKET.unpack_from(content)
            yield port_of_it, str(inode)
            answer = answer[(length + 3) & ~3 :]


def _read() -> Iterator[tuple[int, str]]:
    """All of them, read from /proc."""
    for table in _TABLES:
        try:
            lines = (_PROC / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > _INODE and fields[_STATE] == _LISTEN_IN_TABLE:
                yield int(fields[_LOCAL].rpartition(":")[2], 16), fields[_INODE]
