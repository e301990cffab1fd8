import random

import pytest
from hypothesis import given, strategies

from pipeline.cameras.pacing import FrameSchedule, Pacer


def _play(pacer: Pacer, stamps: list[float | None], now: float = 100.0) -> float:
    """Returns when the last frame is shown, if nothing but waiting takes time."""
    for stamp in stamps:
        now += pacer.delay_s(stamp, now)
    return now


def test_a_file_takes_as_long_as_it_is() -> None:
    assert abs(_play(Pacer(), [number / 10 for number in range(41)]) - 104.0) < 1e-6


def test_a_loop_goes_on_at_the_same_pace() -> None:
    loop: list[float | None] = [number / 10 for number in range(10)]
    assert abs(_play(Pacer(), loop * 4 + [0.0]) - 104.0) < 1e-6


def test_no_jump_of_the_stamps_makes_anyone_wait() -> None:
    assert _play(Pacer(), [0.0, 0.1, 1e6, 1e6 + 0.1, -5.0, -4.9]) < 101.0


def test_stamps_that_are_missing_or_stand_still_cost_no_full_core() -> None:
    assert abs(_play(Pacer(), [None] * 26) - 101.0) < 1e-6
    assert abs(_play(Pacer(), [0.0] * 26) - 101.0) < 1e-6


def test_who_is_late_does_not_catch_up_for_ever() -> None:
    pacer = Pacer()
    pacer.delay_s(0.0, 100.0)
    assert pacer.delay_s(0.1, 200.0) == 0.0
    assert abs(pacer.delay_s(0.2, 200.0) - 0.1) < 1e-6


def test_a_live_camera_is_not_delayed() -> None:
    pacer = Pacer(slack_s=1.0)
    dice = random.Random(7)
    assert all(pacer.delay_s(n / 10, 100 + n / 10 + dice.uniform(0, 0.5)) == 0.0 for n in range(600))


def test_a_camera_with_a_fast_clock_is_not_delayed_in_the_long_run() -> None:
    pacer = Pacer(slack_s=1.0)
    assert all(pacer.delay_s(n * 0.1 * 1.005, 100 + n * 0.1) == 0.0 for n in range(100_000))


def test_a_server_that_sends_a_recording_at_once_is_held_back() -> None:
    assert 108.0 < _play(Pacer(slack_s=1.0), [number / 10 for number in range(100)]) < 110.0


def test_a_live_camera_that_could_not_be_read_for_a_while_catches_up_at_once() -> None:
    pacer = Pacer(slack_s=1.0)
    for number in range(1000):
        sent_s = 100 + number / 10
        # Nobody read for 8 s: what was sent meanwhile comes all at once.
        came_s = max(sent_s, 150.0) if 142 <= sent_s < 150 else sent_s
        assert pacer.delay_s(number / 10, came_s, came_s - sent_s) == 0.0


def _taken(moments: list[float], delay_s: float) -> list[float]:
    schedule = FrameSchedule()
    taken = []
    for moment in moments:
        if schedule.is_due(moment, delay_s):
            schedule.done(moment, delay_s)
            taken.append(moment)
    return taken


@pytest.mark.parametrize(("fps", "delay_s"), [(15, 0.2), (15, 0.5), (10, 0.25), (25, 0.3), (12, 1.0), (10, 7.0)])
def test_the_rate_of_a_schedule_is_exact(fps: int, delay_s: float) -> None:
    dice = random.Random(7)
    moments = [number / fps + dice.uniform(0, 0.02) for number in range(140 * fps)]
    assert abs(len(_taken(moments, delay_s)) - 140 / delay_s) <= 1


def test_a_camera_that_sends_as_often_as_is_wanted_loses_no_frame() -> None:
    dice = random.Random(7)
    moments = [number / 5 + dice.uniform(-0.02, 0.02) for number in range(500)]
    assert len(_taken(moments, 0.2)) == 500


def test_every_frame_without_a_delay_and_every_frame_of_a_slow_camera() -> None:
    assert len(_taken([number / 30 for number in range(300)], 0.0)) == 300
    assert len(_taken([float(number) for number in range(50)], 0.2)) == 50


def test_what_was_missed_is_not_made_up_for() -> None:
    moments = [number / 10 for number in range(100)] + [1000 + number / 10 for number in range(100)]
    taken = _taken(moments, 1.0)
    assert len([moment for moment in taken if moment >= 1000]) <= 11


@given(
    steps=strategies.lists(strategies.floats(0.001, 30), min_size=2, max_size=200), delay_s=strategies.floats(0.01, 20)
)
def test_never_more_frames_than_the_schedule_has_room_for(steps: list[float], delay_s: float) -> None:
    moments = [sum(steps[:count]) for count in range(len(steps))]
    taken = _taken(moments, delay_s)
    assert len(taken) <= moments[-1] / delay_s + 2


def test_another_delay_counts_from_the_last_frame() -> None:
    schedule = FrameSchedule()
    schedule.done(100.0, 3600.0)
    assert not schedule.is_due(101.0, 3600.0)
    assert schedule.is_due(101.0, 1.0)
