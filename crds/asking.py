"""What the controller asks an agent for, for a while: a part of topic 201. What is answered stands in `crds.answers`.

A lease says what is wanted and for how long; nothing lies anywhere once it is over. A reader may be older or newer than the
writer: see docs/adr/0012-the-wire-evolves.md before a field changes.
"""

from typing import Annotated, Any, Final

from pydantic import Field

from crds.document import UtcTime, WireModel

LOGS: Final = "logs"
"""The output of one instance."""
USAGE: Final = "usage"
"""What the node and its instances use of CPU and memory."""
PICTURES: Final = "pictures"
"""What cameras show, again and again: each picture is one answer, and what was in it."""
SERIES: Final = "series"
"""How one camera did in the last hours: its frames per second, and what its app counts."""
SNAPSHOT: Final = "snapshot"
"""One picture of one camera, as large as its app has it, in as many answers as it needs."""
CAN_BE_ASKED: Final = (LOGS, USAGE, PICTURES, SERIES, SNAPSHOT)
"""What agents of this version answer."""

LONGEST_LEASE_SECONDS: Final = 60
"""Whoever looks longer says so again."""

MOST_CAMERAS: Final = 100
"""Of one lease of pictures."""
LARGEST_WIDTH: Final = 1280
"""Of a picture, in pixels: what fits into a record in fair quality."""

AT_ALERT: Final = r"^[0-9A-Za-z-]{0,64}$"
"""What names an alert, or nothing."""

_LARGEST_NUMBER: Final = 2**53
"""Whole in every JSON parser."""

# What an older version does not say is not written for it either.
_unless_said: Any = {"exclude_if": lambda value: value is None}


class LogsAsked(WireModel):
    """Which lines of an instance's output."""

    instance: str = Field(max_length=128)
    """By the name that its agent knows it by."""
    tail_lines: int | None = Field(default=None, ge=0)
    """The last ones of what there is; None for all."""
    since: UtcTime | None = None
    """Only what was written from then on, by the clock of the machine."""
    previous: bool = False
    """Of the run before this one."""
    follow: bool = False
    """Goes on with what is written later, also after a restart of the instance."""
    timestamps: bool = False
    """Each line begins with its time, RFC 3339 in UTC."""
    limit_bytes: int | None = Field(default=None, ge=0)
    """Ends after so many."""


class SeriesAsked(WireModel):
    """Which camera."""

    instance: str = Field(max_length=128)
    """By the name that its agent knows it by."""
    camera_id: str = Field(max_length=256)
    """By the id that its app knows it by."""


class PicturesAsked(WireModel):
    """Pictures of which cameras. A renewal that has them says which ones from then on."""

    cameras: tuple[Annotated[str, Field(max_length=128)], ...] = Field(max_length=MOST_CAMERAS)
    """By the names of their manifests."""
    width: int = Field(ge=16, le=LARGEST_WIDTH)
    """In pixels; pictures of smaller cameras are as they are."""
    every_seconds: float = Field(ge=1.0, le=3600.0)
    """Between two pictures of one camera; more, where they are many."""


class SnapshotAsked(WireModel):
    """Which picture."""

    instance: str = Field(max_length=128)
    """By the name that its agent knows it by."""
    camera: str = Field(max_length=128)
    """By the name of its manifest."""
    width: int | None = Field(default=None, ge=16, le=8192)
    """In pixels, at most; None for that of the camera."""
    overlay: bool = False
    """Lines, regions and boxes are drawn on it."""
    at: str = Field(default="", pattern=AT_ALERT, max_length=64)
    """Empty for the newest frame; `alert` for the one kept at the newest alert, else the id of an alert."""
    max_age_ms: int = Field(default=10_000, ge=0, le=24 * 3600 * 1000)
    """An older newest frame is none; one that is asked for by its alert may have any age."""


class Lease(WireModel):
    """What one run of an agent is asked for, said with `CommandKind.ASK`. Said again with its number it is renewed."""

    number: int = Field(ge=1, le=_LARGEST_NUMBER)
    """Tells it from all others, those of another controller too."""
    boot_id: str = Field(max_length=64)
    """The run of the agent that it is for: read late, by another run, it does nothing."""
    seconds: int = Field(ge=0)
    """From its receipt on, by the monotonic clock of the machine, and never longer than `LONGEST_LEASE_SECONDS`; 0 ends it."""
    credit: int = Field(default=0, ge=0)
    """Answers of lower numbers than this may be sent: who asks has room for no more."""
    begins: bool = False
    """False for a renewal, which brings no lease back that is over."""
    what: str = Field(default="", max_length=64)
    """`logs`, `usage`, `pictures`, `series`, `snapshot`, or what later versions know; an agent says in its greeting what it can be asked for."""
    logs: LogsAsked | None = None
    """Of which instance, and which lines, where logs are asked for."""
    pictures: PicturesAsked | None = Field(default=None, **_unless_said)
    """Of which cameras, where pictures are asked for."""
    series: SeriesAsked | None = Field(default=None, **_unless_said)
    """Of which camera, where its series are asked for."""
    snapshot: SnapshotAsked | None = Field(default=None, **_unless_said)
    """Which one, where a snapshot is asked for."""
