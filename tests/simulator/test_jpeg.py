import re
from collections.abc import Callable

import pytest

from simulator.jpeg import jpeg_payloads, read_jpeg
from tests.pipeline.protocols.servers import HEIGHT, WIDTH, jpegs

[PICTURE, *_] = jpegs(1)
HUFFMAN, FRAME, QUANTIZATION = (PICTURE.index(bytes([0xFF, one])) for one in (0xC4, 0xC0, 0xDB))


def changed(at: int, value: int) -> bytes:
    return PICTURE[:at] + bytes([value]) + PICTURE[at + 1 :]


@pytest.mark.parametrize("most", [90, 200, 1400])
def test_a_picture_in_packets(most: int) -> None:
    picture = read_jpeg(PICTURE)
    payloads = list(jpeg_payloads(picture, most))
    assert (picture.width * 8, picture.height * 8, picture.kind) == (WIDTH, HEIGHT, 1)
    assert all(len(payload) <= most for payload in payloads)
    begin = 8 + (4 if picture.restart_interval else 0)
    first = payloads[0][begin + 4 + len(picture.tables) :]
    assert payloads[0][begin + 4 :].startswith(picture.tables)
    assert first + b"".join(payload[begin:] for payload in payloads[1:]) == picture.scan


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda: changed(HUFFMAN + 24, 7), "Huffman tables of its own"),
        (lambda: changed(FRAME + 1, 0xC2), "no baseline JPEG"),
        (lambda: changed(FRAME + 11, 0x11), "4:2:0 and 4:2:2 only"),
        (lambda: changed(FRAME + 5, 0xFF), "more than 2040 pixels"),
        (lambda: changed(QUANTIZATION + 4, 0x10), "more than 8 bits"),
        (lambda: b"", "no JPEG"),
        (lambda: PICTURE[:100], "no JPEG"),
    ],
)
def test_pictures_that_rtp_has_no_form_for(make: Callable[[], bytes], what: str) -> None:
    with pytest.raises(ValueError, match=re.escape(what)):
        read_jpeg(make())


def test_bytes_of_anything_are_refused_and_end_nothing() -> None:
    for end in range(len(PICTURE)):
        try:
            read_jpeg(PICTURE[:end])
        except ValueError:
            continue
