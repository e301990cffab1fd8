"""Schedules of alerts as people write them."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crds.alert_schedule import AlertWindow, alert_window

EVERY_DAY = tuple(range(7))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mon-Fri 06:00-22:00", AlertWindow((0, 1, 2, 3, 4), 360, 1320)),
        ("sat,SUN", AlertWindow((5, 6), 0, 1440)),
        ("Sat-Mon,Wed 00:00-24:00", AlertWindow((0, 2, 5, 6), 0, 1440)),
        ("22:00-06:00", AlertWindow(EVERY_DAY, 1320, 360)),
        ("Fri-Fri 23:59-00:00", AlertWindow((4,), 1439, 0)),
    ],
)
def test_days_and_times_are_read(text: str, expected: AlertWindow) -> None:
    assert alert_window(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "'' is no part of a week: write days, times or both"),
        ("Mon-Fri06:00-22:00", "is no part of a week"),
        ("Mon-Fri  06:00-22:00", "is no part of a week"),
        ("Mon-Fri 6-22", "'6' is no time of the day: write it as 06:00"),
        ("Mon 25:00-26:00", "'25:00' is no time of the day"),
        ("Mon 00:00-24:30", "'24:30' is no time of the day"),
        ("Monday", "'Monday' is no day of the week; known are Mon, Tue"),
        ("Mon-Wed-Fri", "Mon-Wed-Fri is no range of days"),
        ("06:00-06:00", "holds no time at all: leave the times out for whole days"),
        ("24:00-06:00", "holds no time at all"),
    ],
)
def test_what_cannot_be_followed_is_told(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        alert_window(text)
    assert said in str(refused.value)


@given(st.text(alphabet="MonTueSatSun-, :0123456789é\n", max_size=20))
@example("Mon\n")
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        window = alert_window(text)
    except ValueError:
        return
    assert window.days
    assert 0 <= window.from_minute < 1440
    assert 0 <= window.to_minute <= 1440
