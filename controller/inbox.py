"""Takes in what comes from the topics: what was published, what agents say, what users ask for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bus.base import BusEvent, CaughtUp, ConnectionChanged, MadeAnew, Record, Start, Subscription, Topic
from bus.codec import Undecodable, UnknownFormat, decode_plain
from controller import term, topic_loss
from controller.actions import Fetch, Log, Note, Tell
from controller.model import ObjectRef
from controller.picture.events import EventType
from controller.publish.published import Sent, UnderWay, config_in, known_by_its_bytes, remembered
from controller.rules import Rules
from controller.state import State
from controller.status.hearing import Hearing, OtherKey, TooManyStrangers, key_text
from controller.status.trust import about_stranger
from crds.messages import AgentConfig, UpdateConfig

SUBSCRIPTIONS = (
    Subscription(Topic.AGENT_CONFIG, Start.BEGINNING),
    Subscription(Topic.AGENT_INFO, Start.BEGINNING),
    Subscription(Topic.AGENT_RESPONSE, Start.BEGINNING),
    Subscription(Topic.UPDATE_CONFIG, Start.END),
)

_LONGEST_DESCRIPTION = 200
_MOST_UNTRUSTED = 1000


class Inbox:
    """Makes one state into the next, by the events that came in one go: what is large is copied once for all of them."""

    def __init__(self, state: State, rules: Rules, under_way: Mapping[str, UnderWay] = MappingProxyType({})) -> None:
        """Begins with a state, which is not changed.

        Args:
            state: what is known.
            rules: whose controller this is.
            under_way: what it is publishing just now, by node id: that is read back, and often before the acknowledgement.
        """
        self._before = state
        self._rules = rules
        self._under_way = under_way
        self._hearing = Hearing(
            state.observed, fleet_id=rules.fleet_id, members=state.members, is_caught_up=state.caught_up
        )
        self._sent: dict[str, Sent] = {}
        self._changes: dict[str, Any] = {}
        self._lost: dict[Topic, datetime] = {}
        self._later: tuple[AgentConfig, datetime] | None = None
        self._notes: list[Note] = []

    def take(self, event: BusEvent, now: datetime) -> None:
        """Takes in one event, of whatever content.

        Args:
            event: what came.
            now: when it came, UTC.
        """
        match event:
            case Record(topic=Topic.AGENT_CONFIG):
                self._take_published(event, now)
            case Record(topic=Topic.UPDATE_CONFIG):
                self._take_update(event)
            case Record():
                self._hear(event, now)
            case CaughtUp():
                self._changes["caught_up"] = True
            case MadeAnew(topic=topic):
                self._lost[topic] = now
                if topic is Topic.AGENT_CONFIG:
                    for node_id in (*self._before.published.by_node, *self._sent):
                        self._miss(node_id)
            case ConnectionChanged(connected=connected, message=message):
                self._changes["connected"] = connected
                if not connected:
                    why = f" ({message})" if message else ""
                    text = f"the brokers do not answer as they must{why}: what runs goes on, changes wait until they do"
                    self._tell(EventType.WARNING, "KafkaAway", text)

    def done(self) -> tuple[State, tuple[Note, ...]]:
        """The state after all that was taken in; the same object when nothing was new."""
        before = self._before
        changes = {
            **self._changes,
            "observed": self._hearing.done(),
            "published": before.published.with_changes(self._sent),
        }
        is_new = any(getattr(before, name) is not value for name, value in changes.items())
        state = replace(before, **changes) if is_new else before
        notes = tuple(self._notes)
        if self._later is not None:
            state, told = term.end(state, *self._later)
            notes += told
        if self._lost:
            state, told = topic_loss.lost(state, self._lost, max(self._lost.values()))
            notes += told
        return state, notes

    def _hear(self, record: Record, now: datetime) -> None:
        caught_up = self._before.caught_up or "caught_up" in self._changes
        try:
            # While old records are read, a node is as alive as the record is young.
            self._hearing.take(record, now if caught_up else min(record.written_at, now), is_live=caught_up)
        except TooManyStrangers as error:
            self._tell(EventType.WARNING, "TooManyAskToJoin", f"{error}; a Node manifest admits any agent all the same")
        except OtherKey as error:
            self._tell_of_stranger(error)
        except Undecodable as error:
            self._refuse(record.topic, key_text(record), error)

    def _tell_of_stranger(self, error: OtherKey) -> None:
        """Once for each, until it was gone for a while: it greets every minute."""
        revision, node_id = self._before.gate.in_force, error.node_id
        node = revision.node_by_id.get(node_id) if revision else None
        name, is_pinned = (node.name, node.is_pinned) if node else (node_id, False)
        text = about_stranger(error.stranger, name, error.known_by, is_pinned=is_pinned)
        self._notes.append(Tell(EventType.WARNING, "KeyRefused", text, ObjectRef("Node", name)))

    def _take_published(self, record: Record, now: datetime) -> None:
        key = key_text(record)
        if record.value is None:
            self._miss(key)
            return
        known, rules = self._newest(key), self._rules
        same = known_by_its_bytes(record.value, known, self._under_way.get(key))
        try:
            if same is not None:
                config, small = same.config, same.packed
            else:
                small = b""
                config = config_in(
                    record.value,
                    key=key,
                    fleet_id=rules.fleet_id,
                    public_key=rules.public_key,
                    texts=self._before.published.texts,
                )
        except Undecodable as error:
            untrusted: frozenset[str] = self._changes.get("untrusted", self._before.untrusted)
            # A record of another format has the right signature: it is that of a controller of another version.
            is_foreign = not isinstance(error, UnknownFormat)
            if is_foreign and len(untrusted) < _MOST_UNTRUSTED and key not in untrusted:
                self._changes["untrusted"] = untrusted | {key}
            self._refuse(record.topic, key, error)
            return
        sent = remembered(known, config, record.value, now, on_topic=True, small=small)
        if sent is not known:
            self._sent[key] = sent
        if self._before.term is None:
            return
        if term.is_from_a_later_term(config, self._before.term, rules.run):
            self._later = self._later or (config, now)
        elif known is not None and known.on_topic and term.is_stale(config, known.config, rules.run):
            self._miss(key)

    def _newest(self, node_id: str) -> Sent | None:
        return self._sent.get(node_id) or self._before.published.by_node.get(node_id)

    def _miss(self, node_id: str) -> None:
        """The record of a node was deleted from the topic: the newest one will be sent again."""
        sent = self._newest(node_id)
        if sent is not None:  # another object each time: what is being sent again may be what was deleted
            self._sent[node_id] = replace(sent, on_topic=False)

    def _take_update(self, record: Record) -> None:
        try:
            why = decode_plain(UpdateConfig, record.value).desc[:_LONGEST_DESCRIPTION]
        except Undecodable as error:
            self._refuse(record.topic, "", error)
            return
        self._tell(EventType.NORMAL, "UpdateRequested", f"asked to read the manifests now{': ' + why if why else ''}")
        self._notes.append(Fetch())

    def _refuse(self, topic: Topic, key: str, error: Undecodable) -> None:
        """Of nodes of the fleet it is told one by one; whoever makes up keys must not drive all other events out."""
        reason = "UnknownFormat" if isinstance(error, UnknownFormat) else "RecordRefused"
        text = f"topic {topic}, key {key!r}: {error}"
        if key and self._before.gate.in_force and key not in self._before.members:
            self._notes.append(Log(EventType.WARNING, f"{reason}: {text}"))
            text = f"topic {topic}: records are refused under keys that are no nodes of the fleet; the log tells each"
        self._tell(EventType.WARNING, reason, text)

    def _tell(self, kind: EventType, reason: str, message: str) -> None:
        self._notes.append(Tell(kind, reason, message))
