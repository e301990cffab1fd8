"""The last frame of a camera, or that of an alert, as a JPEG, with what is known of it drawn on it if that is wanted."""

import json
import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, unquote

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from pipeline.frame_conversion import bgr_of
from pipeline.model import FrameResult, TrackedObject
from pipeline.rest.answer import Answer, Call, error_answer
from pipeline.rest.control import Control
from pipeline.rest.overlay import Picture, draw_overlay

SNAPSHOT_PATH: Final = "/api/v1/snapshot/"

# Sharp enough to read a number plate by, a third of the size of quality 95.
_JPEG_QUALITY: Final = 85

# Tried in turn where a picture may take only so many bytes. Below the last one blocks are all that is left: a smaller picture says more.
_LOWER_QUALITIES: Final = (70, 55, 40, 25)
_SMALLEST_LIMIT: Final = 1024
_LARGEST_LIMIT: Final = 1024 * 1024

_SMALLEST_WIDTH: Final = 16
_LARGEST_WIDTH: Final = 8192

# Bounds the memory: a picture of a 4K camera takes 25 MB, and as much again with the overlay.
_PICTURES_AT_ONCE: Final = 4

_NEWEST_ALERT: Final = "alert"
_AT: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_DIGITS: Final = re.compile(r"[0-9]{1,7}")

# What a header has room for, in any client. Those that are left out are the last ones that were seen.
_MOST_OBJECTS: Final = 64
_MOST_OBJECTS_BYTES: Final = 3000
_LONGEST_LABEL: Final = 32


_Size = tuple[int, int]
"""Width and height, in pixels."""


class _WrongQueryError(Exception):
    """The query asks for something that there is not; the message is one line."""


@dataclass(frozen=True)
class _Wish:
    """Which picture, and how it shall be.

    Attributes:
        at: Empty for the last frame, ``alert`` for that of the newest alert, else the id of one.
        overlay: Whether what is known of it is drawn on it.
        width: In pixels; None for that of the camera.
        max_bytes: So many at most; None for any number.
    """

    at: str
    overlay: bool
    width: int | None
    max_bytes: int | None


class Snapshots:
    """Makes pictures when they are asked for; nothing is encoded that nobody looks at."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._room = threading.BoundedSemaphore(_PICTURES_AT_ONCE)

    def answer(self, call: Call) -> Answer:
        """Answers a GET of a path that begins with ``SNAPSHOT_PATH``; what follows there is a camera's id, percent-encoded."""
        try:
            camera_id = unquote(call.path.removeprefix(SNAPSHOT_PATH), errors="strict")
            wish = _wish(call.query)
        except UnicodeDecodeError:
            return error_answer(HTTPStatus.NOT_FOUND, "no such camera")
        except _WrongQueryError as error:
            return error_answer(HTTPStatus.BAD_REQUEST, str(error))
        result, alert_id = self._found(camera_id, wish.at)
        if result is None:
            known = any(stream.camera_id == camera_id for stream in self._control.streams())
            return error_answer(HTTPStatus.NOT_FOUND, _missing(wish.at) if known else "no such camera")
        with self._room:
            jpeg, size = self._jpeg(result, wish)
        of_alert = {"X-Alert": alert_id} if alert_id else {}
        return Answer(HTTPStatus.OK, "image/jpeg", jpeg, {**_headers(result, size), **of_alert})

    def _found(self, camera_id: str, at: str) -> tuple[FrameResult | None, str]:
        """The frame that is wished for, and the id of its alert; empty for the last one."""
        if not at:
            return self._control.last_result(camera_id), ""
        # Opened in turn as pictures are: it takes as much memory.
        with self._room:
            kept = self._control.alert_frame(camera_id, "" if at == _NEWEST_ALERT else at)
        return (None, "") if kept is None else (kept.result, kept.alert_id)

    def _jpeg(self, result: FrameResult, wish: _Wish) -> tuple[bytes, _Size]:
        picture = _picture(result.frame.picture, wish.width)
        if wish.overlay:
            picture = draw_overlay(picture, result, self._control.rules())
        jpeg = _encoded(picture, _JPEG_QUALITY)
        if wish.max_bytes is not None:
            jpeg, picture = _within(wish.max_bytes, jpeg, picture)
        return jpeg, (picture.shape[1], picture.shape[0])


