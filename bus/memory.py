"""The bus in memory: for tests, and for simulations in one thread with a clock of their own."""

import asyncio
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self

from bus.base import (
    BusEvent,
    CaughtUp,
    ConnectionChanged,
    MadeAnew,
    PublishFailed,
    Record,
    Start,
    Subscription,
    Topic,
    TopicsChecked,
)
from bus.timings import Timings
from bus.topics import SETTINGS, check_size, partition_of
from ports.clock import SystemClock

Place = tuple[Topic, int]


@dataclass
class _Partition:
    records: list[Record] = field(default_factory=list)
    """By offset; compaction leaves gaps."""
    end: int = 0
    """The offset of the next record."""


def _no_copies(_record: Record) -> int:
    return 0


async def _no_pause() -> None:
    return


class MemoryLog:
    """What lies on the topics; several `MemoryBus` share one."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime] = SystemClock().now,
        copies: Callable[[Record], int] = _no_copies,
        pause: Callable[[], Awaitable[None]] = _no_pause,
    ) -> None:
        """An empty log.

        Args:
            now: gives the timestamps of records.
            copies: how often a published record is written again, as a retry after a lost acknowledgement would.
            pause: awaited by readers before each event, as if each came with a fetch of its own.
        """
        self.up = True
        self.pause = pause
        self.differences: tuple[str, ...] = ()
        """What a look at the topics finds; see `bus.base.TopicsChecked`."""
        # In the order of their coming, so that whoever is woken first does not depend on where it lies in memory.
        self._readers: defaultdict[Place, dict[_Reader, None]] = defaultdict(dict)
        self._cut_off: dict[asyncio.Event, None] = {}
        self._now = now
        self._copies = copies
        self._partitions: defaultdict[Place, _Partition] = defaultdict(_Partition)
        self._deleted: set[Topic] = set()
        self._lives: Counter[Topic] = Counter()

    def append(self, topic: Topic, key: bytes | None, value: bytes | None, *, partition: int) -> Record:
        """Writes one record; anything may be written here, as on Kafka."""
        place = (topic, partition)
        log = self._partitions[place]
        record = Record(topic, partition, log.end, key, value, self._now())
        for offset in range(log.end, log.end + 1 + self._copies(record)):
            log.records.append(replace(record, offset=offset))
        log.end = log.records[-1].offset + 1
        for reader in self._readers[place]:
            reader.look_at(place)
        return record

    def register(self, reader: "_Reader") -> None:
        """Tells a reader from now on what happens to the partitions that it reads."""
        for place in reader.places:
            self._readers[place][reader] = None

    def unregister(self, reader: "_Reader") -> None:
        """Ends `register`."""
        for place in reader.places:
            del self._readers[place][reader]

    async def connection_may_have_changed(self) -> None:
        """Returns when clients were cut off or let in."""
        changed = asyncio.Event()
        self._cut_off[changed] = None
        try:
            await changed.wait()
        finally:
            del self._cut_off[changed]

    def at(self, place: Place, position: int) -> Record | None:
        """The first record at or after a position."""
        records = self._partitions[place].records
        index = bisect_left(records, position, key=lambda record: record.offset)
        return records[index] if index < len(records) else None

    def end(self, place: Place) -> int:
        """The offset that the next record will have."""
        return self._partitions[place].end

    def compact(self) -> None:
        """Keeps the newest record of each key on compacted topics, and takes tombstones away."""
        for (topic, _), log in self._partitions.items():
            if SETTINGS[topic].cleanup_policy == "compact":
                newest = {record.key: record for record in log.records}
                log.records = [r for r in log.records if newest[r.key] is r and r.value is not None]
        self.notify()

    def wipe(self) -> None:
        """Loses everything; offsets begin anew."""
        self.delete_topics()
        self.make_topics()

    def delete_topics(self, *topics: Topic) -> None:
        """Loses these topics, or all, and what lies on them; nobody reads or writes them until somebody makes them."""
        self._deleted |= set(topics or Topic)
        for place in [place for place in self._partitions if place[0] in self._deleted]:
            del self._partitions[place]
        self.notify()

    def make_topics(self) -> tuple[Topic, ...]:
        """Makes the topics that are not there; returns them."""
        made = tuple(topic for topic in Topic if topic in self._deleted)
        self._deleted.clear()
        self._lives.update(made)
        self.notify()
        return made

    def has(self, topics: Iterable[Topic]) -> bool:
        """True when all of these topics are there."""
        return self._deleted.isdisjoint(topics)

    def life_of(self, topic: Topic) -> int:
        """How often a topic was made anew."""
        return self._lives[topic]

    def set_down(self) -> None:
        """Cuts every client off."""
        self.up = False
        self.notify()

    def set_up(self) -> None:
        """Lets clients in again."""
        self.up = True
        self.notify()

    def notify(self) -> None:
        """Wakes all who wait for a change that is more than a new record."""
        for place, readers in self._readers.items():
            for reader in readers:
                reader.look_at(place)
        for changed in self._cut_off:
            changed.set()


class MemoryBus:
    """Implements `bus.base.AdminBus`: one client of a log."""

    def __init__(self, log: MemoryLog, timings: Timings = Timings()) -> None:
        self.log = log
        self._timings = timings
        self._linked = True
        self._readers: list[_Reader] = []

    @property
    def connected(self) -> bool:
        """True while this client reaches the log."""
        return self._linked and self.log.up

    def disconnect(self) -> None:
        """Cuts this client off."""
        self._linked = False
        self.log.notify()

    def reconnect(self) -> None:
        """Ends `disconnect`."""
        self._linked = True
        self.log.notify()

    async def publish(self, topic: Topic, *, key: str | None, value: bytes | None) -> None:
        """See `bus.base.Bus`."""
        check_size(topic, value or b"")
        partition = 0 if key is None else partition_of(key, SETTINGS[topic].partitions)
        if not self._can_write(topic):
            await self._until_connected(topic)
        self.log.append(topic, None if key is None else key.encode(), value, partition=partition)
        await asyncio.sleep(0)

    def _can_write(self, topic: Topic) -> bool:
        return self.connected and self.log.has((topic,))

    async def _until_connected(self, topic: Topic) -> None:
        seconds = self._timings.publish_seconds
        try:
            async with asyncio.timeout(seconds):
                while not self._can_write(topic):
                    await self.log.connection_may_have_changed()
        except TimeoutError:
            raise PublishFailed(f"{topic}: no acknowledgement within {seconds:g} s") from None

    @asynccontextmanager
    async def subscribe(self, subscriptions: tuple[Subscription, ...]) -> AsyncIterator[AsyncIterator[BusEvent]]:
        """See `bus.base.Bus`."""
        reader = _Reader(self, subscriptions)
        self._readers.append(reader)
        self.log.register(reader)
        try:
            yield reader
        finally:
            self.log.unregister(reader)
            self._readers.remove(reader)
            reader.close()

    async def ensure_topics(self) -> TopicsChecked:
        """See `bus.base.AdminBus`."""
        await asyncio.sleep(0)
        if not self.connected:
            raise ConnectionError("disconnected")
        return TopicsChecked(self.log.make_topics(), self.log.differences)

    async def aclose(self) -> None:
        """See `bus.base.Bus`."""
        for reader in self._readers:
            reader.close()


class _Reader:
    """Reads from the log itself, so nothing is ever queued."""

    def __init__(self, bus: MemoryBus, subscriptions: tuple[Subscription, ...]) -> None:
        self._changed = asyncio.Event()
        self._bus = bus
        self._log = bus.log
        self._closed = False
        self._connected: bool | None = None
        self._starts: dict[Place, Start] = {}
        for wanted in subscriptions:
            count = SETTINGS[wanted.topic].partitions
            for partition in range(count) if wanted.key is None else [partition_of(wanted.key, count)]:
                if self._starts.get((wanted.topic, partition)) is not Start.BEGINNING:
                    self._starts[wanted.topic, partition] = wanted.start
        # Where something may lie that was not read yet; each is read to its end before the next.
        self._to_look_at = dict.fromkeys(self._starts)
        self._positions: dict[Place, int] = {}
        self._behind: dict[Place, int] | None = None
        self._caught_up = False
        self._topics = tuple(dict.fromkeys(topic for topic, _ in self._starts))
        self._lives: dict[Topic, int] = {}
        if self._is_reachable():
            self._begin()

    @property
    def places(self) -> tuple[Place, ...]:
        """The partitions that it reads."""
        return tuple(self._starts)

    def look_at(self, place: Place) -> None:
        """Something happened to a partition."""
        self._to_look_at[place] = None
        self._changed.set()

    def close(self) -> None:
        """Ends the iteration."""
        self._closed = True
        self._changed.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> BusEvent:
        while not self._closed:
            await self._log.pause()
            event = self._next()
            if event is not None:
                return event
            self._changed.clear()
            await self._changed.wait()
        raise StopAsyncIteration

    def _is_reachable(self) -> bool:
        return self._bus.connected and self._log.has(self._topics)

    def _begin(self) -> None:
        for place, start in self._starts.items():
            self._positions[place] = self._log.end(place) if start is Start.END else 0
        self._lives = {topic: self._log.life_of(topic) for topic in self._topics}
        self._behind = {p: self._log.end(p) for p in self._starts if self._positions[p] < self._log.end(p)}

    def _next(self) -> BusEvent | None:
        if self._is_reachable() is not self._connected:
            self._connected = self._is_reachable()
            if self._connected and self._behind is None:
                self._begin()
            return ConnectionChanged(self._connected, "" if self._connected else self._why_not())
        if not self._connected or self._behind is None:
            return None
        if not self._behind and not self._caught_up:
            self._caught_up = True
            return CaughtUp()
        while self._to_look_at:
            place = next(iter(self._to_look_at))
            event = self._read(place)
            if event is not None:
                return event
            del self._to_look_at[place]
        # The last records may have been compacted away while others were read.
        return self._next() if not self._caught_up else None

    def _why_not(self) -> str:
        return "disconnected" if not self._bus.connected else "there is no topic of what is read"

    def _read(self, place: Place) -> Record | MadeAnew | None:
        topic, _ = place
        if self._lives[topic] != self._log.life_of(topic):
            self._lives[topic] = self._log.life_of(topic)
            mine = [other for other in self._starts if other[0] is topic]
            was_read = any(self._positions[other] for other in mine)
            self._positions.update(dict.fromkeys(mine, 0))  # all at once, to tell it once
            if was_read:
                return MadeAnew(topic)
        record = self._log.at(place, self._positions[place])
        self._positions[place] = self._log.end(place) if record is None else record.offset + 1
        if self._behind and self._positions[place] >= min(self._behind.get(place, 0), self._log.end(place)):
            self._behind.pop(place, None)
        return record
