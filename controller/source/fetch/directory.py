"""A directory as the source of manifests."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Mapping
from typing import Final

from controller.model import Revision
from controller.source.fetch.directory_write import clear_leftovers, write_files
from controller.source.fetch.snapshot import SnapshotTaker, SourceError
from controller.source.fetch.wakeup import merged
from controller.source.fetch.watch import wakeups
from controller.source.files import SourceFile, digest_of
from controller.source.place import SourcePlace
from controller.source.read.reader import Loaded, ManifestReader, Reading, Rejected, Unreadable
from controller.source.revisions import Revisions
from controller.source.source_edit import NotWritable, SourceEdit, Written

POLL_SECONDS: Final = 10.0
_READ_ONLY: Final = "the manifests are read-only here (--read-only): edit the files where they are kept"


class DirectorySource:
    """Reads all `*.yaml` and `*.yml` below a directory. The id of a revision is a digest over their paths and bytes.

    Several files that are changed one after the other can be seen in between; a `git` source or the swap of a symbolic
    link cannot.

    Args:
        path: the directory; it may be away for a while.
        poll_seconds: how often `changes` yields even when nothing was noticed.
        read_only: True when edits are refused.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, poll_seconds: float = POLL_SECONDS, read_only: bool = False
    ) -> None:
        self._path = os.fspath(path)
        self._poll_seconds = poll_seconds
        self._is_read_only = read_only
        self._is_swept = False
        self._snapshots = SnapshotTaker(self._path)
        self._reader = ManifestReader()
        self._files: tuple[SourceFile, ...] = ()
        self._last: Reading | None = None
        self._reading = asyncio.Lock()
        self._refreshed = asyncio.Event()
        self.revisions: Revisions | None = None
        """A directory keeps none."""

    @property
    def place(self) -> SourcePlace:
        """Where it is, for people."""
        return SourcePlace("directory", self._path, why_read_only=self.why_read_only)

    @property
    def takes_edits_together(self) -> bool:
        """True: files say nothing of who wrote them."""
        return True

    @property
    def why_read_only(self) -> str:
        """See `Source`."""
        return _READ_ONLY if self._is_read_only else ""

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

    async def preview(self, after: Mapping[bytes, bytes | None]) -> Reading:
        """What would be read if some files of the newest reading were others: see `Source`."""
        async with self._reading:
            return await asyncio.to_thread(self._reader.preview, after, description=self._path)

    async def write(self, edit: SourceEdit) -> Written:
        """Writes files; nobody reads them here meanwhile: see `Source`.

        Raises:
            SourceChanged: they are not as they were before the edit.
            NotWritable: the source takes no edits.
            OSError: the disk does not take it; the files are as before.
        """
        if self._is_read_only:
            raise NotWritable(_READ_ONLY)
        async with self._reading:
            return await asyncio.to_thread(self._write_now, edit)

    def _write_now(self, edit: SourceEdit) -> Written:
        root = os.fsencode(self._path)
        if not self._is_swept:
            folders = {os.path.dirname(os.path.realpath(os.path.join(root, file.path))) for file in self._files}  # noqa: PTH118, PTH120 - bytes
            clear_leftovers(folders)
            self._is_swept = True
        write_files(root, edit)
        self._snapshots.wrote(edit.after, self._reader.expected_file)
        reading = self.read_now()
        if isinstance(reading, Unreadable):
            raise OSError(errno.EIO, f"it was written, and cannot be read again: {reading.message}", self._path)
        return Written(reading.revision_id)


def load_directory(path: str | os.PathLike[str]) -> Reading:
    """Reads a directory once.

    Args:
        path: as the user named it; positions of problems begin with it.
    """
    return DirectorySource(path).read_now()
