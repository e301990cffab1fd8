import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame

from pipeline.frame_pixels import FramePixels, reduction_factor


@pytest.mark.parametrize(
    ("width", "wanted", "factor"), [(1280, 320, 4), (1920, 320, 6), (768, 320, 2), (320, 320, 1), (100, 320, 1)]
)
def test_pictures_are_reduced_by_whole_numbers_and_never_enlarged(width: int, wanted: int, factor: int) -> None:
    assert reduction_factor(width, wanted) == factor


def means(plane: np.ndarray, width: int, height: int, by: float) -> np.ndarray:
    plane = plane[: int(np.ceil(height * by)), : int(np.ceil(width * by))]
    return cv2.resize(plane.astype(np.float64), (width, height), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("picture_format", ["yuv420p", "yuvj420p", "bgr24"])
@pytest.mark.parametrize(("width", "height"), [(1280, 720), (98, 66), (101, 57)])
def test_each_pixel_is_the_mean_of_those_that_it_stands_for(width: int, height: int, picture_format: str) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    pixels = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    picture = VideoFrame.from_ndarray(pixels, "bgr24").reformat(format=picture_format)
    planar = picture.reformat(format="yuvj420p" if picture_format == "yuvj420p" else "yuv420p")
    luma, blue, red = (
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in planar.planes
    )
    given = FramePixels(picture)
    # In an order in which some find done what others have needed.
    for factor in (4, 1, 3, 8, 2, 6, 12):
        size = (width // factor, height // factor)
        reduced = given.luma(factor)
        assert reduced.shape == size[::-1]
        # Each halving rounds once.
        np.testing.assert_allclose(reduced, means(luma, *size, factor), atol=2)
        for colour, plane in zip(given.colours(factor), (blue, red), strict=True):
            assert colour.shape == size[::-1]
            np.testing.assert_allclose(colour, means(plane, *size, factor / 2), atol=1)


def test_what_was_reduced_for_one_is_there_for_the_next() -> None:
    given = FramePixels(VideoFrame.from_ndarray(np.zeros((720, 1280, 3), np.uint8), "bgr24").reformat(format="yuv420p"))
    assert given.luma(8) is given.luma(8)
    assert given.luma(4) is given.luma(4)
