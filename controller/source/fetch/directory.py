"""A directory as the source of manifests."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Final

from controller.model import Revision
from controller.source.fetch.snapshot import SnapshotTaker, SourceError
from controller.source.fetch.wakeup import merged
from controller.source.fetch.watch import wakeups
from controller.source.files import SourceFile, digest_of
from controller.source.read.reader import Loaded, ManifestReader, Reading, Rejected, Unreadable

POLL_SECONDS: Final = 10.0


class DirectorySource:
    """Reads all `*.yaml` and `*.yml` below a directory. The id of a revision is a digest over their paths and bytes.

    Several files that are changed one after the other can be seen in between; a `git` source or the swap of a symbolic
    link cannot.

    Args:
        path: the directory; it may be away for a while.
        poll_seconds: how often `changes` yields even when nothing was noticed.
    """

    def __init__(self, path: str | os.PathLike[str], *, poll_seconds: float = POLL_SECONDS) -> None:
        self._path = os.fspath(path)
        self._poll_seconds = poll_seconds
        self._snapshots = SnapshotTaker(self._path)
        self._reader = ManifestReader()
        self._files: tuple[SourceFile, ...] = ()
        self._last: Reading | None = None
        self._reading = asyncio.Lock()
        self._refreshed = asyncio.Event()

    async def read(self) -> Reading:
        """The directory as it is now."""
        async with self._reading:
            return await asyncio.to_thread(self.read_now)

    def read_now(self) -> Reading:
        """The same, in this thread."""
        try:
            files = self._snapshots.take()
        except SourceError as error:
            return Unreadable(str(error))
        if not files:
            return Unreadable(f"{self._path} holds no manifest file (*.yaml or *.yml)")
        if files is self._files and self._last is not None:
            return self._last
        revision_id = digest_of(files)
        self._files = files
        if isinstance(self._last, Loaded | Rejected) and self._last.revision_id == revision_id:
            return self._last
        self._last = self._reader.read(files, root=self._path, revision_id=revision_id, description=self._path)
        return self._last

    def expect(self, revision: Revision) -> None:
        """Has what is as in this revision given out as its very objects: see `Source`."""
        self._reader.expect(revision)

    def changes(self) -> AsyncIterator[None]:
        """Yields when the directory may have changed, after a pause of a few milliseconds without another change."""
        return merged(wakeups(self._path, poll_seconds=self._poll_seconds), self._refreshed)

    async def refresh(self) -> None:
        """Wakes whoever iterates over `changes`: there is nothing to fetch."""
        self._refreshed.set()


def load_directory(path: str | os.PathLike[str]) -> Reading:
    """Reads a directory once.

    Args:
        path: as the user named it; positions of problems begin with it.
    """
    return DirectorySource(path).read_now()
