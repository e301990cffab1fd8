"""Tells PNGs whose data go on where their picture ends: a few megabytes that keep a decoder busy for minutes.

The size in the header bounds what a decoder keeps, but not what it unpacks: libpng unpacks all data of a picture to the end, and
throws away what is too much.
"""

import zlib
from collections.abc import Iterator
from typing import Final

from tasks.image_header import PNG_SIGNATURE

_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Twice the picture's own data leaves room for interlacing, and for encoders that add a little.
_TIMES_TOO_LONG: Final = 2
_SLACK_BYTES: Final = 64 * 1024
_STEP_BYTES: Final = 1024 * 1024


def unpacks_too_far(image: bytes) -> bool:
    """Tells whether it is a PNG that unpacks to more than twice its picture; it is unpacked no further than that."""
    if not image.startswith(PNG_SIGNATURE) or len(image) < 29:
        return False
    width, height = int.from_bytes(image[16:20], "big"), int.from_bytes(image[20:24], "big")
    bits = image[24] * _CHANNELS.get(image[25], 4)
    most = _TIMES_TOO_LONG * height * (width * bits // 8 + 2) + _SLACK_BYTES
    inflater, unpacked = zlib.decompressobj(), 0
    try:
        for packed in _data_chunks(image):
            rest = packed
            while rest and not inflater.eof:
                unpacked += len(inflater.decompress(rest, _STEP_BYTES))
                if unpacked > most:
                    return True
                rest = inflater.unconsumed_tail
    except zlib.error:
        # Broken, and the decoder will find that too.
        return False
    return False


def _data_chunks(image: bytes) -> Iterator[bytes]:
    at = len(PNG_SIGNATURE)
    while at + 8 <= len(image):
        length = int.from_bytes(image[at : at + 4], "big")
        if image[at + 4 : at + 8] == b"IDAT":
            yield image[at + 8 : at + 8 + length]
        at += 12 + length
