"""Reads the topics for the controller: what was published, what agents say, what users ask for."""

import asyncio
import logging
from datetime import UTC, datetime

from bus.base import Bus, BusEvent, CaughtUp, ConnectionChanged, MadeAnew, Record, Start, Subscription, Topic
from bus.codec import Undecodable, decode_plain
from controller.picture.events import EventType, Tell
from controller.publish.publisher import Publisher
from controller.status.agent_messages import AgentMessages
from crds.messages import UpdateConfig

_log = logging.getLogger(__name__)

_LONGEST_DESCRIPTION = 200
_MOST_UNTRUSTED = 1000


class Inbox:
    """Hands records to those who understand them, and wakes the loop. No record, of whatever content, ends it (S15)."""

    def __init__(
        self,
        *,
        bus: Bus,
        agent_messages: AgentMessages,
        publisher: Publisher,
        tell: Tell,
        wake: asyncio.Event,
        fetch: asyncio.Event,
    ) -> None:
        """Makes an inbox that has read nothing.

        Args:
            bus: where to read.
            agent_messages: takes what agents say.
            publisher: takes what was published.
            tell: takes what is worth telling.
            wake: set after every event.
            fetch: set when somebody asks to read the manifests now.
        """
        self._bus = bus
        self._agent_messages = agent_messages
        self._publisher = publisher
        self._tell = tell
        self._wake = wake
        self._fetch = fetch
        self.caught_up = False
        """True when the topics were read to their ends."""
        self.connected = False
        """True when the brokers answer."""
        self.untrusted: set[str] = set()
        """Keys of records on topic 210 that this controller did not sign."""

    async def run(self) -> None:
        """Reads until cancelled."""
        subscriptions = (
            Subscription(Topic.AGENT_CONFIG, Start.BEGINNING),
            Subscription(Topic.AGENT_INFO, Start.BEGINNING),
            Subscription(Topic.AGENT_RESPONSE, Start.BEGINNING),
            Subscription(Topic.UPDATE_CONFIG, Start.END),
        )
        async with self._bus.subscribe(subscriptions) as events:
            async for event in events:
                try:
                    self._take(event, datetime.now(UTC))
                except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                    _log.exception("an event of the bus could not be taken in")
                self._wake.set()

    def _take(self, event: BusEvent, now: datetime) -> None:
        match event:
            case Record(topic=Topic.AGENT_CONFIG):
                self._take_published(event, now)
            case Record(topic=Topic.UPDATE_CONFIG):
                self._take_update(event)
            case Record():
                # While old records are read, a node is as alive as the record is young.
                refused = self._agent_messages.take(event, now if self.caught_up else min(event.written_at, now))
                if refused is not None:
                    self._refuse(refused.topic, refused.key, refused.reason)
            case CaughtUp():
                self.caught_up = True
            case MadeAnew(topic=Topic.AGENT_CONFIG):
                self._tell(EventType.WARNING, "TopicLost", "topic 210 was made anew; every generation is sent again")
                for node_id in self._publisher.published:
                    self._publisher.miss(node_id)
            case ConnectionChanged(connected=connected, message=message):
                self.connected = connected
                if not connected:
                    self._tell(
                        EventType.WARNING, "KafkaAway", message or "the brokers do not answer; the fleet goes on"
                    )
            case _:
                pass

    def _take_published(self, record: Record, now: datetime) -> None:
        key = (record.key or b"")[:64].decode(errors="replace")
        if record.value is None:
            self._publisher.miss(key)
            return
        try:
            self._publisher.remember(record.value, now, key=key, on_topic=True)
        except Undecodable as error:
            if len(self.untrusted) < _MOST_UNTRUSTED:
                self.untrusted.add(key)
            self._refuse(record.topic, key, str(error))

    def _take_update(self, record: Record) -> None:
        try:
            why = decode_plain(UpdateConfig, record.value).desc[:_LONGEST_DESCRIPTION]
        except Undecodable as error:
            self._refuse(record.topic, "", str(error))
            return
        self._tell(EventType.NORMAL, "UpdateRequested", f"asked to read the manifests now{': ' + why if why else ''}")
        self._fetch.set()

    def _refuse(self, topic: Topic, key: str, reason: str) -> None:
        self._tell(EventType.WARNING, "RecordRefused", f"topic {topic}, key {key!r}: {reason}")
