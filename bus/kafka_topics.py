"""Makes and verifies the topics on Apache Kafka. Blocking: to be called in a thread."""

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # public, but not in __all__
    AdminClient,
    ConfigResource,
    NewTopic,
)

from bus.base import Topic
from bus.client_log import client_logger
from bus.kafka_options import CannotStart
from bus.topics import SETTINGS, TopicSettings, topic_name

# Brokers that are there say what they have at once; that they are away should be known, and said, soon.
_ANSWER_S = 3.0
_RETRY_S = 0.05
_REPLICAS = 3


@dataclass(frozen=True)
class Mismatch:
    """One setting of one topic that is not as it must be."""

    topic: str
    setting: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.setting} is {self.found}, must be {self.expected}"


class TopicMismatch(CannotStart):
    """Existing topics would not keep what is entrusted to them."""

    def __init__(self, mismatches: tuple[Mismatch, ...]) -> None:
        super().__init__("; ".join(str(mismatch) for mismatch in mismatches))
        self.mismatches = mismatches


def ensure(settings: Mapping[str, Any], prefix: str, timeout_seconds: float, logger: logging.Logger) -> None:
    """Makes the topics that are missing and verifies all of them.

    Raises:
        TopicMismatch: an existing topic is not as it must be.
        ConnectionError: the brokers did not answer in time, or refused.
        KafkaException: librdkafka refuses the settings.
    """
    admin = AdminClient(dict(settings), logger=client_logger(logger))
    wanted = _wanted(prefix)
    deadline = time.monotonic() + timeout_seconds
    try:
        while missing := wanted.keys() - (partitions := _partitions(admin)).keys():
            if time.monotonic() > deadline:
                raise ConnectionError(f"topics do not appear: {', '.join(sorted(missing))}")
            _create(admin, {name: wanted[name] for name in missing}, timeout_seconds)
            time.sleep(_RETRY_S)
        _compare(admin, wanted, partitions, timeout_seconds)
    except KafkaException as error:
        raise ConnectionError(f"Kafka: {error.args[0].str()}") from error
    except TimeoutError as error:
        raise ConnectionError(f"Kafka did not say within {timeout_seconds:g} s whether it made the topics") from error


def _wanted(prefix: str) -> dict[str, TopicSettings]:
    return {topic_name(prefix, topic): SETTINGS[topic] for topic in Topic}


def _partitions(admin: AdminClient) -> dict[str, int]:
    topics = admin.list_topics(timeout=_ANSWER_S).topics
    return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}


def _create(admin: AdminClient, topics: Mapping[str, TopicSettings], timeout_seconds: float) -> None:
    replicas = min(_REPLICAS, len(admin.list_topics(timeout=_ANSWER_S).brokers))
    in_sync = "2" if replicas == _REPLICAS else "1"
    new = [
        NewTopic(
            name,
            num_partitions=topic.partitions,
            replication_factor=replicas,
            config={**topic.more, **topic.verified, "min.insync.replicas": in_sync},
        )
        for name, topic in topics.items()
    ]
    futures: dict[str, Future[None]] = admin.create_topics(new, operation_timeout=timeout_seconds)
    for future in futures.values():
        try:
            future.result(timeout_seconds)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another controller was first
                raise


def _compare(
    admin: AdminClient, wanted: Mapping[str, TopicSettings], partitions: Mapping[str, int], timeout_seconds: float
) -> None:
    found = [
        Mismatch(name, "partitions", str(partitions[name]), str(settings.partitions))
        for name, settings in wanted.items()
        if partitions[name] != settings.partitions
    ]
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in wanted]
    for resource, future in admin.describe_configs(resources).items():
        entries = future.result(timeout_seconds)
        for setting, expected in wanted[resource.name].verified.items():
            value = entries[setting].value
            if value != expected:
                found.append(Mismatch(resource.name, setting, str(value), expected))
    if found:
        raise TopicMismatch(tuple(found))
