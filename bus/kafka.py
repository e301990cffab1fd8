"""The bus on Apache Kafka, and on the embedded broker."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from confluent_kafka import KafkaError, KafkaException

from bus import kafka_settings
from bus.base import BusEvent, PublishFailed, Start, Subscription, TimestampRefused, Topic, TopicsChecked
from bus.kafka_options import CannotStart, KafkaOptions
from bus.kafka_reader import Place, Reader
from bus.kafka_writer import Writer
from bus.timings import Timings
from bus.topics import SETTINGS, check_size, partition_of, topic_name


class KafkaBus:
    """Implements `bus.base.AdminBus`. To be used from one event loop."""

    def __init__(
        self,
        options: KafkaOptions,
        *,
        client_id: str,
        group_id: str,
        logger: logging.Logger | None = None,
        timings: Timings = Timings(),
    ) -> None:
        """Connects to nothing yet.

        Args:
            options: where the brokers are.
            client_id: what the brokers' logs and quotas know us by.
            group_id: the group that consumers name; access control asks for DESCRIBE on it, nothing is stored under it.
            logger: takes our lines and those of librdkafka.
            timings: how long it waits.

        Raises:
            ValueError: a setting for security has nothing to do with it. Settings that librdkafka refuses raise it too,
                from `check_settings` or whatever connects first.
        """
        self._timings = timings
        self._prefix = options.topic_prefix
        self._embedded = options.embedded
        self._logger = logger or logging.getLogger(__name__)
        self._security = options.security
        self._common = kafka_settings.common(options, client_id)
        self._consuming = kafka_settings.consuming(group_id, embedded=options.embedded)
        self._writer: Writer | None = None
        self._readers: set[Reader] = set()
        self._topic_ids: Mapping[str, str] = {}
        """As they were checked last."""

    def check_settings(self) -> None:
        """Has librdkafka look at the settings, before anything depends on them. To be called in the event loop.

        Raises:
            ValueError: it refuses them; the message shows no value.
        """
        self._living_writer()

    async def publish(self, topic: Topic, *, key: str | None, value: bytes | None) -> None:
        """See `bus.base.Bus`."""
        check_size(topic, value or b"")
        partition = 0 if key is None else partition_of(key, SETTINGS[topic].partitions)
        writer = self._living_writer()
        try:
            async with asyncio.timeout(self._timings.publish_seconds):
                await writer.write(topic_name(self._prefix, topic), partition, key, value)
        except TimeoutError:
            raise self._failed(topic, f"no acknowledgement within {self._timings.publish_seconds:g} s") from None
        except KafkaException as error:
            if error.args[0].code() == KafkaError.INVALID_TIMESTAMP:
                raise TimestampRefused(
                    f"{topic}: the brokers refuse the time stamp of the record (INVALID_TIMESTAMP): the clock of this "
                    "machine is too far from theirs; synchronise both with a time server (`timedatectl`)"
                ) from None
            raise self._failed(topic, error.args[0].str()) from None

    def _failed(self, topic: Topic, why: str) -> PublishFailed:
        """A topic that was deleted is noticed by whoever writes to it long before those who read it."""
        for reader in self._readers:
            reader.doubt(why)
        return PublishFailed(f"{topic}: {why}")

    @asynccontextmanager
    async def subscribe(self, subscriptions: tuple[Subscription, ...]) -> AsyncIterator[AsyncIterator[BusEvent]]:
        """See `bus.base.Bus`."""
        topics = {topic_name(self._prefix, subscription.topic): subscription.topic for subscription in subscriptions}
        starts = self._starts(subscriptions)
        # A young producer asks for its id once, and if no broker is connected yet, again after half a second: whoever
        # subscribes will publish, and shall not wait for that then.
        self._living_writer()
        try:
            reader = Reader({**self._common, **self._consuming}, topics, starts, self._logger)
        except KafkaException as error:
            raise kafka_settings.refusal(error, self._security) from None
        self._readers.add(reader)
        try:
            await reader.open()
            yield reader.events
        finally:
            self._readers.discard(reader)
            await reader.aclose()

    async def ensure_topics(self) -> TopicsChecked:
        """See `bus.base.AdminBus`. The embedded broker has them from birth."""
        if self._embedded:
            return TopicsChecked()
        # Here, since agents make no topics: what does is half a MiB of each.
        from bus import kafka_topics  # noqa: PLC0415 - see above

        try:
            found = await asyncio.to_thread(
                kafka_topics.ensure, self._common, self._prefix, self._timings.topics_seconds, self._logger
            )
        except KafkaException as error:
            raise kafka_settings.refusal(error, self._security) from None
        replaced = {name for name, known in self._topic_ids.items() if found.ids[name] != known}
        self._topic_ids = found.ids
        for reader in self._readers:
            reader.begin_anew(found.made | replaced)
        made = tuple(topic for topic in Topic if topic_name(self._prefix, topic) in found.made)
        return TopicsChecked(made, found.differences)

    async def aclose(self) -> None:
        """See `bus.base.Bus`."""
        writer, self._writer = self._writer, None
        closing = [reader.aclose() for reader in self._readers]
        if writer is not None:
            closing.append(writer.aclose())
        await asyncio.gather(*closing)

    def _living_writer(self) -> Writer:
        if self._writer is not None and self._writer.broken:
            self._logger.warning("the producer broke; another one takes its place")
            self._writer.abandon()
            self._writer = None
        if self._writer is None:
            try:
                self._writer = Writer(
                    {**self._common, **kafka_settings.producing()}, self._timings.flush_seconds, self._logger
                )
            except KafkaException as error:
                raise kafka_settings.refusal(error, self._security) from None
        return self._writer

    def _starts(self, subscriptions: tuple[Subscription, ...]) -> dict[Place, Start]:
        starts: dict[Place, Start] = {}
        for subscription in subscriptions:
            count = SETTINGS[subscription.topic].partitions
            chosen = range(count) if subscription.key is None else [partition_of(subscription.key, count)]
            for partition in chosen:
                place = (topic_name(self._prefix, subscription.topic), partition)
                if starts.get(place) is not Start.BEGINNING:
                    starts[place] = subscription.start
        return starts


def started_bus(options: KafkaOptions, *, client_id: str, group_id: str) -> KafkaBus:
    """The bus of a part that starts: its settings were looked at. To be called in the event loop.

    Raises:
        CannotStart: they cannot be used; the message shows no value.
    """
    try:
        bus = KafkaBus(options, client_id=client_id, group_id=group_id)
        bus.check_settings()
    except ValueError as error:
        raise CannotStart(str(error)) from None
    return bus
