"""What the HTTP port knows of the streams behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from pipeline.alert_frames.store import KeptFrame
from pipeline.damage.judge import Damage
from pipeline.files.rules import AnalyticsRules
from pipeline.messages.delivery import Delivery
from pipeline.model import Alert, FrameResult, ModelIdentity

OK: Final = "HTTP/1.1 200 OK"
BAD_REQUEST: Final = "HTTP/1.1 400 Bad Request"
SERVER_ERROR: Final = "HTTP/1.1 500 Internal Server Error"


@dataclass(frozen=True)
class Verdict:
    """How a call went; DeepStream says it in the body, and HTTP always says 200."""

    status: str
    reason: str


@dataclass(frozen=True)
class StreamView:
    """One stream at one moment.

    Attributes:
        source_id: Its number.
        camera_id: Of its camera.
        camera_name: As it was added.
        state: As the camera's statistics tell it.
        reason: Why it is in that state, empty when it is alive.
        fps: Frames per second that the camera sends.
        frame_number: Frames that went through; it stands still while the analysis is stuck.
        latency_ms: From decoding to the result, median of the last ones.
        latency_p95_ms: 95 % of them took at most so long.
        last_frame_age_s: Seconds since the last sign of life, None before the first.
        decode_ms: Time that decoding took, mean of the last frames.
        decode_errors: Packets that could not be decoded.
        connections_lost: How often a connection that gave frames has ended.
        frames_waiting: 1 while a frame waits for the detector, else 0.
        frames_left_out: Frames that were not decoded, since they were too old already: the CPU does not suffice for all cameras.
        frames_not_taken: Frames that were decoded and lost by a failure of ours; the log says why.
        frames_replaced: Frames that a newer one took the place of before the detector came to them.
        frames_unchanged: Frames that did not differ enough from the one before to be looked at.
        frames_analysed: Frames that the detector has looked at.
        frames_failed: Frames that could not be analysed.
        analysed_fps: Frames with a result per second: looked at, or unchanged.
        objects: In the last frame.
        lines_cumulative: Crossings by line.
        regions: Objects in each region of interest, in the last frame.
        alerts: The newest alert of each rule that had one.
        damage: What is damaged of what the camera sends; None for nothing.
        width: Of its picture in pixels; 0 before the first.
        height: Of its picture in pixels; 0 before the first.
    """

    source_id: int
    camera_id: str
    camera_name: str
    state: str
    reason: str = ""
    fps: float = 0.0
    frame_number: int = 0
    latency_ms: float = 0.0
    latency_p95_ms: float = 0.0
    last_frame_age_s: float | None = None
    decode_ms: float = 0.0
    decode_errors: int = 0
    connections_lost: int = 0
    frames_waiting: int = 0
    frames_left_out: int = 0
    frames_not_taken: int = 0
    frames_replaced: int = 0
    frames_unchanged: int = 0
    frames_analysed: int = 0
    frames_failed: int = 0
    analysed_fps: float = 0.0
    objects: int = 0
    lines_cumulative: Mapping[str, int] = field(default_factory=dict)
    regions: Mapping[str, int] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    damage: Damage | None = None
    width: int = 0
    height: int = 0


class Control(Protocol):
    """The streams behind the port; each call comes from a thread of its own and must return at once."""

    def is_ready(self) -> bool:
        """Whether all that was to be started runs."""
        ...

    def is_live(self) -> bool:
        """Whether the analysis still moves."""
        ...

    def streams(self) -> tuple[StreamView, ...]:
        """All streams, by number."""
        ...

    def model(self) -> ModelIdentity:
        """What finds objects in the pictures."""
        ...

    def delivery(self) -> Delivery:
        """How the messages fare."""
        ...

    def add(self, camera_id: str, camera_name: str, camera_url: str) -> Verdict:
        """Adds a camera; id and URL are not empty."""
        ...

    def remove(self, camera_id: str, camera_url: str) -> Verdict:
        """Removes the camera with this id and this very URL."""
        ...

    def reload_analytics(self) -> Verdict:
        """Reads lines, regions and the treatment of cameras again; all counts begin anew."""
        ...

    def last_result(self, camera_id: str) -> FrameResult | None:
        """The last frame of a camera with what was found in it; None if there is none, or no such camera."""
        ...

    def alert_frames(self, camera_id: str) -> tuple[str, ...]:
        """The alerts of a camera of which frames are kept, by their ids, newest first."""
        ...

    def alert_frame(self, camera_id: str, alert_id: str) -> KeptFrame | None:
        """The frame that an alert of a camera began with, that of the newest one without an id; None if there is none."""
        ...

    def rules(self) -> AnalyticsRules:
        """The lines and regions in force."""
        ...
