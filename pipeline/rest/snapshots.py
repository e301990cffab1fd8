"""The last frame of a camera as a JPEG, with what is known of it drawn on it if that is wanted."""

import re
import threading
import time
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, unquote

import cv2
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from pipeline.frame_conversion import bgr_of
from pipeline.model import FrameResult
from pipeline.rest.answer import Answer, Call, error_answer
from pipeline.rest.control import Control
from pipeline.rest.overlay import Picture, draw_overlay

SNAPSHOT_PATH: Final = "/api/v1/snapshot/"

# Sharp enough to read a number plate by, a third of the size of quality 95.
_JPEG_QUALITY: Final = 85

_SMALLEST_WIDTH: Final = 16
_LARGEST_WIDTH: Final = 8192

# Bounds the memory: a picture of a 4K camera takes 25 MB, and as much again with the overlay.
_PICTURES_AT_ONCE: Final = 4

_DIGITS: Final = re.compile(r"[0-9]{1,5}")


class _WrongQueryError(Exception):
    """The query asks for something that there is not; the message is one line."""


@dataclass(frozen=True)
class _Wish:
    """How the picture shall be: width in pixels, None for that of the camera."""

    overlay: bool
    width: int | None


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
        result = self._control.last_result(camera_id)
        if result is None:
            known = any(stream.camera_id == camera_id for stream in self._control.streams())
            return error_answer(HTTPStatus.NOT_FOUND, "no frame yet" if known else "no such camera")
        with self._room:
            jpeg = self._jpeg(result, wish)
        return Answer(HTTPStatus.OK, "image/jpeg", jpeg, _headers(result))

    def _jpeg(self, result: FrameResult, wish: _Wish) -> bytes:
        picture = _picture(result.frame.picture, wish.width)
        if wish.overlay:
            picture = draw_overlay(picture, result, self._control.rules())
        _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        return encoded.tobytes()


def _wish(query: str) -> _Wish:
    try:
        asked = parse_qs(query, keep_blank_values=True, max_num_fields=10)
    except ValueError:
        raise _WrongQueryError("the query has too many parts") from None
    overlay = asked.get("overlay", ["0"])[-1]
    if overlay not in {"0", "1"}:
        raise _WrongQueryError("overlay must be 0 or 1")
    if "width" not in asked:
        return _Wish(overlay == "1", None)
    width = asked["width"][-1]
    if not _DIGITS.fullmatch(width) or not _SMALLEST_WIDTH <= int(width) <= _LARGEST_WIDTH:
        raise _WrongQueryError(f"width must be a number from {_SMALLEST_WIDTH} to {_LARGEST_WIDTH}")
    return _Wish(overlay == "1", int(width))


def _picture(frame: VideoFrame, width: int | None) -> Picture:
    """The frame in colours that OpenCV understands, made smaller if that is wanted, never larger."""
    columns = min(width or frame.width, frame.width)
    rows = max(1, round(frame.height * columns / frame.width))
    return bgr_of(frame, columns, rows, Interpolation.AREA)


def _headers(result: FrameResult) -> dict[str, str]:
    age_ms = max(0, round((time.monotonic() - result.frame.decoded_at_s) * 1000))
    return {
        "Cache-Control": "no-store",
        "Last-Modified": formatdate(result.frame.seen_at_s, usegmt=True),
        "X-Frame-Age-Ms": str(age_ms),
        "X-Frame-Number": str(result.frame.number),
    }
