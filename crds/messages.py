"""The messages on the topics, snake_case with the field names of the seed system.

Times are UTC. Every message names the fleet, so that records of a neighbour on the same cluster are told apart.
A reader may be older or newer than the writer: see docs/adr/0012-the-wire-evolves.md before a field changes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    UUID4,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    model_serializer,
    model_validator,
)
from pydantic_core import to_jsonable_python

from crds.camera import CameraLimits
from crds.condition import Condition
from crds.digest import digest
from crds.document import Message, UtcTime, WireModel, of_any_version
from crds.dsinstance import AppKind, ContainerSettings

_OUTSIDE_OF_THE_DIGEST = frozenset({"digest", "format", "sealed"})
"""What may differ between two forms of one content: how it is written, and what is encrypted anew each time."""


LARGEST_NUMBER = 2**33
"""Of an epoch and of a generation. A controller that restarts, or changes a node, once in a second counts so far in 272
years. What is above it was made up by somebody, or counted on from that by a controller that believed him."""


class GenerationRef(WireModel):
    """One desired state of one node: the term of the controller, its number, and the digest of its content."""

    epoch: int = Field(ge=0)
    generation: int = Field(ge=0)
    digest: str = ""

    @property
    def order(self) -> tuple[int, int]:
        """What generations of a node are ordered by: numbers out of range are below all others, and lock nothing out."""
        return (self.epoch, self.generation) if self.is_in_range else (0, 0)

    @property
    def is_in_range(self) -> bool:
        """False for numbers that no honest fleet reaches."""
        return self.epoch <= LARGEST_NUMBER and self.generation <= LARGEST_NUMBER

    def __str__(self) -> str:
        if not self.is_in_range:  # such numbers may be longer than a screen
            return f"a generation with a number above {LARGEST_NUMBER}"
        return f"generation {self.generation} of epoch {self.epoch}"


# What an older version does not say is not written for it either.
_unless_said: Any = {"exclude_if": lambda value: not value}

RunId = Annotated[str, Field(max_length=64, **_unless_said)]
"""Names one run of an agent, from its start to its end; made up anew at every start. Empty from versions before it.

With the sequence it orders what an agent says, whatever its clock does: within a run by number, and a run that was not
heard before is newer than those that were.
"""
Starts = Annotated[int, Field(ge=0, **_unless_said)]
"""How often agents were started on one state directory, with this run; 0 where nobody counts.

Tells a run that begins from one that somebody has recorded and writes again, when the clock cannot.
"""


# --- 200 AgentInfo ---------------------------------------------------------------------------------------------------


class AgentInfo(Message):
    """Topic 200: an agent greets, and says what machine it is on and what it holds."""

    fleet_id: str
    node_id: UUID4
    hostname: str
    ip_address: str
    capacity: int | None = None
    gpulist: tuple[str, ...] = ()
    description: str | None = None
    agent_version: str
    driver: str
    public_key: str
    """Ed25519 key, 64 hexadecimal digits: this very message is signed with it."""
    highest: GenerationRef | None = None
    """The newest generation in its ledger; a controller never publishes below it."""
    boot_id: RunId = ""
    """Of the run of the agent that greets: see `RunId`."""
    starts: Starts = 0
    """See `Starts`."""
    sequence: int = Field(default=0, ge=0, **_unless_said)
    """Grows with every greeting of one run of the agent."""
    sent_at: UtcTime
    """By the clock of the machine, which may be wrong: nothing is ordered by it where a run names itself."""


# --- 201 AgentCommand ------------------------------------------------------------------------------------------------


class CommandKind(StrEnum):
    """What the controller says to one agent."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    ASK_INFO = "ask_info"
    ADOPT = "adopt"
    """Take over what an earlier agent has left running."""
    CLEAN = "clean"
    """End and remove what an earlier agent has left."""


class AgentCommand(Message):
    """Topic 201: the controller admits or refuses an agent, or asks it to greet again."""

    fleet_id: str
    node_id: UUID4
    command: CommandKind
    reason: str = ""
    public_key: str = ""
    """Of the agent that it is said to, since several may greet as one node; empty for whoever has the id."""
    controller_version: str = Field(default="", **_unless_said)
    """Of the program that says it: agents tell when it is too far from theirs."""
    epoch: int = Field(ge=0)
    sent_at: UtcTime
    runtimes: tuple[str, ...] = ()
    """The very containers or processes that ADOPT and CLEAN are about: said twice, or late, it does nothing more."""


