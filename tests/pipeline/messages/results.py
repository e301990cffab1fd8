"""Short ways to write results of frames."""

from collections.abc import Mapping

import av
import numpy as np
from av.video.frame import VideoFrame

from pipeline.model import Alert, AlertNews, CapturedFrame, Detection, FrameCounts, FrameResult, TrackedObject

SEEN_AT_S = 1660287059.006
"""2022-08-12T06:50:59.006Z, the moment in the sample of the seed."""


def picture(width: int = 1280, height: int = 720, right: tuple[int, int, int] = (0, 0, 255)) -> VideoFrame:
    """As a decoder gives it; left half blue, right half red, or another blue, green and red."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = 255
    pixels[:, width // 2 :] = right
    return av.VideoFrame.from_ndarray(pixels, format="bgr24").reformat(format="yuv420p")


PICTURE = picture()
BUSY = AlertNews(Alert("20220812T065059Z-3f9a1c", "busy", 1, 2, SEEN_AT_S))
"""An alert that begins."""


def person(
    track_id: int = 1, label: str = "person", box: tuple[float, float, float, float] = (10, 20, 30, 40)
) -> TrackedObject:
    left, top, width, height = box
    return TrackedObject(track_id, Detection(left, top, width, height, 0, label, 0.9))


def frame_of(
    camera_id: str = "gate",
    *objects: TrackedObject,
    source_id: int = 0,
    number: int = 7,
    at_s: float = 100.0,
    counts: FrameCounts | None = None,
    alerts: tuple[AlertNews, ...] = (),
    shown: VideoFrame = PICTURE,
) -> FrameResult:
    frame = CapturedFrame(camera_id, number, shown, at_s, SEEN_AT_S)
    return FrameResult(source_id, frame, objects, counts or FrameCounts(), alerts)


def lines(current: Mapping[str, int], cumulative: Mapping[str, int]) -> FrameCounts:
    return FrameCounts(lines_current=current, lines_cumulative=cumulative)
