"""Keeps on disk which key each node must sign with: always what is known by then, one write after the other."""

import asyncio

from controller.kept_keys import KeptKeys, KeyFile
from controller.knowledge import Knowledge
from ports.threads import Threads


class KeyKeeper:
    """The one who writes the file."""

    def __init__(self, file: KeyFile, threads: Threads) -> None:
        self._file = file
        self._threads = threads
        self._lock = asyncio.Lock()

    async def load(self) -> KeptKeys:
        """What was kept. Never raises."""
        return await self._threads.run(self._file.load)

    async def store(self, knowledge: Knowledge) -> None:
        """Returns when the keys that are known now are on disk.

        Raises:
            OSError: the disk does not take them.
        """
        async with self._lock:
            await self._threads.run(self._file.store, knowledge.state.fleet.keys)
