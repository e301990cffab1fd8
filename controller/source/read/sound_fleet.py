"""A fleet of manifests without a problem, and whether an edit of it has one: what the edit cannot have touched is not looked at again.

What is wrong is found by `crosscheck`, which looks at everything. Here it is only told, quickly, that nothing is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self, TypeVar

from controller.checks.checker import Checker
from controller.differing import differing
from controller.model import Revision
from controller.selections import Selections, wanted_by
from controller.source.read.file_reading import FileReading
from crds.camera import Camera
from crds.camera_device import DEVICE_TYPES
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.node import Node
from crds.selector import LabelSelector
from deepstream.findings import Severity

K = TypeVar("K")

Claim = str | tuple[str, str]
"""What one instance may read: a camera, by its name, or a device, by the node that it is plugged into and its address."""


@dataclass(frozen=True)
class _Edit:
    """What came or changed, by name, and None for what went."""

    cameras: dict[str, Camera | None] = field(default_factory=dict)
    instances: dict[str, DsInstance | None] = field(default_factory=dict)
    nodes: dict[str, Node | None] = field(default_factory=dict)

    def add(self, key: tuple[str, str], manifest: Manifest | None) -> None:
        kind, name = key
        if kind == "Camera" and (manifest is None or isinstance(manifest, Camera)):
            self.cameras[name] = manifest
        elif kind == "DsInstance" and (manifest is None or isinstance(manifest, DsInstance)):
            self.instances[name] = manifest
        elif kind == "Node" and (manifest is None or isinstance(manifest, Node)):
            self.nodes[name] = manifest


@dataclass(frozen=True)
class SoundFleet:
    """Manifests without a problem, and what is needed to tell whether an edit of them has one."""

    files: Mapping[bytes, FileReading] = field(default_factory=dict)
    revision: Revision = field(default_factory=lambda: Revision("", (), (), ()))
    camera_ids: Mapping[str, str] = field(default_factory=dict)
    """The names of the cameras, by their ids."""
    node_ids: Mapping[str, str] = field(default_factory=dict)
    """The names of the nodes, by their ids."""
    readers: Mapping[Claim, str] = field(default_factory=dict)
    """The names of the instances that read what allows one reader."""
    selected_nodes: Selections = field(default_factory=Selections)

    def edited(
        self, files: Mapping[bytes, FileReading], revision_id: str, description: str, checker: Checker
    ) -> Self | None:
        """The fleet after an edit; None when there is a problem in it.

        Args:
            files: all files, none of which has a problem by itself. What did not change is the very same object.
            revision_id: of the revision that they are.
            description: of it.
            checker: has checked the instances that did not change.
        """
        edit = self._edit(files)
        if edit is None:
            return None
        before = self.revision
        after = before.edited(revision_id, description, edit.cameras, edit.instances, edit.nodes)
        touched = after.touched_instances
        camera_ids = _claimed(self.camera_ids, _camera_ids(before, edit.cameras), _camera_ids(after, edit.cameras))
        node_ids = _claimed(self.node_ids, _node_ids(before, edit.nodes), _node_ids(after, edit.nodes))
        readers = _claimed(self.readers, _claims(before, touched), _claims(after, touched))
        selected_nodes = self._selected_nodes(after, edit)
        if camera_ids is None or node_ids is None or readers is None or selected_nodes is None:
            return None
        if not _leads_somewhere(after, edit) or not all(_is_right(after, name, checker) for name in touched):
            return None
        return type(self)(files, after, camera_ids, node_ids, readers, selected_nodes)

    def _edit(self, files: Mapping[bytes, FileReading]) -> _Edit | None:
        """What the files say otherwise than before; None when a name is there twice, or a secret in clear."""
        paths = differing(self.files, files)
        if any(files[path].telling for path in paths if path in files):
            return None
        old = {
            (manifest.kind, manifest.name): manifest
            for path in paths
            if path in self.files
            for manifest in self.files[path].manifests
        }
        new: dict[tuple[str, str], Manifest] = {}
        for manifest in (one for path in paths if path in files for one in files[path].manifests):
            key = (manifest.kind, manifest.name)
            if key in new or (key not in old and self.revision.manifest(*key)):
                return None
            new[key] = manifest
        edit = _Edit()
        for key in old.keys() | new.keys():
            if old.get(key) is not new.get(key):
                edit.add(key, new.get(key))
        return edit

    def sharing(self, known: Revision) -> Self:
        """The same fleet, with all that its revision has in common with another one: made from that, as an edit of it."""
        mine = self.revision
        revision = known.edited(
            mine.id,
            mine.description,
            {name: mine.camera_by_name.get(name) for name in differing(known.camera_by_name, mine.camera_by_name)},
            {
                name: mine.instance_by_name.get(name)
                for name in differing(known.instance_by_name, mine.instance_by_name)
            },
            {name: mine.node_by_name.get(name) for name in differing(known.node_by_name, mine.node_by_name)},
        )
        return replace(self, revision=revision)

    def _selected_nodes(self, after: Revision, edit: _Edit) -> Selections | None:
        """Which nodes selectors find; None when one finds none."""
        before = self.revision
        selected, touched = self.selected_nodes.edited(
            ((name, _labels(before.node_by_name.get(name)), _labels(node)) for name, node in edit.nodes.items()),
            {
                name: (_selector(before.instance_by_name.get(name)), _selector(one))
                for name, one in edit.instances.items()
            },
            ((name, node.labels) for name, node in after.node_by_name.items()),
        )
        wanted = (wanted_by(_selector(after.instance_by_name.get(name))) for name in touched)
        return selected if all(selected.found[one] for one in wanted if one is not None) else None


def _claimed(
    before: Mapping[K, str], given_back: Iterable[tuple[K, str]], taken: Iterable[tuple[K, str]]
) -> Mapping[K, str] | None:
    """Whose everything is after some was given back and some was taken; None when two would have the same."""
    old, new = list(given_back), list(taken)
    if old == new:
        return before
    after = dict(before)
    for claim, _ in old:
        after.pop(claim, None)
    taken_now = dict(new)
    if len(taken_now) == len(new) and after.keys().isdisjoint(taken_now):
        return after | taken_now
    return after if all(after.setdefault(claim, name) == name for claim, name in new) else None


def _camera_ids(revision: Revision, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = revision.camera_by_name
    return ((known[name].camera_id, name) for name in names if name in known)


def _node_ids(revision: Revision, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = revision.node_by_name
    return ((known[name].node_id, name) for name in names if name in known)


def _claims(revision: Revision, names: Iterable[str]) -> Iterator[tuple[Claim, str]]:
    """What these instances read that allows one reader."""
    for name in names:
        if (instance := revision.instance_by_name.get(name)) is None:
            continue
        for camera in revision.cameras_of(instance):
            if camera.name not in revision.exclusive_cameras or instance.spec.replicas == 0:
                continue
            yield camera.name, name
            if camera.spec.type in DEVICE_TYPES and instance.spec.node is not None:
                yield (instance.spec.node, camera.spec.address), name


def _leads_somewhere(after: Revision, edit: _Edit) -> bool:
    """True when each name that a manifest gives is that of another one."""
    nodes, cameras = after.node_by_name, after.camera_by_name
    for instance in edit.instances.values():
        if instance is None:
            continue
        node = instance.node
        if (node is not None and node not in nodes) or not all(name in cameras for name in instance.cameras):
            return False
    if any(camera is None and after.instances_that_name(name) for name, camera in edit.cameras.items()):
        return False
    gone = {name for name, node in edit.nodes.items() if node is None}
    return not gone or not any(instance.node in gone for instance in after.instances)


def _is_right(revision: Revision, name: str, checker: Checker) -> bool:
    instance = revision.instance_by_name.get(name)
    if instance is None:
        return True
    found = checker.check(instance, revision.cameras_of(instance))
    return not any(one.severity is Severity.ERROR for one in found)


def _labels(node: Node | None) -> Mapping[str, str] | None:
    return None if node is None else node.labels


def _selector(instance: DsInstance | None) -> LabelSelector | None:
    return None if instance is None else instance.node_selector