# --- 210 AgentConfig -------------------------------------------------------------------------------------------------


class RenderedFile(WireModel):
    """A file for the configuration folder of an instance. Secrets stand in it as placeholders, see `crds.secret`."""

    path: str
    """Relative to the configuration folder, without `..`."""
    content: str


class CameraConfig(WireModel):
    """A camera as one instance sees it."""

    name: str
    camera_id: str
    slot: int
    """Index that it keeps while it stays with its instance: the source id, in apps that can be told one."""
    limits: Annotated[CameraLimits, of_any_version(CameraLimits)]
    exclusive: bool = False


class PartDigests(WireModel):
    """Digests of the parts of an instance that are applied in different ways."""

    container: str
    """Image, container settings and ports: another one means another container."""
    files: str
    """The rendered files."""
    streams: str
    """The cameras with their addresses and slots."""
    analytics: str
    """Lines and regions of the cameras."""
    engines: str = ""
    """Digest of the identities of the TensorRT engines that the app builds; empty when it builds none."""


class Hold(WireModel):
    """A person works on an instance: its agent does nothing to it until it is released."""

    reason: str = ""
    """In the words of that person; may be empty."""
    requested: bool = True
    """True for a request (`fleet hold`), False for the annotation of the manifest."""

    def __str__(self) -> str:
        """For people."""
        by = "by request" if self.requested else "by its manifest"
        return f"held {by}: {self.reason}" if self.reason else f"held {by}"


