import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from pipeline.detect.choice import make_detector
from pipeline.files.settings import PeopleSettings
from pipeline.model import CapturedFrame, Detection
from tests.patience import patient
from tests.pipeline.detect.drawn_frames import Box, box_of, captured, iou, walker


def someone(width: int = 1280, height: int = 720, tall: int = 320) -> tuple[CapturedFrame, Box]:
    pixels = np.full((height, width, 3), 170, np.uint8)
    box = walker(pixels, width // 2, height // 2 + tall // 2, tall)
    return captured(pixels), box


def test_someone_is_found_where_they_stand() -> None:
    frame, box = someone()
    (people,) = make_detector(PeopleSettings()).detect([frame])
    (person,) = people
    assert (person.class_id, person.label) == (0, "person")
    assert 0.5 <= person.confidence < 1
    assert iou(box_of(person), box) >= 0.4
    foot_x, foot_y = person.foot
    assert abs(foot_x - (box[0] + box[2] / 2)) < 0.1 * box[3]
    assert abs(foot_y - (box[1] + box[3])) < 0.15 * box[3]


def test_nobody_is_found_where_nobody_is() -> None:
    assert make_detector(PeopleSettings()).detect([captured(np.full((720, 1280, 3), 170))]) == [()]


def test_who_is_less_sure_than_the_minimum_is_left_out() -> None:
    frame, _ = someone()
    ((sure,),) = make_detector(PeopleSettings()).detect([frame])
    for minimum, expected in ((sure.confidence - 0.01, 1), (sure.confidence + 0.01, 0)):
        (people,) = make_detector(PeopleSettings(minimum_confidence=minimum)).detect([frame])
        assert len(people) == expected


@pytest.mark.parametrize("minimum", [0.0, 1.0])
def test_the_ends_of_the_scale_are_taken(minimum: float) -> None:
    frame, _ = someone(320, 240, 150)
    (people,) = make_detector(PeopleSettings(minimum_confidence=minimum)).detect([frame])
    assert all(person.confidence >= minimum for person in people)


def test_each_frame_of_a_batch_gets_its_own_people_and_threads_share_the_detector() -> None:
    detector = make_detector(PeopleSettings())
    frame, _ = someone()
    empty = captured(np.full((720, 1280, 3), 170))
    alone = detector.detect([frame, empty])
    assert [len(people) for people in alone] == [1, 0]
    seen: list[list[tuple[Detection, ...]]] = []
    threads = [threading.Thread(target=lambda: seen.append(detector.detect([frame, empty]))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patient(60))
    assert seen == [alone] * 3


def test_pictures_smaller_than_the_window_of_the_detector_do_no_harm() -> None:
    # In a process of its own: where OpenCV writes beyond its memory, there is no exception to see.
    program = """
import numpy as np
from pipeline.detect.choice import make_detector
from pipeline.files.settings import PeopleSettings
from tests.pipeline.detect.drawn_frames import captured
detector = make_detector(PeopleSettings(minimum_confidence=0))
dice = np.random.default_rng(0)
for width, height in ((1, 1), (2, 2), (300, 5), (5, 300), (50, 100), (640, 90), (63, 128), (2000, 20)):
    for number in range(10):
        pixels = dice.integers(0, 255, (height, width, 3), dtype=np.uint8)
        (people,) = detector.detect([captured(pixels, picture_format="bgr24")])
        assert all(0 <= person.left and person.left + person.width <= width + 1e-6 for person in people)
        assert all(0 <= person.top and person.top + person.height <= height + 1e-6 for person in people)
print("unharmed")
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[3],
        env={"MALLOC_PERTURB_": "7"},
        capture_output=True,
        text=True,
        timeout=patient(100),
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "unharmed"), done.stderr
