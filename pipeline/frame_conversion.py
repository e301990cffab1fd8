"""Decoded frames in other forms and sizes, for all who look at them at once."""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""Height by width, or height by width by channels."""


def converted(
    picture: VideoFrame,
    name: str,
    width: int | None = None,
    height: int | None = None,
    interpolation: Interpolation = Interpolation.BILINEAR,
) -> VideoFrame:
    """Returns the picture with another format of pixels, by libav's name, and at another size if one is given."""
    # With a converter of its own: the frame's is not to be used by two threads at once. Not more threads than the caller's: the
    # cameras keep all cores busy together.
    return VideoReformatter().reformat(
        picture, width=width, height=height, format=name, interpolation=interpolation, threads=1
    )


def bgr_of(
    picture: VideoFrame,
    width: int | None = None,
    height: int | None = None,
    interpolation: Interpolation = Interpolation.BILINEAR,
) -> Pixels:
    """Returns height by width by blue, green, red, as OpenCV has them, at another size if one is given."""
    return np.ascontiguousarray(converted(picture, "bgr24", width, height, interpolation).to_ndarray(), np.uint8)
