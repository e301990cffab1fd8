"""Reads what lies on a topic."""

import json
import time
from dataclasses import dataclass
from typing import Any

from confluent_kafka import Consumer, KafkaError, TopicPartition

from tests.patience import patient

_DEADLINE_S = patient(30)


@dataclass(frozen=True)
class Told:
    """One message."""

    key: str
    partition: int
    value: Any
    headers: tuple[tuple[str, bytes], ...]


def read_topic(bootstrap_servers: str, topic: str, least: int) -> list[Told]:
    """All messages of a topic, partition by partition in order; waits until there are so many."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": f"reader of {topic}",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "allow.auto.create.topics": False,
            "fetch.wait.max.ms": 10,
            "log_level": 0,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=_DEADLINE_S).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        told: list[Told] = []
        ended: set[int] = set()
        deadline_s = time.monotonic() + _DEADLINE_S
        while len(told) < least or len(ended) < len(partitions):
            assert time.monotonic() < deadline_s, f"only {len(told)} of {least} messages on {topic}"
            message = consumer.poll(0.1)
            if message is None:
                continue
            if message.error() is not None:
                assert message.error().code() == KafkaError._PARTITION_EOF, message.error()
                ended.add(message.partition())
                continue
            ended.discard(message.partition())
            headers = tuple(message.headers() or ())
            told.append(Told(message.key().decode(), message.partition(), json.loads(message.value()), headers))
        return sorted(told, key=lambda one: one.partition)
    finally:
        consumer.close()
