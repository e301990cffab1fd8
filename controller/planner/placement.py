"""Which node runs which instance: the one that its manifest names, or one that its selector finds."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Self

from controller.model import SCALED_TO_ZERO, ObjectRef, Reason, Revision
from controller.planner.places import Places
from crds.dsinstance import DsInstance
from crds.node import Node, NodeSpec
from crds.selector import LabelSelector

_ON_PURPOSE: Final = "spec.replicas is 0: it runs nowhere on purpose, until `fleet scale` says 1"

Leaving = Mapping[str, frozenset[str]]
"""The ids of nodes where an instance shall not be, by its name."""


@dataclass(frozen=True)
class Wish:
    """Where the manifest of an instance wants it: a node, or a selector, is given."""

    manifest: DsInstance
    node: str | None
    selector: LabelSelector | None
    is_stopped: bool
    """True for one that is to run nowhere."""

    @classmethod
    def of(cls, instance: DsInstance) -> Self:
        """What a manifest says of it."""
        spec = instance.spec
        return cls(instance, spec.node, spec.node_selector, spec.replicas == 0)

    def allows(self, node: Node) -> bool:
        """True for a node that it may run on."""
        if self.node is not None:
            return self.node == node.name
        return self.selector is not None and self.selector.matches(node.labels)


@dataclass(frozen=True)
class Placement:
    """The node of each placed instance, and the reasons why others have none."""

    settled: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Names of the nodes of those that stay where they run, by name of the instance: no load has a say there."""
    nodes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Names of the nodes of all that are placed."""
    open: Mapping[str, Wish] = field(default_factory=lambda: MappingProxyType({}))
    """Those that do not run where they may stay: their place may follow from the load of the nodes."""
    reasons: tuple[Reason, ...] = ()
    """Sorted by instance."""
    manifests: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    """Of the nodes, by name: what that was found from."""
    is_by_load: bool = False
    """True when the place of an open one may follow from where others are."""
    stopped: Mapping[str, Reason] = field(default_factory=lambda: MappingProxyType({}))
    """Those that are to run nowhere, by name, with the reason that says so."""


class _Load:
    """Camera streams and instances that are given to each node so far."""

    def __init__(self) -> None:
        self._streams: Counter[str] = Counter()
        self._instances: Counter[str] = Counter()
        self._specs: dict[str, NodeSpec] = {}

    def add(self, node: str, streams: int) -> None:
        self._streams[node] += streams
        self._instances[node] += 1

    def keep_port(self, node: str) -> None:
        """For one that runs there, and may have to stay."""
        self._instances[node] += 1

    def free_port(self, node: str) -> None:
        self._instances[node] -= 1

    def of(self, node: Node) -> int:
        return self._streams[node.name]

    def spec(self, node: Node) -> NodeSpec:
        known = self._specs.get(node.name)
        if known is None:
            known = self._specs[node.name] = node.spec
        return known

    def fits(self, node: Node, streams: int) -> bool:
        capacity = self.spec(node).capacity
        return capacity is None or self.of(node) + streams <= capacity

    def has_port(self, node: Node) -> bool:
        ports = self.spec(node).instance_ports
        return self._instances[node.name] <= ports.last - ports.first

    def is_asked_by(self, wish: Wish, nodes: Mapping[str, Node]) -> bool:
        """False for an instance that names its node, and that takes any number."""
        if wish.node is None:
            return True
        node = nodes.get(wish.node)
        return node is not None and self.spec(node).capacity is not None


def place(
    revision: Revision,
    places: Places,
    before: Placement,
    touched: AbstractSet[str],
    leaving: Leaving = MappingProxyType({}),
) -> tuple[Placement, AbstractSet[str]]:
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

    Returns:
        With the names of the instances that are on another node than before, or on one or none now.
    """
    settled, open_ones, stopped = dict(before.settled), dict(before.open), dict(before.stopped)
    for name in touched:
        wish = _wish(revision.instance_by_name.get(name), before.open.get(name))
        settled.pop(name, None)
        open_ones.pop(name, None)
        if wish is not None and wish.is_stopped:
            stopped.setdefault(name, Reason(ObjectRef("DsInstance", name), SCALED_TO_ZERO, _ON_PURPOSE))
            continue
        stopped.pop(name, None)
        stays = _stays_on(revision, places, wish, leaving.get(name, frozenset())) if wish is not None else None
        if stays is not None:
            settled[name] = stays
        elif wish is not None:
            open_ones[name] = wish
    manifests, load = revision.node_by_name, _Load()
    # Who names a node that takes any number has the place that it had, wherever others are.
    is_alone = before.manifests is manifests and not before.is_by_load
    new = open_ones.keys() & touched if is_alone else open_ones.keys()
    is_by_load = any(load.is_asked_by(open_ones[name], manifests) for name in new)
    looked_at = touched if is_alone and not is_by_load else touched | before.open.keys() | open_ones.keys()
    known = {name: node for name in open_ones.keys() - looked_at if (node := before.nodes.get(name)) is not None}
    nodes: Mapping[str, str] = {**settled, **known} if open_ones else settled
    after = Placement(settled, nodes, open_ones, (), manifests, is_by_load, stopped)
    if names := sorted(open_ones.keys() & looked_at):
        after = _with_chosen(revision, places, after, names, load, leaving)
    if before.reasons:
        reasons = (*after.reasons, *(one for one in before.reasons if one.subject.name not in looked_at))
        after = replace(after, reasons=tuple(sorted(reasons, key=lambda one: one.subject.name)))
    return after, {name for name in looked_at if before.nodes.get(name) != after.nodes.get(name)}


