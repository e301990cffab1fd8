"""The settings of the seven topics, and which partition a key falls into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import confluent_kafka

from bus.base import Topic

KEYED_PARTITIONS = 64
"""Fixed at the birth of a topic: with another number, keys would move and their old records stay behind."""

ANSWER_PARTITIONS = 8
"""Of the topic that holds what agents are asked for: nothing of it is found by its key, which only keeps the order."""

RECORD_OVERHEAD_BYTES = 4096
"""Room inside `max.message.bytes` for the key, the headers of record and batch, and what zstd adds to noise."""

_KIB = 1024
_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
_DAY_MS = 24 * _HOUR_MS


@dataclass(frozen=True)
class TopicSettings:
    """How one topic is made."""

    partitions: int
    cleanup_policy: str
    max_message_bytes: int
    """Limit of the brokers for one compressed batch (`max.message.bytes`)."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further settings by their Kafka names; they tune, so they are set at birth and never verified."""

    @property
    def max_value_bytes(self) -> int:
        """The largest value that we publish."""
        return self.max_message_bytes - RECORD_OVERHEAD_BYTES

    @property
    def verified(self) -> dict[str, str]:
        """The settings that must hold for the topic to keep what is entrusted to it."""
        return {"cleanup.policy": self.cleanup_policy, "max.message.bytes": str(self.max_message_bytes)}


# Brokers refuse records whose time, by the clock of their writer, is too far from theirs; their own is never.
_TIME_OF_THE_BROKER = {"message.timestamp.type": "LogAppendTime"}


def _compacted(
    max_message_bytes: int,
    *,
    dirty_ratio: float = 0.3,
    segment_bytes: int = 64 * _KIB * _KIB,
    min_lag_ms: int = 0,
    max_lag_ms: int = 6 * _HOUR_MS,
    tombstone_ms: int = _DAY_MS,
) -> TopicSettings:
    more = {
        **_TIME_OF_THE_BROKER,
        "min.cleanable.dirty.ratio": str(dirty_ratio),
        "segment.ms": str(_HOUR_MS),
        "segment.jitter.ms": str(10 * _MINUTE_MS),
        "segment.bytes": str(segment_bytes),
        "min.compaction.lag.ms": str(min_lag_ms),
        "max.compaction.lag.ms": str(max_lag_ms),
        "delete.retention.ms": str(tombstone_ms),
        "unclean.leader.election.enable": "false",
    }
    return TopicSettings(KEYED_PARTITIONS, "compact", max_message_bytes, MappingProxyType(more))


def _deleted(
    partitions: int, *, retention_ms: int = _DAY_MS, segment_ms: int = _HOUR_MS, most: Mapping[str, str] | None = None
) -> TopicSettings:
    more = {
        **_TIME_OF_THE_BROKER,
        "retention.ms": str(retention_ms),
        "segment.ms": str(segment_ms),
        **(most or {}),
        "unclean.leader.election.enable": "false",
    }
    return TopicSettings(partitions, "delete", 64 * _KIB, MappingProxyType(more))


SETTINGS: Mapping[Topic, TopicSettings] = MappingProxyType(
    {
        Topic.AGENT_INFO: _compacted(64 * _KIB),
        Topic.AGENT_COMMAND: _deleted(KEYED_PARTITIONS),
        # The lag keeps every generation readable for an hour, for whoever asks what happened. Tombstones live for a week,
        # so that an agent that was away over a weekend still sees them.
        Topic.AGENT_CONFIG: _compacted(
            1024 * _KIB,
            dirty_ratio=0.1,
            segment_bytes=32 * _KIB * _KIB,
            min_lag_ms=_HOUR_MS,
            max_lag_ms=_DAY_MS,
            tombstone_ms=7 * _DAY_MS,
        ),
        Topic.AGENT_RESPONSE: _compacted(256 * _KIB),
        # Read as it comes by whoever asked, and by nobody later: half a GiB of a broker's disk at most.
        Topic.AGENT_ANSWER: _deleted(
            ANSWER_PARTITIONS,
            retention_ms=10 * _MINUTE_MS,
            segment_ms=5 * _MINUTE_MS,
            most={"segment.bytes": str(16 * _KIB * _KIB), "retention.bytes": str(48 * _KIB * _KIB)},
        ),
        Topic.UPDATE_CONFIG: _deleted(1),
        Topic.REFRESH: _deleted(1),
    }
)


def topic_name(prefix: str, topic: Topic) -> str:
    """The name of a topic on Kafka."""
    return prefix + topic.value


def partition_of(key: str, partitions: int) -> int:
    """The partition that Kafka's default partitioner gives a key, so that producers in any language agree.

    Of a key `A/B` it is that of `A`: what one sender says under both is read in the order in which it was written.
    """
    return confluent_kafka.murmur2(key.partition("/")[0].encode(), partitions)


def check_size(topic: Topic, value: bytes) -> None:
    """Refuses a value before it is sent.

    Raises:
        ValueError: the value is larger than the topic allows.
    """
    limit = SETTINGS[topic].max_value_bytes
    if len(value) > limit:
        raise ValueError(f"a record of {len(value)} bytes is too large for {topic}, which allows {limit}")
