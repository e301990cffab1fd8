"""What one node shall run: its instances with their ports and slots, and the reasons for what is not among them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from operator import is_
from types import MappingProxyType

from controller.model import Holds, NodeState, ObjectRef, Reason, Revision
from controller.planner.as_published import as_published
from controller.planner.exclusive import HELD_ELSEWHERE, Holders, withheld
from controller.planner.holds import Kept, held_before_it_began, hold_of
from controller.planner.places import Place, Places
from controller.planner.ports import assign_ports
from controller.planner.renames import name_to_run_as
from controller.planner.slots import assign_slots, slots_in
from controller.render.instance import rendered
from controller.render.spec_parts import KnownSpecs, SpecParts
from controller.render.texts import CannotWriteError
from crds.alike import AlikeTexts
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from crds.node import Node


@dataclass(frozen=True)
class Resolved:
    """A rendered instance, with what it was rendered from."""

    instance: DsInstance
    cameras: tuple[Camera, ...]
    rest_port: int
    slots: Mapping[str, int]
    runs_as: str
    size: int
    """How many slots it has."""
    config: InstanceConfig

    def made_from(
        self, instance: DsInstance, cameras: tuple[Camera, ...], rest_port: int, slots: Mapping[str, int], runs_as: str
    ) -> bool:
        """True when it was rendered from these very objects."""
        return (
            self.instance is instance
            and len(self.cameras) == len(cameras)
            and all(map(is_, self.cameras, cameras))
            and (self.rest_port, self.runs_as, self.slots) == (rest_port, runs_as, slots)
        )


@dataclass(frozen=True)
class Outcome:
    """What one node shall run, and what was found out on the way."""

    state: NodeState
    reasons: tuple[Reason, ...] = ()
    wanted: Mapping[str, InstanceConfig] = field(default_factory=lambda: MappingProxyType({}))
    """What manifests ask for here of instances that are held, by name."""
    exclusive: frozenset[str] = frozenset()
    """The names of the cameras with one reader that manifests ask for here."""
    resolved: Mapping[str, Resolved] = field(default_factory=lambda: MappingProxyType({}))
    """What was rendered, by name of the instance."""

    @property
    def tells_of_other_nodes(self) -> bool:
        """True when a reason names another node."""
        return any(one.reason == HELD_ELSEWHERE for one in self.reasons)


@dataclass(frozen=True)
class Surroundings:
    """What all nodes are planned from."""

    revision: Revision
    places: Places
    """Under the names of now."""
    holders: Holders
    holds: Holds
    held: Mapping[str, Kept]
    texts: AlikeTexts
    """Packs what is rendered."""
    specs: KnownSpecs
    """What was rendered of the specs."""


def outcome_of(
    node: Node, placed: Collection[str], kept_here: Collection[str], given: Surroundings, before: Outcome | None
) -> Outcome:
    """What a node of the manifests shall run.

    Args:
        node: its manifest.
        placed: the names of the instances that are placed there.
        kept_here: the names of the held instances that stay there.
        given: what all nodes are planned from.
        before: what this gave before; what is the same again is the very same object.
    """
    record = given.places.records.get(node.node_id)
    published = {one.name: one for one in record.node_config_list} if record else {}
    ports_now = {name: one.rest_port for name, one in published.items()}
    ports = assign_ports({*placed, *kept_here}, node.spec.instance_ports, ports_now)
    known = before.resolved if before else {}
    states_before = {one.name: one for one in before.state.instances} if before else {}
    taken = {one.instance_name for one in published.values()}
    reasons: list[Reason] = []
    instances: list[InstanceConfig] = []
    wanted: dict[str, InstanceConfig] = {}
    by_name: dict[str, Resolved] = {}
    for name in sorted(placed):
        one = given.revision.instance_by_name[name]
        if name not in ports:
            reasons.append(_no_port(name, node))
            continue
        before_it = published.get(name)
        unheld = before_it.with_hold(None) if before_it else None
        runs_as = before_it.instance_name if before_it else name_to_run_as(name, taken)
        taken.add(runs_as)
        found = _known_or_parts(one, known.get(name), given.specs)
        cameras, slots, why_not = _cameras(one, node.node_id, runs_as, found, given)
        reasons += why_not
        try:
            resolved = _resolved(one, cameras, ports[name], slots, runs_as, known.get(name), found, unheld, given)
        except CannotWriteError as error:
            # The source refuses such manifests; should one slip through, what runs goes on as it is.
            reasons.append(Reason(ObjectRef("DsInstance", name), "CannotRender", str(error)))
            instances += [before_it] if before_it and name not in given.held else []
            continue
        by_name[name] = resolved
        config = as_published(resolved.config, unheld)
        if name in given.held:
            wanted[name] = config
            continue
        config = config.with_hold(hold_of(name, one, None, given.holds))
        reasons += held_before_it_began(config)
        as_before = states_before.get(name)
        instances.append(as_before if as_before is not None and as_before.digest == config.digest else config)
    state = _state(node.node_id, node.name, node.spec.hostname, instances, kept_here, given.held, before)
    exclusive = frozenset(
        camera.name
        for name in (placed if given.revision.exclusive_cameras else ())
        for camera in given.revision.cameras_by_instance[name]
        if camera.name in given.revision.exclusive_cameras
    )
    return Outcome(state, tuple(reasons), wanted, exclusive, by_name)


def drained(
    node_id: str, hostname: str, kept_here: Collection[str], held: Mapping[str, Kept], before: Outcome | None
) -> Outcome:
    """What a node without a manifest shall run: nothing, by an explicit drain, but for what is held there."""
    return Outcome(_state(node_id, hostname, hostname, [], kept_here, held, before))


def _state(
    node_id: str,
    name: str,
    hostname: str,
    own: list[InstanceConfig],
    kept_here: Collection[str],
    held: Mapping[str, Kept],
    before: Outcome | None,
) -> NodeState:
    kept = (held[one].config for one in kept_here)
    state = NodeState(node_id, name, hostname, tuple(sorted((*own, *kept), key=lambda config: config.name)))
    return before.state if before is not None and _is_alike(before.state, state) else state


def _is_alike(one: NodeState, other: NodeState) -> bool:
    return (
        (one.node_id, one.node_name, one.hostname) == (other.node_id, other.node_name, other.hostname)
        and len(one.instances) == len(other.instances)
        and all(map(is_, one.instances, other.instances))
    )


def _cameras(
    instance: DsInstance, node_id: str, runs_as: str, found: Resolved | SpecParts, given: Surroundings
) -> tuple[tuple[Camera, ...], Mapping[str, int], tuple[Reason, ...]]:
    """The cameras that an instance is given now, the slots of all that it shall have, and why others are not given."""
    cameras = given.revision.cameras_by_instance[instance.name]
    not_yet = withheld(cameras, (node_id, runs_as), given.holders, given.revision) if given.holders else ()
    # All that are wanted have a slot, so that one that is withheld now moves no other when it is given.
    slots = assign_slots(
        (camera.name for camera in cameras),
        _slots_now(given.places.of.get(instance.name, ()), node_id),
        found.size if isinstance(found, Resolved) else slots_in(found.spec),
    )
    without = tuple(_no_slot(camera, instance) for camera in cameras if camera.name not in slots)
    if not not_yet and not without:
        return cameras, slots, ()
    names = {reason.subject.name for reason in not_yet}
    given_now = tuple(camera for camera in cameras if camera.name in slots and camera.name not in names)
    return given_now, slots, not_yet + without


def _slots_now(published: tuple[Place, ...], node_id: str) -> Mapping[str, int]:
    """The slots of its cameras on this node, or else where it was published first; two while a move is published in part."""
    config = next((config for one, config in published if one == node_id), published[0][1] if published else None)
    return {camera.name: camera.slot for camera in config.cameras} if config else {}


def _resolved(
    instance: DsInstance,
    cameras: tuple[Camera, ...],
    rest_port: int,
    slots: Mapping[str, int],
    runs_as: str,
    known: Resolved | None,
    found: Resolved | SpecParts,
    published: InstanceConfig | None,
    given: Surroundings,
) -> Resolved:
    if isinstance(found, Resolved) and found.made_from(instance, cameras, rest_port, slots, runs_as):
        return found
    parts = found if isinstance(found, SpecParts) else given.specs.parts_of(instance)
    made = rendered(instance, cameras, rest_port, slots, runs_as, parts)
    kept = [one for one in (published, known.config if known else None) if one is not None]
    # One of those that are kept already, or else one that is kept as long as its manifests stay as they are.
    config = next((one for one in kept if one.digest == made.digest), None) or made.packed(given.specs, given.texts)
    config.pack(given.texts)
    return Resolved(instance, cameras, rest_port, slots, runs_as, slots_in(parts.spec), config)


def _known_or_parts(instance: DsInstance, known: Resolved | None, specs: KnownSpecs) -> Resolved | SpecParts:
    """What was rendered of this very manifest, or else what follows from its spec: it is not read when it is the same."""
    return known if known is not None and known.instance is instance else specs.parts_of(instance)


def _no_slot(camera: Camera, instance: DsInstance) -> Reason:
    return Reason(
        ObjectRef("Camera", camera.name),
        "NoFreeSlot",
        f"dsinstance/{instance.name} has {slots_in(instance.spec)} slots and all are taken: raise its batch size",
    )


def _no_port(instance: str, node: Node) -> Reason:
    ports = node.spec.instance_ports
    return Reason(
        ObjectRef("DsInstance", instance),
        "NoFreePort",
        f"node {node.name} has no port left between {ports.first} and {ports.last}: widen spec.instancePorts",
    )
