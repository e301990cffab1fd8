"""When each simulated camera sent which frame, in a file that two processes share; the clock is the machine's monotonic one."""

import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from av.video.frame import VideoFrame

from simulator.clips import NUMBER_BITS

_NUMBERS: Final = 1 << NUMBER_BITS
_BRIGHT: Final = 128


class SentFrames:
    """A table of moments by camera and by the number that is painted into the frame."""

    def __init__(self, file: Path, cameras: int, *, new: bool) -> None:
        self._table: Any = np.memmap(file, np.float64, "w+" if new else "r", shape=(cameras, _NUMBERS))

    def sent(self, camera: int, number: int) -> None:
        """The camera sends this frame now."""
        self._table[camera, number % _NUMBERS] = time.monotonic()

    def age_ms(self, camera: int, picture: VideoFrame, now_s: float) -> float | None:
        """Milliseconds since the picture was sent; None if it says nothing that was sent."""
        began_s = float(self._table[camera, number_in(picture)])
        return None if began_s <= 0 or now_s - began_s > 60 else (now_s - began_s) * 1000


def number_in(picture: VideoFrame) -> int:
    """Reads the number of the frame from the squares in its top row."""
    luma = picture.planes[0]
    side = picture.width // NUMBER_BITS
    row = np.frombuffer(luma, np.uint8, count=picture.width, offset=side // 2 * luma.line_size)
    bits = row[side // 2 :: side][:NUMBER_BITS] > _BRIGHT
    high, low = np.packbits(bits)
    return int(high) << 8 | int(low)
