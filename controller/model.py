"""The frozen data that the rooms of the controller exchange."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final, Self, TypeVar

from controller.by_name import edited
from controller.watching import Watching
from crds.camera import Camera
from crds.change import ChangeClass
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from crds.node import Node

M = TypeVar("M", Camera, DsInstance, Node)


@dataclass(frozen=True)
class Revision:
    """One consistent, fully valid set of manifests, each kind sorted by name."""

    id: str
    """The commit, or `sha256:…` over the manifests of a directory: what a person approves of."""
    cameras: tuple[Camera, ...]
    instances: tuple[DsInstance, ...]
    nodes: tuple[Node, ...]
    description: str = ""
    """For people: the subject of the commit, or the directory."""

    @classmethod
    def of(cls, revision_id: str, manifests: Sequence[Manifest], description: str) -> Self:
        """The revision that consists of these manifests, in any order of the kinds."""
        return cls(
            id=revision_id,
            cameras=tuple(one for one in manifests if isinstance(one, Camera)),
            instances=tuple(one for one in manifests if isinstance(one, DsInstance)),
            nodes=tuple(one for one in manifests if isinstance(one, Node)),
            description=description,
        )

    @property
    def is_empty(self) -> bool:
        """True when it holds no manifest."""
        return not (self.cameras or self.instances or self.nodes)

    @cached_property
    def camera_by_name(self) -> Mapping[str, Camera]:
        """The cameras by the names of their objects."""
        return {camera.name: camera for camera in self.cameras}

    @cached_property
    def instance_by_name(self) -> Mapping[str, DsInstance]:
        """The instances by the names of their objects."""
        return {instance.name: instance for instance in self.instances}

    @cached_property
    def node_by_name(self) -> Mapping[str, Node]:
        """The nodes by the names of their objects."""
        return {node.name: node for node in self.nodes}

    @cached_property
    def node_by_id(self) -> Mapping[str, Node]:
        """The nodes by the ids that their agents greet with."""
        return {node.node_id: node for node in self.nodes}

    @cached_property
    def pinned_keys(self) -> Mapping[str, str]:
        """The keys that agents must sign with, by node id, for the nodes that name one."""
        return {node.node_id: node.spec.public_key for node in self.nodes if node.spec.public_key is not None}

    @cached_property
    def exclusive_cameras(self) -> frozenset[str]:
        """The names of the cameras that allow one reader."""
        return frozenset(camera.name for camera in self.cameras if camera.has_one_reader)

    @cached_property
    def objects(self) -> tuple[Manifest, ...]:
        """All manifests, sorted by kind and name."""
        return tuple(sorted((*self.cameras, *self.instances, *self.nodes), key=lambda one: (one.kind, one.name)))

    @cached_property
    def cameras_by_instance(self) -> Mapping[str, tuple[Camera, ...]]:
        """See `cameras_of`; by the names of the instances."""
        return self._watching.cameras

    @cached_property
    def _watching(self) -> Watching:
        cameras, instances = self.camera_by_name, self.instance_by_name
        return Watching().edited(({}, cameras), ({}, instances), cameras, instances)

    def cameras_of(self, instance: DsInstance) -> tuple[Camera, ...]:
        """The cameras that an instance of this revision names, in that order, then those that it selects, by name.

        Names without a camera are left out.
        """
        return self.cameras_by_instance[instance.name]

    def manifest(self, kind: str, name: str) -> Manifest | None:
        """The object of a kind and name."""
        if kind == "Camera":
            return self.camera_by_name.get(name)
        return self.instance_by_name.get(name) if kind == "DsInstance" else self.node_by_name.get(name)

    @property
    def touched_instances(self) -> AbstractSet[str]:
        """The instances that came, changed or went with the edit that made this revision, or may have other cameras since."""
        return self._watching.looked_at

    def instances_that_name(self, camera: str) -> tuple[str, ...]:
        """The names of the instances that name a camera in their list, whether or not there is one of that name."""
        return self._watching.named_by.get(camera, ())

    def edited(
        self,
        revision_id: str,
        description: str,
        cameras: Mapping[str, Camera | None],
        instances: Mapping[str, DsInstance | None],
        nodes: Mapping[str, Node | None],
    ) -> Self:
        """This revision after an edit. What the edit does not touch is the very same object in both.

        Args:
            revision_id: of the new one.
            description: of the new one.
            cameras: those that came or changed, by name, and None for those that went.
            instances: likewise.
            nodes: likewise.
        """
        before = (self.camera_by_name, self.instance_by_name, self.node_by_name)
        after = (edited(before[0], cameras), edited(before[1], instances), edited(before[2], nodes))
        made = type(self)(
            revision_id,
            _in_order(self.cameras, cameras, after[0]),
            _in_order(self.instances, instances, after[1]),
            _in_order(self.nodes, nodes, after[2]),
            description,
        )
        known: dict[str, object] = {
            "camera_by_name": after[0],
            "instance_by_name": after[1],
            "node_by_name": after[2],
            "exclusive_cameras": _exclusive(self.exclusive_cameras, cameras),
            "_watching": self._watching.edited((before[0], after[0]), (before[1], after[1]), cameras, instances),
        }
        if not nodes:
            known |= {"node_by_id": self.node_by_id, "pinned_keys": self.pinned_keys}
        # What `cached_property` would find anew, and at the same place.
        vars(made).update(known)
        return made


def _in_order(before: tuple[M, ...], changes: Mapping[str, object], after: Mapping[str, M]) -> tuple[M, ...]:
    return tuple(after.values()) if changes else before


def _exclusive(before: frozenset[str], changes: Mapping[str, Camera | None]) -> frozenset[str]:
    now = {name for name, camera in changes.items() if camera is not None and camera.has_one_reader}
    return before if before & changes.keys() == now else (before - changes.keys()) | now


@dataclass(frozen=True)
class Position:
    """A place in a file; lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """The form that editors and terminals jump to."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """Something in the manifests that a person must change."""

    position: Position
    path: str
    """The path inside the document, such as `spec.streammux.width`; empty for the document as a whole."""
    message: str
    """What is wrong, what was expected, and a suggestion where there is a near miss."""

    def __str__(self) -> str:
        """One line: place, path, sentence."""
        return f"{self.position}: {self.path}: {self.message}" if self.path else f"{self.position}: {self.message}"


@dataclass(frozen=True)
class ObjectRef:
    """Names one object of the fleet."""

    kind: str
    name: str

    def __str__(self) -> str:
        """The form of the command line: kind/name."""
        return f"{self.kind.lower()}/{self.name}"


@dataclass(frozen=True)
class Reason:
    """Why the planner did not do what a manifest asks for."""

    subject: ObjectRef
    reason: str
    """A CamelCase word for programs."""
    message: str
    """A sentence for people, with what to do about it."""


SCALED_TO_ZERO: Final = "ScaledToZero"
"""The reason of an instance that is to run nowhere, and of the cameras that it would watch."""


@dataclass(frozen=True)
class NodeState:
    """What one node shall run: its instances, sorted by name, resolved to the last detail."""

    node_id: str
    node_name: str
    hostname: str
    instances: tuple[InstanceConfig, ...]

    @cached_property
    def digest(self) -> str:
        """The digest of the content: a generation grows when, and only when, it changes."""
        return AgentConfig.content_digest(self.instances)


class ChangeKind:
    """What happens to an instance."""

    CREATE = "create"
    UPDATE = "update"
    MOVE = "move"
    REMOVE = "remove"
    RENAME = "rename"


@dataclass(frozen=True)
class Change:
    """What happens to one instance when a plan is published."""

    kind: str
    """One of `ChangeKind`."""
    instance: str
    node: str
    """Name of the node that runs it afterwards; for a removal, the one that ran it."""
    change_class: ChangeClass
    causes: tuple[str, ...]
    """What differs, such as `spec.app.motConfidenceThreshold: 0.5 -> 0.6`."""
    cameras_added: tuple[str, ...] = ()
    cameras_removed: tuple[str, ...] = ()
    cameras_interrupted: tuple[str, ...] = ()
    """Cameras that are watched before and after, and blind in between."""
    from_node: str | None = None
    """For a move: the node that ran it before."""
    old_name: str | None = None
    """For a rename: the name that it had before."""


@dataclass(frozen=True)
class FleetPlan:
    """The desired state of every node, and the reasons for all that is not in it."""

    revision: str
    nodes: Mapping[str, NodeState]
    """By node id. A node that ran something before and is in no manifest any more has a state without instances."""
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...]
    """Against the previous generations, sorted by instance."""

    @property
    def removed(self) -> tuple[str, ...]:
        """The names of the instances that the plan takes away."""
        return tuple(change.instance for change in self.changes if change.kind == ChangeKind.REMOVE)


class TrustRefused(Exception):  # noqa: N818 - says what happened
    """The key cannot be kept for the node: there is no such node, the manifest pins another, or nobody has that key."""


@dataclass(frozen=True)
class Holds:
    """What people asked for about instances, beside their manifests."""

    held: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Why, by name of the instance; the reason may be empty."""
    released: frozenset[str] = frozenset()
    """Instances that are released although their newest records say that they are held."""
    leaving: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    """The ids of nodes where an instance shall not be, by its name, while somebody waits for its move: see `controller.evicting`."""


class HoldRefused(Exception):  # noqa: N818 - says what happened
    """The instance cannot be held or released; the message says why."""


class EvictionRefused(Exception):  # noqa: N818 - says what happened
    """The instance is not moved to another node; the message says why."""

    def __init__(self, message: str, *, is_final: bool) -> None:
        super().__init__(message)
        self.is_final = is_final
        """False where it may be moved when it is asked for again, without that a person changes something."""


class OrderRefused(Exception):  # noqa: N818 - says what happened
    """Nothing can be taken over or ended on the node: there is no such node, it is not heard, or it tells of no orphan."""


class ApproveRefused(Exception):  # noqa: N818 - says what happened
    """The revision cannot be approved: it is not the one that waits, or nothing waits."""


# What the controller published last, by node id: the previous plan, as every agent can read it.
Previous = Mapping[str, AgentConfig]
