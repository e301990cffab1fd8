"""Pictures for messages."""

import base64
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.messages.pictures import Crops, Jpeg, reduced_jpeg
from tests.pipeline.messages.results import person, picture


def pixels_of(jpeg: Jpeg) -> Any:
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(jpeg.text), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == (jpeg.height, jpeg.width, 3)
    return pixels


BLUE, RED = (255, 0, 0), (0, 0, 255)


def is_about(pixel: Any, colour: tuple[int, int, int]) -> bool:
    return bool(np.all(np.abs(pixel.astype(int) - colour) < 40))


@pytest.mark.parametrize(
    ("size", "reduced"),
    [
        ((1280, 720), (640, 360)),
        ((768, 576), (640, 480)),
        ((320, 180), (320, 180)),
        ((3840, 2160), (640, 360)),
        ((642, 2), (640, 2)),
    ],
)
def test_a_picture_is_reduced_and_keeps_its_shape_and_colours(size: tuple[int, int], reduced: tuple[int, int]) -> None:
    jpeg = reduced_jpeg(picture(*size))
    assert (jpeg.width, jpeg.height) == reduced
    pixels = pixels_of(jpeg)
    assert is_about(pixels[0, 20], BLUE)
    assert is_about(pixels[-1, -20], RED)


@pytest.mark.parametrize(
    ("box", "size", "colour"),
    [
        ((100, 50, 60, 40), (60, 40), BLUE),
        ((-20, -10, 60.5, 40.9), (40, 30), BLUE),
        ((1260, 700, 60, 40), (20, 20), RED),
        ((-10, -10, 5000, 5000), (1280, 720), None),
    ],
)
def test_what_is_in_a_box_is_cut_out(
    box: tuple[float, float, float, float], size: tuple[int, int], colour: tuple[int, int, int] | None
) -> None:
    jpeg = Crops(picture()).jpeg_of(person(box=box).detection)
    assert jpeg is not None
    assert (jpeg.width, jpeg.height) == size
    assert colour is None or is_about(pixels_of(jpeg)[size[1] // 2, size[0] // 2], colour)


@pytest.mark.parametrize("box", [(1280, 0, 10, 10), (-50, 0, 40, 40), (10, 10, 0, 10), (0, 5000, 10, 10)])
def test_what_is_not_in_the_picture_has_no_picture(box: tuple[float, float, float, float]) -> None:
    assert Crops(picture()).jpeg_of(person(box=box).detection) is None
