"""Instances whose manifests got another name, and nothing else: what runs goes on under the name that it began with."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from controller.differing import differing
from controller.model import Holds, Previous, Revision
from controller.planner.as_published import as_published
from controller.planner.placement import is_allowed
from controller.planner.places import Place, Places
from controller.render.instance import render_instance
from controller.render.texts import CannotWriteError
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig

_MOST_TRIED: Final = 64
"""Pairs of alike instances that are rendered to tell them apart: many are ambiguous anyway."""
_LONGEST_NAME: Final = 63


@dataclass(frozen=True)
class Renamed:
    """What was published under a name that no manifest has any more."""

    node_id: str
    old_name: str
    config: InstanceConfig
    """As it is published under the new name."""


Likeness = tuple[str, str, frozenset[str]]
"""Image, app and cameras: what two forms of one instance have in common before anything is rendered."""


@dataclass(frozen=True)
class Renames:
    """What was renamed, with what that was found from."""

    gone: Mapping[str, tuple[Place, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """What was published, and has no manifest any more, by name."""
    come: Mapping[str, DsInstance] = field(default_factory=lambda: MappingProxyType({}))
    """The manifests of which nothing was published, by name."""
    cameras: Mapping[str, tuple[Camera, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """The cameras of those."""
    by_new_name: Mapping[str, Renamed] = field(default_factory=lambda: MappingProxyType({}))
    records: Mapping[str, tuple[AgentConfig, AgentConfig]] = field(default_factory=lambda: MappingProxyType({}))
    """The records that hold one of those: as they were published, and as if under the names of now, by node id."""

    def under_new_names(self, previous: Previous) -> Previous:
        """The previous generations as if they had been published under the names of now."""
        renamed = {node_id: record for node_id, (_, record) in self.records.items()}
        return {**previous, **renamed} if renamed else previous

    def as_asked_by_old_names(self, holds: Holds) -> Holds:
        """What people ask of the old names counts for the new ones: they meant what runs, and no record says so yet."""
        held = {new: holds.held[one.old_name] for new, one in self.by_new_name.items() if one.old_name in holds.held}
        released = {new for new, one in self.by_new_name.items() if one.old_name in holds.released}
        if not held and not released:
            return holds
        return replace(holds, held={**held, **holds.held}, released=holds.released | released)


def renamed(revision: Revision, places: Places, before: Renames, *, are_nodes_same: bool) -> Renames:
    """The instances that were renamed.

    An old name is gone, a new one is there, and the new manifest asks for what was published under the old name, to the
    last byte, on a node that it allows. Where that holds of several, nobody can say which is which, and none is.

    Args:
        revision: the manifests.
        places: where they were published.
        before: what this gave before.
        are_nodes_same: True when the manifests of all nodes are those of before.
    """
    new = revision.instance_by_name.keys() - places.of.keys()
    old = places.of.keys() - revision.instance_by_name.keys() if new else frozenset()
    if not old:
        return Renames()
    gone = {name: places.of[name] for name in old}
    come = {name: revision.instance_by_name[name] for name in new}
    cameras = {name: revision.cameras_by_instance[name] for name in new}
    is_same = are_nodes_same and not (
        differing(before.gone, gone) or differing(before.come, come) or differing(before.cameras, cameras)
    )
    by_new_name = before.by_new_name if is_same else _found(revision, come, places, old)
    return Renames(gone, come, cameras, by_new_name, _records(by_new_name, places, before if is_same else Renames()))


def _found(
    revision: Revision, come: Mapping[str, DsInstance], places: Places, old: AbstractSet[str]
) -> Mapping[str, Renamed]:
    gone: dict[Likeness, list[Place]] = defaultdict(list)
    for name in sorted(old):
        node_id, config = places.of[name][0]
        gone[config.image, config.app_kind, frozenset(camera.name for camera in config.cameras)].append(
            (node_id, config)
        )
    found: dict[str, list[Renamed]] = {}
    for name, packed in come.items():
        one = packed.opened()
        if one.spec.replicas == 0:
            continue  # what is to run nowhere is nobody's new name: what ran goes
        cameras = revision.cameras_by_instance[name]
        alike = gone.get((one.spec.image, one.spec.app.kind, frozenset(camera.name for camera in cameras)), [])
        if len(alike) <= _MOST_TRIED:
            found[name] = list(_forms(one, cameras, alike, revision))
    taken = Counter(match.old_name for matches in found.values() for match in matches)
    return {
        name: matches[0] for name, matches in found.items() if len(matches) == 1 and taken[matches[0].old_name] == 1
    }


def _records(
    by_new_name: Mapping[str, Renamed], places: Places, before: Renames
) -> Mapping[str, tuple[AgentConfig, AgentConfig]]:
    by_old_name = {one.old_name: one.config for one in by_new_name.values()}
    copies = {}
    for node_id in {node_id for old_name in by_old_name for node_id, _ in places.of[old_name]}:
        record = places.records[node_id]
        known = before.records.get(node_id)
        if known is not None and known[0] is record:
            copies[node_id] = known
            continue
        instances = tuple(by_old_name.get(one.name, one) for one in record.node_config_list)
        copies[node_id] = (record, record.model_copy(update={"node_config_list": instances}))
    return copies


def name_to_run_as(name: str, taken: AbstractSet[str]) -> str:
    """The name that a new instance begins with: its own, unless one that was renamed still runs as that."""
    number = 2
    candidate = name
    while candidate in taken:
        end = f"-{number}"
        candidate = name[: _LONGEST_NAME - len(end)].rstrip("-.") + end
        number += 1
    return candidate


def _forms(
    instance: DsInstance, cameras: tuple[Camera, ...], alike: list[Place], revision: Revision
) -> Iterator[Renamed]:
    for node_id, config in alike:
        node = revision.node_by_id.get(node_id)
        if node is None or not is_allowed(node, instance):
            continue
        slots = {camera.name: camera.slot for camera in config.cameras}
        try:
            wanted = render_instance(instance, cameras, config.rest_port, slots, config.instance_name)
        except CannotWriteError:
            continue
        as_named = config.with_manifest_name(instance.name)
        now = as_named.with_hold(None)
        if as_published(wanted, now).digest == now.digest:
            yield Renamed(node_id, config.name, as_named)
