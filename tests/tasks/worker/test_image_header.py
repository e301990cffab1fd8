import contextlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.image_header import BrokenHeader, ImageHeader, UnknownImageFormat, read_header
from tests.tasks.worker.small_networks import encoded

sizes = st.integers(1, 70)


@given(sizes, sizes, st.booleans(), st.sampled_from([".png", ".jpg"]))
def test_the_size_is_that_which_the_decoder_finds(width: int, height: int, colour: bool, suffix: str) -> None:
    image = encoded(np.zeros((height, width, 3) if colour else (height, width), np.uint8), suffix)
    content_type = {".png": "image/png", ".jpg": "image/jpeg"}[suffix]
    assert read_header(image) == ImageHeader(content_type, width, height)


def test_a_progressive_jpeg_with_other_segments_before_its_frame_is_measured() -> None:
    picture = np.zeros((30, 40, 3), np.uint8)
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 1])
    image = content.tobytes()
    comment = b"\xff\xfe\x00\x0a" + b"\xff\xc0\x00\x11\x08\xff\xff\xff"[:8]
    assert read_header(image[:2] + comment + b"\xff" + image[2:]) == ImageHeader("image/jpeg", 40, 30)


@pytest.mark.parametrize("image", [b"", b"GIF89a", b"BM", b"RIFF0000WEBP", b"\x89PNG", b"%PDF", b"<svg>", b"II*\0"])
def test_other_formats_are_not_known(image: bytes) -> None:
    with pytest.raises(UnknownImageFormat):
        read_header(image)


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b""]),
    st.binary(max_size=60),
)
def test_any_bytes_have_a_size_or_are_refused(start: bytes, rest: bytes) -> None:
    with contextlib.suppress(BrokenHeader, UnknownImageFormat):
        header = read_header(start + rest)
        assert header.width > 0
        assert header.height > 0


@given(sizes, sizes, st.sampled_from([".png", ".jpg"]), st.data())
def test_a_picture_that_was_cut_off_is_refused_or_measured_as_before(
    width: int, height: int, suffix: str, data: st.DataObject
) -> None:
    image = encoded(np.zeros((height, width, 3), np.uint8), suffix)
    cut = image[: data.draw(st.integers(0, len(image)))]
    with contextlib.suppress(BrokenHeader, UnknownImageFormat):
        header = read_header(cut)
        assert (header.width, header.height) == (width, height)
