"""The messages on the topics, snake_case with the field names of the seed system.

Times are UTC. Every message names the fleet, so that records of a neighbour on the same cluster are told apart.
A reader may be older or newer than the writer: see docs/adr/0012-the-wire-evolves.md before a field changes.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import (
    UUID4,
    Field,
    model_validator,
)

from crds.alike import AlikeTexts
from crds.asking import Lease
from crds.camera_limits import CameraLimits
from crds.camera_status import CameraStatus
from crds.condition import Condition
from crds.digest import digest
from crds.document import Message, UtcTime, WireModel
from crds.instance_config import InstanceConfig, cameras_of

LARGEST_NUMBER = 2**33
"""Of an epoch and of a generation. A controller that restarts, or changes a node, once in a second counts so far in 272
years. What is above it was made up by somebody, or counted on from that by a controller that believed him."""


def order_of(epoch: int, generation: int) -> tuple[int, int]:
    """The numbers of a generation, as they order it: see `GenerationRef.order`."""
    return (epoch, generation) if epoch <= LARGEST_NUMBER and generation <= LARGEST_NUMBER else (0, 0)


class GenerationRef(WireModel):
    """One desired state of one node: the term of the controller, its number, and the digest of its content."""

    epoch: int = Field(ge=0)
    generation: int = Field(ge=0)
    digest: str = ""

    @property
    def order(self) -> tuple[int, int]:
        """What generations of a node are ordered by: numbers out of range are below all others, and lock nothing out."""
        return order_of(self.epoch, self.generation)

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
    processors: int = Field(default=0, ge=0, le=2**20, **_unless_said)
    """Of the machine, those that are online; 0 where nobody says."""
    memory_bytes: int = Field(default=0, ge=0, le=2**60, **_unless_said)
    """Of the machine; 0 where nobody says."""
    can_be_asked: tuple[str, ...] = Field(default=(), **_unless_said)
    """What leases may ask of it: see `crds.asking`. Nothing of one of before them, which would not know the command."""
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
    ASK = "ask"
    """Answer on topic 230 for a while: said to agents alone that say they can be asked."""


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
    heartbeats_for_seconds: int = Field(default=0, ge=0, **_unless_said)
    """With ADMITTED: for so long the controller takes heartbeats in the place of reports that would say nothing new. 0 from
    one that does not know them."""
    runtimes: tuple[str, ...] = ()
    """The very containers or processes that ADOPT and CLEAN are about: said twice, or late, it does nothing more."""
    lease: Lease | None = Field(default=None, **_unless_said)
    """What ASK asks for."""


# --- 210 AgentConfig -------------------------------------------------------------------------------------------------


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

    def pack(self, texts: AlikeTexts) -> None:
        """Has its instances take less memory, see `InstanceConfig.pack`."""
        limits: dict[CameraLimits, CameraLimits] = {}
        for one in self.node_config_list:
            one.pack(texts, limits)

    def wire_json(self) -> bytes:
        """As `model_dump_json` writes it, without reading and writing again what its instances keep as text."""
        rest = self.model_copy(update={"node_config_list": ()}).model_dump_json().encode()
        # Of a text a quotation mark stands for no end where nothing is before it, so this can be the field alone.
        before, mark, after = rest.partition(b'"node_config_list":[]')
        instances = b",".join([one.wire_json() for one in self.node_config_list])
        return b"%b%b%b]%b" % (before, mark[:-1], instances, after)

    def instance(self, name: str) -> InstanceConfig | None:
        """The instance of that name; None when it is not listed."""
        return next((one for one in self.node_config_list if one.instance_name == name), None)

    @property
    def camera_names(self) -> frozenset[str]:
        """The cameras that the node is to watch."""
        return cameras_of(self.node_config_list)

    @property
    def order(self) -> tuple[int, int]:
        """What generations of a node are ordered by: see `GenerationRef.order`."""
        return order_of(self.epoch, self.generation)

    @property
    def ref(self) -> GenerationRef:
        """Which generation this is; `order` alone is cheaper."""
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
    heartbeat_anchor: str = Field(default="", **_unless_said)
    """What the heartbeats after this report are verified with: see `crds.heartbeat`. Empty when none follow."""


# --- 300 UpdateConfig, 301 Refresh -----------------------------------------------------------------------------------


class UpdateConfig(WireModel):
    """Topic 300: reconcile now. Unsigned: it can ask for nothing but a look at what is there."""

    desc: str = ""


class Refresh(WireModel):
    """Topic 301: greet and report again now. Unsigned, for the same reason."""

    desc: str = ""
