"""Keeps on disk which revision is in force, before anything of it is published, and a copy of it soon afterwards."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from controller import decide
from controller.actions import Tell
from controller.knowledge import Knowledge
from controller.model import Revision
from controller.picture.events import EventType
from controller.source.last_good import InForce, LastGood
from controller.timings import Timings
from ports.threads import Threads

T = TypeVar("T")

_log = logging.getLogger(__name__)


class LastGoodKeeper:
    """The one who writes them. Of revisions that follow each other quickly, the newest alone is copied."""

    def __init__(self, last_good: LastGood, knowledge: Knowledge, threads: Threads, timings: Timings) -> None:
        self._last_good = last_good
        self._knowledge = knowledge
        self._threads = threads
        self._timings = timings
        self._to_copy = asyncio.Event()
        self._is_copying = False

    async def mark(self) -> None:
        """Marks each revision that comes into force. A disk that takes its time holds up its generations, and nothing else."""
        while True:
            revision = await self._next(self._knowledge.revision_changed)
            now = InForce(revision.id, self._knowledge.state.gate.is_approved)
            is_marked = await self._write(self._last_good.mark, revision, now)
            self._knowledge.become(decide.has_kept(self._knowledge.state, revision))
            self._knowledge.wake.set()
            self._to_copy.set()
            if not is_marked:
                self._again(self._knowledge.revision_changed)

    async def copy(self) -> None:
        """Copies what is in force, once its generations are under way."""
        while True:
            await self._to_copy.wait()
            await asyncio.sleep(self._timings.copy_after_seconds)
            revision = await self._next(self._to_copy)
            self._is_copying = True
            is_copied = await self._write(self._last_good.store, revision, revision)
            self._is_copying = False
            if not is_copied:
                self._again(self._to_copy)

    def finish(self) -> None:
        """Writes the copy that is due, for a controller that ends in order; one that is killed does without. Blocks."""
        state = self._knowledge.state
        revision = state.gate.in_force
        # A thread that is at work on an older one goes on to its end.
        if revision is None or revision.id != state.kept or self._is_copying or not self._to_copy.is_set():
            return
        try:
            self._last_good.store(revision)
        except Exception:  # noqa: BLE001 - it ends, and what it is asked to write helps the next one at most
            _log.exception("revision %s could not be kept on disk", revision.id)

    async def _next(self, wanted: asyncio.Event) -> Revision:
        """The revision that is in force once there is something to do."""
        while True:
            await wanted.wait()
            wanted.clear()
            if (revision := self._knowledge.state.gate.in_force) is not None:
                return revision

    async def _write(self, write: Callable[[T], None], revision: Revision, what: T) -> bool:
        try:
            await self._threads.run(write, what)
        except OSError as error:
            text = f"the revision cannot be kept on disk: {error}"
            told = Tell(EventType.WARNING, "LastGoodNotKept", text)
            self._knowledge.become(self._knowledge.state, (told,))
            return False
        except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
            _log.exception("revision %s could not be kept on disk", revision.id)
            self._knowledge.tell_of_bug()
        return True

    def _again(self, event: asyncio.Event) -> None:
        asyncio.get_running_loop().call_later(self._timings.keep_again_seconds, event.set)