def _with_chosen(
    revision: Revision, places: Places, now: Placement, names: Sequence[str], load: _Load, leaving: Leaving
) -> Placement:
    """With the nodes of these open ones, or the reasons why they have none."""
    nodes, reasons, cameras = dict(now.nodes), list[Reason](), revision.cameras_by_instance
    for name, settled_on in nodes.items() if now.is_by_load else ():
        load.add(settled_on, len(cameras[name]))
    running = {name: node for name in names if (node := next(_running_on(revision, places, name), None)) is not None}
    for node in running.values():
        load.keep_port(node.name)
    for name in names:
        wish, runs_on, shunned = now.open[name], running.get(name), leaving.get(name, frozenset())
        if runs_on is not None:
            load.free_port(runs_on.name)
        chosen = _choose(revision, wish, len(cameras[name]), load, shunned, runs=runs_on is not None)
        if isinstance(chosen, Reason):
            if runs_on is not None:
                # Where it is now is wrong, and yet better than nowhere: its cameras would be blind.
                chosen = replace(chosen, message=f"{chosen.message}; it stays on {runs_on.name} until then")
            reasons.append(chosen)
        else:
            runs_on = chosen
        if runs_on is not None:
            nodes[name] = runs_on.name
            load.add(runs_on.name, len(cameras[name]))
    return replace(now, nodes=nodes, reasons=tuple(reasons))


def _wish(instance: DsInstance | None, known: Wish | None) -> Wish | None:
    if instance is None or (known is not None and known.manifest is instance):
        return known if instance is not None else None
    return Wish.of(instance)


def is_allowed(node: Node, instance: DsInstance) -> bool:
    """True when the manifest of an instance allows a node."""
    return Wish.of(instance).allows(node)


def allowed_nodes(revision: Revision, wish: Wish) -> dict[str, Node]:
    """The nodes that an instance with this wish may run on, by name."""
    if wish.node is not None:
        node = revision.node_by_name.get(wish.node)
        return {} if node is None else {node.name: node}
    return {node.name: node for node in revision.nodes if wish.allows(node)}


def _running_on(revision: Revision, places: Places, name: str) -> Iterator[Node]:
    found = (revision.node_by_id.get(node_id) for node_id, _ in places.of.get(name, ()))
    return (node for node in found if node is not None)


def _stays_on(revision: Revision, places: Places, wish: Wish, shunned: AbstractSet[str]) -> str | None:
    running_on = _running_on(revision, places, wish.manifest.name)
    return next((node.name for node in running_on if node.node_id not in shunned and wish.allows(node)), None)


def _choose(
    revision: Revision, wish: Wish, streams: int, load: _Load, shunned: AbstractSet[str], *, runs: bool
) -> Node | Reason:
    subject = ObjectRef("DsInstance", wish.manifest.name)
    allowed = allowed_nodes(revision, wish)
    if not allowed:
        wanted = f"node {wish.node!r}" if wish.node else "a node that its nodeSelector matches"
        return Reason(subject, "NoSuchNode", f"it needs {wanted}, and no manifest declares one")
    if shunned and not (allowed := {name: one for name, one in allowed.items() if one.node_id not in shunned}):
        return Reason(subject, "NoOtherNode", "it shall leave its node, and there is no other one for it")
    # Naming a node is a decision of its owner: like nodeName in Kubernetes it is not held back by `unschedulable`.
    open_nodes = [node for node in allowed.values() if wish.node or not load.spec(node).unschedulable]
    if not open_nodes:
        names = ", ".join(sorted(allowed))
        return Reason(subject, "NodeUnschedulable", f"every node that it may run on is unschedulable: {names}")
    fitting = [node for node in open_nodes if load.fits(node, streams)]
    if not fitting:
        full = ", ".join(f"{node.name} has {load.of(node)} of {load.spec(node).capacity}" for node in open_nodes)
        cameras = f"{streams} camera{'s' if streams != 1 else ''}"
        return Reason(subject, "NodeFull", f"no node that it may run on has room for its {cameras}: {full}")
    with_port = [node for node in fitting if load.has_port(node)]
    if runs and not wish.node and not with_port:
        names = ", ".join(node.name for node in fitting)
        return Reason(subject, "NoFreePort", f"no node that it may run on has a port left: {names}")
    # What runs nowhere gets a node all the same, and so does who names one: the planner says there that no port is left.
    return min(with_port or fitting, key=lambda node: (load.of(node), node.name))
