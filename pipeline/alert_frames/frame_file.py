"""A frame with what was found in it, as one file: a JPEG that any viewer shows, with the rest as JSON in its comment. Pure."""

import dataclasses
import json
from typing import Any, Final

import cv2
import numpy as np
from av.video.frame import VideoFrame

from pipeline.frame_conversion import bgr_of
from pipeline.model import Alert, CapturedFrame, Detection, FrameCounts, FrameResult, TrackedObject

# Sharp enough to read a number plate by, a third of the size of quality 95.
_JPEG_QUALITY: Final = 85

_BEGIN: Final = b"\xff\xd8"
_COMMENT: Final = b"\xff\xfe"

# A part of a JPEG says its length in 16 bits, and counts these two bytes.
_LONGEST_COMMENT: Final = 0xFFFF - 2


class NoFrameError(Exception):
    """The bytes are no frame that was kept here."""


def encode_frame(alert: Alert, result: FrameResult) -> bytes:
    """Returns the file: the frame of an alert, in the size that it has."""
    _, jpeg = cv2.imencode(".jpg", bgr_of(result.frame.picture), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    objects = result.objects
    while len(comment := _comment(alert, result, objects)) > _LONGEST_COMMENT and objects:
        objects = objects[: len(objects) // 2]
    if len(comment) > _LONGEST_COMMENT:
        raise ValueError("what is known of the frame is too long")
    return b"".join(
        (_BEGIN, _COMMENT, (len(comment) + 2).to_bytes(2, "big"), comment, jpeg.tobytes().removeprefix(_BEGIN))
    )


def decode_frame(file: bytes, now_s: float, now_unix_s: float) -> tuple[Alert, FrameResult]:
    """Returns what the file holds; frames of an earlier run of the program get a place on the clock of this one.

    Args:
        file: From ``encode_frame``, or anything else.
        now_s: Monotonic seconds.
        now_unix_s: The same moment, in seconds of Unix time.

    Raises:
        NoFrameError: If it is from nowhere here, or damaged.
    """
    head = len(_BEGIN) + len(_COMMENT) + 2
    comment = file[head : head - 2 + int.from_bytes(file[head - 2 : head], "big")]
    pixels = cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR) if file else None
    if pixels is None or not file.startswith(_BEGIN + _COMMENT):
        raise NoFrameError
    try:
        known = json.loads(comment)
        frame = known["frame"]
        seen_at_s = float(frame["seen_at_s"])
        captured = CapturedFrame(
            frame["camera_id"],
            int(frame["number"]),
            VideoFrame.from_ndarray(np.ascontiguousarray(pixels, np.uint8), format="bgr24"),
            now_s - max(0.0, now_unix_s - seen_at_s),
            seen_at_s,
        )
        objects = tuple(_object(one) for one in known["objects"])
        result = FrameResult(int(frame["source_id"]), captured, objects, FrameCounts(**known["counts"]))
        return Alert(**known["alert"]), result
    except (KeyError, TypeError, ValueError) as error:
        raise NoFrameError from error


def _comment(alert: Alert, result: FrameResult, objects: tuple[TrackedObject, ...]) -> bytes:
    frame = result.frame
    known = {
        "alert": dataclasses.asdict(alert),
        "frame": {
            "camera_id": frame.camera_id,
            "number": frame.number,
            "seen_at_s": frame.seen_at_s,
            "source_id": result.source_id,
        },
        "objects": [dataclasses.asdict(one) for one in objects],
        "counts": {field.name: dict(getattr(result.counts, field.name)) for field in dataclasses.fields(FrameCounts)},
    }
    return json.dumps(known, separators=(",", ":"), allow_nan=False).encode()


def _object(known: dict[str, Any]) -> TrackedObject:
    labels = {name: tuple(known[name]) for name in ("regions", "crowds", "crossed", "directions")}
    return TrackedObject(int(known["track_id"]), Detection(**known["detection"]), **labels)
