from dataclasses import replace

import numpy as np

from pipeline.damage.picture_look import PictureLook
from tests.pipeline.detect.drawn_frames import captured


def scene(noise: int = 0, width: int = 1280, height: int = 720) -> np.ndarray:
    """A still scene, with noise of a sensor of that deviation."""
    across = np.linspace(30, 200, width, dtype=np.float64)
    picture = np.repeat(across[None, :, None], 3, axis=2) * np.ones((height, 1, 1))
    if noise:
        picture = picture + np.random.default_rng().normal(0, noise, (height, width, 1))
    return np.clip(picture, 0, 255).astype(np.uint8)


def _after(*pictures: np.ndarray, every_s: float = 0.5) -> PictureLook:
    """After these pictures, one a second, each of which is looked at."""
    look = PictureLook(every_s)
    for second, picture in enumerate(pictures):
        look.look(replace(captured(picture), decoded_at_s=float(second)))
    return look


def test_the_same_picture_is_the_same_since_the_first_of_its_kind() -> None:
    seen = _after(scene(), scene(), *[np.flip(scene(), 1)] * 5).seen
    assert seen is not None
    assert (seen.at_s, seen.same_since_s, seen.same_looks) == (6.0, 2.0, 5)
    assert (seen.width, seen.height) == (1280, 720)
    assert seen.flat_since_s is None


def test_what_an_encoder_rounds_in_another_way_is_the_same_picture_and_the_noise_of_a_sensor_is_not() -> None:
    rounded = scene()
    rounded[::2] += 1
    seen = _after(scene(), rounded, scene(), rounded).seen
    assert seen is not None
    assert seen.same_since_s == 0.0
    noisy = _after(*(scene(noise=6) for _ in range(8))).seen
    assert noisy is not None
    assert noisy.same_since_s >= 6.0


def test_slow_changes_add_up() -> None:
    seen = _after(*(np.full((180, 320, 3), 100 + step, np.uint8) for step in range(12))).seen
    assert seen is not None
    assert seen.same_since_s >= 10.0


def test_one_colour_is_flat_whatever_its_noise_and_its_size() -> None:
    black, grey = np.zeros((180, 320, 3), np.uint8), np.full((720, 1280, 3), 90, np.uint8)
    grey[::2] += 3
    seen = _after(scene(), black, black, grey).seen
    assert seen is not None
    assert (seen.flat_since_s, seen.flat_looks, seen.same_looks) == (1.0, 3, 1)


def test_a_picture_of_another_size_is_another_picture() -> None:
    seen = _after(scene(), scene(width=640, height=360)).seen
    assert seen is not None
    assert (seen.width, seen.height, seen.same_since_s) == (640, 360, 1.0)


def test_it_looks_no_more_often_than_it_must() -> None:
    seen = _after(*[scene(width=320, height=180)] * 100, every_s=2.5).seen
    assert seen is not None
    assert 20 <= seen.same_looks <= 100 / 2.5


def test_the_forms_that_an_encoder_makes_of_one_picture_are_the_same_and_those_of_a_looped_clip_are_not() -> None:
    coarse, fine = scene(width=320, height=180), scene(width=320, height=180)
    fine[40:60] += 4
    seen = _after(coarse, fine, fine, coarse, fine, coarse).seen
    assert seen is not None
    assert (seen.same_since_s, seen.same_looks) == (1.0, 5)
    # Two seconds at ten frames a second, in which one thing moves.
    clip = [boxed(10 * number) for number in range(20)]
    look = PictureLook()
    for number in range(700):
        look.look(replace(captured(clip[number % 20]), decoded_at_s=number / 10))
    assert look.seen is not None
    assert look.seen.at_s - look.seen.same_since_s < 10


def boxed(left: int) -> np.ndarray:
    picture = scene(width=320, height=180)
    picture[80:120, left : left + 20] = 255
    return picture


def test_a_frame_that_begins_at_zero_seconds_counts_as_flat_since_then() -> None:
    seen = _after(*[np.zeros((180, 320, 3), np.uint8)] * 3).seen
    assert seen is not None
    assert (seen.flat_since_s, seen.flat_looks) == (0.0, 3)
