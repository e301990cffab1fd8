"""What a plan changes against the generations published before, in terms of instances and cameras."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import Final

from controller.model import Change, ChangeKind, NodeState
from controller.planner.places import Place, Places
from crds.change import ChangeClass
from crds.difference import difference
from crds.instance_config import InstanceConfig

STOPPED: Final = "spec.replicas: 1 -> 0: its manifest stays, and it runs nowhere"
_NOT_PLACED: Final = "no manifest places it here any more"


@dataclass(frozen=True)
class Changes:
    """All changes, with where the instances are planned."""

    planned: Mapping[str, Place] = field(default_factory=lambda: MappingProxyType({}))
    """By name of the instance."""
    by_instance: Mapping[str, tuple[Change, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Of those to which something happens."""

    @cached_property
    def all(self) -> tuple[Change, ...]:
        """All of them, sorted by name of the instance."""
        return tuple(chain.from_iterable(self.by_instance[name] for name in sorted(self.by_instance)))


def changes_between(
    places: Places,
    names: Mapping[str, str],
    old_names: Mapping[str, str],
    before: Changes,
    states: Collection[tuple[NodeState | None, NodeState | None]],
    touched: AbstractSet[str],
    stopped: AbstractSet[str] = frozenset(),
) -> Changes:
    """All changes.

    Args:
        places: what was published, under the names of now.
        names: of the nodes, by their ids.
        old_names: of the instances that were renamed, by their names of now.
        before: what this gave before.
        states: the states of nodes that differ since, as they were and as they are.
        touched: the instances that were published elsewhere since, were renamed or stopped, or are on nodes with other names.
        stopped: the instances whose manifests want them nowhere.
    """
    gone = {one.name for old, _ in states if old is not None for one in old.instances}
    come = {one.name: (new.node_id, one) for _, new in states if new is not None for one in new.instances}
    planned = {**before.planned, **come}
    for name in gone - come.keys():
        del planned[name]
    by_instance = dict(before.by_instance)
    for name in touched | gone | come.keys():
        if name not in touched and _is_same(before.planned.get(name), planned.get(name)):
            continue  # another instance of its node became another one
        published, why = places.of.get(name, ()), STOPPED if name in stopped else _NOT_PLACED
        changes = _changes_of(name, published, planned.get(name), old_names.get(name), names, why)
        if changes:
            by_instance[name] = changes
        else:
            by_instance.pop(name, None)
    return Changes(planned, by_instance)


def _is_same(before: Place | None, after: Place | None) -> bool:
    return before is not None and after is not None and before[0] == after[0] and before[1] is after[1]


def _changes_of(
    name: str,
    published: tuple[Place, ...],
    planned: Place | None,
    old_name: str | None,
    names: Mapping[str, str],
    why_it_goes: str,
) -> tuple[Change, ...]:
    before = published[-1] if published else None
    if before is None and planned is None:
        return ()
    change = change_of(name, before, planned, names, why_it_goes)
    changes = (change,) if change is not None else ()
    if old_name is not None and planned is not None:
        return (_rename(name, old_name, names[planned[0]]), *changes)
    return changes


def _rename(instance: str, old_name: str, node: str) -> Change:
    cause = "nothing is touched: what runs goes on under the name that it began with"
    return Change(ChangeKind.RENAME, instance, node, ChangeClass.NONE, (cause,), old_name=old_name)


def change_of(
    instance: str,
    before: Place | None,
    after: Place | None,
    names: Mapping[str, str],
    why_it_goes: str = _NOT_PLACED,
) -> Change | None:
    """What happens to one instance; None when nothing does.

    Args:
        instance: its name.
        before: the id of its node, and what was published there; None when it is new.
        after: the same as it is wanted; None when it goes.
        names: of the nodes, by their ids.
        why_it_goes: the cause, if it does.
    """
    if after is None:
        assert before is not None  # noqa: S101 - the name came from one of the two
        node_id, old = before
        gone = _cameras(old)
        return Change(
            ChangeKind.REMOVE,
            instance,
            names.get(node_id, node_id),
            ChangeClass.RECREATE,
            (why_it_goes,),
            cameras_removed=gone,
        )
    node_id, new = after
    node = names[node_id]
    if before is not None and before[0] == node_id and before[1].digest == new.digest:
        return None
    if before is None:
        return Change(
            ChangeKind.CREATE, instance, node, ChangeClass.RECREATE, ("it is new",), cameras_added=_cameras(new)
        )
    old_node_id, old = before
    added = tuple(sorted(set(_cameras(new)) - set(_cameras(old))))
    removed = tuple(sorted(set(_cameras(old)) - set(_cameras(new))))
    kept = tuple(sorted(set(_cameras(old)) & set(_cameras(new))))
    if old_node_id != node_id:
        was = names.get(old_node_id, old_node_id)
        cause = f"node: {was} -> {node}"
        if was == node:  # its manifest has another id now
            was, cause = old_node_id, f"nodeId of {node}: {old_node_id} -> {node_id}"
        return Change(
            ChangeKind.MOVE,
            instance,
            node,
            ChangeClass.RECREATE,
            (cause, *map(str, difference(old, new).fields)),
            cameras_added=added,
            cameras_removed=removed,
            cameras_interrupted=kept,
            from_node=was,
        )
    found = difference(old, new)
    interrupts = found.change_class.rank >= ChangeClass.RESTART.rank
    return Change(
        ChangeKind.UPDATE,
        instance,
        node,
        found.change_class,
        tuple(map(str, found.fields)),
        cameras_added=added,
        cameras_removed=removed,
        cameras_interrupted=kept if interrupts else (),
    )


def _cameras(config: InstanceConfig) -> tuple[str, ...]:
    return tuple(sorted(camera.name for camera in config.cameras))
