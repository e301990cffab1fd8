"""What holds between manifests: names and ids are unique, references lead somewhere, cameras fit their instances. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from controller.checks.cameras import of_shapes
from controller.checks.checker import Checker, Violation
from controller.checks.ports import shared_ports
from controller.checks.secrets import check_secrets
from controller.model import Position, Problem
from controller.source.read.field_errors import path_text
from controller.source.read.manifests import LocatedManifest
from controller.source.read.selections import values_by_key, why_nothing
from crds import annotations
from crds.camera import Camera
from crds.camera_device import DEVICE_TYPES
from crds.document import API_GROUP, Manifest
from crds.dsinstance import DsInstance
from crds.node import Node
from crds.selector import LabelSelector
from deepstream.findings import Severity
from deepstream.near_miss import nearest

Path = tuple[str | int, ...]

# A near miss is looked for among all names; with thousands of dangling references that would take minutes.
_MOST_SUGGESTIONS: Final = 50
_MOST_CANDIDATES: Final = 2_000
_SHOWN: Final = 5
_CAMERA_SOURCES: Final = ("spec", "deepstreamApp", "cameraSources")


@dataclass(frozen=True)
class Claims:
    """What the documents that are no valid manifests claim to be: a reference to one of them is not dangling."""

    names: frozenset[tuple[str, str]] = frozenset()
    """Kind and name."""
    complete: bool = True
    """False when some document could not be read so far as its name: then no reference is called dangling."""


@dataclass(frozen=True)
class Remark:
    """Something that a person should know of and that refuses nothing.

    Its place is looked up when it is shown: that takes longer than all the rest, and mostly nobody asks.
    """

    severity: Severity
    located: LocatedManifest
    path: Path
    message: str

    @property
    def position(self) -> Position:
        """Where it stands."""
        return self.located.position_of(*self.path)

    def __str__(self) -> str:
        """One line: place, path, how bad it is, sentence."""
        return f"{self.position}: {path_text(self.path)}: {self.severity}: {self.message}"


@dataclass(frozen=True)
class Crosschecked:
    """What holds, or does not hold, between manifests."""

    problems: tuple[Problem, ...]
    """Sorted by place."""
    remarks: tuple[Remark, ...]
    """In the order of the manifests."""


@dataclass
class _Check:
    manifests: Sequence[LocatedManifest]
    claims: Claims
    checker: Checker
    problems: list[Problem] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    suggestions: int = 0
    told: set[tuple[int, Path, str]] = field(default_factory=set)
    """What was said of cameras: instances that share one would say it again."""

    def problem(self, located: LocatedManifest, path: Path, message: str) -> None:
        self.problems.append(Problem(located.position_of(*path), path_text(path), message))

    def warning(self, located: LocatedManifest, path: Path, message: str) -> None:
        self.remarks.append(Remark(Severity.WARNING, located, path, message))

    def of_kind(self, kind: str) -> list[LocatedManifest]:
        return [located for located in self.manifests if located.manifest.kind == kind]

    def suggestion(self, name: str, candidates: Iterable[str]) -> str:
        self.suggestions += 1
        if self.suggestions > _MOST_SUGGESTIONS:
            return ""
        likely = list(candidates)
        if len(likely) > _MOST_CANDIDATES:
            likely = [one for one in likely if one[:2] == name[:2]][:_MOST_CANDIDATES]
        near = nearest(name, likely)
        return f"; did you mean {near}?" if near else ""


def crosscheck(
    manifests: Sequence[LocatedManifest], claims: Claims = Claims(), checker: Checker | None = None
) -> Crosschecked:
    """Checks manifests, each of which is valid by itself, against each other.

    Args:
        manifests: all valid manifests of a revision, in the order of their files and lines.
        claims: what the other documents claim to be.
        checker: remembers what it found in the instances of the revision before; it changes the time that this takes,
            and nothing else.
    """
    check = _Check(manifests, claims, checker or Checker())
    _unique(check, lambda located: (located.manifest.kind, located.manifest.name), ("metadata", "name"), _same_name)
    _unique(check, _node_id, ("spec", "nodeId"), _same_node_id)
    _unique(check, _camera_id, ("spec", "cameraId"), _same_camera_id)
    _annotations(check)
    _references(check)
    _cameras_of_instances(check)
    _secrets(check)
    _ports_of_sinks(check)
    in_order = sorted(
        check.problems, key=lambda one: (one.position.file, one.position.line, one.position.column, one.path)
    )
    return Crosschecked(tuple(in_order), tuple(check.remarks))


def _unique(
    check: _Check,
    identity: Callable[[LocatedManifest], tuple[str, str] | None],
    path: Path,
    message: Callable[[LocatedManifest, Position], str],
) -> None:
    first: dict[tuple[str, str], LocatedManifest] = {}
    for located in check.manifests:
        key = identity(located)
        if key is None:
            continue
        before = first.setdefault(key, located)
        # Two objects of one name have their ids in common too: that is one mistake, not two.
        if before is not located and (path[0] == "metadata" or before.manifest.name != located.manifest.name):
            check.problem(located, path, message(before, before.position_of(*path)))


def _node_id(located: LocatedManifest) -> tuple[str, str] | None:
    return ("nodeId", located.manifest.node_id) if isinstance(located.manifest, Node) else None


def _camera_id(located: LocatedManifest) -> tuple[str, str] | None:
    return ("cameraId", located.manifest.camera_id) if isinstance(located.manifest, Camera) else None


def _same_name(before: LocatedManifest, at: Position) -> str:
    return (
        f"there is a {before.manifest.kind} {before.manifest.name!r} already, at {at}: names are unique within a kind"
    )


def _same_node_id(before: LocatedManifest, at: Position) -> str:
    return f"node {before.manifest.name!r} has the same nodeId, at {at}: each machine has its own"


def _same_camera_id(before: LocatedManifest, at: Position) -> str:
    return (
        f"camera {before.manifest.name!r} has the same id, at {at}: give one of them another cameraId "
        "(without one, the id is the name of the object)"
    )


def _annotations(check: _Check) -> None:
    """Warns of what looks like an annotation of ours and is none: a hold with a typo holds nothing."""
    for located in check.manifests:
        for key in located.manifest.annotations:
            path = ("metadata", "annotations", key)
            if key.startswith(f"{API_GROUP}/") and key not in annotations.KNOWN:
                hint = check.suggestion(key, annotations.KNOWN)
                check.warning(located, path, f"the annotation means nothing here{hint}")
            elif key == annotations.HOLD and located.manifest.kind != "DsInstance":
                check.warning(located, path, "a DsInstance can be held, and nothing else")


def _references(check: _Check) -> None:
    nodes = {located.manifest.name: located.manifest for located in check.of_kind("Node")}
    cameras = {located.manifest.name for located in check.of_kind("Camera")}
    for located in check.of_kind("DsInstance"):
        instance = located.manifest
        if not isinstance(instance, DsInstance) or not check.claims.complete:
            continue
        spec = instance.spec
        if spec.node is not None and spec.node not in nodes and ("Node", spec.node) not in check.claims.names:
            hint = check.suggestion(spec.node, nodes)
            check.problem(located, ("spec", "node"), f"there is no node {spec.node!r}{hint}")
        for index, name in enumerate(spec.cameras):
            if name not in cameras and ("Camera", name) not in check.claims.names:
                hint = check.suggestion(name, cameras)
                check.problem(located, ("spec", "cameras", index), f"there is no camera {name!r}{hint}")
        if spec.node_selector is not None and not any(kind == "Node" for kind, _ in check.claims.names):
            _selects_a_node(check, located, spec.node_selector, nodes)


def _selects_a_node(
    check: _Check, located: LocatedManifest, selector: LabelSelector, nodes: Mapping[str, Manifest]
) -> None:
    labels_of_nodes = [node.labels for node in nodes.values()]
    if any(map(selector.matches, labels_of_nodes)):
        return
    labels = values_by_key(labels_of_nodes)
    path, message, hint = why_nothing(selector, labels, "node", check.suggestion)
    check.problem(located, ("spec", "nodeSelector", *path), message + hint)


def _cameras_of_instances(check: _Check) -> None:
    located_cameras = {
        located.manifest.name: located for located in check.manifests if isinstance(located.manifest, Camera)
    }
    cameras = {
        name: located.manifest for name, located in located_cameras.items() if isinstance(located.manifest, Camera)
    }
    by_label: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name, camera in cameras.items():
        for pair in camera.labels.items():
            by_label[pair].add(name)
    labels = values_by_key(camera.labels for camera in cameras.values())
    # What a document says that cannot be read is not known: it may be the camera that is missed.
    all_known = check.claims.complete and not any(kind == "Camera" for kind, _ in check.claims.names)
    readers: dict[str, LocatedManifest] = {}
    devices: dict[tuple[str, str], tuple[str, LocatedManifest]] = {}
    in_use: set[str] = set()
    for located in check.of_kind("DsInstance"):
        instance = located.manifest
        if not isinstance(instance, DsInstance):
            continue
        names = {name for name in instance.spec.cameras if name in cameras}
        selector = instance.spec.camera_selector
        selected = _selected(selector, by_label, cameras) if selector is not None else set()
        if all_known and not selected:
            _selects_nothing(check, located, instance, labels)
        names |= selected
        watched = tuple(
            cameras[name] for name in dict.fromkeys([*instance.spec.cameras, *sorted(selected)]) if name in names
        )
        in_use.update(names)
        for violation in check.checker.check(instance, watched):
            at = located_cameras[violation.camera] if violation.camera is not None else located
            _tell(check, at, violation)
        for name in sorted(names) if instance.spec.replicas else ():  # what runs nowhere reads nothing
            _same_device(check, located, instance, cameras[name], devices)
            if cameras[name].spec.has_one_reader and readers.setdefault(name, located) is not located:
                other = readers[name]
                check.problem(
                    located,
                    _named_at(instance, name),
                    f"camera {name!r} is {'exclusive' if cameras[name].spec.exclusive else 'a device with one reader'}, and "
                    f"instance {other.manifest.name!r} reads it too, "
                    f"at {other.position_of(*_named_at(other.manifest, name))}",
                )
    _without_instance(check, [one for name, one in located_cameras.items() if name not in in_use])


def _ports_of_sinks(check: _Check) -> None:
    by_name = {located.manifest.name: located for located in check.of_kind("DsInstance")}
    instances = [one.manifest for one in by_name.values() if isinstance(one.manifest, DsInstance)]
    nodes = [one.manifest for one in check.of_kind("Node") if isinstance(one.manifest, Node)]
    for instance, path, message in shared_ports(instances, nodes):
        check.remarks.append(Remark(Severity.WARNING, by_name[instance.name], path, message))


def _without_instance(check: _Check, located_cameras: Iterable[LocatedManifest]) -> None:
    """What there is to say of cameras that no instance has, and that are thus not checked with one."""
    for located in located_cameras:
        if isinstance(located.manifest, Camera):
            for violation in of_shapes(located.manifest):
                _tell(check, located, violation)


def _selected(
    selector: LabelSelector, by_label: Mapping[tuple[str, str], set[str]], cameras: Iterable[str]
) -> set[str]:
    found = [by_label.get(pair, set()) for pair in selector.match_labels.items()]
    return set.intersection(*found) if found else set(cameras)


def _selects_nothing(
    check: _Check, located: LocatedManifest, instance: DsInstance, labels: Mapping[str, set[str]]
) -> None:
    """Warns of an instance that watches nothing, or less than it seems to: that is allowed, and mostly a mistake."""
    selector = instance.spec.camera_selector
    if selector is None and not instance.spec.cameras:
        message = "the instance watches no camera: name some in spec.cameras, or select them with spec.cameraSelector"
        check.warning(located, ("spec",), message)
    if selector is not None:
        path, message, hint = why_nothing(selector, labels, "camera", check.suggestion)
        so = "" if instance.spec.cameras else ", so the instance watches nothing"
        check.warning(located, ("spec", "cameraSelector", *path), f"{message}{so}{hint}")


def _same_device(
    check: _Check,
    located: LocatedManifest,
    instance: DsInstance,
    camera: Camera,
    devices: dict[tuple[str, str], tuple[str, LocatedManifest]],
) -> None:
    """One device under two names, read by two instances of a machine: the second one to start gets no frame."""
    if camera.spec.type not in DEVICE_TYPES or instance.spec.node is None:
        return
    other, reader = devices.setdefault((instance.spec.node, camera.spec.address), (camera.name, located))
    if other != camera.name and reader is not located:
        message = (
            f"camera {camera.name!r} is {camera.spec.address} of node {instance.spec.node!r}, which instance "
            f"{reader.manifest.name!r} reads as camera {other!r}: a device has one reader"
        )
        check.problem(located, _named_at(instance, camera.name), message)


def _secrets(check: _Check) -> None:
    """Secrets in clear, where nothing else is wrong with the value."""
    known = {(one.position, one.path) for one in check.problems}
    for located in check.manifests:
        for violation in check_secrets(located.manifest):
            if violation.severity is not Severity.ERROR:
                check.remarks.append(Remark(violation.severity, located, violation.path, violation.message))
            elif (located.position_of(*violation.path), path_text(violation.path)) not in known:
                check.problem(located, violation.path, violation.message)


def _tell(check: _Check, located: LocatedManifest, violation: Violation) -> None:
    said = (id(located), violation.path, violation.message)
    if said in check.told:
        return
    check.told.add(said)
    if violation.severity is not Severity.ERROR:
        check.remarks.append(Remark(violation.severity, located, violation.path, violation.message))
    elif not _may_be_for_want_of_a_camera(check.claims, violation):
        check.problem(located, violation.path, violation.message)


def _may_be_for_want_of_a_camera(claims: Claims, violation: Violation) -> bool:
    """True when a camera is missed whose document is there, and broken."""
    if violation.path[:3] != _CAMERA_SOURCES:
        return False
    return not claims.complete or ("Camera", str(violation.path[-1])) in claims.names


def _named_at(instance: object, camera: str) -> Path:
    if isinstance(instance, DsInstance) and camera in instance.spec.cameras:
        return ("spec", "cameras", instance.spec.cameras.index(camera))
    return ("spec", "cameraSelector")
