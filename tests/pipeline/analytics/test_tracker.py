import random
import time

import pytest

from pipeline.analytics.tracker import GAP_S, LONGEST_GAP_S, MOST_TRACKS, Tracker
from tests.pipeline.analytics.walks import Sight, Walk, box


def ids_of(walks: list[Walk], sight: Sight) -> set[int]:
    tracker = Tracker()
    return {track_id for at_s, detections in sight.frames(walks) for track_id in tracker.update(detections, at_s)}


@pytest.mark.parametrize("fps", [3.0, 5.0, 15.0, 30.0])
def test_one_walker_keeps_its_number_at_any_frame_rate(fps: float) -> None:
    walk = Walk((20, 400), (150, 0), 0, 8)
    assert ids_of([walk], Sight(fps)) == {1}


def test_one_walker_keeps_its_number_when_boxes_are_lost_and_tremble() -> None:
    walk = Walk((20, 400), (100, 10), 0, 12)
    for seed in range(20):
        assert ids_of([walk], Sight(15, lost=0.3, trembling_px=3, seed=seed)) == {1}


def test_two_walkers_who_meet_keep_their_numbers() -> None:
    walks = [Walk((100, 400), (120, 0), 0, 8), Walk((1060, 402), (-120, 0), 0, 8)]
    tracker = Tracker()

    numbers = [tracker.update(detections, at_s) for at_s, detections in Sight(15).frames(walks)]

    assert set(numbers) == {(1, 2)}


def test_frames_at_irregular_intervals() -> None:
    dice = random.Random(5)
    tracker, at_s, walk = Tracker(), 0.0, Walk((20, 400), (130, 0), 0, 9)
    while at_s < 9:
        assert tracker.update([box(walk.foot(at_s))], at_s) == (1,)
        at_s += dice.choice([1 / 30, 1 / 15, 0.2, 0.5])


def test_frames_that_a_stalled_camera_held_back() -> None:
    """They come all at once, so that objects seem to stand still first and to run then."""
    walk = Walk((20, 400), (130, 0), 0, 9)
    taken = [number / 15 for number in range(100)]
    arrived = [3.0 + number / 1000 if 2.5 <= at_s <= 3 else at_s for number, at_s in enumerate(taken)]
    tracker = Tracker()

    numbers = {tracker.update([box(walk.foot(at_s))], seen_s) for at_s, seen_s in zip(taken, arrived, strict=True)}

    assert numbers == {(1,)}


def test_frames_that_come_at_once_at_the_very_start() -> None:
    tracker = Tracker()
    for number, x in enumerate((100, 103, 99, 104)):
        assert tracker.update([box((x, 400))], number / 1000) == (1,)
    assert tracker.update([box((105, 400))], 0.5) == (1,)


def test_an_object_that_was_away_for_too_long_is_another_one() -> None:
    tracker = Tracker()
    times = [number / 10 for number in range(10)]
    for at_s in times:
        assert tracker.update([box((100, 400))], at_s) == (1,)
    for number in range(1, int(GAP_S * 10)):
        assert tracker.update([], times[-1] + number / 10) == ()
    assert tracker.track_ids == {1}
    assert tracker.update([box((100, 400))], times[-1] + GAP_S + 0.2) == (2,)
    assert tracker.track_ids == {2}


def test_an_object_is_not_given_up_because_frames_are_rare() -> None:
    tracker = Tracker()
    for number in range(5):
        assert tracker.update([box((100 + number * 10, 400))], number * 2.0) == (1,)
    assert tracker.update([], 10.0) == ()
    assert tracker.update([box((160, 400))], 12.0) == (1,)


def test_after_a_long_pause_nobody_is_recognised() -> None:
    tracker = Tracker()
    assert tracker.update([box((100, 400))], 0) == (1,)
    assert tracker.update([box((100, 400))], LONGEST_GAP_S + 1) == (2,)


def test_an_object_of_another_class_is_another_object() -> None:
    tracker = Tracker()
    assert tracker.update([box((100, 400), class_id=0)], 0) == (1,)
    assert tracker.update([box((100, 400), class_id=2)], 0.1) == (2,)
    assert tracker.update([box((100, 400), class_id=2), box((101, 400), class_id=0)], 0.2) == (2, 1)


def test_somebody_far_away_is_somebody_else() -> None:
    tracker = Tracker()
    assert tracker.update([box((100, 400))], 0) == (1,)
    assert tracker.update([box((600, 400))], 0.1) == (2,)


def test_the_order_of_detections_does_not_matter() -> None:
    dice = random.Random(7)
    walks = [Walk((dice.uniform(0, 900), dice.uniform(150, 700)), (dice.uniform(-90, 90), 0), 0, 5) for _ in range(8)]
    one, other = Tracker(), Tracker()
    for at_s, detections in Sight(10, lost=0.1, trembling_px=2).frames(walks):
        shuffled = dice.sample(detections, len(detections))
        numbers = dict(zip(detections, one.update(detections, at_s), strict=True))
        assert dict(zip(shuffled, other.update(shuffled, at_s), strict=True)) == numbers


def test_the_number_of_tracks_is_bounded_and_so_is_the_time() -> None:
    dice = random.Random(1)
    tracker = Tracker()
    began_s = time.process_time()
    for number in range(10):
        detections = [box((dice.uniform(0, 50000), dice.uniform(0, 50000))) for _ in range(MOST_TRACKS)]
        numbers = tracker.update(detections, number / 15)
        assert len(set(numbers)) == MOST_TRACKS
        assert len(tracker.track_ids) == MOST_TRACKS
    # Ten frames of the worst kind; a wide margin for a busy machine.
    assert time.process_time() - began_s < 20


def test_boxes_without_size_are_followed_too() -> None:
    tracker = Tracker()
    assert tracker.update([box((100, 400), 0, 0)], 0) == (1,)
    assert tracker.update([box((100.2, 400), 0, 0)], 0.1) == (1,)
