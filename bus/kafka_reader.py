"""One Kafka consumer in a thread of its own, read from asyncio.

librdkafka's own asyncio classes run on a thread pool and have open reports of deadlocks, so the simple client is used.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from bus.base import BusEvent, CaughtUp, ConnectionChanged, MadeAnew, Record, Start, Topic
from bus.client_log import client_logger
from bus.handover import Handover
from bus.topics import SETTINGS

Place = tuple[str, int]
"""Name of a topic on Kafka, partition."""

_POLL_S = 0.1
_IDLE_POLL_S = 0.5
_IDLE_POLLS = 100
"""After so many in vain it waits longer: nothing is read later for that, and the thread is closed by half a second later."""
_PROBE_S = 0.3
_LONGEST_PROBE_S = 2.0
_GRACE_S = 2.0
"""How long the brokers may owe an answer before that is called an outage, unless every connection is known to be lost."""
_BATCH = 256
_BATCH_BYTES = 4 * 1024 * 1024
"""A batch is handed over when it holds that much; a few wait at the same time. Anybody may write values of the brokers'
largest size, which counts compressed bytes."""
_FIRST_ANSWER_S = 3.0
"""How long opening waits for brokers that neither answer nor refuse."""
_CLOSE_S = 5.0
_NOT_THERE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)  # noqa: SLF001 - their public names
_EARLIEST, _LATEST = -2, -1
_EPOCH = datetime.fromtimestamp(0, UTC)


class Reader:
    """Delivers what `bus.base.Bus.subscribe` promises, until it is closed."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        topics: Mapping[str, Topic],
        starts: Mapping[Place, Start],
        logger: logging.Logger,
    ) -> None:
        """Makes the consumer.

        Args:
            settings: of the consumer.
            topics: which topic a name on Kafka stands for.
            starts: what to read, and from where.
            logger: takes our lines and those of librdkafka.

        Raises:
            KafkaException: librdkafka refuses the settings.
        """
        self._topics = topics
        self._starts = starts
        self._logger = logger
        self._settings = dict(settings)
        self._consumer = self._new_consumer()
        self.events = Handover()
        """What is read."""
        self._answered = asyncio.Event()
        self._orders: deque[Callable[[], None]] = deque()
        """What the thread shall do as soon as it can."""
        self._thread = threading.Thread(target=self._run, name="kafka-reader", daemon=True)
        # The thread alone uses what follows.
        self._positions: dict[Place, int] = {}
        """Where to read on."""
        self._behind: dict[Place, int] | None = None
        """Ends that were there when reading began and are not reached yet; None before they are known."""
        self._caught_up = False
        self._connected: bool | None = None
        self._doubt: str | None = "no answer yet"
        """Why the brokers may be out of reach."""
        self._doubt_since = time.monotonic()
        self._all_down = False
        self._probe_s = _PROBE_S
        self._polls_in_vain = 0
        self._missing: set[str] = set()
        """Topics that the brokers did not know since they last answered for all: those that come back are new ones."""

    async def open(self) -> None:
        """Starts to read; returns when the place to begin at is known, or when no broker can be reached."""
        self._thread.start()
        try:
            async with asyncio.timeout(_FIRST_ANSWER_S):
                await self._answered.wait()
        except TimeoutError:
            self._logger.warning("the brokers do not answer; reading begins when they do")

    async def aclose(self) -> None:
        """Ends the iterator and the thread; a thread that does not end in time is left behind, as a daemon."""
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.events.aclose()
        except TimeoutError:
            self._logger.warning("a Kafka consumer did not close within %s s", _CLOSE_S)
        else:
            self._thread.join(_CLOSE_S)

    def doubt(self, why: str) -> None:
        """There may be trouble: the brokers are asked."""
        self._orders.append(partial(self._doubt_now, why))

    def begin_anew(self, names: Collection[str]) -> None:
        """These topics were made anew, however much lies there already: what is read of them is read from the beginning."""
        if names:
            self._orders.append(partial(self._begin_anew, frozenset(names)))

    # --- in the thread ---

    def _new_consumer(self) -> Consumer:
        return Consumer(self._settings, error_cb=self._on_error, logger=client_logger(self._logger))

    def _run(self) -> None:
        failure: BaseException | None = None
        try:
            while not self.events.closing:
                while self._orders:
                    self._orders.popleft()()
                if self._doubt is not None:
                    self._probe()
                self._read()
        except BaseException as error:  # noqa: BLE001 - raised again where the events are awaited
            failure = error
        finally:
            self._consumer.close()
            self.events.end(failure)

    def _on_error(self, error: KafkaError) -> None:
        """Any trouble is only a reason to ask: what counts is whether brokers answer for our partitions."""
        self._doubt_now(error.str())
        self._all_down = self._all_down or error.code() == KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001 - its public name

    def _doubt_now(self, why: str) -> None:
        if self._doubt is None:
            self._doubt_since = time.monotonic()
        self._doubt = why

    def _probe(self) -> None:
        anew: set[Topic] = set()
        try:
            ends = self._offsets(_LATEST)
            if self._connected is not True or self._missing:
                anew = self._assign(self._offsets(_EARLIEST), ends)
        except KafkaException as error:
            self._doubt = self._why(error.args[0])
            # librdkafka loses a request that it has given to a bootstrap connection when it replaces that one. So the
            # first time is short, and one failure is no outage; nor is a leader that moves.
            self._probe_s = min(2 * self._probe_s, _LONGEST_PROBE_S)
            if self._all_down or time.monotonic() - self._doubt_since >= _GRACE_S:
                self._set_connected(connected=False, message=self._doubt)
            if self._all_down:
                self.events.call(self._answered.set)
            return
        self._doubt = None
        self._missing.clear()
        self._all_down = False
        self._probe_s = _PROBE_S
        self._set_connected(connected=True, message="")
        self.events.put([MadeAnew(topic) for topic in sorted(anew)])
        self.events.call(self._answered.set)
        self._report_caught_up()

    def _why(self, error: KafkaError) -> str:
        """What an error says, and if it is that a topic is not there, which."""
        if error.code() in _NOT_THERE:
            for name in self._topics:
                with contextlib.suppress(KafkaException):
                    if self._consumer.list_topics(name, timeout=self._probe_s).topics[name].error is not None:
                        self._missing.add(name)
        return f"there is no topic {', '.join(sorted(self._missing))}" if self._missing else error.str()

    def _offsets(self, which: int) -> dict[Place, int]:
        """The first or the next offset of each partition: the protocol takes them for times, many in one request."""
        asked = [TopicPartition(topic, partition, which) for topic, partition in self._starts]
        offsets: dict[Place, int] = {}
        for answer in self._consumer.offsets_for_times(asked, timeout=self._probe_s):
            if answer.error is not None:
                raise KafkaException(answer.error)
            offsets[answer.topic, answer.partition] = answer.offset
        return offsets

    def _assign(self, beginnings: Mapping[Place, int], ends: Mapping[Place, int]) -> set[Topic]:
        """Reads on where reading stopped; returns the topics that were made anew meanwhile."""
        is_first = self._behind is None
        if self._behind is None:
            from_end = {place for place, start in self._starts.items() if start is Start.END}
            self._positions = {place: ends[place] if place in from_end else beginnings[place] for place in ends}
            self._behind = {place: end for place, end in ends.items() if self._positions[place] < end}
            self._missing.clear()  # nothing was read of what was not there
        anew = {
            place
            for place, position in self._positions.items()
            if ends[place] < position or (position > 0 and place[0] in self._missing)
        }
        for place in anew:
            self._logger.warning("%s [%d] was made anew: it is read from its beginning", *place)
            self._positions[place] = beginnings[place]
        self._read_on(with_another=not is_first)
        return {self._topics[name] for name, _ in anew}

    def _begin_anew(self, names: frozenset[str]) -> None:
        anew = {name for (name, _), position in self._positions.items() if name in names and position > 0}
        for place in self._positions:
            if place[0] in anew:
                self._positions[place] = 0
        if anew:
            self._logger.warning("%s: made anew, read from the beginning", ", ".join(sorted(anew)))
            self._read_on(with_another=True)
            self.events.put([MadeAnew(topic) for topic in sorted(self._topics[name] for name in anew)])

    def _read_on(self, *, with_another: bool) -> None:
        """Reads from the positions.

        With another consumer once brokers were away or topics were made anew: one that knew them before may stay deaf, for
        ever and without an error, when a broker comes back with another disk (librdkafka 2.16).
        """
        if with_another:
            self._consumer.close()
            self._consumer = self._new_consumer()
        # Known offsets, where librdkafka would ask for each by itself: partitions that join one after the other wait for
        # the long poll of those that came first.
        self._consumer.assign([TopicPartition(*place, position) for place, position in self._positions.items()])

    def _set_connected(self, *, connected: bool, message: str) -> None:
        if connected is not self._connected:
            self._connected = connected
            self.events.put([ConnectionChanged(connected, message)])

    def _read(self) -> None:
        message = self._consumer.poll(_POLL_S if self._polls_in_vain < _IDLE_POLLS else _IDLE_POLL_S)
        if message is None:
            self._polls_in_vain += 1
            return
        self._polls_in_vain = 0
        events: list[BusEvent] = []
        count = size = 0
        while message is not None:
            error = message.error()
            if error is None or error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
                for event in self._take(message, is_end=error is not None):
                    events.append(event)
                    size += len(event.value or b"") + len(event.key or b"") if isinstance(event, Record) else 0
            else:
                self._on_error(error)
            count += 1
            message = self._consumer.poll(0) if count < _BATCH and size < _BATCH_BYTES else None
        self.events.put(events)
        self._report_caught_up()

    def _take(self, message: Message, *, is_end: bool) -> Iterator[BusEvent]:
        name, partition, offset = message.topic(), message.partition(), message.offset()
        if name is None or partition is None or offset is None:
            raise RuntimeError("librdkafka delivered a message without its place")
        topic, place = self._topics[name], (name, partition)
        if offset < self._positions[place]:
            # The brokers did not know our offset any more, so librdkafka went back to the beginning by itself.
            self._logger.warning("%s was made anew: it is read from its beginning", name)
            for other in self._positions:
                if other[0] == name:  # its other partitions too, to tell it once
                    self._positions[other] = 0
            yield MadeAnew(topic)
        self._positions[place] = offset if is_end else offset + 1
        # Compaction may have taken the last records away: then only the end of the partition tells that it is reached.
        if self._behind and (is_end or self._positions[place] >= self._behind.get(place, 0)):
            self._behind.pop(place, None)
        if not is_end:
            value = message.value()
            if value is not None:  # the beginning of one that is too large says that as well, and takes less room
                value = value[: SETTINGS[topic].max_value_bytes + 1]
            yield Record(topic, partition, offset, message.key(), value, written_at(message))

    def _report_caught_up(self) -> None:
        if self._behind is not None and not self._behind and not self._caught_up:
            self._caught_up = True
            self.events.put([CaughtUp()])


def written_at(message: Message) -> datetime:
    """When a message was written, as its writer or the broker says; the epoch for a time that cannot be."""
    _, milliseconds = message.timestamp()
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:  # anybody may write any timestamp
        return _EPOCH
