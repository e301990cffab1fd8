"""What is done to instances: operations, the chains of them that are under way, the plan, and how operations end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from crds.instance_config import InstanceConfig


class OpKind(StrEnum):
    """The words for the operations. Each is idempotent: "already so" is success."""

    PULL_IMAGE = "pull-image"
    WRITE_FILES = "write-files"
    CREATE = "create"
    START = "start"
    NOTE = "note"
    SET_BACK = "set-back"
    ADOPT = "adopt"
    STOP = "stop"
    REMOVE = "remove"


@dataclass(frozen=True)
class Drift:
    """One thing of a container or process that is not as the form of its instance says."""

    field: str
    """In the words of the engine: `restart policy`, `environment TZ`."""
    wanted: str
    found: str
    live: bool = False
    """True when it can be set back while the app runs."""

    def __str__(self) -> str:
        """The words for people."""
        return f"{self.field}: wanted {self.wanted}, found {self.found}"


PAUSED = Drift("state", "running", "paused", live=True)
"""All of it is frozen, by the engine or by SIGSTOP."""


@dataclass(frozen=True)
class _OnInstance:
    """One operation on one instance, with the reason for it."""

    kind: ClassVar[OpKind]

    instance: str
    cause: str
    """Why, in words for people: what differs."""

    def __str__(self) -> str:
        """The line that tests compare and logs say."""
        return f"{self.kind} {self.instance}: {self.cause}"


@dataclass(frozen=True)
class _WithConfig(_OnInstance):
    config: InstanceConfig
    """The form of the instance that it is done for."""

    @property
    def towards(self) -> str:
        """Digest of the form that it is done for."""
        return self.config.digest


@dataclass(frozen=True)
class _WithGeneration(_WithConfig):
    generation: int
    """The generation that `config` is from."""


@dataclass(frozen=True)
class PullImage(_WithConfig):
    """Get the image, if it is not there."""

    kind = OpKind.PULL_IMAGE


@dataclass(frozen=True)
class WriteFiles(_WithConfig):
    """Make the configuration folder hold what it should."""

    kind = OpKind.WRITE_FILES


@dataclass(frozen=True)
class Create(_WithGeneration):
    """Make the container, and do not start it."""

    kind = OpKind.CREATE


@dataclass(frozen=True)
class Start(_WithGeneration):
    """Start what was made."""

    kind = OpKind.START


@dataclass(frozen=True)
class Note(_WithGeneration):
    """Write down that what runs is this form of the instance, where its labels cannot say so."""

    kind = OpKind.NOTE


@dataclass(frozen=True)
class SetBack(_WithConfig):
    """Undo, while it runs, what somebody changed of it behind the agent's back."""

    kind = OpKind.SET_BACK

    runtime_id: str
    """The very container or process that is meant."""
    drift: tuple[Drift, ...]
    """What is set back; each can be while it runs."""


@dataclass(frozen=True)
class Adopt(_WithGeneration):
    """Take over, as this instance, what runs in the same form under the id of a node that is no more."""

    kind = OpKind.ADOPT

    runtime_id: str
    """The very container or process that is meant."""


@dataclass(frozen=True)
class Stop(_OnInstance):
    """Ask it to leave, and kill it when it does not."""

    kind = OpKind.STOP

    runtime_id: str | None = None
    """The very container or process that is meant; None for whichever there is."""
    timeout_seconds: int = 20
    signal: str = "SIGTERM"
    """What to ask with, where nothing tells what it was made to leave on."""
    towards: str | None = None
    """Digest of the form that shall come after it; None when the instance goes."""
    is_hung: bool = False
    """True when it is stopped because its app hangs, and shall be started again as it was."""


@dataclass(frozen=True)
class Remove(_OnInstance):
    """Take the container away, and its folder too when the instance goes."""

    kind = OpKind.REMOVE

    runtime_id: str | None = None
    """As for `Stop`."""
    towards: str | None = None
    """As for `Stop`."""


Op = PullImage | WriteFiles | Create | Start | Note | SetBack | Adopt | Stop | Remove


@dataclass(frozen=True)
class Chain:
    """Operations on one instance, each after the one before it."""

    ops: tuple[Op, ...]
    towards: str | None
    """The digest that is desired when it begins; None when the instance goes."""

    @property
    def instance(self) -> str:
        """The instance that all of it is done to."""
        return self.ops[0].instance


@dataclass(frozen=True)
class UnderWay:
    """A chain that was begun, and how far it got."""

    rest: Chain
    """What is not done yet, first the operation that is under way."""
    fails: bool = False
    """True when the last attempt at it failed, and another one will be made: the world may have changed meanwhile."""


@dataclass(frozen=True)
class Cancellation:
    """A chain that shall not go on."""

    under_way: UnderWay
    """How far it had got when that was decided; one that got further since goes on."""
    why: str

    @property
    def instance(self) -> str:
        """The instance that it is about."""
        return self.under_way.rest.instance

    def __str__(self) -> str:
        """The line that tests compare and logs say."""
        return f"cancel {self.instance}: {self.why}"


@dataclass(frozen=True)
class Plan:
    """What to do now.

    Chains of different instances do not depend on each other, and run side by side.
    """

    begin: tuple[Chain, ...] = ()
    """In this order: those that free something first, then sorted by instance."""
    cancel: tuple[Cancellation, ...] = ()
    """What is under way and leads nowhere; what takes its place is planned once it has ended."""
    waiting: Mapping[str, str] = field(default_factory=dict)
    """Instances that nothing is done for now, and what they wait for."""
    told: Mapping[str, str] = field(default_factory=dict)
    """What people should know of instances that are left as they are: that the tag of an image was moved."""
    secrets_awaited: bool = False
    """True while a camera is without its login, for want of a secret."""
    wake_at: datetime | None = None
    """When the plan should be made anew, if nothing happens before: the end of the nearest back-off."""
    held: Mapping[str, str] = field(default_factory=dict)
    """Instances that a person works on, so that nothing is done to them, and what is said of that."""

    def __str__(self) -> str:
        """The plan as text: what is cancelled, what begins, then what waits, what is held, and what else is told."""
        lines = [str(one) for one in self.cancel]
        lines += [str(op) for chain in self.begin for op in chain.ops]
        lines += [f"wait {name}: {reason}" for name, reason in sorted(self.waiting.items())]
        lines += [f"hold {name}: {text}" for name, text in sorted(self.held.items())]
        lines += [f"keep {name}: {text}" for name, text in sorted(self.told.items())]
        return "\n".join(lines)


class OutcomeKind(StrEnum):
    """How an operation ended."""

    DONE = "done"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    WAITING = "waiting"


@dataclass(frozen=True)
class Outcome:
    """The end of one operation, or of one attempt at it."""

    op: Op
    kind: OutcomeKind
    at: datetime
    message: str = ""
    attempt: int = 1
