"""Regions: which objects stand in them, and whether they are crowded."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pipeline.files.rules import Point

# A crowd that is too small for no longer than this is still the same crowd: detectors miss one in ten people in any frame.
CROWD_GAP_S: Final = 0.5


class Region:
    """A polygon; its edges belong to it. One that crosses itself holds what an odd number of its rounds encloses."""

    def __init__(self, corners: Sequence[Point]) -> None:
        self._contour = np.asarray(corners, dtype=np.float32)

    def holds(self, foot: Point) -> bool:
        """Tells whether the point is in it."""
        return cv2.pointPolygonTest(self._contour, foot, measureDist=False) >= 0


@dataclass(frozen=True)
class Crowd:
    """Since when there have been enough objects in a region, and when there were last; None for never.

    Attributes:
        since_s: When it began, in seconds.
        last_s: When there were last enough, in seconds.
    """

    since_s: float | None = None
    last_s: float = 0.0

    def counted(self, objects: int, threshold: int, at_s: float) -> "Crowd":
        """The crowd after a frame with so many objects in the region."""
        # No object is no crowd, whatever the threshold.
        if objects >= max(threshold, 1):
            return Crowd(at_s if self.since_s is None else self.since_s, at_s)
        return self if self.since_s is not None and at_s - self.last_s <= CROWD_GAP_S else Crowd()

    def lasts(self, at_s: float, time_threshold_ms: int) -> bool:
        """Tells whether it has lasted for so long."""
        return self.since_s is not None and (at_s - self.since_s) * 1000 >= time_threshold_ms
