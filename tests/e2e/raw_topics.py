"""The seven topics as bytes, past all code of ours: what lies there, and a way to write anything there."""

import uuid
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from bus.base import Topic
from bus.topics import SETTINGS, partition_of, topic_name
from tests.e2e.running_fleet import RunningFleet
from tests.patience import patient

_PATIENCE_S = patient(20)
_MOST_BYTES = 64 * 1024 * 1024


def records(fleet: RunningFleet) -> Iterator[tuple[str, bytes | None, bytes | None]]:
    """Every record that lies on a topic of the fleet: place, key and value."""
    settings = {
        "bootstrap.servers": fleet.bootstrap,
        "group.id": f"e2e-{uuid.uuid4().hex}",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
        "fetch.wait.max.ms": 10,
    }
    unread = {
        (topic_name(fleet.topic_prefix, topic), partition)
        for topic in Topic
        for partition in range(SETTINGS[topic].partitions)
    }
    consumer = Consumer(settings)
    try:
        consumer.assign([TopicPartition(name, partition, 0) for name, partition in unread])
        while unread:
            message = consumer.poll(_PATIENCE_S)
            assert message is not None, f"no end of {len(unread)} partitions is seen"
            error = message.error()
            if error is None:
                yield f"{message.topic()}[{message.partition()}]", message.key(), message.value()
            elif error.code() == KafkaError._PARTITION_EOF:
                unread.discard((str(message.topic()), int(message.partition() or 0)))
            else:
                raise AssertionError(error)
    finally:
        consumer.close()


class RawWriter:
    """Writes what our own code would never write."""

    def __init__(self, fleet: RunningFleet) -> None:
        self._prefix = fleet.topic_prefix
        self._refused: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": fleet.bootstrap,
                "message.max.bytes": _MOST_BYTES,
                "compression.type": "zstd",
                "linger.ms": 0,
                "batch.num.messages": 1,
            }
        )

    def write(self, topic: Topic, key: bytes | None, value: bytes | None, *, near: str) -> None:
        """Writes into the partition where the records of the key `near` are."""
        partition = partition_of(near, SETTINGS[topic].partitions) if SETTINGS[topic].partitions > 1 else 0

        def delivered(error: KafkaError | None, _message: object) -> None:
            if error is not None:
                self._refused.append(f"{topic}, {len(value or b'')} bytes: {error}")

        self._producer.produce(
            topic_name(self._prefix, topic), key=key, value=value, partition=partition, on_delivery=delivered
        )

    def finish(self) -> list[str]:
        """Returns what the broker refused."""
        assert self._producer.flush(_PATIENCE_S) == 0
        return self._refused
