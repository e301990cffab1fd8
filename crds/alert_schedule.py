"""When a rule for alerts holds: days of the week and times of the day, as people write them."""

import re
from dataclasses import dataclass
from typing import Final

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES_OF_A_DAY: Final = 24 * 60

_HOW: Final = "write days, times or both, such as Mon-Fri 06:00-22:00, Sat,Sun or 22:00-06:00"
_WINDOW: Final = re.compile(r"(?P<days>[A-Za-z]+(?:[-,][A-Za-z]+)*)?(?P<gap> ?)(?P<times>[0-9:]+-[0-9:]+)?")
_TIME: Final = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])")


@dataclass(frozen=True)
class AlertWindow:
    """A part of the week.

    Attributes:
        days: On which it begins, 0 for Monday to 6 for Sunday, in order.
        from_minute: Of the day, with which it begins.
        to_minute: Of the day, before which it ends; not above `from_minute` means on the day after.
    """

    days: tuple[int, ...]
    from_minute: int
    to_minute: int


def alert_window(text: str) -> AlertWindow:
    """Reads one line of a schedule.

    Args:
        text: Days (`Mon-Fri`, `Sat,Sun`; each one where none stands there) and times (`06:00-22:00`; the whole day where
            none stand there). Times that end before they begin go on into the next day.

    Raises:
        ValueError: It says nothing that can be followed; the message tells what to write.
    """
    found = _WINDOW.fullmatch(text)
    if found is None or not text or bool(found["gap"]) != (bool(found["days"]) and bool(found["times"])):
        raise ValueError(f"{text!r} is no part of a week: {_HOW}")
    days = _days(found["days"]) if found["days"] else tuple(range(len(DAYS)))
    if not found["times"]:
        return AlertWindow(days, 0, MINUTES_OF_A_DAY)
    begin, end = (_minute(one) for one in found["times"].split("-"))
    if begin in (end, MINUTES_OF_A_DAY):
        raise ValueError(f"{found['times']} holds no time at all: leave the times out for whole days")
    return AlertWindow(days, begin, end)


def _days(text: str) -> tuple[int, ...]:
    chosen: set[int] = set()
    for part in text.split(","):
        first, *others = (_day(one) for one in part.split("-"))
        if len(others) > 1:
            raise ValueError(f"{part} is no range of days: {_HOW}")
        last = others[0] if others else first
        chosen |= {(first + step) % len(DAYS) for step in range((last - first) % len(DAYS) + 1)}
    return tuple(sorted(chosen))


def _day(word: str) -> int:
    for number, day in enumerate(DAYS):
        if word.capitalize() == day:
            return number
    raise ValueError(f"{word!r} is no day of the week; known are {', '.join(DAYS)}")


def _minute(text: str) -> int:
    found = _TIME.fullmatch(text)
    minute = int(found[1]) * 60 + int(found[2]) if found is not None else MINUTES_OF_A_DAY + 1
    if minute > MINUTES_OF_A_DAY:
        raise ValueError(f"{text!r} is no time of the day: write it as 06:00, from 00:00 to 24:00")
    return minute
