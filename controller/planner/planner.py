"""The plan: desired states of all nodes from one revision."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from controller.model import FleetPlan, Holds, NodeState, ObjectRef, Previous, Reason, Revision
from controller.planner.as_published import as_published
from controller.planner.changes import changes_between
from controller.planner.exclusive import Holders, withheld
from controller.planner.holds import held_apart, held_before_it_began, hold_of, kept
from controller.planner.placement import place
from controller.planner.ports import assign_ports
from controller.planner.renames import name_to_run_as, renamed, under_new_names
from controller.planner.slots import assign_slots, slots_in
from controller.render.instance import Render, Renderer, render_instance
from controller.render.texts import CannotWriteError
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, Removals
from crds.node import Node


def plan(
    revision: Revision,
    previous: Previous,
    holders: Holders = MappingProxyType({}),
    renderer: Renderer | None = None,
    holds: Holds = Holds(),
) -> FleetPlan:
    """Plans the whole fleet.

    Args:
        revision: the manifests that are, or would be, in force.
        previous: what was published last, by node id: instances stay where they are and keep their ports, cameras
            keep their slots.
        holders: who holds exclusive cameras now; those of others are withheld. Without it the plan is the one that is
            reached in the end: what people are shown before anything happens.
        holds: which instances people hold by request; others are held by their annotations.
        renderer: remembers what it rendered for the plan before; it changes the time that this takes, and nothing else.

    Returns:
        The desired state of every node, the reasons for what is not in it, and the changes against `previous`.
        The same input in any order gives the same bytes (invariant S8).
    """
    render: Render = renderer.render if renderer else render_instance
    renames = renamed(revision, previous, render)
    previous = under_new_names(previous, renames)
    running_on, ports_now = _previous_places(revision, previous)
    slots_now = _previous_slots(previous)
    placed, reasons = place(revision, running_on)
    held = kept(revision, previous, placed, holds)
    wanted: dict[str, tuple[str, InstanceConfig]] = {}
    on_node: dict[str, list[DsInstance]] = {}
    for one in revision.instances:
        if one.name in placed:
            on_node.setdefault(placed[one.name].name, []).append(one)
    nodes: dict[str, NodeState] = {}
    for node in revision.nodes:
        mine = on_node.get(node.name, [])
        names_here = {one.name for one in mine} | {name for name, one in held.items() if one.node_id == node.node_id}
        ports = assign_ports(names_here, node.spec.instance_ports, ports_now.get(node.node_id, {}))
        published = _by_name(previous.get(node.node_id))
        taken = {one.instance_name for one in published.values()}
        instances = []
        for one in mine:
            if one.name not in ports:
                reasons += (_no_port(one.name, node),)
                continue
            cameras = revision.cameras_of(one)
            before_it = published.get(one.name)
            runs_as = before_it.instance_name if before_it else name_to_run_as(one.name, taken)
            taken.add(runs_as)
            not_yet = withheld(cameras, (node.node_id, runs_as), holders, revision)
            # All that are wanted have a slot, so that one that is withheld now moves no other when it is given.
            before = slots_now.get(one.name, {})
            slots = assign_slots(
                (camera.name for camera in cameras), before.get(node.node_id, _first(before)), slots_in(one.spec)
            )
            reasons += not_yet + tuple(_no_slot(camera, one) for camera in cameras if camera.name not in slots)
            names = {reason.subject.name for reason in not_yet}
            given = tuple(camera for camera in cameras if camera.name in slots and camera.name not in names)
            try:
                resolved = render(one, given, ports[one.name], slots, runs_as)
                config = as_published(resolved, before_it.with_hold(None) if before_it else None)
            except CannotWriteError as error:
                # The source refuses such manifests; should one slip through, what runs goes on as it is.
                reasons += (Reason(ObjectRef("DsInstance", one.name), "CannotRender", str(error)),)
                instances += [before_it] if before_it and one.name not in held else []
                continue
            if one.name in held:
                wanted[one.name] = (node.node_id, config)
                continue
            config = config.with_hold(hold_of(one.name, one, None, holds))
            reasons += held_before_it_began(config)
            instances.append(config)
        nodes[node.node_id] = NodeState(node.node_id, node.name, node.spec.hostname, tuple(instances))
    for node_id, record in previous.items():
        if node_id not in nodes:
            # Its manifest is gone: what it runs goes too, by an explicit drain, and under the removal guard.
            nodes[node_id] = NodeState(node_id, record.hostname, record.hostname, ())
    reasons += held_apart(held, wanted, revision, nodes)
    in_order = dict(sorted(nodes.items()))
    return FleetPlan(
        revision=revision.id,
        nodes=in_order,
        reasons=tuple(sorted(reasons, key=lambda one: (one.subject.kind, one.subject.name, one.reason))),
        changes=changes_between(previous, in_order, {name: one.old_name for name, one in renames.items()}),
    )


def _by_name(config: AgentConfig | None) -> dict[str, InstanceConfig]:
    return {one.name: one for one in config.node_config_list} if config else {}


def _previous_places(
    revision: Revision, previous: Previous
) -> tuple[dict[str, tuple[str, ...]], dict[str, Mapping[str, int]]]:
    """The nodes that run each instance, by names, and the ports by node id and instance."""
    running_on: dict[str, tuple[str, ...]] = {}
    ports: dict[str, Mapping[str, int]] = {}
    for node_id, config in sorted(previous.items()):
        ports[node_id] = {one.name: one.rest_port for one in config.node_config_list}
        node = revision.node_by_id.get(node_id)
        if node is not None:
            for one in config.node_config_list:
                running_on[one.name] = (*running_on.get(one.name, ()), node.name)
    return running_on, ports


def _previous_slots(previous: Previous) -> dict[str, dict[str, Mapping[str, int]]]:
    """The slots of cameras, by instance and by the node that runs it; two nodes while a move is published in part."""
    slots: dict[str, dict[str, Mapping[str, int]]] = {}
    for node_id, config in sorted(previous.items()):
        for one in config.node_config_list:
            mine = {camera.name: camera.slot for camera in one.cameras}
            slots.setdefault(one.name, {})[node_id] = mine
    return slots


def _first(slots: Mapping[str, Mapping[str, int]]) -> Mapping[str, int]:
    return next(iter(slots.values()), {})


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


def previous_from(planned: FleetPlan, issued_at: datetime) -> dict[str, AgentConfig]:
    """A plan as if it had been published: what an offline comparison of two revisions starts from."""
    return {
        node_id: AgentConfig(
            fleet_id="offline",
            node_id=UUID(node_id),
            hostname=state.hostname,
            epoch=1,
            generation=1,
            digest=state.digest,
            revision=planned.revision,
            issued_at=issued_at,
            drain=not state.instances,
            removals=Removals(count=0, approved=False),
            node_config_list=state.instances,
        )
        for node_id, state in planned.nodes.items()
    }
