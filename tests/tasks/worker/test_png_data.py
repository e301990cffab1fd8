import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.worker.png_data import unpacks_too_far
from tests.tasks.worker.small_networks import encoded


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, unpacked: bytes, *, depth: int = 8, colour: int = 2, parts: int = 1) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    packed = zlib.compress(unpacked, 9)
    size = -(-len(packed) // parts)
    data = b"".join(chunk(b"IDAT", packed[at : at + size]) for at in range(0, len(packed), size))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


@given(st.integers(1, 60), st.integers(1, 60), st.sampled_from([np.uint8, np.uint16]), st.sampled_from([1, 3, 4]))
def test_pictures_of_all_kinds_unpack_to_their_size(width: int, height: int, kind: type, channels: int) -> None:
    assert not unpacks_too_far(encoded(np.full((height, width, channels), 9, kind), ".png"))


@pytest.mark.parametrize("parts", [1, 7])
def test_data_that_go_on_behind_the_picture_are_noticed(parts: int) -> None:
    picture = bytes(100 * 301)
    assert not unpacks_too_far(png(100, 100, picture, parts=parts))
    bomb = png(100, 100, picture + bytes(50_000_000), parts=parts)
    assert len(bomb) < 100_000
    assert unpacks_too_far(bomb)


def test_a_picture_of_one_bit_and_a_palette_is_measured() -> None:
    assert not unpacks_too_far(png(1001, 1000, bytes(1000 * 127), depth=1, colour=0))
    assert unpacks_too_far(png(1001, 1000, bytes(1000 * 1002), depth=1, colour=0))


@given(st.binary(max_size=100), st.booleans())
def test_any_bytes_are_looked_at(image: bytes, is_png: bool) -> None:
    assert unpacks_too_far((b"\x89PNG\r\n\x1a\n" if is_png else b"") + image) in (True, False)


def test_other_formats_and_broken_data_are_left_to_the_decoder() -> None:
    picture = np.zeros((50, 50, 3), np.uint8)
    good = encoded(picture, ".png")
    assert not unpacks_too_far(encoded(picture, ".jpg"))
    assert not unpacks_too_far(good[:60])
    assert not unpacks_too_far(good[:45] + b"\xff\xff\xff" + good[48:])
    assert cv2.imdecode(np.frombuffer(good, np.uint8), cv2.IMREAD_COLOR) is not None
