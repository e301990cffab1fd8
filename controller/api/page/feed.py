"""The stream that pages follow: what changed, at most once in a second, written once for all who see everything."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.access.access_file import AccessFile
from controller.api.page.rows import milliseconds
from controller.api.page.seen import WHOLE, Sights, changes_since, told_of
from controller.api.page.server_sent_events import beat, change, resync
from controller.picture.brief import Brief
from controller.picture.store import Change, Expired, ObjectStore
from controller.picture.waves import wake_all

BEAT_SECONDS: Final = 15.0
"""A page that hears nothing for longer says so."""
APART_SECONDS: Final = 1.0
"""Between two events of one stream: nobody reads faster."""
LOOK_SECONDS: Final = 0.1
"""Between two looks whether there is something new, while there are streams. A look compares two numbers."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """What changed between two versions."""

    number: int
    after: int
    version: int
    text: bytes
    """For all who see everything; empty where there was nobody."""


class Feed:
    """Tells pages of changes. A task of its own looks for them as long as there is a stream."""

    def __init__(
        self,
        objects: ObjectStore,
        brief: Callable[[], Brief],
        clock: Callable[[], datetime],
        access: Callable[[], AccessFile | None] = lambda: None,
        *,
        beat_seconds: float = BEAT_SECONDS,
        apart_seconds: float = APART_SECONDS,
    ) -> None:
        """Looks at nothing yet.

        Args:
            objects: that are told of.
            brief: says how the fleet as a whole is.
            clock: tells the time, UTC.
            access: who was given what: when that changes streams are woken, so that those end that are not allowed any more.
            beat_seconds: between two beats.
            apart_seconds: between two events of a stream.
        """
        self._objects = objects
        self._brief = brief
        self._clock = clock
        self._access = access
        self._beat_seconds = beat_seconds
        self._apart_seconds = apart_seconds
        self._streams: dict[object, Sights] = {}
        self._waiting: set[asyncio.Future[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._batch = _Batch(0, 0, 0, b"")
        """The newest one."""
        self._said = Brief()
        self._beats = 0
        self._catching_up: tuple[tuple[int, int, Brief | None], bytes] = ((-1, -1, None), b"")
        """The newest text for whoever comes back: after a break many do, from the same version."""

    @property
    def version(self) -> int:
        """The version that streams were told of; 0 while there are none."""
        return self._batch.version if self._looking else 0

    def end_watches(self) -> None:
        """Has all streams end; see `ObjectStore.end_watches`."""
        if self._looking:
            self._looking.cancel()

    async def events(self, sights: Sights, after: int | None) -> AsyncIterator[bytes]:
        """The events of one stream, until the server stops.

        Args:
            sights: of whoever follows.
            after: the version that he knows; None for now.
        """
        stream = object()
        self._streams[stream] = sights
        self._looking = looking = self._looking or self._begin()
        try:
            async with aclosing(self._told(sights, after, looking)) as texts:
                async for text in texts:
                    yield text
        except Expired:
            yield resync(self._objects.version, self._now())
        finally:
            del self._streams[stream]
            if not self._streams and self._looking:  # which may be another one by now
                self._looking.cancel()
                self._looking = None

    def _begin(self) -> asyncio.Task[None]:
        self._batch = _Batch(0, self._objects.version, self._objects.version, b"")
        self._said = self._brief()
        return asyncio.create_task(self._look(), name="page-feed")

    async def _told(self, sights: Sights, after: int | None, looking: asyncio.Task[None]) -> AsyncGenerator[bytes]:
        number, beats, said = self._batch.number, self._beats, sights.of_fleet(self._said)
        version, text = await self._since(self._objects.version if after is None else after, sights, said)
        yield text
        while not looking.done() and not self._objects.ended:
            batch = self._batch
            if batch.number != number:
                is_next, number = batch.number == number + 1, batch.number
                before, said = said, sights.of_fleet(self._said)
                if is_next and sights.whole and batch.after <= version <= batch.version:
                    # Of what he knew already nothing is said that is not so: rows say how objects are.
                    version, text = batch.version, batch.text
                else:
                    version, text = await self._since(version, sights, None if said == before else said)
                if text:
                    yield text
            elif self._beats != beats:
                beats = self._beats
                yield beat(self._now())
            else:
                await self._wait()

    async def _wait(self) -> None:
        one = asyncio.get_running_loop().create_future()
        self._waiting.add(one)
        try:
            await one
        finally:
            self._waiting.discard(one)

    async def _since(self, after: int, sights: Sights, fleet: Brief | None) -> tuple[int, bytes]:
        """What changed after a version, as one stream is told it: up to which version, and the text.

        Raises:
            Expired: not all of that is remembered.
        """
        changes, version = changes_since(self._objects, after), self._objects.version
        key = (after, version, fleet)
        if sights.whole and self._catching_up[0] == key:
            return version, self._catching_up[1]
        text = await self._text(changes, sights, fleet, after, version)
        if sights.whole:
            self._catching_up = key, text
        return version, text

    async def _text(
        self, changes: Mapping[str, tuple[Change, ...]], sights: Sights, fleet: Brief | None, after: int, version: int
    ) -> bytes:
        told = await told_of(changes, sights, fleet)
        # The version goes on also for who saw nothing of it, so that he does not fall out of what is remembered.
        return change(told, after, version, self._now()) if told or version != after else b""

    async def _look(self) -> None:
        """Looks for what is new, as long as there are streams; then all of them are woken, and end."""
        loop = asyncio.get_running_loop()
        not_before = beat_at = loop.time()
        access = self._access()
        try:
            while True:
                beat_at = beat_at if loop.time() < beat_at else self._beat()
                if access is not (now := self._access()):
                    access, beat_at = now, self._beat()
                is_new = self._objects.version != self._batch.version or self._brief() != self._said
                if is_new and loop.time() >= not_before:
                    await self._make_batch()
                    not_before = loop.time() + self._apart_seconds
                await asyncio.sleep(min(LOOK_SECONDS, self._apart_seconds))
        finally:
            if self._looking is asyncio.current_task():
                self._looking = None
            self._wake()

    def _beat(self) -> float:
        """All streams beat; gives the time of the next one."""
        self._beats += 1
        self._wake()
        return asyncio.get_running_loop().time() + self._beat_seconds

    async def _make_batch(self) -> None:
        before, said = self._batch, self._brief()
        fleet = said if said != self._said else None
        version, text = self._objects.version, b""
        if any(one.whole for one in self._streams.values()):
            try:
                changes = changes_since(self._objects, before.version)
                version = self._objects.version
                text = await self._text(changes, WHOLE, fleet, before.version, version)
            except Expired:  # each stream finds that, too, and says so
                self._batch = _Batch(before.number + 2, version, version, b"")
                self._said = said
                self._wake()
                return
        self._batch, self._said = _Batch(before.number + 1, before.version, version, text), said
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        wake_all(waiting)

    def _now(self) -> int:
        return milliseconds(self._clock())
