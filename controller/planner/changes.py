"""What a plan changes against the generations published before, in terms of instances and cameras."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from controller.model import Change, ChangeKind, NodeState, Previous
from crds.change import ChangeClass
from crds.difference import difference
from crds.instance_config import InstanceConfig

_Placed = tuple[str, InstanceConfig]
"""Id of the node, and what it runs."""


def changes_between(
    previous: Previous, nodes: Mapping[str, NodeState], old_names: Mapping[str, str] = MappingProxyType({})
) -> tuple[Change, ...]:
    """All changes, sorted by name of the instance.

    Args:
        previous: what was published, under the names of now.
        nodes: what shall be.
        old_names: of the instances that were renamed, by their names of now.
    """
    names = {node_id: state.node_name for node_id, state in nodes.items()}
    before = _by_instance((node_id, config.node_config_list) for node_id, config in sorted(previous.items()))
    after = _by_instance((node_id, state.instances) for node_id, state in nodes.items())
    changes = []
    for instance in sorted(before.keys() | after.keys()):
        if instance in old_names and instance in after:
            node_id, _ = after[instance]
            changes.append(_rename(instance, old_names[instance], names[node_id]))
        change = change_of(instance, before.get(instance), after.get(instance), names)
        if change is not None:
            changes.append(change)
    return tuple(changes)


def _by_instance(states: Iterable[tuple[str, tuple[InstanceConfig, ...]]]) -> dict[str, _Placed]:
    return {one.name: (node_id, one) for node_id, instances in states for one in instances}


def _rename(instance: str, old_name: str, node: str) -> Change:
    cause = "nothing is touched: what runs goes on under the name that it began with"
    return Change(ChangeKind.RENAME, instance, node, ChangeClass.NONE, (cause,), old_name=old_name)


def change_of(instance: str, before: _Placed | None, after: _Placed | None, names: Mapping[str, str]) -> Change | None:
    """What happens to one instance; None when nothing does.

    Args:
        instance: its name.
        before: the id of its node, and what was published there; None when it is new.
        after: the same as it is wanted; None when it goes.
        names: of the nodes, by their ids.
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
            ("no manifest places it here any more",),
            cameras_removed=gone,
        )
    node_id, new = after
    node = names[node_id]
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
    if old.digest == new.digest:
        return None
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
