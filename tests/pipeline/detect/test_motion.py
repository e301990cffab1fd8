import threading

import numpy as np
import pytest

from pipeline.detect.motion import MotionDetector
from pipeline.files.settings import MotionSettings
from pipeline.model import Detection
from tests.patience import patient
from tests.pipeline.detect.drawn_frames import Box, box_of, captured, ground, iou, with_noise

# So many frames show the ground alone before anyone comes.
EMPTY = 10


def boxes_at(step: int) -> list[Box]:
    """Three lanes, in both directions; the sizes of people and of cars in 720p."""
    return [
        (20 + 12 * step, 80, 44, 120),
        (1180 - 14 * step, 300, 60, 150),
        (60 + 18 * step, 530, 160, 90),
    ]


def scene(step: int, dice: np.random.Generator, still: np.ndarray, boxes: list[Box]) -> np.ndarray:
    picture = still.copy()
    for (left, top, width, height), colour in zip(boxes, ((40, 30, 30), (200, 210, 190), (60, 40, 160)), strict=False):
        picture[int(top) : int(top + height), int(left) : int(left + width)] = colour
    return with_noise(picture, 3, dice)


def found(detector: MotionDetector, pixels: np.ndarray, number: int, camera_id: str = "dock") -> tuple[Detection, ...]:
    return detector.detect([captured(pixels, camera_id, number)])[0]


def test_what_moves_is_found_where_it_is() -> None:
    dice, still = np.random.default_rng(0), ground(1280, 720)
    detector = MotionDetector(MotionSettings())
    truths = hits = boxes = 0
    for step in range(60):
        truth = boxes_at(step - EMPTY) if step >= EMPTY else []
        detections = found(detector, scene(step, dice, still, truth), step + 1)
        assert all((one.class_id, one.label) == (0, "object") and 0 < one.confidence <= 1 for one in detections)
        truths, boxes = truths + len(truth), boxes + len(detections)
        hits += sum(any(iou(box_of(one), box) >= 0.4 for one in detections) for box in truth)
    assert hits >= 0.9 * truths
    assert hits >= 0.9 * boxes


def test_nothing_is_found_in_the_first_frame_and_in_a_still_scene() -> None:
    dice, still = np.random.default_rng(0), ground(640, 360)
    detector = MotionDetector(MotionSettings())
    assert [found(detector, with_noise(still, 4, dice), number) for number in range(1, 20)] == [()] * 19


def test_smaller_things_than_the_minimum_are_noise() -> None:
    dice, still = np.random.default_rng(0), ground(1280, 720)
    for percent, expected in ((0.1, 1), (1.0, 0)):
        detector = MotionDetector(MotionSettings(minimum_area_percent=percent))
        for number in range(1, 8):
            found(detector, with_noise(still, 2, dice), number)
        # 60 by 60 of 1280 by 720 pixels are 0.4 %.
        assert len(found(detector, scene(8, dice, still, [(400, 300, 60, 60)]), 8)) == expected


def test_a_picture_that_is_another_altogether_is_no_object() -> None:
    dice, still, other = np.random.default_rng(0), ground(640, 360), 255 - ground(640, 360, 7) // 2
    detector = MotionDetector(MotionSettings())
    for number in range(1, 12):
        found(detector, with_noise(still, 2, dice), number)
    after = [found(detector, with_noise(other, 2, dice), number) for number in range(12, 20)]
    assert after == [()] * 8


@pytest.mark.parametrize("change", ["forgotten", "another size", "numbers begin anew"])
def test_a_new_background_is_learnt(change: str) -> None:
    dice = np.random.default_rng(0)
    detector = MotionDetector(MotionSettings())
    still, box = ground(640, 360), [(300.0, 100.0, 60.0, 150.0)]
    for number in range(1, 10):
        found(detector, with_noise(still, 2, dice), number)
    if change == "forgotten":
        detector.forget("dock")
    if change == "another size":
        still = ground(1280, 720)
    number = 1 if change == "numbers begin anew" else 10
    assert found(detector, scene(0, dice, still, box), number) == ()


def test_cameras_know_nothing_of_each_other() -> None:
    dice, still = np.random.default_rng(0), ground(640, 360)
    detector = MotionDetector(MotionSettings())
    for number in range(1, 10):
        frames = [captured(with_noise(still, 2, dice), camera, number) for camera in ("left", "right")]
        assert detector.detect(frames) == [(), ()]
    busy = captured(scene(0, dice, still, [(300.0, 100.0, 60.0, 150.0)]), "left", 10)
    calm = captured(with_noise(still, 2, dice), "right", 10)
    assert [len(objects) for objects in detector.detect([calm, busy])] == [0, 1]


def test_threads_with_cameras_of_their_own_find_what_one_finds() -> None:
    still = ground(640, 360)
    dice = np.random.default_rng(0)
    pictures = [scene(step, dice, still, [(20.0 + 9 * step, 100.0, 60.0, 150.0)]) for step in range(25)]

    def watch(detector: MotionDetector, camera_id: str) -> list[tuple[Detection, ...]]:
        return [found(detector, pixels, number, camera_id) for number, pixels in enumerate(pictures, 1)]

    alone = watch(MotionDetector(MotionSettings()), "alone")
    shared = MotionDetector(MotionSettings())
    seen: dict[str, list[tuple[Detection, ...]]] = {}
    threads = [
        threading.Thread(target=lambda name=name: seen.update({name: watch(shared, name)})) for name in ("a", "b", "c")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patient(60))
    assert seen == {"a": alone, "b": alone, "c": alone}
    assert any(alone)


def test_forgetting_in_the_middle_of_a_batch_leaves_nothing_behind() -> None:
    detector = MotionDetector(MotionSettings())
    looked = detector._look

    def forget_first(frame: object, background: object) -> tuple[Detection, ...]:
        detector.forget("dock")
        return looked(frame, background)  # type: ignore[arg-type]

    detector._look = forget_first  # type: ignore[assignment, method-assign]
    found(detector, ground(640, 360), 1)
    assert detector._backgrounds == {}


@pytest.mark.parametrize("size", [(2, 2), (5, 3), (321, 181), (33, 400), (979, 551)])
@pytest.mark.parametrize("picture_format", ["yuv420p", "bgr24", "nv12", "yuv420p10le"])
def test_odd_sizes_and_formats_do_no_harm(size: tuple[int, int], picture_format: str) -> None:
    detector = MotionDetector(MotionSettings(picture_width=110))
    for number, value in enumerate((60, 60, 180), 1):
        frame = captured(np.full((size[1], size[0], 3), value), "dock", number, picture_format)
        assert detector.detect([frame]) == [()]
