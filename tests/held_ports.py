"""Ports of the loopback interface that no other test run or worker of this machine gets as long as this one lives.

Free is not enough: between the look and the program that listens, another test may find the same port free.
"""

import os
import socket

# Below those that Linux gives to outgoing connections, and beside those of the example in manifests/.
_FIRST, _LAST = 22_000, 32_000
_next = _FIRST + os.getpid() * 97 % (_LAST - _FIRST)


def hold_ports(count: int) -> int:
    """Returns the first of so many ports in a row where nobody listens, and keeps them from all who ask here."""
    global _next  # noqa: PLW0603 - where this process goes on, so that no test gets a port that another had
    for _ in range(_LAST - _FIRST):
        first = _next if _next + count <= _LAST else _FIRST
        ports = range(first, first + count)
        _next = ports.stop
        if all(_hold(port) for port in ports):
            return first
    raise RuntimeError(f"no {count} ports in a row are free between {_FIRST} and {_LAST}")


def hold_port() -> int:
    """Returns a port where nobody listens, and keeps it from all who ask here."""
    return hold_ports(1)


def _hold(port: int) -> bool:
    """An abstract Unix socket is the lock: it leaves no file, is of the same network, and is open until its process ends."""
    lock = socket.socket(socket.AF_UNIX)
    try:
        lock.bind(f"\0fleet-test-port-{port}")
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(("127.0.0.1", port))
    except OSError:
        lock.close()
        return False
    lock.detach()
    return True
