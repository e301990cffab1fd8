"""Takes in what agents say on topics 200 and 220: checks who said it, and folds it into the observed fleet."""

import contextlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from types import MappingProxyType

from bus.base import Record, Topic
from bus.codec import Undecodable, decode_heartbeat, decode_self_signed, decode_signed
from bus.topics import SETTINGS
from controller.observed import Fleet, ObservedNode, Pulse, Stranger
from controller.status.fold import AgentMessage, fold, fold_heartbeat
from controller.status.strangers import (
    MOST_PENDING,
    PENDING_AGAIN_AFTER,
    RECORD_OVERHEAD_BYTES,
    STRANGER_FOR,
    WAITING_BYTES,
    is_node_id,
    shortened,
)
from controller.status.trust import with_stranger
from crds.heartbeat import HEARTBEAT_BYTES, digest_of, heartbeat_key, node_of
from crds.messages import AgentInfo, AgentResponse


@dataclass(frozen=True)
class Heard:
    """What the agents said until now."""

    fleet: Fleet = field(default_factory=Fleet)
    waiting: Mapping[str, tuple[bytes, datetime]] = field(default_factory=lambda: MappingProxyType({}))
    """By node id: the newest report of those whose word does not count yet, and when it was seen. They have not greeted, or
    are in no manifest; what they say is not even read. The one that came last is the last one here. Beside a report, under its
    own key, the newest heartbeat after it."""

    @cached_property
    def waiting_bytes(self) -> int:
        """How much the waiting reports count for."""
        return sum(len(value) + RECORD_OVERHEAD_BYTES for value, _ in self.waiting.values())


class OtherKey(Undecodable):
    """A greeting of a node that is known by another key."""

    def __init__(self, node_id: str, stranger: Stranger, known_by: str) -> None:
        super().__init__(f"node {node_id} greets with another key than it is known by")
        self.node_id = node_id
        self.stranger = stranger
        self.known_by = known_by


class TooManyStrangers(Undecodable):
    """A greeting of one more agent that is in no manifest."""


def key_text(record: Record) -> str:
    """The beginning of a record's key as text, whatever it is."""
    return (record.key or b"")[:64].decode(errors="replace")


