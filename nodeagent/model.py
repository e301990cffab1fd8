"""The frozen data that the rooms of the agent exchange, and the three words for errors."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crds.camera_status import AlertStatus
from crds.instance_config import InstanceConfig, PartDigests
from nodeagent.operations import Drift, Outcome


class Transient(Exception):  # noqa: N818 - the design's word for it
    """It may work later: try again, with growing delays."""

    def __init__(self, message: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Permanent(Exception):  # noqa: N818 - the design's word for it
    """It cannot work until the desired state changes."""


class Waiting(Exception):  # noqa: N818 - the design's word for it
    """It waits for something outside, named in `on`; it is looked at again at every resync."""

    def __init__(self, message: str, on: str) -> None:
        super().__init__(message)
        self.on = on


@dataclass(frozen=True)
class LoginProblem:
    """Why the login of a camera cannot be filled in."""

    reason: str
    """SecretNotFound or SecretUnusable."""
    message: str
    """Names the secret, and what is wrong; shows nothing of it."""


class SecretProblem(Waiting):
    """A secret is missing, or cannot be used."""

    def __init__(self, secret_name: str, message: str, *, is_missing: bool = False) -> None:
        super().__init__(message, on=f"secret {secret_name}")
        self.secret_name = secret_name
        self.is_missing = is_missing

    @property
    def of_login(self) -> LoginProblem:
        """The same, of the login of a camera."""
        return LoginProblem("SecretNotFound" if self.is_missing else "SecretUnusable", str(self))


@dataclass(frozen=True)
class Applied:
    """What the agent wrote down about the instance that it started last, in the instance's own directory.

    Labels of a container cannot change, so after a restart inside the same container this note tells what really runs.
    """

    config: InstanceConfig
    generation: int
    runtime_id: str
    """The container or process that `config` was started in."""


@dataclass(frozen=True)
class Started:
    """What an instance was started as, in short: a second witness beside `Applied`, for when that cannot be read."""

    generation: int
    digest: str
    digests: PartDigests
    runtime_id: str
    """The container or process that it was started in."""


@dataclass(frozen=True)
class ObservedInstance:
    """One container or process that carries the labels of this fleet and node."""

    name: str
    runtime_id: str
    """Id of the container; for a process, its pid and start time."""
    running: bool
    generation: int
    """The generation on its label, or of the notes `Applied` or `Started` where they are about this very runtime."""
    digest: str
    """Digest of the instance that runs, from the same source."""
    digests: PartDigests
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    """None while it runs, and where nobody can know: a process that another agent had started."""
    applied: Applied | None = None
    """The note about this very runtime, if there is one."""
    image_id: str | None = None
    """Id of the image that it was made from; None for a process, which has none."""
    note_lost: bool = False
    """True when the note about this very runtime cannot be read, and only its short form tells what runs."""
    image_platform: str = ""
    """Operating system and architecture of that image, as `linux/amd64`."""
    paused: bool = False
    """True when it runs and is frozen: nothing is watched."""


@dataclass(frozen=True)
class Leftover:
    """A container or process of this fleet on this machine that carries the id of another node."""

    node_id: str
    instance: str
    runtime_id: str
    running: bool
    digest: str
    """Of the form that it was made from, by its label."""
    ports: tuple[int, ...] = ()
    """Where it listens, as far as the kernel shows it."""

    def __str__(self) -> str:
        """The words for people."""
        return f"instance {self.instance} of node {self.node_id} ({self.runtime_id[:12]})"


@dataclass(frozen=True)
class PortHolder:
    """Who listens on a port of this machine."""

    runtime_id: str | None
    """Its container or process, if it is one of this fleet."""
    words: str
    """Who it is, for people."""


@dataclass(frozen=True)
class FilesState:
    """How the configuration folder of an instance compares with what it should hold."""

    current: bool
    """True when every file is there with the right content and mode, and no other file is."""
    secrets_missing: tuple[str, ...] = ()
    """Secrets that stand elsewhere than in addresses of cameras: without them nothing can be written."""
    dark: Mapping[str, LoginProblem] = field(default_factory=dict)
    """Cameras whose address stands there, or would, without its login, by name."""
    kept: Mapping[str, LoginProblem] = field(default_factory=dict)
    """Cameras that go on with a login which was filled in before, and could not be filled in now."""


@dataclass(frozen=True)
class Observed:
    """Everything that the agent saw in one look at its node."""

    instances: Mapping[str, ObservedInstance] = field(default_factory=dict)
    """By name of the instance."""
    files: Mapping[str, FilesState] = field(default_factory=dict)
    """For every desired instance."""
    folders: tuple[str, ...] = ()
    """Names that have a folder for an instance, desired or not."""
    images: Mapping[str, str] = field(default_factory=dict)
    """Ids of the images of desired instances, by the references to them; those that are not on this node are left out."""
    drift: Mapping[str, tuple[Drift, ...]] = field(default_factory=dict)
    """What is not as desired of instances whose containers are there in the desired form; those of which all is are left out."""
    adoptions: Mapping[str, Leftover] = field(default_factory=dict)
    """What a person wants to be taken over as instances of this node, by their names."""


@dataclass(frozen=True)
class Pictures:
    """What an app says of the pictures that a camera sends; equal when they differ in nothing but words."""

    damage: str = ""
    """What is damaged, in one word; empty for nothing."""
    message: str = field(default="", compare=False)
    width: int = 0
    """In pixels; 0 before the first picture."""
    height: int = 0


@dataclass(frozen=True)
class StreamStats:
    """One camera in the answer of an app's metrics."""

    camera_id: str
    fps: float
    frame_number: int
    reason: str = ""
    """Why the app has no frames of it, in the words of the app; few apps say so."""
    counts: tuple[object, object, object] | None = field(default=None, compare=False)
    """Objects, crossings by line, and objects by region, as an app says them that counts: nobody has looked whether they are that."""
    alerts: tuple[AlertStatus, ...] = ()
    """The newest alert of each rule that had one."""
    pictures: Pictures | None = None
    """None from an app that does not look at them."""


