"""The port that every bus implements; `tests/bus` holds all of them to the same contract."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Topic(StrEnum):
    """The seven topics, by their names on Kafka; a prefix lets several fleets share a cluster."""

    AGENT_INFO = "AgentInfo"
    AGENT_COMMAND = "AgentCommand"
    AGENT_CONFIG = "AgentConfig"
    AGENT_RESPONSE = "AgentResponse"
    AGENT_ANSWER = "AgentAnswer"
    UPDATE_CONFIG = "UpdateConfig"
    REFRESH = "Refresh"


class Start(StrEnum):
    """Where a subscription begins to read."""

    BEGINNING = "beginning"
    """With all that the topic still holds."""
    END = "end"
    """With what is written after the subscription was opened; if the brokers are away then, after they are back."""


@dataclass(frozen=True)
class Subscription:
    """One topic to read, whole or only the partition that a key falls into."""

    topic: Topic
    start: Start
    key: str | None = None
    """Read only the partition of this key; records of other keys in it are delivered too."""


@dataclass(frozen=True)
class Record:
    """One record as it lies on a topic. Key and value are whatever anybody wrote there (invariant S15)."""

    topic: Topic
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    """None for a tombstone. Of one that is larger than its topic allows perhaps only the beginning, which is too large still."""
    written_at: datetime
    """The record's own timestamp, UTC."""


@dataclass(frozen=True)
class CaughtUp:
    """Everything that lay on the subscribed topics when reading began has been delivered. Comes once."""


@dataclass(frozen=True)
class ConnectionChanged:
    """The brokers of what is read became reachable or unreachable. The first one says how it is at the beginning."""

    connected: bool
    message: str = ""
    """Why they are unreachable."""


@dataclass(frozen=True)
class MadeAnew:
    """Records that lay on a topic when it was read are gone: somebody made it anew, or wiped it.

    What follows comes from its new beginning. Comes soon after the loss, also when nothing was written since, and again
    if more of it is found out; a few new records may come before it. A topic that grew longer than what was read of it
    before anybody looked cannot be told from the old one.
    """

    topic: Topic


@dataclass(frozen=True)
class TopicsChecked:
    """What a look at all seven topics found, and did."""

    made: tuple[Topic, ...] = ()
    """Those that were missing. They are there now, and empty."""
    differences: tuple[str, ...] = ()
    """What of the others is not as it must be, so that they may lose what is entrusted to them: a sentence each."""


BusEvent = Record | CaughtUp | ConnectionChanged | MadeAnew


class PublishFailed(Exception):  # noqa: N818 - says what happened
    """The record was not acknowledged in time. It may or may not have been written: publish it again."""


class TimestampRefused(PublishFailed):
    """The brokers take no record with this time: the clock of this machine, or theirs, is far from right.

    The topic says how far is too far: `message.timestamp.before.max.ms`, and `message.timestamp.after.max.ms`, which is an hour
    since Kafka 4.0 (KIP-937 and KIP-1030). It was not written.
    """


class Bus(Protocol):
    """Publishes records and delivers them, in order within a partition, at least once."""

    async def publish(self, topic: Topic, *, key: str | None, value: bytes | None) -> None:
        """Returns when the brokers have acknowledged the record: a reader from the beginning will find it (S17).

        Args:
            topic: where to.
            key: decides the partition; a compacted topic keeps the newest record of each key, and needs one.
            value: None writes a tombstone: the key is forgotten.

        Raises:
            PublishFailed: no acknowledgement within 10 s.
            TimestampRefused: the brokers refuse the time of this machine.
            ValueError: the record is larger than the topic allows.
        """
        ...

    def subscribe(
        self, subscriptions: tuple[Subscription, ...]
    ) -> AbstractAsyncContextManager[AsyncIterator[BusEvent]]:
        """Opens a reader.

        Inside the context the iterator delivers for ever. Lost brokers are waited for, not raised; opening waits for
        them no longer than 3 s. A topic that is found shorter than what was read of it was made anew: `MadeAnew` says so,
        and it is read from its beginning, whatever the subscription's start was.

        `CaughtUp` comes as soon as all that lay there at the start is delivered, also when that was nothing; it needs
        the brokers, so it may come late, but then it comes.
        """
        ...

    async def aclose(self) -> None:
        """Flushes and gives back connections and threads."""
        ...


class AdminBus(Bus, Protocol):
    """A bus whose topics can be made and compared, too: what a controller needs, and agents have no rights for."""

    async def ensure_topics(self) -> TopicsChecked:
        """Makes the topics that are missing and compares the others with what they must be.

        Readers of this bus are told `MadeAnew` of what was made, or what somebody else made anew since the call before,
        however much lies there already.

        Raises:
            ConnectionError: the brokers did not answer in time, or refused.
        """
        ...
