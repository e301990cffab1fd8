"""The pixels of a decoded frame as arrays, converted no further than necessary, and once for all who look at them."""

from functools import cached_property
from typing import Final

import cv2
import numpy as np
from av.video.frame import VideoFrame

from pipeline.frame_conversion import Pixels, converted

# What cameras send: brightness in full, two planes of colour at half the width and height. The second has the full range.
_PLANAR: Final = frozenset({"yuv420p", "yuvj420p"})


def reduction_factor(width: int, wanted_width: int) -> int:
    """Returns by which whole number to divide a width, to come closest to the wanted one; a picture is never enlarged.

    Reducing by a fraction costs more than looking at a slightly larger picture.
    """
    return max(1, round(width / wanted_width))


class FramePixels:
    """Brightness and colours of one frame, reduced: each pixel is the mean of those that it stands for.

    What does not make a whole pixel at the right and lower edges is left out. No array may be written to: it may be the frame's own
    memory, or be handed to somebody else. For one thread at a time.
    """

    def __init__(self, picture: VideoFrame) -> None:
        """Looks at nothing yet."""
        self._picture = picture
        self._halvings: list[Pixels] = []

    def luma(self, factor: int) -> Pixels:
        """Returns the brightness, with width and height divided by a whole number."""
        halvings = (factor & -factor).bit_length() - 1
        # Several small steps take an eighth of the time of a large one and give the same means; and who comes later finds them done.
        while len(self._halvings) < halvings:
            self._halvings.append(_divided(self._halvings[-1] if self._halvings else self._planes[0], 2))
        halved = self._halvings[halvings - 1] if halvings else self._planes[0]
        return _divided(halved, factor >> halvings)

    def colours(self, factor: int) -> tuple[Pixels, Pixels]:
        """Returns blueness and redness, at the size of the brightness that is divided by the same number."""
        height, width = self._picture.height // factor, self._picture.width // factor
        blue, red = (
            _resized(plane[: -(-height * factor // 2), : -(-width * factor // 2)], width, height)
            for plane in self._planes[1:]
        )
        return blue, red

    @cached_property
    def _planes(self) -> tuple[Pixels, Pixels, Pixels]:
        """Brightness, and blueness and redness at half the size; for what cameras send, the frame's own memory."""
        picture = self._picture
        if picture.format.name not in _PLANAR:
            picture = converted(picture, "yuv420p")
        luma, blue, red = (
            np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
            for plane in picture.planes
        )
        return luma, blue, red


def _divided(plane: Pixels, by: int) -> Pixels:
    height, width = plane.shape[0] // by, plane.shape[1] // by
    return plane if by == 1 else _resized(plane[: height * by, : width * by], width, height)


def _resized(plane: Pixels, width: int, height: int) -> Pixels:
    return cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
