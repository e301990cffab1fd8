"""Whether a frame is worth looking at: one that shows what the last one showed is not."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from pipeline.files.rules import Point
from pipeline.frame_conversion import Pixels
from pipeline.frame_pixels import reduction_factor
from pipeline.model import CapturedFrame

# Frames are compared at about this size: a pixel is the mean of 64 pixels of a 720p frame, which leaves nothing of a sensor's noise.
_WIDTH: Final = 160

# Of 255. More than noise and compression make of a still picture, less than people in dull clothes do.
_DIFFERENT: Final = 12

# Corners of regions may lie outside of the picture, but not so far that they are no numbers of pixels any more.
_FARTHEST: Final = 1e4

Regions = Sequence[Sequence[Point]]
"""Polygons; x and y are shares, 0 to 1, of the width and height of the frame."""


class SignificantChange:
    """Compares the frames of one camera with the last one that was significant, so that slow changes add up."""

    def __init__(self, percent: float) -> None:
        """Begins anew.

        Args:
            percent: A frame with fewer changed pixels than this is not significant; with 0, every frame is.
        """
        self._percent = percent
        self._size = (0, 0)
        self._regions: Regions = ()
        self._mask: Pixels | None = None
        self._before: Pixels | None = None

    def is_significant(self, frame: CapturedFrame, regions: Regions = ()) -> bool:
        """Tells whether the frame differs enough from the last one of which that was told.

        The first one does, and so does one of another size, or with other regions than the last one.

        Args:
            frame: The frame.
            regions: Only what lies in them counts, and the percentage is of their pixels; if there are none, all counts.
        """
        if self._percent <= 0:
            return True
        size = (frame.picture.width, frame.picture.height)
        small = frame.pixels.luma(reduction_factor(size[0], _WIDTH))
        if self._before is None or size != self._size or regions != self._regions:
            self._size, self._regions, self._mask = size, regions, _mask_of(regions, small.shape)
        elif self._changed_percent(self._before, small) < self._percent:
            return False
        self._before = small
        return True

    def _changed_percent(self, before: Pixels, now: Pixels) -> float:
        changed = cv2.threshold(cv2.absdiff(before, now), _DIFFERENT, 255, cv2.THRESH_BINARY)[1]
        if self._mask is None:
            return 100 * cv2.countNonZero(changed) / changed.size
        return 100 * cv2.countNonZero(cv2.bitwise_and(changed, self._mask)) / max(1, cv2.countNonZero(self._mask))


def _mask_of(regions: Regions, shape: tuple[int, ...]) -> Pixels | None:
    if not regions:
        return None
    mask: Pixels = np.zeros(shape, np.uint8)
    for region in regions:
        corners = np.asarray(region, np.float64) * (shape[1], shape[0])
        # One by one: where two polygons of one call overlap, it leaves a hole.
        cv2.fillPoly(mask, [np.floor(np.clip(corners, -_FARTHEST, _FARTHEST)).astype(np.int32)], (255,))
    return mask
