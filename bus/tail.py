"""A look at the end of any topic, for people: reads a little, joins no group, writes nothing."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from bus import kafka_settings
from bus.kafka_options import KafkaOptions
from bus.kafka_reader import written_at

MOST_OF_A_PARTITION: Final = 1000
"""So many of the latest messages are looked at, however long the topic is."""

_ANSWER_S: Final = 3.0
"""How long brokers may take to say what they have."""
_SILENCE_S: Final = 5.0
"""After so long without a message, what was promised is not coming any more: retention took it, or a broker is away."""
_POLL_S: Final = 0.2
_BATCH: Final = 256
_EARLIEST, _LATEST = -2, -1
_SOON_OVER: Final = frozenset({KafkaError.LEADER_NOT_AVAILABLE, KafkaError.NOT_LEADER_FOR_PARTITION})
"""While a topic is new, or a broker has just left."""
_EMERGENCIES: Final = 0
"""Of syslog's levels the highest, which librdkafka has no line for."""


@dataclass(frozen=True)
class TailMessage:
    """One message, from whomever it is."""

    key: bytes | None
    value: bytes | None
    written_at: datetime
    """As its writer or the broker says."""
    partition: int = 0
    offset: int = 0


class UnknownTopicError(LookupError):
    """The brokers have no topic of this name, or show it to others only."""


class TopicTail:
    """The end of a topic: first what is there, then, if wanted, what comes."""

    def __init__(
        self,
        options: KafkaOptions,
        topic: str,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Connects to nothing yet.

        Args:
            options: where the brokers are.
            topic: its whole name on Kafka: topics of apps do not begin as the fleet's do.
            say: is told when all brokers are away while `following`.

        Raises:
            ValueError: librdkafka refuses the settings.
        """
        name = "fleet-messages"
        settings = {
            **kafka_settings.common(options, name),
            **kafka_settings.consuming(name, embedded=options.embedded),
            "enable.partition.eof": False,
            # What goes wrong is told in our words, once.
            "log_level": _EMERGENCIES,
        }
        self._topic, self._servers, self._say = topic, options.bootstrap_servers, say
        self._following = False
        self._heard = ""
        try:
            self._consumer = Consumer(settings, error_cb=self._on_error)
        except KafkaException as error:
            raise kafka_settings.refusal(error, options.security) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def latest(self) -> list[TailMessage]:
        """The latest messages, at most `MOST_OF_A_PARTITION` of each partition, sorted by time.

        Raises:
            UnknownTopicError: there is no such topic.
            ConnectionError: the brokers do not answer, or refuse.
        """
        try:
            partitions = self._partitions()
            beginnings, ends = self._offsets(partitions, _EARLIEST), self._offsets(partitions, _LATEST)
            begin = {one: max(beginnings[one], ends[one] - MOST_OF_A_PARTITION) for one in partitions}
            self._consumer.assign([TopicPartition(self._topic, one, offset) for one, offset in begin.items()])
            missing = {one: end for one, end in ends.items() if begin[one] < end}
            found: list[TailMessage] = []
            heard = time.monotonic()
            while missing and time.monotonic() - heard < _SILENCE_S:
                for message in self._read():
                    heard = time.monotonic()
                    found.append(_plain(message))
                    if (message.offset() or 0) + 1 >= missing.get(partition := message.partition() or 0, 0):
                        missing.pop(partition, None)
        except KafkaException as error:
            raise self._trouble(error) from None
        return sorted(found, key=lambda one: one.written_at)

    def following(self) -> Iterator[TailMessage]:
        """What comes after `latest`, for ever; an outage of the brokers is waited out.

        Raises:
            ConnectionError: the brokers refuse.
        """
        self._following = True
        while True:
            try:
                yield from map(_plain, self._read())
            except KafkaException as error:
                raise self._trouble(error) from None

    def _partitions(self) -> list[int]:
        topic = self._consumer.list_topics(self._topic, timeout=_ANSWER_S).topics[self._topic]
        if topic.error is None:
            return list(topic.partitions)
        if topic.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise UnknownTopicError(f"{self._servers} has no topic {self._topic}")
        raise KafkaException(topic.error)

    def _offsets(self, partitions: list[int], which: int) -> dict[int, int]:
        late = time.monotonic() + _SILENCE_S
        while True:
            try:
                return self._offsets_now(partitions, which)
            except KafkaException as error:
                if error.args[0].code() not in _SOON_OVER or time.monotonic() > late:
                    raise
            time.sleep(_POLL_S)
            self._consumer.list_topics(self._topic, timeout=_ANSWER_S)  # who leads now

    def _offsets_now(self, partitions: list[int], which: int) -> dict[int, int]:
        asked = [TopicPartition(self._topic, one, which) for one in partitions]
        answers = self._consumer.offsets_for_times(asked, timeout=_ANSWER_S)
        for answer in answers:
            if answer.error is not None:
                raise KafkaException(answer.error)
        return {answer.partition: answer.offset for answer in answers}

    def _read(self) -> list[Message]:
        """What there is; all that goes wrong, but for a refusal, is librdkafka's to mend."""
        messages = self._consumer.consume(_BATCH, timeout=_POLL_S)
        for message in messages:
            error = message.error()
            if error is not None and error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                raise KafkaException(error)
        return [message for message in messages if message.error() is None]

    def _on_error(self, error: KafkaError) -> None:
        if error.code() != KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - its public name
            self._heard = error.str()
        elif self._following:
            self._say(f"Kafka at {self._servers} does not answer: {self._heard or error.str()}; waiting for it")

    def _trouble(self, error: KafkaException) -> ConnectionError:
        """The last that was heard of a connection says more than that an answer did not come."""
        self._consumer.poll(0)  # has librdkafka tell it
        return ConnectionError(f"Kafka at {self._servers}: {self._heard or error.args[0].str()}")


def _plain(message: Message) -> TailMessage:
    place = message.partition() or 0, message.offset() or 0
    return TailMessage(_bytes(message.key()), _bytes(message.value()), written_at(message), *place)


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
