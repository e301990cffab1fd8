"""Which node runs which instance: the one that its manifest names, or one that its selector finds."""

from collections import Counter
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from controller.model import SCALED_TO_ZERO, ObjectRef, Reason, Revision
from controller.planner.places import Places
from crds.dsinstance import DsInstance
from crds.node import Node

_ON_PURPOSE: Final = "spec.replicas is 0: it runs nowhere on purpose, until `fleet scale` says 1"
Leaving = Mapping[str, frozenset[str]]
"""The ids of nodes where an instance shall not be, by its name."""


@dataclass(frozen=True)
class Placement:
    """The node of each placed instance, and the reasons why others have none."""

    settled: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Names of the nodes of those that stay where they run, by name of the instance: no load has a say there."""
    nodes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Names of the nodes of all that are placed."""
    open: frozenset[str] = frozenset()
    """Those that do not run where they may stay: their place follows from the load of the nodes."""
    reasons: tuple[Reason, ...] = ()
    """Of the open ones, sorted by instance."""
    stopped: Mapping[str, Reason] = field(default_factory=lambda: MappingProxyType({}))
    """Those that are to run nowhere, by name, with the reason that says so."""


@dataclass
class _Load:
    """Camera streams and instances that are given to each node so far, by name of the node."""

    streams: Counter[str] = field(default_factory=Counter)
    instances: Counter[str] = field(default_factory=Counter)

    def add(self, node: str, streams: int) -> None:
        self.streams[node] += streams
        self.instances[node] += 1

    def of(self, node: Node) -> int:
        return self.streams[node.name]

    def fits(self, node: Node, streams: int) -> bool:
        return node.spec.capacity is None or self.of(node) + streams <= node.spec.capacity

    def has_port(self, node: Node) -> bool:
        ports = node.spec.instance_ports
        return self.instances[node.name] <= ports.last - ports.first


def place(
    revision: Revision,
    places: Places,
    before: Placement,
    touched: AbstractSet[str],
    leaving: Leaving = MappingProxyType({}),
) -> Placement:
    """Gives every instance a node, or a reason why it has none.

    What runs stays where it runs as long as its manifest allows that node, and as long as no other node has room for
    it: capacity and `unschedulable` hold back new
    placements only, so that no edit of a neighbour, and no added camera, ever takes a running instance away.

    Args:
        revision: the manifests.
        places: where they were published.
        before: what this gave before.
        touched: the instances for which the manifest, or a node that runs it, or where it was published differs since, or the
            nodes that it shall leave.
        leaving: who shall be on some nodes no more. Where no other takes him he stays.
    """
    settled, open_ones, stopped = _settled(revision, places, before, touched, leaving)
    if not open_ones:
        return Placement(settled, settled, stopped=stopped)
    cameras = revision.cameras_by_instance
    load = _Load()
    for name, node in settled.items():
        load.add(node, len(cameras[name]))
    nodes, reasons = dict(settled), []
    for name in sorted(open_ones):
        shunned = leaving.get(name, frozenset())
        chosen = _choose(revision, revision.instance_by_name[name], len(cameras[name]), load, shunned)
        if isinstance(chosen, Reason):
            runs_on = next(_running_on(revision, places, name), None)
            if runs_on is not None:
                # Where it is now is wrong, and yet better than nowhere: its cameras would be blind.
                chosen = replace(chosen, message=f"{chosen.message}; it stays on {runs_on.name} until then")
            reasons.append(chosen)
        else:
            runs_on = chosen
        if runs_on is not None:
            nodes[name] = runs_on.name
            load.add(runs_on.name, len(cameras[name]))
    return Placement(settled, nodes, frozenset(open_ones), tuple(reasons), stopped)


def _settled(
    revision: Revision, places: Places, before: Placement, touched: AbstractSet[str], leaving: Leaving
) -> tuple[dict[str, str], set[str], dict[str, Reason]]:
    """What stays where it runs, what has to be given a node, and what is to run nowhere: see `Placement`."""
    settled, open_ones, stopped = dict(before.settled), set(before.open - touched), dict(before.stopped)
    for name in touched:
        instance = revision.instance_by_name.get(name)
        instance = instance.opened() if instance is not None else None
        if instance is not None and instance.spec.replicas == 0:
            stopped.setdefault(name, Reason(ObjectRef("DsInstance", name), SCALED_TO_ZERO, _ON_PURPOSE))
            settled.pop(name, None)
            continue
        stopped.pop(name, None)
        stays = _stays_on(revision, places, name, instance, leaving.get(name, frozenset()))
        if stays is not None:
            settled[name] = stays
            continue
        settled.pop(name, None)
        if instance is not None:
            open_ones.add(name)
    return settled, open_ones, stopped


def is_allowed(node: Node, instance: DsInstance) -> bool:
    """True when the manifest of an instance allows a node."""
    spec = instance.spec
    if spec.node is not None:
        return spec.node == node.name
    return spec.node_selector is not None and spec.node_selector.matches(node.labels)


def allowed_nodes(revision: Revision, instance: DsInstance) -> dict[str, Node]:
    """The nodes that the manifest of an instance allows, by name."""
    if instance.spec.node is not None:
        node = revision.node_by_name.get(instance.spec.node)
        return {} if node is None else {node.name: node}
    return {node.name: node for node in revision.nodes if is_allowed(node, instance)}


def _running_on(revision: Revision, places: Places, name: str) -> Iterator[Node]:
    found = (revision.node_by_id.get(node_id) for node_id, _ in places.of.get(name, ()))
    return (node for node in found if node is not None)


def _stays_on(
    revision: Revision, places: Places, name: str, instance: DsInstance | None, shunned: AbstractSet[str]
) -> str | None:
    if instance is None:
        return None
    running = _running_on(revision, places, name)
    return next((one.name for one in running if one.node_id not in shunned and is_allowed(one, instance)), None)


def _choose(
    revision: Revision, instance: DsInstance, streams: int, load: _Load, shunned: AbstractSet[str]
) -> Node | Reason:
    subject, instance = ObjectRef("DsInstance", instance.name), instance.opened()
    allowed = allowed_nodes(revision, instance)
    if not allowed:
        wanted = f"node {instance.spec.node!r}" if instance.spec.node else "a node that its nodeSelector matches"
        return Reason(subject, "NoSuchNode", f"it needs {wanted}, and no manifest declares one")
    if shunned and not (allowed := {name: one for name, one in allowed.items() if one.node_id not in shunned}):
        return Reason(subject, "NoOtherNode", "it shall leave its node, and there is no other one for it")
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
