"""Frozen data that the rooms of the pipeline exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from av.video.frame import VideoFrame

from pipeline.frame_pixels import FramePixels


@dataclass(frozen=True)
class ModelIdentity:
    """A model, as results name it.

    Attributes:
        name: For people: the name of its file without the ending, or the kind of a detector that needs no file.
        digest: `sha256:` and 64 hexadecimal digits: of the file, or of what such a detector is set to.
    """

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Detection:
    """One object that a detector saw in one frame.

    Attributes:
        left: Of its box, in pixels of the frame.
        top: Of its box, in pixels of the frame.
        width: Of its box, in pixels of the frame.
        height: Of its box, in pixels of the frame.
        class_id: Number of its class, from 0, as the detector counts them.
        label: Name of its class.
        confidence: 0 to 1.
    """

    left: float
    top: float
    width: float
    height: float
    class_id: int
    label: str
    confidence: float

    @property
    def foot(self) -> tuple[float, float]:
        """The middle of the lower edge: where the object stands, and what all analytics go by, as in nvdsanalytics."""
        return self.left + self.width / 2, self.top + self.height


@dataclass(frozen=True)
class CapturedFrame:
    """One decoded picture of a camera, not converted yet.

    Attributes:
        camera_id: Of the camera.
        number: Counts the frames that the camera sent from 1, so it leaves out those that were not decoded or not due; it never
            goes back, also when the camera reconnects.
        picture: As the decoder gave it. It must not be written to: others may be looking at it.
        decoded_at_s: When, in monotonic seconds.
        seen_at_s: When, in seconds of Unix time.
    """

    camera_id: str
    number: int
    picture: VideoFrame = field(repr=False)
    decoded_at_s: float
    seen_at_s: float

    @cached_property
    def pixels(self) -> FramePixels:
        """Those of the picture, for the one worker that has the frame."""
        return FramePixels(self.picture)


@dataclass(frozen=True, slots=True)
class TrackedObject:
    """One object in one frame, with what the analytics say of it, as NvDsAnalyticsObjInfo does.

    Attributes:
        track_id: The same for the same object in all frames of a camera, from 1.
        detection: Where it is in this frame.
        regions: Labels of the regions of interest that it counts in.
        crowds: Labels of the crowded regions that it is in.
        crossed: Labels of the lines that it has crossed in this very frame.
        directions: Labels of the directions that it moves in.
    """

    track_id: int
    detection: Detection
    regions: tuple[str, ...] = ()
    crowds: tuple[str, ...] = ()
    crossed: tuple[str, ...] = ()
    directions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """What the analytics say of one frame as a whole, as NvDsAnalyticsFrameMeta does; all by label.

    Attributes:
        lines_current: Crossings of each line in this very frame.
        lines_cumulative: Crossings of each line since the rules were read.
        regions: Objects in each region of interest.
        crowded: Whether each watched region is crowded.
        classes: Objects of each class that were seen.
    """

    lines_current: Mapping[str, int] = field(default_factory=dict)
    lines_cumulative: Mapping[str, int] = field(default_factory=dict)
    regions: Mapping[str, int] = field(default_factory=dict)
    crowded: Mapping[str, bool] = field(default_factory=dict)
    classes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a rule of a camera calls people for.

    Attributes:
        alert_id: Its id: see ``analytics.alerts.alert_id``.
        rule: Name of the rule.
        number: Counts the alerts of this rule from 1, since the rule was read.
        count: How many objects, or pairs of them, it began with.
        seen: The same in words: ``2 nohelmet``.
        began_at_s: When, in seconds of Unix time.
        ended_at_s: When it ended, likewise; None while it lasts.
        region: Where the objects stand; empty for anywhere.
        message: What to do, for people.
    """

    alert_id: str
    rule: str
    number: int
    count: int
    began_at_s: float
    seen: str = ""
    ended_at_s: float | None = None
    region: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class AlertNews:
    """An alert begins or ends with a frame.

    Attributes:
        alert: As it is now.
        objects: That it begins with; none when it ends.
        keeps_frame: Whether the frame that it begins with is kept.
    """

    alert: Alert
    objects: tuple[TrackedObject, ...] = ()
    keeps_frame: bool = True

    @property
    def has_ended(self) -> bool:
        """Whether it ends."""
        return self.alert.ended_at_s is not None


@dataclass(frozen=True, slots=True)
class FrameResult:
    """All that is known of one analysed frame.

    Attributes:
        source_id: Number of the stream, as DeepStream counts them.
        frame: The frame.
        objects: In it.
        counts: Of it.
        alerts: That begin or end with it.
    """

    source_id: int
    frame: CapturedFrame
    objects: tuple[TrackedObject, ...] = ()
    counts: FrameCounts = field(default_factory=FrameCounts)
    alerts: tuple[AlertNews, ...] = ()
