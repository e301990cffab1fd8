"""The same stand for every implementation of the bus, so that one suite holds all of them to one contract."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from bus.base import AdminBus, Bus, BusEvent, CaughtUp, ConnectionChanged, Record, Start, Subscription, Topic
from bus.kafka import KafkaBus
from bus.kafka_options import KafkaOptions
from bus.memory import MemoryBus, MemoryLog
from bus.timings import Timings
from bus.topics import KEYED_PARTITIONS, partition_of, topic_name
from tests.patience import in_time, patient

DEADLINE_S = patient(20)

T = TypeVar("T")


class Stand:
    """Brokers of one kind, with topics of their own."""

    partitions = KEYED_PARTITIONS
    """Of the topics that have keys."""

    timings = Timings()

    def partition(self, key: str) -> int:
        return partition_of(key, self.partitions)

    def bus(self) -> AdminBus:
        raise NotImplementedError

    def raw(self, topic: Topic, partition: int, key: bytes | None, value: bytes | None) -> None:
        """Writes what our own bus would not."""
        raise NotImplementedError

    def down(self) -> None:
        raise NotImplementedError

    def up(self) -> None:
        raise NotImplementedError

    def wipe(self, topic: Topic) -> None:
        """Makes a topic anew, empty."""
        raise NotImplementedError

    def delete(self) -> None:
        """Deletes all topics."""
        raise NotImplementedError

    def run(self, test: Callable[["Session"], Coroutine[Any, Any, T]]) -> T:
        async def whole() -> T:
            async with in_time(20), Session.open(self) as session:
                return await test(session)

        return asyncio.run(whole())


class Session:
    """What a test does with a stand."""

    def __init__(self, stand: Stand, stack: AsyncExitStack) -> None:
        self.stand = stand
        self.stack = stack
        self.bus = self.client()

    @classmethod
    @asynccontextmanager
    async def open(cls, stand: Stand) -> AsyncIterator["Session"]:
        async with AsyncExitStack() as stack:
            yield cls(stand, stack)

    def client(self) -> AdminBus:
        bus = self.stand.bus()
        self.stack.push_async_callback(bus.aclose)
        return bus

    async def read(self, *subscriptions: Subscription, bus: Bus | None = None) -> AsyncIterator[BusEvent]:
        return await self.stack.enter_async_context((bus or self.bus).subscribe(subscriptions))

    async def read_all(self, topic: Topic, *, bus: Bus | None = None) -> list[Record]:
        """All that lies on a topic now, read by a new reader."""
        async with (bus or self.bus).subscribe((Subscription(topic, Start.BEGINNING),)) as events:
            return await self.until_caught_up(events)

    async def until_caught_up(self, events: AsyncIterator[BusEvent]) -> list[Record]:
        records = []
        async for event in events:
            if isinstance(event, CaughtUp):
                return records
            if isinstance(event, Record):
                records.append(event)
        raise AssertionError("the iterator ended")

    async def take(self, events: AsyncIterator[BusEvent], count: int) -> list[Record]:
        """The next records, whatever other events lie between them."""
        records: list[Record] = []
        while len(records) < count:
            event = await anext(events)
            if isinstance(event, Record):
                records.append(event)
        return records

    async def until_connected(self, events: AsyncIterator[BusEvent], connected: bool) -> None:
        async for event in events:
            assert isinstance(event, ConnectionChanged), event
            if event.connected is connected:
                return


class MemoryStand(Stand):
    def __init__(self) -> None:
        self.log = MemoryLog()
        self.down = self.log.set_down
        self.up = self.log.set_up
        self.delete = self.log.delete_topics

    def bus(self) -> AdminBus:
        return MemoryBus(self.log, self.timings)

    def raw(self, topic: Topic, partition: int, key: bytes | None, value: bytes | None) -> None:
        self.log.append(topic, key, value, partition=partition)

    def wipe(self, topic: Topic) -> None:
        self.log.wipe()


class KafkaStand(Stand):
    def __init__(self, bootstrap_servers: str, *, prefix: str, embedded: bool) -> None:
        self.bootstrap_servers = bootstrap_servers
        self.prefix = prefix
        self.embedded = embedded

    def bus(self) -> KafkaBus:
        return KafkaBus(
            KafkaOptions(self.bootstrap_servers, self.prefix, self.embedded),
            client_id="test",
            group_id=f"{self.prefix}group",
            timings=self.timings,
        )

    def raw(self, topic: Topic, partition: int, key: bytes | None, value: bytes | None) -> None:
        producer = Producer(
            {"bootstrap.servers": self.bootstrap_servers, "message.max.bytes": 2_000_000, "compression.type": "zstd"}
        )
        errors = []
        producer.produce(
            topic_name(self.prefix, topic),
            key=key,
            value=value,
            partition=partition,
            on_delivery=lambda error, _: errors.append(error),
        )
        assert producer.flush(DEADLINE_S) == 0
        assert errors == [None]

    def wipe(self, topic: Topic) -> None:
        self._delete(topic)
        name = topic_name(self.prefix, topic)
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        admin.create_topics([NewTopic(name, num_partitions=self.partitions)])[name].result(DEADLINE_S)

    def delete(self) -> None:
        self._delete(*Topic)

    def _delete(self, *topics: Topic) -> None:
        if self.embedded:
            raise NotImplementedError
        names = [topic_name(self.prefix, topic) for topic in topics]
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        for future in admin.delete_topics(names).values():
            future.result(DEADLINE_S)
        while not set(names).isdisjoint(admin.list_topics(timeout=DEADLINE_S).topics):
            time.sleep(0.05)
