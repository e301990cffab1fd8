"""What agents can be asked for, and what they say of it: frozen data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from crds.answers import PictureObject


@dataclass(frozen=True)
class LogsWanted:
    """Which lines of an instance's output somebody wants to see."""

    tail_lines: int | None
    """The last ones of what there is, so many; None for all that the engine keeps, as far as the agent's bounds go."""
    since: datetime | None
    """Only what was written from then on, by the clock of the node; None for all."""
    previous: bool
    """Of the run before this one: what an instance that was restarted has said last."""
    follow: bool
    """Goes on with what is written later, also after a restart of the instance, until whoever asked leaves."""
    timestamps: bool
    """Each line begins with the time at which it was written, RFC 3339 in UTC."""
    limit_bytes: int | None
    """Ends after so many bytes; None for no such end."""


@dataclass(frozen=True)
class Usage:
    """What something uses of a machine."""

    cpu_cores: float
    """On average over the window: 1.5 is one core and a half."""
    memory_bytes: int
    """Without what the kernel only caches of files and would give back."""


@dataclass(frozen=True)
class NodeUsage:
    """What a node and its instances used in one window of time."""

    at: datetime
    """The end of the window, by the clock of the controller."""
    window_seconds: float
    node: Usage
    """The whole machine, whatever else runs on it."""
    instances: Mapping[str, Usage]
    """Those that run, by the names that people know them by."""


@dataclass(frozen=True)
class Watcher:
    """An instance that watches a camera."""

    instance: str
    """Its name."""
    node: str
    """The name of its node."""


@dataclass(frozen=True)
class PictureWanted:
    """A camera that somebody looks at."""

    camera: str
    """Its name."""
    watchers: tuple[Watcher, ...]
    unwatched: str
    """Why nobody watches it, a sentence, where that is so."""


@dataclass(frozen=True)
class PictureSeen:
    """What a camera showed, as it is told to who looks."""

    version: str
    """Names this very picture: another one has another."""
    age_seconds: float
    """How old the frame is now. Of one that was on its way for long it is rather too much than too little."""
    frame: int
    """As the app counts them."""
    is_frozen: bool
    """True when it is too old to be shown as live: no new frame comes, or no answer."""
    objects: tuple[PictureObject, ...]
    """In that very frame, in pixels of the picture."""
    width: int
    height: int


@dataclass(frozen=True)
class SnapshotWanted:
    """How a single picture shall be."""

    width: int | None
    """In pixels, at most; None for that of the camera."""
    overlay: bool
    """Lines, regions and boxes are drawn on it."""
    at: str
    """Empty for the newest frame; `alert` for the one kept at the newest alert, else the id of an alert."""
    max_age_seconds: float
    """An older newest frame is none."""


@dataclass(frozen=True)
class Snapshot:
    """A single picture of a camera."""

    jpeg: bytes
    instance: str
    """Whose app it is from."""
    node: str
    """Where that runs."""
    age_seconds: float
    """How old the frame was when it was sent."""
    frame: int
    """As the app counts them."""
    width: int
    height: int
    alert: str
    """The id of the alert that it was kept at; empty for the newest frame."""


@dataclass(frozen=True)
class NoPicture:
    """A camera of which there is no picture."""

    why: str
    """A sentence for people."""


PictureAnswer = PictureSeen | NoPicture | None
"""None while the first picture of a camera is waited for."""


@dataclass(frozen=True)
class Series:
    """How a camera did in the last hours, as one instance that watches it saw it. The oldest step is the first; None where nothing is known."""

    begins: datetime
    """When the first step began, by the clock of the controller."""
    step_seconds: int
    fps: Sequence[float | None]
    """On average in each step."""
    objects: Sequence[int | None]
    """In the last frame of each step."""
    lines: Mapping[str, Sequence[int | None]]
    """Crossings in each step, by line."""
    regions: Mapping[str, Sequence[int | None]]
    """Objects in the last frame of each step, by region of interest."""
    counts_told: bool
    """False for an app that tells of frames alone."""
    left_out: int
    """Lines and regions for which its agent has no room."""
