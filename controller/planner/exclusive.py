"""Cameras that allow one reader: nobody gets one before everybody else has let go of it (invariant S6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from controller.differing import differing
from controller.model import ObjectRef, Previous, Reason, Revision
from controller.observed import Fleet, ObservedNode
from crds.camera import Camera
from crds.node import Node

Holder = tuple[str, str]
"""Node id and name of an instance that reads a camera, or will as soon as it starts."""

HELD_ELSEWHERE = "HeldElsewhere"
"""The reason of a camera that is withheld."""

Holders = Mapping[str, frozenset[Holder]]
"""The holders of exclusive cameras, by name of the camera."""


@dataclass(frozen=True)
class Holding:
    """Who may be reading exclusive cameras, with what that was found from."""

    holders: Holders = field(default_factory=lambda: MappingProxyType({}))
    exclusive: frozenset[str] = frozenset()
    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    previous: Previous = field(default_factory=lambda: MappingProxyType({}))
    observed: Mapping[str, ObservedNode] = field(default_factory=lambda: MappingProxyType({}))
    by_node: Mapping[str, frozenset[tuple[str, Holder]]] = field(default_factory=lambda: MappingProxyType({}))
    """The names of the cameras that each node holds, with the holders, by node id."""


def holding_of_exclusive_cameras(before: Holding, revision: Revision, previous: Previous, fleet: Fleet) -> Holding:
    """Who may be reading the exclusive cameras of a revision.

    An instance holds a camera when the newest record of its node gives it one, or its agent says so: that it runs
    with it, or would start it, since no newer record has reached it. What a silent node said last still counts, until
    its manifest is removed: that is how a person says that the machine is gone for good.

    Args:
        before: what this gave before.
        revision: the manifests in force.
        previous: what was published last.
        fleet: what the agents said.

    Returns:
        Who holds what did not change is the very same object.
    """
    exclusive, nodes = revision.exclusive_cameras, revision.node_by_id
    if not exclusive:
        return before if not before.exclusive else Holding()
    if exclusive != before.exclusive:
        before = Holding()
    ids = (
        differing(before.nodes, nodes) | differing(before.previous, previous) | differing(before.observed, fleet.nodes)
    )
    held = {id_: _held_by(id_, exclusive, previous, fleet) if id_ in nodes else frozenset() for id_ in ids}
    others = {node_id: now for node_id, now in held.items() if now != before.by_node.get(node_id, frozenset())}
    holders = before.holders
    if others:
        holders = dict(holders)
        for node_id, now in others.items():
            was = before.by_node.get(node_id, frozenset())
            for camera, holder in was - now:
                holders[camera] -= {holder}
            for camera, holder in now - was:
                holders[camera] = holders.get(camera, frozenset()) | {holder}
        holders = {camera: by for camera, by in holders.items() if by}
    by_node = (
        {node_id: now for node_id, now in {**before.by_node, **others}.items() if now} if others else before.by_node
    )
    return Holding(holders, exclusive, nodes, previous, fleet.nodes, by_node)


def _held_by(
    node_id: str, exclusive: frozenset[str], previous: Previous, fleet: Fleet
) -> frozenset[tuple[str, Holder]]:
    if not exclusive:
        return frozenset()
    published, observed = previous.get(node_id), fleet.nodes.get(node_id)
    held = {
        (camera.name, (node_id, instance.instance_name))
        for instance in (published.node_config_list if published else ())
        for camera in instance.cameras
        if camera.name in exclusive
    }
    for status in observed.reported.statuses if observed else ():
        held |= {(name, (node_id, status.instance_name)) for name in exclusive.intersection(status.exclusive_cameras)}
    return frozenset(held)


def withheld(cameras: tuple[Camera, ...], holder: Holder, holders: Holders, revision: Revision) -> tuple[Reason, ...]:
    """Why some cameras are not given to an instance yet.

    Args:
        cameras: the cameras that its manifest gives it.
        holder: its node id and name.
        holders: who holds exclusive cameras now.
        revision: the manifests, for the names of nodes.

    Returns:
        A reason for each camera that somebody else holds and this instance does not; the subject is the camera.
    """
    reasons = []
    for camera in cameras:
        others = holders.get(camera.name, frozenset())
        if camera.name not in revision.exclusive_cameras or not others or holder in others:
            continue
        names = ", ".join(
            sorted(f"dsinstance/{instance} on node/{revision.node_by_id[node_id].name}" for node_id, instance in others)
        )
        reasons.append(
            Reason(
                ObjectRef("Camera", camera.name),
                HELD_ELSEWHERE,
                f"it allows one reader and {names} has not let go of it yet; if that machine is gone for good, "
                "remove its Node manifest",
            )
        )
    return tuple(reasons)
