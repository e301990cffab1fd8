"""Makes and compares the topics on Apache Kafka. Blocking: to be called in a thread."""

import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined] # public, but not in __all__
    AdminClient,
    ConfigResource,
    NewTopic,
    TopicDescription,
)

from bus.base import Topic
from bus.client_log import client_logger
from bus.topics import SETTINGS, TopicSettings, topic_name

# Brokers that are there say what they have at once; that they are away should be known, and said, soon.
_ANSWER_S = 3.0
_RETRY_S = 0.05
_REPLICAS = 3


@dataclass(frozen=True)
class Found:
    """The topics as they are now: all are there."""

    made: frozenset[str]
    """The names of those that were missing."""
    ids: Mapping[str, str]
    """What Kafka knows each by: a topic that is deleted and made anew has the same name and another id."""
    differences: tuple[str, ...]
    """See `bus.base.TopicsChecked`."""


@dataclass(frozen=True)
class _Topic:
    """One topic that is there."""

    id: str
    partitions: int


def ensure(settings: Mapping[str, Any], prefix: str, timeout_seconds: float, logger: logging.Logger) -> Found:
    """Makes the topics that are missing and compares all of them with what they must be.

    Raises:
        ConnectionError: the brokers did not answer in time, or refused.
        KafkaException: librdkafka refuses the settings.
    """
    admin = AdminClient(dict(settings), logger=client_logger(logger))
    wanted = _wanted(prefix)
    deadline = time.monotonic() + timeout_seconds
    made: set[str] = set()
    try:
        while missing := wanted.keys() - (there := _there(admin, wanted)).keys():
            if time.monotonic() > deadline:
                raise ConnectionError(f"topics do not appear: {', '.join(sorted(missing))}")
            made |= _create(admin, {name: wanted[name] for name in missing}, timeout_seconds)
            time.sleep(_RETRY_S)
        differences = _differences(admin, wanted, there, timeout_seconds)
    except (KafkaException, TimeoutError) as error:
        raise ConnectionError(f"{settings['bootstrap.servers']} {_why(error)}") from error
    return Found(frozenset(made), {name: topic.id for name, topic in there.items()}, differences)


def _why(error: KafkaException | TimeoutError) -> str:
    """Time is up here or in librdkafka, whichever looks first."""
    said = error.args[0] if isinstance(error, KafkaException) else None
    if said is None or said.code() == KafkaError._TIMED_OUT:  # noqa: SLF001 - its public name
        return "did not say in time which topics there are, or whether it made them"
    return f"says: {said.str()}"


def _wanted(prefix: str) -> dict[str, TopicSettings]:
    return {topic_name(prefix, topic): SETTINGS[topic] for topic in Topic}


def _there(admin: AdminClient, names: Iterable[str]) -> dict[str, _Topic]:
    found = {}
    described: dict[str, Future[TopicDescription]] = admin.describe_topics(
        TopicCollection(list(names)), request_timeout=_ANSWER_S
    )
    for name, future in described.items():
        try:
            topic = future.result(_ANSWER_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
        else:
            found[name] = _Topic(str(topic.topic_id), len(topic.partitions))
    return found


def _create(admin: AdminClient, topics: Mapping[str, TopicSettings], timeout_seconds: float) -> set[str]:
    """Makes topics; returns those that nobody else had made meanwhile."""
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
    made = set()
    for name, future in futures.items():
        try:
            future.result(timeout_seconds)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another controller was first
                raise
        else:
            made.add(name)
    return made


def _differences(
    admin: AdminClient, wanted: Mapping[str, TopicSettings], there: Mapping[str, _Topic], timeout_seconds: float
) -> tuple[str, ...]:
    found = [
        _difference(name, "partitions", there[name].partitions, settings.partitions)
        for name, settings in wanted.items()
        if there[name].partitions != settings.partitions
    ]
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in wanted]
    for resource, future in admin.describe_configs(resources).items():
        entries = future.result(timeout_seconds)
        for setting, expected in wanted[resource.name].verified.items():
            value = entries[setting].value
            if value != expected:
                found.append(_difference(resource.name, setting, value, expected))
    return tuple(found)


def _difference(topic: str, setting: str, found: object, expected: object) -> str:
    return f"{topic}: {setting} is {found}, must be {expected}"
