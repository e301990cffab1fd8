"""What an agent says of a camera: a part of topic 220.

A reader may be older or newer than the writer: see docs/adr/0012-the-wire-evolves.md before a field changes.
"""

from typing import Any

from pydantic import Field

from crds.document import UtcTime, WireModel

# What an older version does not say is not written for it either.
_unless_said: Any = {"exclude_if": lambda value: not value}


class CameraDamage(WireModel):
    """What is damaged of what a camera sends, while its frames are processed all the same."""

    reason: str
    """A word of the app's, such as `FrozenPicture`."""
    message: str = ""
    since: UtcTime
    """Since when something is damaged; it stays while the reason changes."""


MOST_ALERTS = 16
"""Rules of one camera: what is told of them in reports stays small."""


class AlertStatus(WireModel):
    """The newest alert of one rule of a camera, as its app tells it."""

    rule: str
    """Name of the rule."""
    id: str
    """Of the alert: its frame and its messages have the same."""
    number: int = Field(ge=0, le=2**53)
    """Counts the alerts of the rule since the app read it: so it is seen that others were in between."""
    active: bool
    """True until it ends."""
    count: int = Field(ge=0, le=2**53)
    """Objects, or pairs of them, that it began with."""
    seen: str = ""
    """The same in words."""
    region: str = ""
    message: str = ""
    """What to do, for people."""
    began_at: UtcTime
    """By the clock of the machine."""
    ended_at: UtcTime | None = None


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
    alerts: tuple[AlertStatus, ...] = Field(default=(), **_unless_said)
    """The newest of each rule that had one."""
    degraded: CameraDamage | None = Field(default=None, **_unless_said)
    """What is damaged; None when nothing is, and where nobody looks."""
    sound: bool = Field(default=False, **_unless_said)
    """True when the app says that nothing is damaged."""
    width: int = Field(default=0, ge=0, **_unless_said)
    """Of its picture in pixels; 0 where the app does not say."""
    height: int = Field(default=0, ge=0, **_unless_said)
    """Of its picture in pixels; 0 where the app does not say."""
