"""What one plan leaves to the next: what it was made from, and what was found on the way."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from types import MappingProxyType

from controller.differing import differing
from controller.model import FleetPlan, Holds, Previous, Revision
from controller.planner.changes import Changes
from controller.planner.exclusive import Holders
from controller.planner.holds import Kept, Waiting
from controller.planner.node_outcome import Outcome
from controller.planner.placement import Placement
from controller.planner.places import Places
from controller.planner.renames import Renames
from controller.render.spec_parts import KnownSpecs
from crds.alike import AlikeTexts
from crds.annotations import HOLD
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import texts_of_instances
from crds.node import Node


@dataclass(frozen=True)
class PlanMemo:
    """A plan, with what the next one need not make again.

    It holds nothing but what this one plan needed, and changes the time that the next takes, and nothing else.
    """

    plan: FleetPlan = field(default_factory=lambda: FleetPlan("", MappingProxyType({}), (), ()))
    instances: Mapping[str, DsInstance] = field(default_factory=lambda: MappingProxyType({}))
    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    cameras: Mapping[str, tuple[Camera, ...]] = field(default_factory=lambda: MappingProxyType({}))
    holders: Holders = field(default_factory=lambda: MappingProxyType({}))
    holds: Holds = field(default_factory=Holds)
    published: Places = field(default_factory=Places)
    renames: Renames = field(default_factory=Renames)
    places: Places = field(default_factory=Places)
    """Where instances were published, under the names of now."""
    placement: Placement = field(default_factory=Placement)
    on_node: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    """The instances that are placed on each node, by its name."""
    annotated: frozenset[str] = frozenset()
    """The instances whose manifests hold them."""
    held: Mapping[str, Kept] = field(default_factory=lambda: MappingProxyType({}))
    outcomes: Mapping[str, Outcome] = field(default_factory=lambda: MappingProxyType({}))
    """By node id."""
    waiting: Mapping[str, Waiting] = field(default_factory=lambda: MappingProxyType({}))
    """What waits for the release of each held instance."""
    changes: Changes = field(default_factory=Changes)
    texts: AlikeTexts = field(default_factory=texts_of_instances)
    """Packs what is rendered."""
    specs: KnownSpecs = field(default_factory=KnownSpecs)
    """What was rendered of the specs."""

    def annotated_in(self, revision: Revision, differ: AbstractSet[str]) -> frozenset[str]:
        """The instances whose manifests hold them now.

        Args:
            revision: the manifests.
            differ: the instances whose manifests differ.
        """
        manifests = revision.instance_by_name
        written = {name for name in differ if name in manifests and HOLD in manifests[name].annotations}
        return self.annotated - differ | written

    def on_node_now(self, placement: Placement, moved: Iterable[str]) -> Mapping[str, frozenset[str]]:
        """The instances that are placed on each node now.

        Args:
            placement: as it is now.
            moved: the instances of which it differs.
        """
        on_node = dict(self.on_node)
        for name in moved:
            if old := self.placement.nodes.get(name):
                on_node[old] -= {name}
            if new := placement.nodes.get(name):
                on_node[new] = on_node.get(new, frozenset()) | {name}
        return on_node


@dataclass(frozen=True)
class Differences:
    """What a plan is made from that differs from the one before, by names."""

    instances: AbstractSet[str]
    """Whose manifests differ, or whose cameras do."""
    nodes: AbstractSet[str]
    """Whose manifests differ."""
    node_ids: frozenset[str]
    """The ids that these nodes have, or had."""
    records: AbstractSet[str]
    """The ids of the nodes whose records differ."""
    holds: AbstractSet[str]
    """The instances that people hold or release otherwise."""
    leaving: AbstractSet[str]
    """The instances that shall leave other nodes."""
    contended: AbstractSet[str]
    """The exclusive cameras that have other holders."""

    def __bool__(self) -> bool:
        """False when nothing differs."""
        return bool(self.instances or self.nodes or self.records or self.holds or self.leaving or self.contended)


def differences(
    before: PlanMemo, revision: Revision, previous: Previous, holders: Holders, holds: Holds
) -> Differences:
    """What differs from what a plan was made from: see `planner.plan_again`."""
    nodes = differing(before.nodes, revision.node_by_name)
    both = (before.nodes, revision.node_by_name)
    return Differences(
        differing(before.instances, revision.instance_by_name)
        | differing(before.cameras, revision.cameras_by_instance),
        nodes,
        frozenset(manifests[name].node_id for manifests in both for name in nodes if name in manifests),
        differing(before.published.records, previous),
        differing(before.holds.held, holds.held) | (before.holds.released ^ holds.released),
        differing(before.holds.leaving, holds.leaving),
        differing(before.holders, holders),
    )


def ids_of(
    names: Iterable[str], placement: Placement, nodes: Mapping[str, Node], held: Mapping[str, Kept]
) -> Iterator[str]:
    """The ids of the nodes where instances are placed, or held."""
    for name in names:
        if name in placement.nodes:
            yield nodes[placement.nodes[name]].node_id
        if name in held:
            yield held[name].node_id