class InstanceConfig(WireModel):
    """One instance, resolved to the last detail: what an agent applies without any choice of its own.

    It keeps its content as it was given or received, and is written as that: nothing that another version put there is
    lost, and the digest holds for readers that know more fields, or fewer.
    """

    instance_name: str
    app_kind: AppKind
    image: str
    container: Annotated[ContainerSettings, of_any_version(ContainerSettings)]
    rest_port: int = Field(ge=1, le=65535)
    """Loopback port for the REST interface of the app."""
    settings: dict[str, Any]
    """The resolved spec, for people and for naming what changed; the files hold what the app reads."""
    files: tuple[RenderedFile, ...]
    cameras: tuple[CameraConfig, ...]
    digests: PartDigests
    digest: str
    engine_cache_path: str = ""
    """Where the container sees the folder of the node that keeps its TensorRT engines, which is its working directory
    too; empty when it has none. Left out of the content then, so that digests stay what they were."""
    manifest_name: str = ""
    """The name of its manifest, where that is not `instance_name`: it was renamed, and what runs keeps the name that it
    began with. Left out of the content otherwise."""
    hold: Hold | None = None
    """None when nobody holds it; then its content does not have the field, and no digest knows of it."""
    _received: dict[str, Any] | None = PrivateAttr(default=None)
    """The content as plain JSON values; None for a copy that differs from it."""

    @staticmethod
    def digest_of(content: Mapping[str, Any]) -> str:
        """The digest of an instance: over its whole content in its wire form, but for what says how it is written."""
        return digest({key: value for key, value in content.items() if key not in _OUTSIDE_OF_THE_DIGEST})

    @model_validator(mode="wrap")
    @classmethod
    def _digest_is_right(cls, given: Any, parse: ModelWrapValidatorHandler[Self], info: ValidationInfo) -> Self:
        config = parse(given)
        if config is not given:
            content = given if info.mode == "json" else to_jsonable_python(given, by_alias=False)
            config._received = content  # noqa: SLF001 - its own
            if config.digest != cls.digest_of(content):
                raise ValueError(f"instance {config.instance_name}: the digest does not belong to the content")
        return config

    @property
    def name(self) -> str:
        """The name of its manifest, which people know it by."""
        return self.manifest_name or self.instance_name

    def with_hold(self, hold: Hold | None) -> Self:
        """The same, held or not: with the digest of that, and of all that another version put there."""
        return self if hold == self.hold else self._with("hold", hold.model_dump(mode="json") if hold else None)

    def with_manifest_name(self, name: str) -> Self:
        """The same under another name, with the digest of that; what runs keeps the name that it began with."""
        said = "" if name == self.instance_name else name
        return self if said == self.manifest_name else self._with("manifest_name", said)

    def _with(self, field: str, value: Any) -> Self:
        content = {key: one for key, one in self.model_dump(mode="json").items() if key not in (field, "digest")}
        if value:
            content[field] = value
        return type(self).model_validate({**content, "digest": self.digest_of(content)})

    @property
    def digests_of_the_same(self) -> frozenset[str]:
        """Those that what runs may have, since to hold and to rename touch nothing, and agents note it or do not."""
        if self.hold is None and not self.manifest_name:
            return frozenset({self.digest})
        unheld = self.with_hold(None)
        return frozenset({self.digest, unheld.digest, unheld.with_manifest_name(self.instance_name).digest})

    @model_serializer(mode="wrap")
    def _as_received(self, write: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
        in_part = info.exclude or info.include
        return write(self) if self._received is None or info.mode != "json" or in_part else self._received

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy; one with other values is written as what this version knows of it."""
        copied = super().model_copy(update=update, deep=deep)
        if update:
            copied._received = None  # noqa: SLF001 - its own
        return copied


def cameras_of(instances: Iterable[InstanceConfig]) -> frozenset[str]:
    """The names of the cameras that instances watch."""
    return frozenset(camera.name for one in instances for camera in one.cameras)


class Removals(WireModel):
    """The instances and cameras that a generation takes away on purpose, and whether a person approved of that.

    They name all that were removed since the generation which the agent last said it had reached, so that an
    agent which skipped generations still finds each of them explained.
    """

    count: int = Field(ge=0)
    approved: bool
    instances: tuple[str, ...] = ()
    cameras: tuple[str, ...] | None = None
    """Those that no instance of this node watches any more, by names: other nodes may. None: the writer cannot tell."""


class ControllerRun(WireModel):
    """One run of one controller."""

    name: str
    """Its machine and process, for people."""
    started_at: UtcTime

    @property
    def order(self) -> tuple[datetime, str]:
        """The later one is that which was started later."""
        return (self.started_at, self.name)

    def __str__(self) -> str:
        return f"{self.name}, started at {self.started_at:%Y-%m-%dT%H:%M:%SZ}"


class AgentConfig(Message):
    """Topic 210: one generation of one node, self-contained."""

    fleet_id: str
    node_id: UUID4
    hostname: str
    epoch: int = Field(ge=1)
    generation: int = Field(ge=1)
    digest: str
    """Digest of the content: see `content_digest`."""
    revision: str
    issued_at: UtcTime
    expires_at: UtcTime | None = None
    """After this time an agent does not accept the record; what runs goes on."""
    drain: bool = False
    """True when the node shall run nothing; an empty list alone never means that."""
    removals: Removals
    node_config_list: tuple[InstanceConfig, ...]
    agent_key: str = ""
    """The key of the agent that it was made for, 64 hexadecimal digits, outside of the digest: a controller that lost its
    disk knows from here whom to believe. Empty in records of older versions."""
    issued_by: ControllerRun | None = None
    """Who published it, outside of the digest: so controllers find out that they are two. None in records of older versions."""

    @staticmethod
    def content_digest(instances: tuple[InstanceConfig, ...]) -> str:
        """The digest of a desired state: over the digests of its instances, sorted by name."""
        return digest(sorted((instance.instance_name, instance.digest) for instance in instances))

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        names = [instance.instance_name for instance in self.node_config_list]
        if len(set(names)) != len(names):
            raise ValueError("an instance is listed twice")
        if self.drain != (not names):
            raise ValueError("drain must be set when, and only when, no instance is listed")
        if self.digest != self.content_digest(self.node_config_list):
            raise ValueError("the digest does not belong to the content")
        return self

    def instance(self, name: str) -> InstanceConfig | None:
        """The instance of that name; None when it is not listed."""
        return next((one for one in self.node_config_list if one.instance_name == name), None)

    @property
    def camera_names(self) -> frozenset[str]:
        """The cameras that the node is to watch."""
        return cameras_of(self.node_config_list)

    @property
    def ref(self) -> GenerationRef:
        """Which generation this is."""
        return GenerationRef(epoch=self.epoch, generation=self.generation, digest=self.digest)


# --- 220 AgentResponse -----------------------------------------------------------------------------------------------


class InstanceState(StrEnum):
    """What an agent observed of an instance."""

    PENDING = "Pending"
    """Waiting for something: a secret, the next attempt, its turn."""
    PULLING = "Pulling"
    """Its image is being pulled."""
    STARTING = "Starting"
    """The container runs; the app does not answer yet."""
    RUNNING = "Running"
    """The container runs and, where the app can say so, the app is ready."""
    UNHEALTHY = "Unhealthy"
    """The container runs, but the app has stopped answering."""
    CRASH_LOOP = "CrashLoopBackOff"
    """It left again and again; the next start waits."""
    STOPPED = "Stopped"
    """It is no longer wanted, or is being replaced."""
    FAILED = "Failed"
    """It cannot run until its manifest changes."""


class CameraStatus(WireModel):
    """A camera as the agent observed it: Ready only when its frames are being processed."""

    name: str
    ready: bool | None
    """None when the app gives no evidence."""
    reason: str
    message: str = ""
    fps: float | None = None
    frame_number: int | None = None
    since: UtcTime
    """When `ready` last changed."""


class InstanceStatus(WireModel):
    """An instance as the agent observed it."""

    instance_name: str
    state: InstanceState
    reason: str = ""
    message: str = ""
    digest: str | None = None
    """Digest of what runs; None when nothing does."""
    generation: int | None = None
    """The generation that what runs was made for."""
    runtime_id: str | None = None
    """Id of the container, or of the process with its start time."""
    restarts: int = 0
    started_at: UtcTime | None = None
    since: UtcTime
    """When `state` last changed."""
    cameras: tuple[CameraStatus, ...] = ()
    exclusive_cameras: tuple[str, ...] = ()
    """Cameras that allow one reader and that it reads, or would read when it is started again."""
    image_id: str | None = None
    """Id of the image that its container was made from; None where there is none, or an older agent does not say."""
    image_platform: str = ""
    """Operating system and architecture of that image: one name may stand for an image of each."""
    conditions: tuple[Condition, ...] = ()
    """What else is said of it, such as `AsRecorded`."""


class OrphanStatus(WireModel):
    """What runs on the machine of a node, of the same fleet, under the id of a node that has no agent there."""

    node_id: str
    """The id that it carries; text that anybody may have written on it."""
    instance_name: str
    runtime_id: str
    running: bool
    ports: tuple[int, ...] = ()
    """Where it listens, as far as the agent may see that."""
    cameras: tuple[str, ...] = ()
    """Names of its cameras, where they are known."""


class AgentResponse(Message):
    """Topic 220: which generation an agent holds, and how far it got."""

    fleet_id: str
    node_id: UUID4
    observed: GenerationRef | None
    """The generation that the agent has accepted and is converging to."""
    applied: GenerationRef | None
    """The newest generation of which every instance was observed running."""
    status: tuple[InstanceStatus, ...]
    conditions: tuple[Condition, ...] = ()
    boot_id: RunId = ""
    """Of the run of the agent that reports: see `RunId`."""
    starts: Starts = 0
    """See `Starts`."""
    sequence: int = Field(ge=0)
    """Grows with every report of one run of the agent."""
    sent_at: UtcTime
    """By the clock of the machine: see `AgentInfo.sent_at`."""
    orphans: tuple[OrphanStatus, ...] = ()
    """What earlier agents have left on the machine, for a person to decide about."""


# --- 300 UpdateConfig, 301 Refresh -----------------------------------------------------------------------------------


class UpdateConfig(WireModel):
    """Topic 300: reconcile now. Unsigned: it can ask for nothing but a look at what is there."""

    desc: str = ""


class Refresh(WireModel):
    """Topic 301: greet and report again now. Unsigned, for the same reason."""

    desc: str = ""
