"""When a rule for alerts holds, by the clock on the wall of its place. Pure: the time is an argument."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

from pipeline.files.alert_rules import Window


def is_within(schedule: Sequence[Window], zone: tzinfo, unix_s: float) -> bool:
    """Tells whether a moment is in one of the windows; without any, each moment is.

    What counts is what the clock on the wall says: an hour that it shows twice, in autumn, is in the window both times.
    """
    if not schedule:
        return True
    there = datetime.fromtimestamp(unix_s, zone)
    day, minute = there.weekday(), there.hour * 60 + there.minute
    return any(_holds(one, day, minute) for one in schedule)


def _holds(window: Window, day: int, minute: int) -> bool:
    if window.from_minute < window.to_minute:
        return day in window.days and window.from_minute <= minute < window.to_minute
    yesterday = (day - 1) % 7
    return (day in window.days and minute >= window.from_minute) or (
        yesterday in window.days and minute < window.to_minute
    )
