"""What an agent answers to a lease: topic 230. Loaded when there is one; see `crds.asking`."""

from typing import Annotated, Any, Final

from pydantic import UUID4, Field, TypeAdapter

from crds.asking import AT_ALERT
from crds.document import Message, UtcTime, WireModel

_unless_said: Any = {"exclude_if": lambda value: not value}


_DAY_SECONDS: Final = 24 * 3600
_OLDEST_SECONDS: Final = 3650 * _DAY_SECONDS
"""What comes before it may be no time that a calendar has."""


class Used(WireModel):
    """What something used in a window of time."""

    cpu_cores: float = Field(ge=0)
    """On average."""
    memory_bytes: int = Field(ge=0)
    """At its end, without what the kernel only caches of files."""


class UsageSample(WireModel):
    """What a node and its instances used in a window of time."""

    window_seconds: float = Field(gt=0)
    node: Used
    """The whole machine."""
    instances: dict[str, Used] = Field(default_factory=dict)
    """Those that run, by the names that the agent knows them by."""


class CameraSeries(WireModel):
    """How a camera did in steps of time, the oldest first; None where nothing is known. What has no room stands in the answers that follow."""

    step_seconds: int = Field(gt=0, le=_DAY_SECONDS)
    age_seconds: float = Field(ge=0, le=_OLDEST_SECONDS)
    """How long ago the last step ended."""
    fps: tuple[float | None, ...] = ()
    """Frames that its app processed in a second, on average, as the agent saw their numbers grow."""
    objects: tuple[int | None, ...] = ()
    """In the last frame of the step."""
    lines: dict[str, tuple[int | None, ...]] = Field(default_factory=dict)
    """Crossings in the step, by line."""
    regions: dict[str, tuple[int | None, ...]] = Field(default_factory=dict)
    """Objects in the last frame of the step, by region of interest."""
    counts_told: bool = False
    """False for an app that tells of frames alone."""
    left_out: int = Field(default=0, ge=0)
    """Lines and regions for which there is no room in the agent."""


MOST_OBJECTS: Final = 64
LARGEST_PICTURE: Final = 52 * 1024
"""Bytes: with what is said of it, it fits into a record."""
LARGEST_SNAPSHOT: Final = 512 * 1024
"""Bytes of a snapshot, which comes in parts of `LARGEST_PICTURE`: 1920 pixels of a crowded street in good quality."""

_Pixels = Annotated[int, Field(ge=-(2**31), lt=2**31)]
PictureObject = tuple[
    _Pixels, _Pixels, _Pixels, _Pixels, Annotated[int, Field(ge=0, lt=2**63)], Annotated[str, Field(max_length=32)]
]
"""Left, top, width and height in pixels of the picture, the number that the app knows it by, and its class."""


_OBJECTS: Final = TypeAdapter(tuple[PictureObject, ...])


def picture_objects(value: Any) -> tuple[PictureObject, ...]:
    """Objects of a picture from plain JSON.

    Raises:
        ValueError: it is something else.
    """
    return _OBJECTS.validate_python(value)


class PictureTold(WireModel):
    """What a camera showed, or why nothing is shown of it.

    The JPEG is no part of the message: it lies behind it in the record (`bus.attached`), and stands here by its digest.
    """

    camera: str = Field(max_length=128)
    """By the name of its manifest."""
    none: str = Field(default="", max_length=400, **_unless_said)
    """Why there is no picture, a sentence; empty when there is one, and then the rest is said."""
    frame: int = Field(default=0, ge=0, lt=2**63)
    """The number that the app gave to the frame; it begins anew when the app does."""
    age_ms: int = Field(default=0, ge=0, lt=2**53)
    """How long before `clock_ms` the app had the frame from the camera."""
    clock_ms: int = Field(default=0, ge=0, lt=2**63)
    """The monotonic clock of the machine when this was said: of two answers it tells how much later one came than the other."""
    width: int = Field(default=0, ge=0, lt=2**16)
    height: int = Field(default=0, ge=0, lt=2**16)
    objects: tuple[PictureObject, ...] = Field(default=(), max_length=MOST_OBJECTS, **_unless_said)
    """In this very frame."""
    same: bool = Field(default=False, **_unless_said)
    """True when it is still the frame that was sent before: it is not sent again."""
    jpeg_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$", **_unless_said)
    """Of what lies behind this message; empty when nothing does."""
    total_bytes: int = Field(default=0, ge=0, le=LARGEST_SNAPSHOT, **_unless_said)
    """Of a snapshot: how long the JPEG is whose part lies behind this message. All its parts say the same of it, and come in order."""
    alert: str = Field(default="", max_length=64, pattern=AT_ALERT, **_unless_said)
    """Of a snapshot that was kept at an alert: the id of that."""


class AgentAnswer(Message):
    """Topic 230: a part of what an agent was asked for. Nobody keeps it."""

    fleet_id: str
    node_id: UUID4
    boot_id: str = Field(max_length=64)
    """The run that the lease is for."""
    lease: int
    """The number of the lease."""
    sequence: int = Field(ge=0)
    """Counts the answers to one lease; the first says that it was heard, and perhaps no more than that."""
    lines: str = Field(default="", **_unless_said)
    """Whole lines, each with its line end, secrets masked."""
    usage: UsageSample | None = Field(default=None, **_unless_said)
    series: CameraSeries | None = Field(default=None, **_unless_said)
    picture: PictureTold | None = Field(default=None, **_unless_said)
    ends: bool = Field(default=False, **_unless_said)
    """True for the last one: all is said, or it cannot be."""
    problem: str = Field(default="", **_unless_said)
    """Why it cannot be, with `ends`."""
    has_no_log: bool = Field(default=False, **_unless_said)
    """With `problem`: there is no such log, so that it is of no use to ask again."""
    sent_at: UtcTime
