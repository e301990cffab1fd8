"""Instances that a person works on: they stay as they were published, wherever that is, until they are released."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from controller.model import Change, Holds, ObjectRef, Reason
from controller.planner.changes import STOPPED, change_of
from controller.planner.places import Place, Places
from crds.annotations import HOLD
from crds.dsinstance import DsInstance
from crds.instance_config import Hold, InstanceConfig
from crds.node import Node

_LONGEST_REASON = 200


@dataclass(frozen=True)
class Kept:
    """A held instance, as it was published last."""

    node_id: str
    published: InstanceConfig
    config: InstanceConfig
    """With the hold in it."""


@dataclass(frozen=True)
class Waiting:
    """What waits for the release of a held instance, with what that follows from."""

    kept: Kept
    wanted: Place | None
    """What its manifest asks for; None when it has none, or none that can be placed."""
    is_written: bool
    """True when it has a manifest, which wants it to run."""
    is_stopped: bool
    """True when it has one that wants it nowhere."""
    reason: Reason

    def made_from(self, kept: Kept, wanted: Place | None, *, is_written: bool, is_stopped: bool) -> bool:
        """True when it follows from these very objects."""
        if self.kept is not kept or (self.is_written, self.is_stopped) != (is_written, is_stopped):
            return False
        if self.wanted is None or wanted is None:
            return self.wanted is wanted
        return self.wanted[0] == wanted[0] and self.wanted[1] is wanted[1]


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
    if manifest is not None and HOLD in manifest.annotations:
        return Hold(reason=manifest.annotations[HOLD].strip()[:_LONGEST_REASON], requested=False)
    before = published.hold if published else None
    if before is None or name in holds.released or (manifest is not None and not before.requested):
        return None
    return before


def kept(
    manifests: Mapping[str, DsInstance],
    places: Places,
    placed: Mapping[str, str],
    nodes: Mapping[str, Node],
    holds: Holds,
    annotated: AbstractSet[str],
    before: Mapping[str, Kept],
) -> Mapping[str, Kept]:
    """The held instances that were published, by name. While one moves it is held where its manifest places it.

    Args:
        manifests: of the instances, by name.
        places: where they were published.
        placed: names of the nodes where manifests place them, by name of the instance.
        nodes: the manifests of the nodes, by name.
        holds: the requests of people.
        annotated: the instances whose manifests hold them.
        before: what this gave before.
    """
    found: dict[str, Kept] = {}
    for name in sorted((holds.held.keys() | annotated | places.held) & places.of.keys()):
        for node_id, config in places.of[name]:
            hold = hold_of(name, manifests.get(name), config, holds)
            wanted_there = name in placed and nodes[placed[name]].node_id == node_id
            if hold is not None and (name not in found or wanted_there):
                found[name] = _kept(node_id, config, hold, before.get(name))
    return found


def _kept(node_id: str, published: InstanceConfig, hold: Hold, before: Kept | None) -> Kept:
    if before is not None and (before.node_id, before.config.hold) == (node_id, hold) and before.published is published:
        return before
    return Kept(node_id, published, published.with_hold(hold))


def held_apart(
    held: Mapping[str, Kept],
    wanted: Mapping[str, Place],
    manifests: Mapping[str, DsInstance],
    names: Mapping[str, str],
    before: Mapping[str, Waiting],
    stopped: AbstractSet[str] = frozenset(),
) -> Mapping[str, Waiting]:
    """For each held instance who holds it, and what waits for its release.

    Args:
        held: what is kept, by name.
        wanted: what the manifests ask of these instances, by name.
        manifests: of the instances, by name.
        names: of the nodes, by their ids.
        before: what this gave before, for nodes of the same names.
        stopped: the instances whose manifests want them nowhere.
    """
    found = {}
    for name, one in sorted(held.items()):
        asked = wanted.get(name)
        is_stopped = name in stopped
        is_written = name in manifests and not is_stopped
        known = before.get(name)
        if known is not None and known.made_from(one, asked, is_written=is_written, is_stopped=is_stopped):
            found[name] = known
            continue
        waits = None
        if asked is not None or not is_written:
            now = (one.node_id, one.config.with_hold(None))
            waits = change_of(name, now, asked, names, *((STOPPED,) if is_stopped else ()))
        found[name] = Waiting(one, asked, is_written, is_stopped, _reason(name, one.config.hold, waits))
    return found


def held_before_it_began(config: InstanceConfig) -> tuple[Reason, ...]:
    """The reason for an instance that is held and was never published; none for one that is not held."""
    if config.hold is None:
        return ()
    return (Reason(ObjectRef("DsInstance", config.name), "Held", f"{config.hold}; it is created when it is released"),)


def _reason(name: str, hold: Hold | None, waits: Change | None) -> Reason:
    message = str(hold)
    if waits is not None:
        causes = ", ".join(waits.causes)
        message += f"; its release will {waits.kind} it ({waits.change_class}): {causes}"
    return Reason(ObjectRef("DsInstance", name), "Held", message)
