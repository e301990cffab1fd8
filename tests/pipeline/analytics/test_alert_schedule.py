"""The schedule of a rule, by the clock on the wall."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.alert_schedule import is_within
from pipeline.files.alert_rules import Window

BERLIN = ZoneInfo("Europe/Berlin")
ALL_DAYS = frozenset(range(7))
WORK = Window(frozenset(range(5)), 6 * 60, 22 * 60)
FRIDAY_NIGHT = Window(frozenset({4}), 22 * 60, 6 * 60)
WEEKEND = Window(frozenset({5, 6}), 0, 24 * 60)


def holds(window: Window, there: str, *, fold: int = 0) -> bool:
    return is_within([window], BERLIN, datetime.fromisoformat(there).replace(tzinfo=BERLIN, fold=fold).timestamp())


@pytest.mark.parametrize(
    ("window", "there", "expected"),
    [
        (WORK, "2026-01-05 05:59:59.9", False),  # a Monday
        (WORK, "2026-01-05 06:00", True),
        (WORK, "2026-01-09 21:59:59", True),
        (WORK, "2026-01-09 22:00", False),
        (WORK, "2026-01-10 12:00", False),
        (FRIDAY_NIGHT, "2026-01-09 21:59", False),
        (FRIDAY_NIGHT, "2026-01-09 22:00", True),
        (FRIDAY_NIGHT, "2026-01-10 05:59", True),
        (FRIDAY_NIGHT, "2026-01-10 06:00", False),
        (FRIDAY_NIGHT, "2026-01-10 22:00", False),
        (FRIDAY_NIGHT, "2026-01-09 05:00", False),
        (WEEKEND, "2026-01-10 00:00", True),
        (WEEKEND, "2026-01-11 23:59:59", True),
        (WEEKEND, "2026-01-12 00:00", False),
    ],
)
def test_a_window_holds_from_its_first_minute_to_before_its_last(window: Window, there: str, expected: bool) -> None:
    assert holds(window, there) is expected


def test_without_a_schedule_a_rule_always_holds_and_of_several_windows_one_is_enough() -> None:
    assert is_within([], BERLIN, 0)
    assert is_within([WEEKEND, WORK], BERLIN, datetime(2026, 1, 5, 12, tzinfo=BERLIN).timestamp())


def test_summer_time_moves_no_window() -> None:
    night = Window(ALL_DAYS, 2 * 60, 3 * 60)
    # The hour that there is twice is in it twice; the one that there is not never comes.
    assert holds(night, "2026-10-25 02:30", fold=0)
    assert holds(night, "2026-10-25 02:30", fold=1)
    assert not holds(night, "2026-03-29 03:00")
    for day in ("2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"):
        assert not holds(WORK, f"{day} 05:59")
        assert holds(Window(ALL_DAYS, 6 * 60, 22 * 60), f"{day} 06:00")


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 7 * 1440 - 1))
def test_a_window_and_the_rest_of_the_day_are_the_whole_week(begin: int, end: int, minute: int) -> None:
    at_s = (datetime(2026, 6, 1, tzinfo=BERLIN) + timedelta(minutes=minute)).timestamp()
    inside = is_within([Window(ALL_DAYS, begin, end)], BERLIN, at_s)
    if begin != end:
        assert inside is not is_within([Window(ALL_DAYS, end, begin)], BERLIN, at_s)
    else:
        assert inside  # a whole day from then on
