"""Pictures for messages: JPEG in base64."""

import base64
from dataclasses import dataclass
from typing import Final

import cv2
from av.video.frame import VideoFrame

from pipeline.frame_conversion import Pixels, bgr_of
from pipeline.model import Detection

# As the seed app sends them. A picture stays far below the megabyte that Kafka takes unless told otherwise.
_VISUAL_WIDTH: Final = 640
_VISUAL_QUALITY: Final = 50
_FACE_QUALITY: Final = 80


@dataclass(frozen=True)
class Jpeg:
    """A JPEG.

    Attributes:
        text: The file in base64.
        width: In pixels.
        height: In pixels.
    """

    text: str
    width: int
    height: int


def reduced_jpeg(picture: VideoFrame) -> Jpeg:
    """Returns the whole picture, no wider than 640 pixels, with its sides as they are to each other."""
    width = min(picture.width, _VISUAL_WIDTH)
    height = max(1, round(picture.height * width / picture.width))
    return _jpeg(bgr_of(picture, width, height), _VISUAL_QUALITY)


class Crops:
    """Cuts objects out of one picture, which is converted once, when the first is asked for."""

    def __init__(self, picture: VideoFrame) -> None:
        self._picture = picture
        self._whole: Pixels | None = None

    def jpeg_of(self, box: Detection) -> Jpeg | None:
        """Returns what is in the box; None if none of it is in the picture."""
        left, top = max(0, int(box.left)), max(0, int(box.top))
        right = min(self._picture.width, int(box.left + box.width))
        bottom = min(self._picture.height, int(box.top + box.height))
        if right <= left or bottom <= top:
            return None
        if self._whole is None:
            self._whole = bgr_of(self._picture)
        return _jpeg(self._whole[top:bottom, left:right], _FACE_QUALITY)


def _jpeg(pixels: Pixels, quality: int) -> Jpeg:
    _, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    height, width = pixels.shape[:2]
    return Jpeg(base64.b64encode(encoded.tobytes()).decode("ascii"), width, height)
