"""What a picture says of itself in its first bytes: its format and its size, without decoding any of it.

A picture of a few kilobytes can unpack to gigabytes, so its size is looked at before anything is unpacked. Formats: JPEG (ITU-T
T.81, annex B) and PNG (W3C, section 5 and 11.2.1); they are what cameras and screens make. Other formats are refused, which also
keeps the decoders behind them out of reach.
"""

import struct
from dataclasses import dataclass
from typing import Final

PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_SIZE_AT: Final = 16
_JPEG_START: Final = b"\xff\xd8\xff"

# Start-of-frame markers: they hold the size. The three numbers left out between them are other things.
_FRAME_MARKERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length behind them.
_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN, _END, _FILL = 0xDA, 0xD9, 0xFF


@dataclass(frozen=True)
class ImageHeader:
    """A picture as its first bytes describe it.

    Attributes:
        content_type: ``image/jpeg`` or ``image/png``.
        width: In pixels, at least 1.
        height: In pixels, at least 1.
    """

    content_type: str
    width: int
    height: int

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height


class UnknownImageFormat(ValueError):  # noqa: N818 - says what it is
    """Neither JPEG nor PNG."""


class BrokenHeader(ValueError):  # noqa: N818 - says what it is
    """A JPEG or PNG by its first bytes, whose size cannot be read."""


def read_header(image: bytes) -> ImageHeader:
    """Returns what the picture says of itself.

    Raises:
        UnknownImageFormat: If it is neither JPEG nor PNG.
        BrokenHeader: If it is one of them, but does not tell its size.
    """
    if image.startswith(PNG_SIGNATURE):
        content_type, size = "image/png", _png_size(image)
    elif image.startswith(_JPEG_START):
        content_type, size = "image/jpeg", _jpeg_size(image)
    else:
        raise UnknownImageFormat("neither JPEG nor PNG")
    if size is None or 0 in size:
        raise BrokenHeader("the picture does not tell its width and height")
    return ImageHeader(content_type, *size)


def _png_size(image: bytes) -> tuple[int, int] | None:
    if image[12:16] != b"IHDR" or len(image) < _PNG_SIZE_AT + 8:
        return None
    width, height = struct.unpack_from(">II", image, _PNG_SIZE_AT)
    return width, height


def _jpeg_size(image: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 4 <= len(image):
        if image[at] != _FILL:
            return None
        marker = image[at + 1]
        if marker == _FILL:
            at += 1
        elif marker in _BARE_MARKERS:
            at += 2
        elif marker in (_SCAN, _END):
            return None
        elif marker in _FRAME_MARKERS:
            return _frame_size(image, at)
        else:
            at += 2 + int.from_bytes(image[at + 2 : at + 4], "big")
    return None


def _frame_size(image: bytes, at: int) -> tuple[int, int] | None:
    if at + 9 > len(image):
        return None
    height, width = struct.unpack_from(">HH", image, at + 5)
    return width, height
