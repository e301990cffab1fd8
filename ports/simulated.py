"""Ports for a simulation in one thread: time by the loop, files in memory, no threads."""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ParamSpec, TypeVar

from ports.ports import Ports

P = ParamSpec("P")
T = TypeVar("T")

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)
"""The time of day at which a simulation begins."""


class LoopClock:
    """A clock that goes by the time of the running loop.

    Attributes:
        ahead: by how much its time of day is wrong; may be changed at any time, as by a person who sets a clock.
    """

    def __init__(self, beginning: datetime = BEGINNING) -> None:
        self.ahead = timedelta(0)
        self._beginning = beginning

    def now(self) -> datetime:
        """See `ports.clock.Clock`."""
        return self._beginning + timedelta(seconds=self.monotonic()) + self.ahead

    def monotonic(self) -> float:
        """See `ports.clock.Clock`."""
        return asyncio.get_running_loop().time()


class MemoryDisk:
    """Files in memory.

    Attributes:
        failure: raised by whatever writes, while it is set; a full disk, for instance.
        writes: how many files were written.
    """

    def __init__(self) -> None:
        self.failure: OSError | None = None
        self.writes = 0
        self._files: dict[Path, bytes] = {}

    def read(self, path: Path) -> bytes:
        """See `ports.disk.Disk`."""
        try:
            return self._files[path]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory", str(path)) from None

    def write(self, path: Path, content: bytes, *, private: bool = True) -> None:  # noqa: ARG002 - nobody else is here
        """See `ports.disk.Disk`."""
        if self.failure is not None:
            raise self.failure
        self.writes += 1
        self._files[path] = content

    def write_all(self, files: Iterable[tuple[Path, bytes]], *, private: bool = True) -> None:
        """See `ports.disk.Disk`."""
        failed: OSError | None = None
        for path, content in files:
            try:
                self.write(path, content, private=private)
            except OSError as error:
                failed = failed or error
        if failed is not None:
            raise failed

    def create(self, path: Path, content: bytes, *, private: bool = True) -> bool:
        """See `ports.disk.Disk`."""
        if path in self._files:
            return False
        self.write(path, content, private=private)
        return True

    def saved(self) -> Mapping[Path, bytes]:
        """All files, as for a backup."""
        return dict(self._files)

    def restore(self, saved: Mapping[Path, bytes]) -> None:
        """What is there is what was there when it was saved."""
        self._files = dict(saved)

    def names(self, folder: Path) -> tuple[str, ...]:
        """See `ports.disk.Disk`."""
        return tuple(sorted(path.name for path in self._files if path.parent == folder))


class NoThreads:
    """Calls functions where they are called from."""

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See `ports.threads.Threads`."""
        await asyncio.sleep(0)  # others have their turn, as they would while a thread works
        return function(*args, **kwargs)


def simulated_ports(seed: int, disk: MemoryDisk | None = None) -> Ports:
    """Ports for one program of a simulation.

    Args:
        seed: of its dice.
        disk: when it is to outlive the program.
    """
    return Ports(LoopClock(), random.Random(seed), disk or MemoryDisk(), NoThreads())  # noqa: S311 - no secret
