import os
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pipeline.detect.significant_change import SignificantChange
from pipeline.model import CapturedFrame
from tests.pipeline.detect.drawn_frames import captured, ground, walker, with_noise

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT_HALF = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def grey(value: int, width: int = 320, height: int = 180) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def boxed(left: int, top: int = 40, side: int = 24) -> np.ndarray:
    picture = grey(100)
    picture[top : top + side, left : left + side] = 200
    return picture


def told(change: SignificantChange, *pictures: np.ndarray, regions: tuple = ()) -> list[bool]:
    return [change.is_significant(captured(picture), regions) for picture in pictures]


def test_the_first_frame_and_each_new_size_are_significant() -> None:
    change = SignificantChange(50.0)
    assert told(change, grey(100), grey(100), grey(100, 640, 360), grey(100, 640, 360)) == [True, False, True, False]


def test_zero_percent_lets_all_frames_pass() -> None:
    assert told(SignificantChange(0.0), grey(100), grey(100)) == [True, True]


def test_slow_changes_add_up_because_the_last_significant_frame_is_compared_with() -> None:
    answers = told(SignificantChange(50.0), *(grey(100 + 2 * step) for step in range(16)))
    assert [step for step, answer in enumerate(answers) if answer] in ([0, 6, 12], [0, 7, 14], [0, 8])


@pytest.mark.parametrize(("percent", "expected"), [(0.5, True), (3.0, False)])
def test_the_share_of_changed_pixels_decides(percent: float, expected: bool) -> None:
    # 24 by 24 of 320 by 180 pixels are 1 %.
    assert told(SignificantChange(percent), grey(100), boxed(100)) == [True, expected]


def test_only_what_lies_in_the_regions_counts() -> None:
    for left, expected in ((20, True), (240, False)):
        assert told(SignificantChange(0.5), grey(100), boxed(left), regions=(LEFT_HALF,)) == [True, expected]


def test_regions_that_overlap_leave_no_hole() -> None:
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    assert told(SignificantChange(0.1), grey(100), boxed(20), regions=(whole, LEFT_HALF)) == [True, True]


def test_other_regions_are_looked_at_anew() -> None:
    change = SignificantChange(0.5)
    assert told(change, boxed(240), regions=(LEFT_HALF,)) == [True]
    assert told(change, boxed(240), boxed(240), regions=(RIGHT_HALF,)) == [True, False]


@pytest.mark.parametrize("corner", [-1e300, 1e300])
def test_regions_beyond_the_picture_do_no_harm(corner: float) -> None:
    region = ((0.0, 0.0), (corner, 0.0), (0.5, corner))
    assert told(SignificantChange(0.1), grey(100), grey(100), regions=(region,)) == [True, False]


@pytest.mark.parametrize("sigma", [2, 4, 8])
def test_the_noise_of_a_sensor_is_no_change_and_someone_who_walks_is(sigma: int) -> None:
    dice = np.random.default_rng(sigma)
    still = ground(1280, 720)
    change = SignificantChange(0.05)
    assert told(change, *(with_noise(still, sigma, dice) for _ in range(8))) == [True] + [False] * 7
    someone = still.copy()
    walker(someone, 600, 500, 96)
    assert told(change, with_noise(someone, sigma, dice)) == [True]


@pytest.mark.parametrize("picture_format", ["yuvj420p", "nv12", "bgr24", "gray", "yuv420p10le", "yuv444p"])
@pytest.mark.parametrize("size", [(2, 2), (33, 17), (161, 91), (1280, 720)])
def test_any_format_and_size_will_do(picture_format: str, size: tuple[int, int]) -> None:
    change = SignificantChange(50.0)
    before, after = (captured(grey(value, *size), picture_format=picture_format) for value in (60, 180))
    assert [change.is_significant(frame) for frame in (before, before, after)] == [True, False, True]


def test_on_real_pedestrians_something_always_moves_and_a_still_of_them_does_not() -> None:
    file = os.environ.get("FLEET_TEST_PEDESTRIANS")
    if not file or not Path(file).is_file():
        pytest.skip("FLEET_TEST_PEDESTRIANS names no video")
    change = SignificantChange(0.05)
    with av.open(file) as container:
        pictures = [picture for _, picture in zip(range(200), container.decode(video=0), strict=False)]
    assert sum(
        change.is_significant(CapturedFrame("street", 1, picture, 0.0, 0.0)) for picture in pictures
    ) >= 0.97 * len(pictures)
    still = cv2.cvtColor(pictures[-1].to_ndarray(format="gray"), cv2.COLOR_GRAY2BGR)
    dice = np.random.default_rng(1)
    assert told(SignificantChange(0.05), *(with_noise(still, 4, dice) for _ in range(10))) == [True] + [False] * 9
