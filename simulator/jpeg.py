"""Pictures of MJPEG on their way into RTP (RFC 2435), which sends what differs from picture to picture: tables of quantization and the scan."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PAYLOAD_TYPE: Final = 26
"""Of RFC 3551: MJPEG has a number of its own."""

_QUANTIZATION, _HUFFMAN, _FRAME, _RESTART, _SCAN, _END = 0xDB, 0xC4, 0xC0, 0xDD, 0xDA, b"\xff\xd9"
_OTHER_FRAMES: Final = frozenset(range(0xC1, 0xD0)) - {_HUFFMAN, 0xC8, 0xCC}
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_NO_JPEG: Final = "its pictures are no JPEG"
_MOST_PIXELS: Final = 2040
_TABLE_OF_BYTES: Final = 64
_KINDS: Final = {0x21: 0, 0x22: 1}
"""Of RFC 2435, by how brightness is sampled against the colours: 4:2:2 and 4:2:0."""
_STANDARD_HUFFMAN: Final = frozenset({331096769, 3213323520, 1984109764, 3678300463})
"""CRC-32 of the tables of annex K.3 of the standard: receivers know them, and RTP sends none."""
_RESTARTS: Final = 64
"""Added to the kind of a picture that can be decoded from several places on."""


@dataclass(frozen=True)
class JpegPicture:
    """A picture, as far as RTP tells of it.

    Attributes:
        kind: 0 for 4:2:2, 1 for 4:2:0.
        width: In units of 8 pixels.
        height: In units of 8 pixels.
        tables: The tables of quantization, that of brightness first.
        scan: The coded picture, without a header.
        restart_interval: How many units lie between two places that decoding can begin at; 0 for one such place.
    """

    kind: int
    width: int
    height: int
    tables: bytes
    scan: bytes
    restart_interval: int = 0


def read_jpeg(data: bytes) -> JpegPicture:
    """Takes a picture apart.

    Raises:
        ValueError: If RTP has no form for it; the message says why.
    """
    try:
        return _picture(data)
    except IndexError:
        raise ValueError(_NO_JPEG) from None


def _picture(data: bytes) -> JpegPicture:
    tables: dict[int, bytes] = {}
    shape: tuple[int, int, int] | None = None
    at, restart = 2, 0
    while at + 4 <= len(data):
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if data[at] != 0xFF:
            break
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        body = data[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == _QUANTIZATION:
            tables |= _tables(body)
        elif marker == _HUFFMAN:
            _require_standard(body)
        elif marker == _FRAME:
            shape = _shape(body)
        elif marker == _RESTART:
            restart = int.from_bytes(body)
        elif marker in _OTHER_FRAMES:
            raise ValueError("its pictures are no baseline JPEG")
        elif marker == _SCAN and shape is not None and tables:
            scan = data[at:].removesuffix(_END)
            return JpegPicture(*shape, b"".join(tables[number] for number in sorted(tables)), scan, restart)
    raise ValueError(_NO_JPEG)


def jpeg_payloads(picture: JpegPicture, most: int) -> Iterator[bytes]:
    """Yields the payloads of the packets of a picture."""
    offset = 0
    while offset < len(picture.scan) or not offset:
        kind = picture.kind | (_RESTARTS if picture.restart_interval else 0)
        head = b"\0" + offset.to_bytes(3) + bytes([kind, 255, picture.width, picture.height])
        if picture.restart_interval:
            # Packets do not end where restarts are.
            head += picture.restart_interval.to_bytes(2) + b"\xff\xff"
        if not offset:
            head += b"\0\0" + len(picture.tables).to_bytes(2) + picture.tables
        piece = picture.scan[offset : offset + most - len(head)]
        yield head + piece
        offset += max(1, len(piece))


def _tables(body: bytes) -> dict[int, bytes]:
    found = {}
    for at in range(0, len(body), _TABLE_OF_BYTES + 1):
        if body[at] >> 4:
            raise ValueError("its pictures have more than 8 bits for a colour")
        found[body[at] & 0x0F] = body[at + 1 : at + 1 + _TABLE_OF_BYTES]
    return found


def _shape(body: bytes) -> tuple[int, int, int]:
    height, width, kind = int.from_bytes(body[1:3]), int.from_bytes(body[3:5]), _KINDS.get(body[7])
    if kind is None or any(sampling != 0x11 for sampling in body[10::3]):
        raise ValueError("RTP knows pictures of 4:2:0 and 4:2:2 only")
    if max(width, height) > _MOST_PIXELS:
        raise ValueError(f"RTP knows no picture of more than {_MOST_PIXELS} pixels a side")
    return kind, -(-width // 8), -(-height // 8)


def _require_standard(body: bytes) -> None:
    at = 0
    while at + 17 <= len(body):
        end = at + 17 + sum(body[at + 1 : at + 17])
        if zlib.crc32(body[at:end]) not in _STANDARD_HUFFMAN:
            raise ValueError("it has Huffman tables of its own, and RTP sends none")
        at = end
