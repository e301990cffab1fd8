"""Which cameras each instance has, by the names that it gives and the labels that it selects by. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Self

from controller.differing import are_the_same
from controller.selections import Selections, wanted_by
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.selector import LabelSelector


@dataclass(frozen=True)
class Watching:
    """The cameras of every instance, and what is needed to find them again after an edit."""

    cameras: Mapping[str, tuple[Camera, ...]] = field(default_factory=dict)
    """By name of the instance: those that it names, in that order, then those that it selects, by name. Names without a
    camera are left out."""
    named_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The names of the instances that name a camera, whether or not there is one of that name."""
    selected: Selections = field(default_factory=Selections)
    looked_at: AbstractSet[str] = frozenset()
    """The instances whose cameras were looked for by the edit that made this: those of the others are the same as before."""

    def edited(
        self,
        cameras: tuple[Mapping[str, Camera], Mapping[str, Camera]],
        instances: tuple[Mapping[str, DsInstance], Mapping[str, DsInstance]],
        changed_cameras: Mapping[str, object],
        changed_instances: Mapping[str, object],
    ) -> Self:
        """The same after an edit.

        Args:
            cameras: by name, before and after.
            instances: by name, before and after.
            changed_cameras: which cameras came, changed or went, by name.
            changed_instances: which instances did.
        """
        (cameras_before, cameras_after), (before, after) = cameras, instances
        old = {name: before.get(name) for name in changed_instances}
        new = {name: after.get(name) for name in changed_instances}
        selected, touched = self.selected.edited(
            ((name, _labels(cameras_before.get(name)), _labels(cameras_after.get(name))) for name in changed_cameras),
            {name: (_selector(old[name]), _selector(new[name])) for name in changed_instances},
            ((name, camera.labels) for name, camera in cameras_after.items()),
        )
        named_by = _named_by(self.named_by, old, new)
        again = {*touched, *changed_instances}
        for name in changed_cameras:
            again.update(named_by.get(name, ()))
        if not again:
            return replace(self, looked_at=frozenset())
        found = dict(self.cameras)
        for name in again:
            instance = after.get(name)
            if instance is None:
                found.pop(name, None)
                continue
            its = tuple(_cameras(instance, cameras_after, selected))
            if name not in found or not are_the_same(found[name], its):
                found[name] = its
        return type(self)(found, named_by, selected, again)


def _cameras(instance: DsInstance, cameras: Mapping[str, Camera], selected: Selections) -> Iterator[Camera]:
    names = dict.fromkeys(instance.cameras)
    wanted = wanted_by(instance.camera_selector)
    if wanted is not None:
        names |= dict.fromkeys(sorted(selected.found[wanted]))
    for name in names:
        if (camera := cameras.get(name)) is not None:
            yield camera


def _labels(camera: Camera | None) -> Mapping[str, str] | None:
    return None if camera is None else camera.labels


def _selector(instance: DsInstance | None) -> LabelSelector | None:
    return None if instance is None else instance.camera_selector


def _named_by(
    before: Mapping[str, tuple[str, ...]], old: Mapping[str, DsInstance | None], new: Mapping[str, DsInstance | None]
) -> Mapping[str, tuple[str, ...]]:
    gone, come = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for name in old:
        then, now = ({} if one is None else dict.fromkeys(one.cameras) for one in (old[name], new[name]))
        for camera in then.keys() - now.keys():
            gone[camera].append(name)
        for camera in now.keys() - then.keys():
            come[camera].append(name)
    if not gone and not come:
        return before
    after, same = dict(before), dict[tuple[str, ...], tuple[str, ...]]()
    for camera in gone.keys() | come.keys():
        names = tuple(come.get(camera, ()))
        if watched := after.pop(camera, ()):
            names = (*(one for one in watched if one not in gone.get(camera, ())), *names)
        if names:
            after[camera] = same.setdefault(names, names)
    return after
