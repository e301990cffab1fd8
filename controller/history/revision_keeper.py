"""Keeps the revisions of a directory as they come into force, beside the loop, and gives out earlier ones."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from controller.actions import Tell
from controller.differing import differing
from controller.history.revision_file import (
    MOST_REVISIONS,
    CameIntoForce,
    Digests,
    RevisionFile,
    TooLarge,
    digest_of_content,
)
from controller.knowledge import Knowledge
from controller.model import Revision
from controller.picture.events import EventType
from controller.source.files import SourceFile
from controller.source.read.file_reading import FileReading
from controller.source.read.reader import Loaded
from controller.source.revisions import BY_HAND, FileChanges, Files, PastRevision
from controller.timings import Timings
from crds.masking import masked
from ports.clock import Clock
from ports.threads import Threads

FOUND: Final = "found in the directory"
_KEPT_WITHIN_SECONDS: Final = 2.0

Readings = Mapping[bytes, FileReading]
Authorship = tuple[str, str]
"""Who made a revision, and what it says of itself in a line."""


class RevisionKeeper:
    """Implements `Revisions` for a directory. Of revisions that follow each other within milliseconds the newest alone is kept.

    Args:
        file: where they are kept.
        knowledge: what is in force.
        threads: run what blocks.
        timings: when it is tried again.
        clock: tells when one came into force.
        authorship: tells who wrote a revision through the API; None for one that somebody else made.
    """

    def __init__(
        self,
        file: RevisionFile,
        knowledge: Knowledge,
        threads: Threads,
        timings: Timings,
        clock: Clock,
        authorship: Callable[[str], Authorship | None] = lambda _: None,
    ) -> None:
        self._file = file
        self._knowledge = knowledge
        self._threads = threads
        self._timings = timings
        self._clock = clock
        self._authorship = authorship
        self._waiting: deque[tuple[Loaded, datetime]] = deque(maxlen=MOST_REVISIONS)
        self._is_one_waiting = asyncio.Event()
        self._all_kept = asyncio.Event()
        self._all_kept.set()
        self._are_too_large = False
        self._noted: Revision | None = None
        """The newest that is kept, or waits for that."""
        self._newest: tuple[str, Digests] | None = None
        """The id of the one that was kept last, and its files while an earlier controller kept it; None before that was read."""
        self._kept: Readings | None = None
        """Its files, once this controller saw them."""

    async def listed(self, before: str, most: int) -> tuple[PastRevision, ...]:
        """See `Revisions`."""
        await self._until_kept()
        return await self._threads.run(self._file.listed, before, most)

    async def found(self, revision_id: str) -> PastRevision | None:
        """See `Revisions`."""
        await self._until_kept()
        return await self._threads.run(self._file.found, revision_id)

    async def changes(self, revision: PastRevision) -> FileChanges:
        """See `Revisions`."""
        return await self._threads.run(self._file.changes, revision)

    async def files(self, revision: PastRevision) -> Files:
        """See `Revisions`."""
        return await self._threads.run(self._file.files, revision)

    async def watch(self) -> None:
        """Takes note of each revision that comes into force. Never ends."""
        while True:
            self._note()
            await self._knowledge.files_changed.wait()
            self._knowledge.files_changed.clear()

    def _note(self) -> None:
        state = self._knowledge.state
        in_force, reading = state.gate.in_force, state.reading
        if self._are_too_large or in_force is self._noted or in_force is None or not isinstance(reading, Loaded):
            return
        if reading.revision.id == in_force.id:
            self._noted = in_force
            self._waiting.append((reading, self._clock.now()))
            self._all_kept.clear()
            self._is_one_waiting.set()

    async def _until_kept(self) -> None:
        """Waits for what came into force before somebody asked, but not for a disk that does not take it."""
        self._note()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_KEPT_WITHIN_SECONDS):
                await self._all_kept.wait()

    async def keep(self) -> None:
        """Keeps those that were noted. Ends when the disk does not take it, after a while, or when they are too large."""
        try:
            if self._newest is None:
                self._newest = await self._threads.run(self._file.load)
            while True:
                await self._is_one_waiting.wait()
                while self._waiting:
                    one = self._waiting[0]
                    await self._take(*one)
                    if self._waiting[0] is one:  # others may have pushed it out
                        self._waiting.popleft()
                self._is_one_waiting.clear()
                self._all_kept.set()
        except TooLarge:
            self._are_too_large = True
            self._waiting.clear()
            self._is_one_waiting.clear()
            self._all_kept.set()
            text = "earlier revisions are not kept: the manifests are too large for that, use a git repository"
            self._knowledge.note(Tell(EventType.WARNING, "RevisionsNotKept", text))
        except OSError as error:
            text = f"earlier revisions cannot be kept on disk: {error}"
            self._knowledge.note(Tell(EventType.WARNING, "RevisionsNotKept", text))
            self._newest = self._kept = None  # what is in the file is looked at anew
            await asyncio.sleep(self._timings.keep_again_seconds)

    async def _take(self, reading: Loaded, now: datetime) -> None:
        revision_id, files = reading.revision.id, reading.files
        newest_id, found = self._newest or ("", {})
        if revision_id != newest_id:
            changes = await self._threads.run(_changes, self._kept, found, files)
            author, subject = self._authorship(revision_id) or ("", BY_HAND if newest_id else FOUND)
            made = CameIntoForce(revision_id, author, now, masked(subject, sentences=True), newest_id)
            await self._threads.run(self._file.store, made, changes)
        self._kept, self._newest = files, (revision_id, {})


def _changes(kept: Readings | None, found: Digests, files: Readings) -> dict[bytes, SourceFile | None]:
    """The files that are others than in the revision that was kept last."""
    if kept is not None:
        paths = differing(kept, files)
        return {path: files[path].source if path in files else None for path in paths}
    changed: dict[bytes, SourceFile | None] = dict.fromkeys(found.keys() - files.keys())
    for path, one in files.items():
        if found.get(path) != digest_of_content(one.source):
            changed[path] = one.source
    return changed
