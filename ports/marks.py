"""Marks of running programs on their machine, which the kernel takes away with them."""

import contextlib
import hashlib
import socket
import sys
from collections.abc import Iterator
from typing import Protocol


class Marks(Protocol):
    """What tells whether a program lives on this machine."""

    def held(self, name: str) -> bool:
        """True while a program holds the mark, and where nobody can know."""
        ...


class MachineMarks:
    """Marks as abstract Unix sockets: they leave no file, need no rights, and end with their program.

    They belong to a network namespace, as the ports of the loopback interface do: programs that could be in each other's way
    see each other. Only Linux has them; elsewhere every mark counts as held.
    """

    @contextlib.contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Holds a mark; gives False when another program has it."""
        if sys.platform != "linux":
            yield True
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mark:
            try:
                mark.bind(_address(name))
            except OSError:
                yield False
            else:
                yield True

    def held(self, name: str) -> bool:
        """See `Marks`."""
        if sys.platform != "linux":
            return True
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
            try:
                asking.connect(_address(name))
            except ConnectionRefusedError:
                return False
            except OSError:
                return True
        return True


def _address(name: str) -> str:
    """Short, whatever the name: an address has 107 bytes."""
    return f"\0dsfleet-{hashlib.sha256(name.encode()).hexdigest()}"
