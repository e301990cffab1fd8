"""One look at the fleet: what should be, beside what the agents said until now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from controller.observed import Fleet, ObservedNode
from controller.picture.conditions import Verdict, timestamp, unknown
from controller.picture.layout import Layout
from controller.picture.machine_times import status_at_controller
from controller.picture.places import Place
from controller.status.fold import connected, heard_at
from controller.status.runs import hosts_of_rivals
from controller.status.trust import about_stranger
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, InstanceStatus

NODE_LOST = "NodeLost"
NODE_NEVER_SEEN = "NodeNeverSeen"
KEY_REFUSED = "KeyRefused"
TWO_MACHINES = "TwoMachines"


def two_machines(name: str, hosts: tuple[str, ...]) -> str:
    """What is wrong, and what to do, when several agents go on as one node.

    Args:
        name: of the node.
        hosts: where they run.
    """
    return (
        f"{len(hosts)} machines speak as node {name} with one id and one key, as after a disk was copied: "
        f"{' and '.join(hosts)}. None of them is believed, and nothing new is published for the node, until one is silent "
        "for a minute: stop the agent on the wrong one, and give it a --node-id and an empty --state-dir of its own"
    )


@dataclass(frozen=True)
class Sighting:
    """One published instance, with what the agent of its node says of it."""

    node_id: str
    node_name: str
    config: InstanceConfig
    record: AgentConfig
    """The newest record of the node, which holds it."""
    newest: bool
    """False while the manifests ask for something else that is not published yet: Kafka may be away."""
    silence: Verdict | None
    """Why nothing is known of the node right now; None while its agent is connected."""
    status: InstanceStatus | None
    """What the agent reports; None while it is silent or does not know the instance yet."""

    @cached_property
    def up_to_date(self) -> bool:
        """True when what runs is what was published."""
        return self.status is not None and self.status.digest in self.config.digests_of_the_same


@dataclass(frozen=True)
class Look:
    """What should be, what was observed, and the time of the look."""

    layout: Layout
    fleet: Fleet
    now: datetime
    version: str = ""
    """Of the controller; empty where nothing is said of versions."""
    _reported: dict[str, Mapping[str, InstanceStatus]] = field(default_factory=dict)
    _silences: dict[str, Verdict | None] = field(default_factory=dict)
    _sightings: dict[Place, Sighting] = field(default_factory=dict)

    def observed(self, node_id: str) -> ObservedNode:
        """What is known of a node; an empty record for one that was never heard."""
        return self.fleet.nodes.get(node_id) or ObservedNode(node_id)

    def is_pending(self, node_id: str) -> bool:
        """True for an agent that greeted and is in no manifest."""
        return self.observed(node_id).info is not None and node_id not in self.layout.revision.node_by_id

    def heard_at(self, node_id: str) -> datetime | None:
        """When the agent of a node was heard last; None for one that never was."""
        return heard_at(self.observed(node_id), self.fleet.pulses.get(node_id))

    def silence(self, node_id: str) -> Verdict | None:
        """Why nothing is known of a node right now, or None when its agent is connected and may speak for it."""
        if node_id not in self._silences:
            self._silences[node_id] = self._silence(node_id)
        return self._silences[node_id]

    def _silence(self, node_id: str) -> Verdict | None:
        node = self.observed(node_id)
        name = self.layout.node_name(node_id)
        if hosts := hosts_of_rivals(node, self.now):
            return unknown(TWO_MACHINES, two_machines(name, hosts))
        if connected(node, self.fleet.pulses.get(node_id), self.now):
            return None
        if strange := self.strange(node_id):
            return unknown(KEY_REFUSED, strange[0])
        if (last := self.heard_at(node_id)) is None:
            return unknown(NODE_NEVER_SEEN, f"No agent has greeted as node {name} ({node_id}) yet")
        return unknown(NODE_LOST, f"The agent of node {name} was last heard at {timestamp(last)}")

    def strange(self, node_id: str) -> tuple[str, ...]:
        """What is to be said of those who greet as a node with another key than its own."""
        node, key = self.observed(node_id), self.fleet.keys.get(node_id, "")
        manifest = self.layout.revision.node_by_id.get(node_id)
        is_pinned = manifest is not None and manifest.is_pinned
        name = self.layout.node_name(node_id)
        return tuple(
            about_stranger(one, name, key, is_pinned=is_pinned) for one in node.strangers if one.public_key != key
        )

    def sightings(self, instance: str) -> tuple[Sighting, ...]:
        """Where an instance was published, sorted by node id: several places while it moves."""
        return tuple(self._sighting(place) for place in self.layout.placed.of(instance))

    def watchers(self, camera: str) -> tuple[Sighting, ...]:
        """The published instances that watch a camera, sorted by name."""
        return tuple(self._sighting(place) for place in self.layout.placed.watching(camera))

    def _sighting(self, place: Place) -> Sighting:
        if place not in self._sightings:
            node_id, config = place.node_id, place.config
            planned = self.layout.planned.of(place.name)
            self._sightings[place] = Sighting(
                node_id=node_id,
                node_name=self.layout.node_name(node_id),
                config=config,
                record=self.layout.published[node_id],
                newest=not planned or (planned[0].node_id == node_id and planned[0].config.digest == config.digest),
                silence=self.silence(node_id),
                status=self._statuses(node_id).get(config.instance_name),
            )
        return self._sightings[place]

    def _statuses(self, node_id: str) -> Mapping[str, InstanceStatus]:
        if node_id not in self._reported:
            node = self.observed(node_id)
            statuses = () if self.silence(node_id) else node.reported.statuses
            self._reported[node_id] = {one.instance_name: status_at_controller(node, one) for one in statuses}
        return self._reported[node_id]
