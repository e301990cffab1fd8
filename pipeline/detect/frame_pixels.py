"""The pixels of a decoded frame as arrays, converted no further than necessary."""

from typing import Final

import cv2
import numpy as np
from av.video.frame import VideoFrame

from pipeline.frame_conversion import Pixels, converted

# What cameras send: brightness in full, two planes of colour at half the width and height. The second has the full range.
_PLANAR: Final = frozenset({"yuv420p", "yuvj420p"})


def planes_of(picture: VideoFrame) -> tuple[Pixels, Pixels, Pixels]:
    """Returns brightness, and blueness and redness at half the size; for what cameras send, the frame's own memory.

    They must not be written to.
    """
    if picture.format.name not in _PLANAR:
        picture = converted(picture, "yuv420p")
    luma, blue, red = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in picture.planes
    )
    return luma, blue, red


def reduced(plane: Pixels, width: int, height: int) -> Pixels:
    """Returns a plane at a smaller size, each pixel the mean of those that it stands for.

    It is halved as long as that comes out even, which takes an eighth of the time of one large step and gives the same means.
    """
    while plane.shape[1] % (2 * width) == 0 and plane.shape[0] % (2 * height) == 0:
        plane = _mean(plane, plane.shape[1] // 2, plane.shape[0] // 2)
    return plane if plane.shape == (height, width) else _mean(plane, width, height)


def _mean(plane: Pixels, width: int, height: int) -> Pixels:
    return cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
