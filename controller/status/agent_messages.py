"""Reads what agents say on topics 200 and 220, checks who said it, and folds it into the observed fleet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bus.base import Record, Topic
from bus.codec import Undecodable, decode_self_signed, decode_signed
from bus.topics import SETTINGS
from controller.model import Fleet
from controller.status.fold import fold
from crds.messages import AgentResponse

# More nodes than this are no fleet of ours: whoever may write the topics could make them up without end.
_MOST_NODES = 20_000


@dataclass(frozen=True)
class Refused:
    """A record that was not taken in, and why. Its content is not here: anybody may have written it."""

    topic: Topic
    key: str
    reason: str


class AgentMessages:
    """The observed fleet, kept up to date record by record."""

    def __init__(self, fleet_id: str) -> None:
        """Starts with no node known.

        Args:
            fleet_id: messages of other fleets on the same topics are passed by.
        """
        self.fleet = Fleet()
        self._fleet_id = fleet_id
        self._pinned: Mapping[str, str] = {}
        self._waiting: dict[str, tuple[bytes, datetime]] = {}

    def pin_keys(self, public_keys: Mapping[str, str]) -> None:
        """Says which key each node must sign with, by node id; nodes that are not named may use any."""
        self._pinned = public_keys

    def take(self, record: Record, seen_at: datetime) -> Refused | None:
        """Takes in one record of topic 200 or 220.

        Args:
            record: as it lies on the topic: anything at all.
            seen_at: when its sender was alive: now, or the record's own time while old records are read.

        Returns:
            None when it was taken in, or was not for this fleet; else why it was refused.
        """
        key = (record.key or b"")[:64].decode(errors="replace")
        if record.value is None:
            return None  # a tombstone says nothing about what runs (invariant S3)
        try:
            if record.topic == Topic.AGENT_INFO:
                self._take_info(key, record.value, seen_at)
            else:
                self._take_response(key, record.value, seen_at)
        except Undecodable as error:
            return Refused(record.topic, key, str(error))
        return None

    def _take_info(self, key: str, value: bytes, seen_at: datetime) -> None:
        info = decode_self_signed(value)
        if info.fleet_id != self._fleet_id:
            return
        node_id = str(info.node_id)
        if key != node_id:
            raise Undecodable(f"the key of the record is {key!r}, the greeting is of node {node_id}")
        pinned = self._pinned.get(node_id)
        if pinned is not None and pinned != info.public_key:
            raise Undecodable(f"node {node_id} greets with another key than its manifest pins in spec.publicKey")
        if node_id not in self.fleet.nodes and len(self.fleet.nodes) >= _MOST_NODES:
            raise Undecodable(f"node {node_id} is one too many: {_MOST_NODES} are known")
        self.fleet = fold(self.fleet, info, seen_at)
        waiting = self._waiting.pop(node_id, None)
        if waiting is not None:
            self._take_response(node_id, *waiting)

    def _take_response(self, key: str, value: bytes, seen_at: datetime) -> None:
        node = self.fleet.nodes.get(key)
        if node is None or node.info is None:
            if len(self._waiting) < _MOST_NODES and len(value) <= SETTINGS[Topic.AGENT_RESPONSE].max_value_bytes:
                self._waiting[key] = (value, seen_at)
            return
        response = decode_signed(AgentResponse, value, [node.info.public_key])
        if response.fleet_id != self._fleet_id:
            return
        if str(response.node_id) != key:
            raise Undecodable(f"the key of the record is {key!r}, the report is of node {response.node_id}")
        self.fleet = fold(self.fleet, response, seen_at)
