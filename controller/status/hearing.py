"""Takes in what agents say on topics 200 and 220: checks who said it, and folds it into the observed fleet."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from bus.base import Record, Topic
from bus.codec import Undecodable, decode_self_signed, decode_signed
from bus.topics import SETTINGS
from controller.model import Fleet, ObservedNode, Stranger
from controller.status.fold import AgentMessage, fold
from controller.status.trust import with_stranger
from crds.messages import AgentInfo, AgentResponse

# More nodes than this are no fleet of ours: whoever may write the topics could make them up without end.
_MOST_NODES = 20_000


@dataclass(frozen=True)
class Heard:
    """What the agents said until now."""

    fleet: Fleet = field(default_factory=Fleet)
    waiting: Mapping[str, tuple[bytes, datetime]] = field(default_factory=lambda: MappingProxyType({}))
    """By key: the newest report of those who have not greeted yet, and when it was seen. Their key is not known."""


class OtherKey(Undecodable):
    """A greeting of a node that is known by another key."""

    def __init__(self, node_id: str, stranger: Stranger) -> None:
        super().__init__(f"node {node_id} greets with another key than it is known by")
        self.node_id = node_id
        self.stranger = stranger


def key_text(record: Record) -> str:
    """The beginning of a record's key as text, whatever it is."""
    return (record.key or b"")[:64].decode(errors="replace")


class Hearing:
    """What several records add to what was observed: the maps are copied once, however many records they are."""

    def __init__(self, before: Heard, *, fleet_id: str) -> None:
        """Begins with what was observed before.

        Args:
            before: is not changed.
            fleet_id: messages of other fleets on the same topics are passed by.
        """
        self._before = before
        self._fleet_id = fleet_id
        self._keys = before.fleet.keys
        self._changed: dict[str, ObservedNode] = {}
        self._new_nodes = 0
        self._waiting = dict(before.waiting)
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
        """
        if record.value is None:
            return  # a tombstone says nothing about what runs (invariant S3)
        key = key_text(record)
        if record.topic == Topic.AGENT_INFO:
            self._take_info(key, record.value, seen_at, is_live=is_live)
        else:
            self._take_response(key, record.value, seen_at, is_live=is_live)

    def done(self) -> Heard:
        """What is observed now; the same object as before when nothing was new."""
        before = self._before
        if not self._changed and not self._waits_differ:
            return before
        fleet = before.fleet
        if self._changed:
            fleet = replace(fleet, nodes={**fleet.nodes, **self._changed})
        return Heard(fleet, self._waiting)

    def node(self, node_id: str) -> ObservedNode | None:
        """What is known of a node by now."""
        return self._changed.get(node_id) or self._before.fleet.nodes.get(node_id)

    def _take_info(self, key: str, value: bytes, seen_at: datetime, *, is_live: bool) -> None:
        info = decode_self_signed(value)
        if info.fleet_id != self._fleet_id:
            return
        node_id = str(info.node_id)
        if key != node_id:
            raise Undecodable(f"the key of the record is {key!r}, the greeting is of node {node_id}")
        if self._keys.get(node_id, info.public_key) != info.public_key:
            self._take_stranger(node_id, info, seen_at)
            return
        if self.node(node_id) is None:
            if len(self._before.fleet.nodes) + self._new_nodes >= _MOST_NODES:
                raise Undecodable(f"node {node_id} is one too many: {_MOST_NODES} are known")
            self._new_nodes += 1
        self._fold(node_id, info, seen_at, is_live=is_live)
        self._no_stranger_any_more(node_id, info.public_key)
        waiting = self._waiting.pop(node_id, None)
        if waiting is not None:
            self._waits_differ = True
            self._take_response(node_id, *waiting)

    def _take_stranger(self, node_id: str, info: AgentInfo, seen_at: datetime) -> None:
        known = self.node(node_id) or ObservedNode(node_id)
        node = with_stranger(known, info, seen_at)
        if node is not known:
            self._changed[node_id] = node
        if len(node.strangers) > len(known.strangers):
            raise OtherKey(node_id, node.strangers[-1])

    def _no_stranger_any_more(self, node_id: str, public_key: str) -> None:
        known = self.node(node_id)
        if known and any(one.public_key == public_key for one in known.strangers):
            left = tuple(one for one in known.strangers if one.public_key != public_key)
            self._changed[node_id] = replace(known, strangers=left)

    def _take_response(self, key: str, value: bytes, seen_at: datetime, *, is_live: bool = False) -> None:
        node = self.node(key)
        public_key = self._keys.get(key) or (node.info.public_key if node and node.info else None)
        if public_key is None:
            if len(self._waiting) < _MOST_NODES and len(value) <= SETTINGS[Topic.AGENT_RESPONSE].max_value_bytes:
                self._waiting[key] = (value, seen_at)
                self._waits_differ = True
            return
        response = decode_signed(AgentResponse, value, [public_key])
        if response.fleet_id != self._fleet_id:
            return
        if str(response.node_id) != key:
            raise Undecodable(f"the key of the record is {key!r}, the report is of node {response.node_id}")
        self._fold(key, response, seen_at, is_live=is_live)

    def _fold(self, node_id: str, message: AgentMessage, seen_at: datetime, *, is_live: bool) -> None:
        known = self.node(node_id) or ObservedNode(node_id)
        folded = fold(known, message, seen_at, is_live=is_live)
        if folded is not known:
            self._changed[node_id] = folded
