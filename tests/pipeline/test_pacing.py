import random

from pipeline.capture import retry_delay_s
from pipeline.pacing import Pacer


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


def test_retries_slow_down_and_spread() -> None:
    dice = random.Random(7)
    delays = {failures: [retry_delay_s(failures, dice) for _ in range(200)] for failures in (1, 2, 5, 5000)}
    assert all(0.5 <= delay <= 5.0 for some in delays.values() for delay in some)
    assert max(delays[1]) <= 1.0 < max(delays[2]) <= 2.0
    assert max(delays[5000]) - min(delays[5000]) > 3.0
