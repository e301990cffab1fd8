"""A picture made to fit a network's input without being distorted, and boxes on their way back."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.frame_conversion import Pixels

# The grey that YOLO networks are trained with around their pictures.
_GREY: Final = 114


@dataclass(frozen=True)
class Letterbox:
    """Where a frame lies in the input of a network, all in pixels.

    Attributes:
        input_size: Width and height of the input.
        frame_size: Width and height of the frame.
        left: Of the frame in the input.
        top: Of the frame in the input.
        width: Of the frame in the input.
        height: Of the frame in the input.
    """

    input_size: tuple[int, int]
    frame_size: tuple[int, int]
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def fitting(cls, frame_size: tuple[int, int], input_size: tuple[int, int]) -> "Letterbox":
        """As large as it fits, and in the middle."""
        factor = min(input_size[0] / frame_size[0], input_size[1] / frame_size[1])
        width, height = (max(1, round(side * factor)) for side in frame_size)
        return cls(input_size, frame_size, (input_size[0] - width) // 2, (input_size[1] - height) // 2, width, height)

    def put(self, picture: Pixels) -> Pixels:
        """Returns the input, with the picture in it."""
        # Linear, as those who train these networks reduce: they know pictures that look like that.
        fitted = cv2.resize(picture, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        whole: Pixels = np.full((self.input_size[1], self.input_size[0], 3), _GREY, np.uint8)
        whole[self.top : self.top + self.height, self.left : self.left + self.width] = fitted
        return whole

    def to_frame(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Returns boxes (left, top, right, bottom) of the input in pixels of the frame, cut off at its edges."""
        across, down = self.frame_size[0] / self.width, self.frame_size[1] / self.height
        moved = (boxes - (self.left, self.top, self.left, self.top)) * (across, down, across, down)
        limits = (*self.frame_size, *self.frame_size)
        placed: NDArray[np.float64] = np.clip(moved, 0, limits)
        return placed
