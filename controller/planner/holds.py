"""Instances that a person works on: they stay as they were published, wherever that is, until they are released."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from controller.model import Change, Holds, NodeState, ObjectRef, Previous, Reason, Revision
from controller.planner.changes import change_of
from crds.annotations import HOLD
from crds.dsinstance import DsInstance
from crds.instance_config import Hold, InstanceConfig
from crds.node import Node

_LONGEST_REASON = 200


@dataclass(frozen=True)
class Kept:
    """A held instance, as it was published last."""

    node_id: str
    config: InstanceConfig
    """With the hold in it."""


def hold_of(name: str, manifest: DsInstance | None, published: InstanceConfig | None, holds: Holds) -> Hold | None:
    """Who holds an instance.

    Args:
        name: of the instance.
        manifest: None when there is none any more: then a hold by annotation stays, too, since nobody released it.
        published: what its node was told last; a request that the controller's own disk lost is known from there.
        holds: the requests of people.
    """
    if name in holds.held:
        return Hold(reason=holds.held[name][:_LONGEST_REASON])
    if manifest is not None and HOLD in manifest.metadata.annotations:
        return Hold(reason=manifest.metadata.annotations[HOLD].strip()[:_LONGEST_REASON], requested=False)
    before = published.hold if published else None
    if before is None or name in holds.released or (manifest is not None and not before.requested):
        return None
    return before


def kept(revision: Revision, previous: Previous, placed: Mapping[str, Node], holds: Holds) -> dict[str, Kept]:
    """The held instances that were published, by name. While one moves it is held where its manifest places it."""
    manifests = {one.name: one for one in revision.instances}
    found: dict[str, Kept] = {}
    for node_id, config in _published(previous):
        name = config.name
        hold = hold_of(name, manifests.get(name), config, holds)
        wanted_there = name in placed and placed[name].node_id == node_id
        if hold is not None and (name not in found or wanted_there):
            found[name] = Kept(node_id, config.with_hold(hold))
    return found


def held_apart(
    held: Mapping[str, Kept],
    wanted: Mapping[str, tuple[str, InstanceConfig]],
    revision: Revision,
    nodes: dict[str, NodeState],
) -> tuple[Reason, ...]:
    """Puts what is kept into the states of its nodes.

    Args:
        held: what is kept, by name.
        wanted: what the manifests ask of these instances: node id and resolved form, by name.
        revision: the manifests.
        nodes: the states of all nodes without what is kept, by id; they are changed.

    Returns:
        For each instance who holds it, and what waits for its release.
    """
    names = {node_id: state.node_name for node_id, state in nodes.items()}
    written = {one.name for one in revision.instances}
    reasons = []
    for name, one in sorted(held.items()):
        state = nodes[one.node_id]
        instances = sorted((*state.instances, one.config), key=lambda config: config.name)
        nodes[one.node_id] = NodeState(state.node_id, state.node_name, state.hostname, tuple(instances))
        waits = None
        if name in wanted or name not in written:
            waits = change_of(name, (one.node_id, one.config.with_hold(None)), wanted.get(name), names)
        reasons.append(_reason(name, one.config.hold, waits))
    return tuple(reasons)


def held_before_it_began(config: InstanceConfig) -> tuple[Reason, ...]:
    """The reason for an instance that is held and was never published; none for one that is not held."""
    if config.hold is None:
        return ()
    return (Reason(ObjectRef("DsInstance", config.name), "Held", f"{config.hold}; it is created when it is released"),)


def _published(previous: Previous) -> Iterator[tuple[str, InstanceConfig]]:
    return chain.from_iterable(
        ((node_id, config) for config in record.node_config_list) for node_id, record in sorted(previous.items())
    )


def _reason(name: str, hold: Hold | None, waits: Change | None) -> Reason:
    message = str(hold)
    if waits is not None:
        causes = ", ".join(waits.causes)
        message += f"; its release will {waits.kind} it ({waits.change_class}): {causes}"
    return Reason(ObjectRef("DsInstance", name), "Held", message)
