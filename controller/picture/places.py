"""Where instances are, and which cameras they watch there: by plan, or by what was published."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from controller.picture.difference import Key
from crds.instance_config import InstanceConfig


@dataclass(frozen=True, eq=False)
class Place:
    """One instance on one node."""

    name: str
    node_id: str
    config: InstanceConfig


class Places:
    """The places by instance and by camera, kept up to date node by node."""

    def __init__(self) -> None:
        self._by_instance: dict[str, tuple[Place, ...]] = {}
        self._by_camera: dict[str, tuple[Place, ...]] = {}

    @property
    def instances(self) -> Mapping[str, tuple[Place, ...]]:
        """The places of every instance that has one, sorted by node id: several while it moves."""
        return self._by_instance

    def of(self, instance: str) -> tuple[Place, ...]:
        """The places of an instance."""
        return self._by_instance.get(instance, ())

    def watching(self, camera: str) -> tuple[Place, ...]:
        """Where a camera is watched, sorted by name of the instance and node id."""
        return self._by_camera.get(camera, ())

    def change(self, changes: Mapping[str, tuple[Iterable[InstanceConfig], Iterable[InstanceConfig]]]) -> set[Key]:
        """Takes in what changed of some nodes.

        Args:
            changes: by node id, the instances that it had, and those that it has.

        Returns:
            The instances that are another object than before, and the cameras of both.
        """
        gone, come = [], []
        for node_id, (before, after) in changes.items():
            old, new = ({one.name: one for one in some} for some in (before, after))
            gone += [(node_id, name) for name, one in old.items() if new.get(name) is not one]
            come += [Place(name, node_id, one) for name, one in new.items() if old.get(name) is not one]
        found: set[Key] = set()
        for node_id, name in gone:
            place = next(one for one in self._by_instance[name] if one.node_id == node_id)
            _without(self._by_instance, name, place)
            for camera in _cameras(place):
                _without(self._by_camera, camera, place)
            found |= _keys(place)
        for place in come:
            alone = (place,)  # one for all of its cameras
            _with(self._by_instance, place.name, alone, lambda one: one.node_id)
            for camera in _cameras(place):
                _with(self._by_camera, camera, alone, lambda one: (one.name, one.node_id))
            found |= _keys(place)
        return found


def keys_of(configs: Iterable[InstanceConfig]) -> set[Key]:
    """Instances and their cameras."""
    return {key for one in configs for key in (("DsInstance", one.name), *(("Camera", it.name) for it in one.cameras))}


def _cameras(place: Place) -> Iterable[str]:
    return dict.fromkeys(camera.name for camera in place.config.cameras)


def _keys(place: Place) -> set[Key]:
    return keys_of((place.config,))


def _with(
    places: dict[str, tuple[Place, ...]], key: str, new: tuple[Place, ...], order: Callable[[Place], Any]
) -> None:
    others = places.get(key, ())
    places[key] = tuple(sorted(others + new, key=order)) if others else new


def _without(places: dict[str, tuple[Place, ...]], key: str, place: Place) -> None:
    left = tuple(one for one in places[key] if one is not place)
    if left:
        places[key] = left
    else:
        del places[key]
