"""Which node runs which instance: the one that its manifest names, or one that its selector finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.model import ObjectRef, Reason, Revision
from crds.dsinstance import DsInstance
from crds.node import Node


@dataclass
class _Load:
    """Camera streams that are given to each node so far, by name of the node."""

    streams: dict[str, int] = field(default_factory=dict)

    def add(self, node: Node, streams: int) -> None:
        self.streams[node.name] = self.of(node) + streams

    def of(self, node: Node) -> int:
        return self.streams.get(node.name, 0)

    def fits(self, node: Node, streams: int) -> bool:
        return node.spec.capacity is None or self.of(node) + streams <= node.spec.capacity


def place(revision: Revision, previous_nodes: Mapping[str, str]) -> tuple[dict[str, Node], tuple[Reason, ...]]:
    """Gives every instance a node, or a reason why it has none.

    What runs stays where it runs as long as its manifest allows that node: capacity and `unschedulable` hold back new
    placements only, so that no edit of a neighbour, and no added camera, ever takes a running instance away.

    Args:
        revision: the manifests.
        previous_nodes: name of the node that runs each instance now, by name of the instance.

    Returns:
        The node of each placed instance, by name; the reasons, sorted by instance.
    """
    placed: dict[str, Node] = {}
    reasons: list[Reason] = []
    load = _Load()
    for instance in revision.instances:
        node = _allowed(revision, instance).get(previous_nodes.get(instance.name, ""))
        if node is not None:
            placed[instance.name] = node
            load.add(node, len(revision.cameras_of(instance)))
    for instance in revision.instances:
        if instance.name in placed:
            continue
        streams = len(revision.cameras_of(instance))
        chosen = _choose(revision, instance, streams, load)
        if isinstance(chosen, Reason):
            reasons.append(chosen)
        else:
            placed[instance.name] = chosen
            load.add(chosen, streams)
    return placed, tuple(reasons)


def _allowed(revision: Revision, instance: DsInstance) -> dict[str, Node]:
    """The nodes that the manifest allows, by name."""
    spec = instance.spec
    if spec.node is not None:
        return {name: node for name, node in revision.node_by_name.items() if name == spec.node}
    selector = spec.node_selector
    return {
        node.name: node for node in revision.nodes if selector is not None and selector.matches(node.metadata.labels)
    }


def _choose(revision: Revision, instance: DsInstance, streams: int, load: _Load) -> Node | Reason:
    subject = ObjectRef("DsInstance", instance.name)
    allowed = _allowed(revision, instance)
    if not allowed:
        wanted = f"node {instance.spec.node!r}" if instance.spec.node else "a node that its nodeSelector matches"
        return Reason(subject, "NoSuchNode", f"it needs {wanted}, and no manifest declares one")
    # Naming a node is a decision of its owner: like nodeName in Kubernetes it is not held back by `unschedulable`.
    open_nodes = [node for node in allowed.values() if instance.spec.node or not node.spec.unschedulable]
    if not open_nodes:
        names = ", ".join(sorted(allowed))
        return Reason(subject, "NodeUnschedulable", f"every node that it may run on is unschedulable: {names}")
    fitting = [node for node in open_nodes if load.fits(node, streams)]
    if not fitting:
        full = ", ".join(f"{node.name} has {load.of(node)} of {node.spec.capacity}" for node in open_nodes)
        return Reason(subject, "NodeFull", f"its {streams} cameras fit on no node that it may run on: {full}")
    return min(fitting, key=lambda node: (load.of(node), node.name))