@dataclass(frozen=True)
class Probe:
    """What the REST interface of a running app said in one look."""

    instance_name: str
    runtime_id: str
    at: datetime
    answered: bool
    ready: bool = False
    streams: tuple[StreamStats, ...] = ()
    message: str = ""
    """Why there was no answer."""


@dataclass(frozen=True)
class InstanceHistory:
    """What the agent remembers of an instance, to decide when to start it again and what to say of it."""

    exits: int = 0
    """Times that it left by itself since it last ran long enough to be trusted."""
    restarts: int = 0
    """Times that it left by itself in all."""
    last_exit_at: datetime | None = None
    last_exit_code: int | None = None
    last_exit_key: str | None = None
    """Tells one exit from the next: what left, and when."""
    seen_running: str | None = None
    """The runtime that was last seen running, until it is seen gone."""
    running_since: datetime | None = None
    stopped_on_purpose: str | None = None
    """The runtime that the agent itself stopped: that it is not running is no exit."""
    stops: int = 0
    """Times that the agent stopped it to start it again, since it last ran long enough to be trusted."""
    last_stop_at: datetime | None = None
    revivals: int = 0
    """Times that the agent restarted it because its app hung, until it went well for long enough."""
    last_revival_at: datetime | None = None
    last_revival_cause: str = ""
    set_back: tuple[Drift, ...] = ()
    """What was set back last, without a restart."""
    set_back_at: datetime | None = None
    set_backs: int = 0
    """Times in a row that something was set back, with less than a minute in between."""
    port_held_by: str = ""
    """Who listened on its port when it left the last time, if that was somebody else."""
    last_output: str = ""
    """The last lines it wrote before it left, for people; never with a secret in it."""
    outcome: Outcome | None = None
    """The last outcome that was not DONE; None after a success."""
    failed_digest: str | None = None
    """The digest that an operation failed for permanently: nothing is tried until it changes."""


def describe_exit(code: int | None) -> str:
    """How a process left, for people: a negative code is the signal that killed it, and 128 + n is Docker's word for n."""
    if code is None:
        return "left with an unknown code"
    number = -code if code < 0 else code - 128
    try:
        return f"was killed by {signal.Signals(number).name}"
    except ValueError:
        return f"left with code {code}"


def short_id(image_id: str | None) -> str:
    """The id of an image as the commands of container engines show it."""
    return str(image_id)[: len("sha256:") + 12]
