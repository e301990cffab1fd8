"""Which node runs which instance: the one that its manifest names, or one that its selector finds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controller.model import ObjectRef, Reason, Revision
from crds.dsinstance import DsInstance
from crds.node import Node


@dataclass
class _Load:
    """Camera streams and instances that are given to each node so far, by name of the node."""

    streams: Counter[str] = field(default_factory=Counter)
    instances: Counter[str] = field(default_factory=Counter)

    def add(self, node: Node, streams: int) -> None:
        self.streams[node.name] += streams
        self.instances[node.name] += 1

    def of(self, node: Node) -> int:
        return self.streams[node.name]

    def fits(self, node: Node, streams: int) -> bool:
        return node.spec.capacity is None or self.of(node) + streams <= node.spec.capacity

    def has_port(self, node: Node) -> bool:
        ports = node.spec.instance_ports
        return self.instances[node.name] <= ports.last - ports.first


def place(
    revision: Revision, previous_nodes: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, Node], tuple[Reason, ...]]:
    """Gives every instance a node, or a reason why it has none.

    What runs stays where it runs as long as its manifest allows that node, and as long as no other node has room for
    it: capacity and `unschedulable` hold back new
    placements only, so that no edit of a neighbour, and no added camera, ever takes a running instance away.

    Args:
        revision: the manifests.
        previous_nodes: names of the nodes that run each instance now, by name of the instance; more than one while a
            move is published on one side only.

    Returns:
        The node of each placed instance, by name; the reasons, sorted by instance.
    """
    placed: dict[str, Node] = {}
    reasons: list[Reason] = []
    load = _Load()
    for instance in revision.instances:
        allowed = allowed_nodes(revision, instance)
        node = next((allowed[name] for name in previous_nodes.get(instance.name, ()) if name in allowed), None)
        if node is not None:
            placed[instance.name] = node
            load.add(node, len(revision.cameras_of(instance)))
    for instance in revision.instances:
        if instance.name in placed:
            continue
        streams = len(revision.cameras_of(instance))
        chosen = _choose(revision, instance, streams, load)
        if isinstance(chosen, Reason):
            stays_on = next(
                (node for name in previous_nodes.get(instance.name, ()) if (node := revision.node_by_name.get(name))),
                None,
            )
            if stays_on is not None:
                # Where it is now is wrong, and yet better than nowhere: its cameras would be blind.
                chosen = replace(chosen, message=f"{chosen.message}; it stays on {stays_on.name} until then")
                placed[instance.name] = stays_on
                load.add(stays_on, streams)
            reasons.append(chosen)
        else:
            placed[instance.name] = chosen
            load.add(chosen, streams)
    return placed, tuple(reasons)


def allowed_nodes(revision: Revision, instance: DsInstance) -> dict[str, Node]:
    """The nodes that the manifest of an instance allows, by name."""
    spec = instance.spec
    if spec.node is not None:
        node = revision.node_by_name.get(spec.node)
        return {} if node is None else {node.name: node}
    selector = spec.node_selector
    return {
        node.name: node for node in revision.nodes if selector is not None and selector.matches(node.metadata.labels)
    }


def _choose(revision: Revision, instance: DsInstance, streams: int, load: _Load) -> Node | Reason:
    subject = ObjectRef("DsInstance", instance.name)
    allowed = allowed_nodes(revision, instance)
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
        cameras = f"{streams} camera{'s' if streams != 1 else ''}"
        return Reason(subject, "NodeFull", f"no node that it may run on has room for its {cameras}: {full}")
    # Without a port anywhere it gets a node all the same: the planner says there that no port is left.
    with_port = [node for node in fitting if load.has_port(node)]
    return min(with_port or fitting, key=lambda node: (load.of(node), node.name))
