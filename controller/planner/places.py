"""Where instances were published: what topic 210 says, by instance."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from controller.differing import differing
from controller.model import Previous
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig

Place = tuple[str, InstanceConfig]
"""Id of a node, and what it was told to run."""


@dataclass(frozen=True)
class Places:
    """What was published, by instance."""

    records: Previous = field(default_factory=lambda: MappingProxyType({}))
    of: Mapping[str, tuple[Place, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By name of the instance, sorted by node id; more than one while a move is published on one side only."""
    held: frozenset[str] = frozenset()
    """The instances that are held there."""


def places_in(records: Previous, before: Places) -> tuple[Places, frozenset[str], frozenset[str]]:
    """Where instances are published now.

    Args:
        records: the newest records, by node id.
        before: what this gave for the records of before.

    Returns:
        With the ids of the nodes whose records differ, and the names of the instances whose places do.
    """
    ids = differing(before.records, records)
    if not ids:
        return before, frozenset(), frozenset()
    gone = _configs(before.records, ids)
    come = _configs(records, ids)
    names = {
        name
        for node_id, name in gone.keys() | come.keys()
        if gone.get((node_id, name)) is not come.get((node_id, name))
    }
    of, held = dict(before.of), set(before.held)
    by_name: dict[str, list[Place]] = {name: [] for name in names}
    for (node_id, name), config in come.items():
        if name in names:
            by_name[name].append((node_id, config))
    for name, new in by_name.items():
        stay = [place for place in of.get(name, ()) if place[0] not in ids]
        places = tuple(sorted((*stay, *new), key=lambda place: place[0]))
        held.discard(name)
        if places:
            of[name] = places
            held |= {name} if any(config.hold is not None for _, config in places) else set()
        else:
            of.pop(name, None)
    return Places(records, of, frozenset(held)), frozenset(ids), frozenset(names)


def _configs(records: Mapping[str, AgentConfig], ids: Iterable[str]) -> dict[tuple[str, str], InstanceConfig]:
    return {
        (node_id, one.name): one for node_id in ids if node_id in records for one in records[node_id].node_config_list
    }