class Hearing:
    """What several records add to what was observed: the maps are copied once, however many records they are."""

    def __init__(self, before: Heard, *, fleet_id: str, members: Container[str], is_caught_up: bool = True) -> None:
        """Begins with what was observed before.

        Args:
            before: is not changed.
            fleet_id: messages of other fleets on the same topics are passed by.
            members: the ids of the nodes that belong to the fleet, as far as that is known: they lose nothing to others.
            is_caught_up: True when the topics were read to their ends: of two that greet as one node the first counts then;
                before, the newest record does.
        """
        self._before = before
        self._fleet_id = fleet_id
        self._members = members
        self._is_caught_up = is_caught_up
        self._keys = before.fleet.keys
        self._changed: dict[str, ObservedNode] = {}
        self._pulses: dict[str, Pulse] = {}
        self._new_pending = 0
        self._waiting = dict(before.waiting)
        self._waiting_bytes = before.waiting_bytes
        self._waits_differ = False

    def take(self, record: Record, seen_at: datetime, *, is_live: bool = False) -> None:
        """Takes in one record of topic 200 or 220. What is not for this fleet is passed by.

        Args:
            record: as it lies on the topic: anything at all.
            seen_at: when its sender was alive: now, or the record's own time while old records are read.
            is_live: False while old records are read.

        Raises:
            Undecodable: why it is refused. Its content is not in there: anybody may have written it.
            OtherKey: somebody greets as a node that is known by another key, and did not before.
            TooManyStrangers: too many ask to join already.
        """
        if record.value is None:
            return  # a tombstone says nothing about what runs (invariant S3)
        key = key_text(record)
        if record.topic == Topic.AGENT_INFO:
            self._take_info(key, record.value, seen_at, is_live=is_live)
        elif (node_id := node_of(key)) is not None:
            self._take_heartbeat(node_id, record.value, seen_at, is_live=is_live)
        else:
            self._take_response(key, record.value, seen_at, is_live=is_live)

    def take_waiting(self, now: datetime) -> None:
        """Takes in the reports whose agents count by now, and forgets those that have waited for long."""
        for key, (_, seen_at) in list(self._waiting.items()):
            if key in self._members and self._key_of(key) is not None:
                with contextlib.suppress(Undecodable):
                    self._take_what_waited(key)
            elif seen_at + STRANGER_FOR < now:
                self._wait_no_more(key)

    def done(self) -> Heard:
        """What is observed now; the same object as before when nothing was new."""
        before = self._before
        if not self._changed and not self._pulses and not self._waits_differ:
            return before
        fleet = before.fleet
        if self._changed:
            fleet = replace(fleet, nodes={**fleet.nodes, **self._changed})
        if self._pulses:
            fleet = replace(fleet, pulses={**fleet.pulses, **self._pulses})
        return Heard(fleet, self._waiting) if self._waits_differ else replace(before, fleet=fleet)

    def node(self, node_id: str) -> ObservedNode | None:
        """What is known of a node by now."""
        return self._changed.get(node_id) or self._before.fleet.nodes.get(node_id)

    def _pulse(self, node_id: str) -> Pulse | None:
        return self._pulses.get(node_id) or self._before.fleet.pulses.get(node_id)

    def _key_of(self, node_id: str) -> str | None:
        """The key that a node must sign with, or signs with."""
        node = self.node(node_id)
        return self._keys.get(node_id) or (node.info.public_key if node and node.info else None)

    # --- greetings ---------------------------------------------------------------------------------------------------

    def _take_info(self, key: str, value: bytes, seen_at: datetime, *, is_live: bool) -> None:
        info = decode_self_signed(value)
        if info.fleet_id != self._fleet_id:
            return
        node_id = str(info.node_id)
        if key != node_id:
            raise Undecodable(f"the key of the record is {key!r}, the greeting is of node {node_id}")
        if node_id not in self._members:
            self._take_pending(node_id, info, seen_at, is_live=is_live)
            return
        known_by = self._key_of(node_id) if self._is_caught_up else self._keys.get(node_id)
        if known_by not in (None, info.public_key):
            self._take_stranger(node_id, info, seen_at, str(known_by))
            return
        self._fold(node_id, info, seen_at, is_live=is_live)
        self._no_stranger_any_more(node_id, info.public_key)
        if node_id in self._waiting:
            self._take_what_waited(node_id)

    def _take_pending(self, node_id: str, info: AgentInfo, seen_at: datetime, *, is_live: bool) -> None:
        """Somebody asks to join."""
        known = self.node(node_id)
        if known is None:
            if self._pending_before + self._new_pending >= MOST_PENDING:
                raise TooManyStrangers(f"{MOST_PENDING} agents that are in no manifest ask to join already")
            self._new_pending += 1
        elif known.info and known.last_seen and seen_at - known.last_seen < PENDING_AGAIN_AFTER:
            return
        self._fold(node_id, shortened(info), seen_at, is_live=is_live)

    @cached_property
    def _pending_before(self) -> int:
        return sum(node_id not in self._members for node_id in self._before.fleet.nodes)

    def _take_stranger(self, node_id: str, info: AgentInfo, seen_at: datetime, known_by: str) -> None:
        known = self.node(node_id) or ObservedNode(node_id)
        node = with_stranger(known, info, seen_at)
        if node is not known:
            self._changed[node_id] = node
        if len(node.strangers) > len(known.strangers):
            raise OtherKey(node_id, node.strangers[-1], known_by)

    def _no_stranger_any_more(self, node_id: str, public_key: str) -> None:
        known = self.node(node_id)
        if known and any(one.public_key == public_key for one in known.strangers):
            left = tuple(one for one in known.strangers if one.public_key != public_key)
            self._changed[node_id] = replace(known, strangers=left)

    # --- reports -----------------------------------------------------------------------------------------------------

    def _take_response(self, key: str, value: bytes, seen_at: datetime, *, is_live: bool = False) -> None:
        public_key = self._key_of(key)
        if public_key is None or key not in self._members:
            self._wait(key, value, seen_at)
            return
        response = decode_signed(AgentResponse, value, [public_key])
        if response.fleet_id != self._fleet_id:
            return
        if str(response.node_id) != key:
            raise Undecodable(f"the key of the record is {key!r}, the report is of node {response.node_id}")
        report = digest_of(value) if response.heartbeat_anchor else ""
        self._fold(key, response, seen_at, is_live=is_live, report=report)

    def _take_heartbeat(self, node_id: str, value: bytes, seen_at: datetime, *, is_live: bool = False) -> None:
        """One that is not genuine is passed by: who wrote it knows nothing, and is told nothing."""
        if node_id in self._waiting:
            if len(value) < HEARTBEAT_BYTES:
                self._put_among_the_waiting(heartbeat_key(node_id), value, seen_at)
            return
        node = self.node(node_id)
        if node is None or node_id not in self._members:
            return
        heartbeat = decode_heartbeat(value)
        if heartbeat.fleet_id != self._fleet_id:
            return
        before = self._pulse(node_id)
        folded, pulse = fold_heartbeat(node, before, heartbeat, seen_at, is_live=is_live)
        if folded is not node:
            self._changed[node_id] = folded
        if pulse is not None and pulse is not before:
            self._pulses[node_id] = pulse

    def _take_what_waited(self, node_id: str) -> None:
        """Takes in a report that has waited, and the heartbeat after it."""
        report, heartbeat = self._waiting[node_id], self._waiting.get(heartbeat_key(node_id))
        self._wait_no_more(node_id)
        self._take_response(node_id, *report)
        if heartbeat is not None:
            self._take_heartbeat(node_id, *heartbeat)

    def _wait(self, key: str, value: bytes, seen_at: datetime) -> None:
        """Keeps a report for later."""
        if is_node_id(key) and len(value) <= SETTINGS[Topic.AGENT_RESPONSE].max_value_bytes:
            self._wait_no_more(key)
            self._put_among_the_waiting(key, value, seen_at)

    def _put_among_the_waiting(self, key: str, value: bytes, seen_at: datetime) -> None:
        """Where there is no room the oldest goes, and last of all the report of a member."""
        self._forget_waiting(key)
        self._waiting[key] = (value, seen_at)
        self._waiting_bytes += len(value) + RECORD_OVERHEAD_BYTES
        self._waits_differ = True
        while self._waiting_bytes > WAITING_BYTES:
            strangers = (other for other in self._waiting if other not in self._members)
            self._wait_no_more(next(strangers, next(iter(self._waiting))))

    def _wait_no_more(self, key: str) -> None:
        """Without its report a heartbeat means nothing."""
        self._forget_waiting(key)
        self._forget_waiting(heartbeat_key(key))

    def _forget_waiting(self, key: str) -> None:
        if (waited := self._waiting.pop(key, None)) is not None:
            self._waiting_bytes -= len(waited[0]) + RECORD_OVERHEAD_BYTES
            self._waits_differ = True

    def _fold(self, node_id: str, message: AgentMessage, seen_at: datetime, *, is_live: bool, report: str = "") -> None:
        known = self.node(node_id) or ObservedNode(node_id)
        folded = fold(known, message, seen_at, is_live=is_live, pulse=self._pulse(node_id), report=report)
        if folded is not known:
            self._changed[node_id] = folded
