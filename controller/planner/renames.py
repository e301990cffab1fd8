"""Instances whose manifests got another name, and nothing else: what runs goes on under the name that it began with."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from controller.model import Previous, Revision
from controller.planner.as_published import as_published
from controller.planner.placement import allowed_nodes
from controller.render.instance import Render
from controller.render.texts import CannotWriteError
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig

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


_Likeness = tuple[str, str, frozenset[str]]
"""Image, app and cameras: what two forms of one instance have in common before anything is rendered."""


def renamed(revision: Revision, previous: Previous, render: Render) -> dict[str, Renamed]:
    """The instances that were renamed, by their new names.

    An old name is gone, a new one is there, and the new manifest asks for what was published under the old name, to the
    last byte, on a node that it allows. Where that holds of several, nobody can say which is which, and none is.
    """
    written = {one.name for one in revision.instances}
    gone: dict[_Likeness, list[tuple[str, InstanceConfig]]] = defaultdict(list)
    published: set[str] = set()
    for node_id, record in sorted(previous.items()):
        for config in record.node_config_list:
            if config.name not in written and config.name not in published:
                cameras = frozenset(camera.name for camera in config.cameras)
                gone[config.image, config.app_kind, cameras].append((node_id, config))
            published.add(config.name)
    found: dict[str, list[Renamed]] = defaultdict(list)
    if gone:
        for one in revision.instances:
            cameras = frozenset(camera.name for camera in revision.cameras_of(one))
            alike = gone.get((one.spec.image, one.spec.app.kind, cameras), [])
            if one.name not in published and len(alike) <= _MOST_TRIED:
                found[one.name] += _forms(one, alike, revision, render)
    taken = [match.old_name for matches in found.values() for match in matches]
    return {
        name: matches[0]
        for name, matches in found.items()
        if len(matches) == 1 and taken.count(matches[0].old_name) == 1
    }


def under_new_names(previous: Previous, renames: Mapping[str, Renamed]) -> Previous:
    """The previous generations as if they had been published under the names of now."""
    by_old_name = {one.old_name: one for one in renames.values()}
    return {
        node_id: record.model_copy(
            update={
                "node_config_list": tuple(
                    by_old_name[one.name].config if one.name in by_old_name else one for one in record.node_config_list
                )
            }
        )
        for node_id, record in previous.items()
    }


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
    instance: DsInstance, alike: list[tuple[str, InstanceConfig]], revision: Revision, render: Render
) -> Iterator[Renamed]:
    allowed = {node.node_id for node in allowed_nodes(revision, instance).values()}
    for node_id, config in alike:
        if node_id not in allowed:
            continue
        slots = {camera.name: camera.slot for camera in config.cameras}
        try:
            wanted = render(instance, revision.cameras_of(instance), config.rest_port, slots, config.instance_name)
        except CannotWriteError:
            continue
        as_named = config.with_manifest_name(instance.name)
        now = as_named.with_hold(None)
        if as_published(wanted, now).digest == now.digest:
            yield Renamed(node_id, config.name, as_named)
