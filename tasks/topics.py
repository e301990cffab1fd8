"""Makes the topics of tasks on Kafka, and looks whether those that are there will do."""

import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import Final

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined] # public, but not in __all__
    AdminClient,
    ConfigResource,
    NewTopic,
    TopicMetadata,
)

from tasks.kafka_settings import MESSAGE_MARGIN_BYTES, KafkaAddress, client_settings
from tasks.wire import TaskKind, kind_topics, models_topic

_LOG = logging.getLogger(__name__)

_ANSWER_S: Final = 5.0
_APPEAR_S: Final = 10.0
_LOOK_S: Final = 0.05
_MOST_REPLICAS: Final = 3

# A task that no worker has taken for so long is not kept for them any longer.
RETENTION_S: Final = 7 * 24 * 3600


class TopicsNotReady(Exception):  # noqa: N818 - says what is the matter
    """The topics are not there, or will not do; the message is one line that says why."""


def ensure_topics(address: KafkaAddress, *, partitions: int, max_image_bytes: int) -> None:
    """Makes the topics that are missing; those that are there stay as they are.

    Args:
        address: The brokers.
        partitions: Of each new topic with tasks: so many workers can share the load.
        max_image_bytes: Of the largest picture that must fit into a message.

    Raises:
        TopicsNotReady: If the brokers do not answer, or refuse, or an existing topic takes no messages of this size.
    """
    wanted = _wanted(address.prefix, partitions, max_image_bytes + MESSAGE_MARGIN_BYTES)
    task_topics = [kind_topics(kind, address.prefix).tasks for kind in TaskKind]
    admin = AdminClient(client_settings(address, "fleet-tasks-topics"))
    try:
        found = _made(admin, wanted)
        _check_size(admin, task_topics, max_image_bytes)
    except KafkaException as error:
        raise TopicsNotReady(f"Kafka: {error.args[0].str()}") from None
    except TimeoutError:
        raise TopicsNotReady("Kafka does not answer in time") from None
    for name in task_topics:
        if len(found[name].partitions) < partitions:
            _LOG.warning("topic %s has %d partitions: more workers find no work", name, len(found[name].partitions))


def _made(admin: AdminClient, wanted: Mapping[str, NewTopic]) -> Mapping[str, TopicMetadata]:
    """The topics, once all of them are seen: a broker may say for a while that there is none when it was just made."""
    deadline = time.monotonic() + _APPEAR_S
    while True:
        found = admin.list_topics(timeout=_ANSWER_S)
        seen = {name: topic for name, topic in found.topics.items() if topic.error is None and topic.partitions}
        missing = wanted.keys() - seen.keys()
        if not missing:
            return seen
        if time.monotonic() > deadline:
            raise TopicsNotReady(f"topics do not appear: {', '.join(sorted(missing))}")
        _create(admin, [wanted[name] for name in sorted(missing)], len(found.brokers))
        time.sleep(_LOOK_S)


def _wanted(prefix: str, partitions: int, max_message_bytes: int) -> Mapping[str, NewTopic]:
    retention = {"retention.ms": str(RETENTION_S * 1000), "cleanup.policy": "delete"}
    # Whether a worker is there is told by when it was heard: by the broker's clock, not by that of each worker.
    heard = {**retention, "message.timestamp.type": "LogAppendTime"}
    topics = [NewTopic(models_topic(prefix), num_partitions=1, config=heard)]
    for kind in TaskKind:
        names = kind_topics(kind, prefix)
        large = {**retention, "max.message.bytes": str(max_message_bytes)}
        topics += [
            NewTopic(names.tasks, num_partitions=partitions, config=large),
            NewTopic(names.results, num_partitions=partitions, config=retention),
        ]
    return {topic.topic: topic for topic in topics}


def _create(admin: AdminClient, topics: list[NewTopic], brokers: int) -> None:
    for topic in topics:
        topic.replication_factor = min(_MOST_REPLICAS, brokers)
    futures: dict[str, Future[None]] = admin.create_topics(topics, operation_timeout=_ANSWER_S)
    for name, future in futures.items():
        try:
            future.result(2 * _ANSWER_S)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another service was first
                raise
        else:
            _LOG.info("made topic %s", name)


def _check_size(admin: AdminClient, topics: Sequence[str], max_image_bytes: int) -> None:
    resources = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in topics]
    for resource, future in admin.describe_configs(resources).items():
        allowed = int(future.result(_ANSWER_S)["max.message.bytes"].value)
        if allowed < max_image_bytes:
            raise TopicsNotReady(
                f"topic {resource.name} takes messages of at most {allowed} bytes: raise its max.message.bytes above "
                f"{max_image_bytes}, or accept smaller pictures"
            )
