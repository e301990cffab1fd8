"""Cameras that allow one reader: nobody gets one before everybody else has let go of it (invariant S6)."""

from collections import defaultdict
from collections.abc import Mapping

from controller.model import Fleet, ObjectRef, Previous, Reason, Revision
from crds.camera import Camera

Holder = tuple[str, str]
"""Node id and name of an instance that reads a camera, or will as soon as it starts."""

Holders = Mapping[str, frozenset[Holder]]
"""The holders of exclusive cameras, by name of the camera."""


def holders_of_exclusive_cameras(revision: Revision, previous: Previous, fleet: Fleet) -> Holders:
    """Who may be reading the exclusive cameras of a revision.

    An instance holds a camera when the newest record of its node gives it one, or its agent says so: that it runs
    with it, or would start it, since no newer record has reached it. What a silent node said last still counts, until
    its manifest is removed: that is how a person says that the machine is gone for good.

    Args:
        revision: the manifests in force.
        previous: what was published last.
        fleet: what the agents said.
    """
    found: dict[str, set[Holder]] = defaultdict(set)
    exclusive = revision.exclusive_cameras
    for node_id in revision.node_by_id if exclusive else ():
        published, observed = previous.get(node_id), fleet.nodes.get(node_id)
        for instance in published.node_config_list if published else ():
            for camera in instance.cameras:
                if camera.name in exclusive:
                    found[camera.name].add((node_id, instance.instance_name))
        for status in observed.response.status if observed and observed.response else ():
            for name in exclusive.intersection(status.exclusive_cameras):
                found[name].add((node_id, status.instance_name))
    return {name: frozenset(holders) for name, holders in found.items()}


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
        if not camera.spec.has_one_reader or not others or holder in others:
            continue
        names = ", ".join(
            sorted(f"dsinstance/{instance} on node/{revision.node_by_id[node_id].name}" for node_id, instance in others)
        )
        reasons.append(
            Reason(
                ObjectRef("Camera", camera.name),
                "HeldElsewhere",
                f"it allows one reader and {names} has not let go of it yet; if that machine is gone for good, "
                "remove its Node manifest",
            )
        )
    return tuple(reasons)
