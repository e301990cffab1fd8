import pytest

from pipeline.damage.stream_clock import StreamClock

RTP_WRAP_S = 2**32 / 90_000


def _jumps(*steps: tuple[float, float], stamp_s: float = 1000.0) -> list[int | None]:
    """What is said of each frame after 20 s of an even stream; a step is by its stamp, and by our clock."""
    clock, now_s = StreamClock(), 50.0
    for _ in range(200):
        assert clock.jump_s(stamp_s, now_s) is None
        stamp_s, now_s = stamp_s + 0.1, now_s + 0.1
    found = []
    for by_stamp, by_clock in ((0.1, 0.1), *steps):
        stamp_s, now_s = stamp_s + by_stamp, now_s + by_clock
        jump = clock.jump_s(stamp_s, now_s)
        found.append(None if jump is None else round(jump))
    return found[1:]


def test_a_step_far_ahead_or_back_is_a_jump_and_what_follows_is_none() -> None:
    assert _jumps((3600.1, 0.1), (0.1, 0.1), (-3599.9, 0.1), (0.1, 0.1)) == [3600, None, -3600, None]


def test_a_camera_that_pauses_or_was_held_up_has_not_jumped() -> None:
    assert _jumps((30.0, 30.0)) == [None]
    # A network that was stuck for 30 s, and gives all at once.
    assert _jumps((0.1, 30.0), *[(0.1, 0.0)] * 300) == [None] * 301
    # Pictures were left out, and one is late.
    assert _jumps((4.0, 0.1), (-0.5, 0.1)) == [None, None]


@pytest.mark.parametrize("wrap_s", [RTP_WRAP_S, 2 * RTP_WRAP_S])
def test_stamps_that_begin_anew_after_all_their_bits_are_no_jump(wrap_s: float) -> None:
    assert _jumps((0.1 - wrap_s, 0.1), (0.1, 0.1), stamp_s=wrap_s - 20.2) == [None, None]


def test_frames_without_a_stamp_say_nothing_and_the_first_seconds_of_a_connection_neither() -> None:
    clock = StreamClock()
    assert [clock.jump_s(stamp, now) for stamp, now in ((0.0, 0.0), (None, 0.1), (500.0, 0.2), (500.1, 30.0))] == [
        None
    ] * 4
    assert clock.jump_s(None, 31.0) is None
    assert clock.jump_s(0.0, 32.0) is not None
