"""How far a clock is wrong, from messages that were on their way for a while."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.observed import ClockReading
from controller.status.skew import ahead_seconds, is_skewed, with_reading
from tests.picture.fleets import NOW


def measured(ahead: float, delays: list[float], every: float = 5.0, known: int | None = None) -> int | None:
    """What is said after messages that were on their way for so long."""
    readings: tuple[ClockReading, ...] = ()
    for number, delay in enumerate(delays):
        sent = NOW + timedelta(seconds=number * every + ahead)
        received = NOW + timedelta(seconds=number * every + delay)
        readings = with_reading(readings, sent, received)
        known = ahead_seconds(readings, known)
    return known


@pytest.mark.parametrize("ahead", [-3600, -6, 6, 3600, 86_400 * 365])
def test_a_clock_that_is_wrong_is_told_with_its_size(ahead: int) -> None:
    found = measured(ahead, [0.2, 0.1, 0.3])
    assert found is not None
    assert abs(found - ahead) <= 1
    assert is_skewed(found)


@given(st.lists(st.floats(0, 4.4), min_size=2, max_size=20), st.floats(-0.5, 0.5))
def test_messages_that_are_on_their_way_for_seconds_are_no_wrong_clock(delays: list[float], ahead: float) -> None:
    assert not is_skewed(measured(ahead, delays))


@given(st.lists(st.floats(60, 3600), max_size=5), st.integers(2, 5))
def test_what_was_held_up_together_is_told_apart_from_a_clock(held_up: list[float], later: int) -> None:
    """The brokers were away from the controller: what lay there comes at once, and then the newest as it is sent."""
    readings: tuple[ClockReading, ...] = ()
    known = None
    back = NOW + timedelta(hours=1)
    for delay in sorted(held_up, reverse=True):
        readings = with_reading(readings, back - timedelta(seconds=delay), back)
        known = ahead_seconds(readings, known)
    for number in range(later):
        at = back + timedelta(seconds=5 * number)
        readings = with_reading(readings, at, at)
        known = ahead_seconds(readings, known)
        assert not is_skewed(known)


def test_the_number_stays_while_it_wobbles_and_follows_a_clock_that_is_set() -> None:
    assert measured(3600, [0.2, 0.9, 0.1, 0.4], known=3590) == 3590
    assert measured(0, [0.2, 0.1, 0.3], known=3590) == 0