def _missing(at: str) -> str:
    if not at:
        return "no frame yet"
    return "no frame of an alert is kept" if at == _NEWEST_ALERT else "no frame of this alert is kept"


def _within(max_bytes: int, jpeg: bytes, picture: Picture) -> tuple[bytes, Picture]:
    """The picture in so many bytes: in less quality first, then ever smaller. The smallest one fits whatever is in it."""
    for quality in _LOWER_QUALITIES:
        if len(jpeg) <= max_bytes:
            return jpeg, picture
        jpeg = _encoded(picture, quality)
    while len(jpeg) > max_bytes and min(picture.shape[:2]) > 1:
        height, width = picture.shape[:2]
        smaller = cv2.resize(picture, (max(1, width // 2), max(1, height // 2)), interpolation=cv2.INTER_AREA)
        picture = np.asarray(smaller, np.uint8)
        jpeg = _encoded(picture, _LOWER_QUALITIES[-1])
    return jpeg, picture


def _encoded(picture: Picture, quality: int) -> bytes:
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return encoded.tobytes()


def _wish(query: str) -> _Wish:
    try:
        asked = parse_qs(query, keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise _WrongQueryError("the query has too many parts") from None
    overlay = asked.get("overlay", ["0"])[-1]
    if overlay not in {"0", "1"}:
        raise _WrongQueryError("overlay must be 0 or 1")
    at = asked.get("at", [""])[-1]
    if "at" in asked and not _AT.fullmatch(at):
        raise _WrongQueryError("at must be alert, or the id of an alert")
    width = _number(asked, "width", _SMALLEST_WIDTH, _LARGEST_WIDTH)
    return _Wish(at, overlay == "1", width, _number(asked, "max_bytes", _SMALLEST_LIMIT, _LARGEST_LIMIT))


def _number(asked: Mapping[str, Sequence[str]], name: str, smallest: int, largest: int) -> int | None:
    """What is asked under that name, the last one; None where nothing is."""
    if name not in asked:
        return None
    text = asked[name][-1]
    if not _DIGITS.fullmatch(text) or not smallest <= int(text) <= largest:
        raise _WrongQueryError(f"{name} must be a number from {smallest} to {largest}")
    return int(text)


def _picture(frame: VideoFrame, width: int | None) -> Picture:
    """The frame in colours that OpenCV understands, made smaller if that is wanted, never larger."""
    columns = min(width or frame.width, frame.width)
    rows = max(1, round(frame.height * columns / frame.width))
    return bgr_of(frame, columns, rows, Interpolation.AREA)


def _headers(result: FrameResult, size: _Size) -> dict[str, str]:
    age_ms = max(0, round((time.monotonic() - result.frame.decoded_at_s) * 1000))
    frame, (width, height) = result.frame.picture, size
    return {
        "Cache-Control": "no-store",
        "Last-Modified": formatdate(result.frame.seen_at_s, usegmt=True),
        "X-Frame-Age-Ms": str(age_ms),
        "X-Frame-Number": str(result.frame.number),
        "X-Objects": _objects(result.objects, (width / frame.width, height / frame.height)),
        "X-Picture-Size": f"{width}x{height}",
    }


def _objects(objects: Sequence[TrackedObject], scale: tuple[float, float]) -> str:
    """JSON in ASCII, as a header has it: left, top, width and height in pixels of the picture, number, label."""
    texts: list[str] = []
    size = 2
    for one in objects[:_MOST_OBJECTS]:
        box, (across, down) = one.detection, scale
        places = [round(box.left * across), round(box.top * down), round(box.width * across), round(box.height * down)]
        text = json.dumps([*places, one.track_id, box.label[:_LONGEST_LABEL]], separators=(",", ":"))
        size += len(text) + 1
        if size > _MOST_OBJECTS_BYTES:
            break
        texts.append(text)
    return f"[{','.join(texts)}]"
