"""How far the clock of a machine is from the controller's, from the times in its messages."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from controller.observed import ClockReading

SKEWED_FROM_SECONDS = 5
"""A difference above this is told. Kerberos bears 300 s and NTP steps at 0.128 s; our times are shown to the second, and a
report is due every five."""

# Messages that come together were held up together: the last of them was held up least.
_APART = timedelta(seconds=2)
_MOST_READINGS = 3
_FEWEST_READINGS = 2
_WOBBLE = 0.02


def with_reading(
    readings: tuple[ClockReading, ...], sent_at: datetime, received_at: datetime
) -> tuple[ClockReading, ...]:
    """The latest readings, after one more message was received as it was sent, and not read from the past."""
    new = ClockReading(received_at, (sent_at - received_at).total_seconds())
    if readings and timedelta(0) <= received_at - readings[-1].at < _APART:
        *others, last = readings
        return (*others, max(last, new, key=lambda one: one.ahead_seconds))
    return (*readings, new)[-_MOST_READINGS:]


def ahead_seconds(readings: Sequence[ClockReading], known: int | None) -> int | None:
    """How far a clock is ahead, in whole seconds; below zero for behind.

    A message that was long on its way makes a clock look late, and none makes it look early: so the largest of the latest
    readings is the nearest to the truth.

    Args:
        readings: the latest.
        known: what was said before: it stays while the difference only wobbles.

    Returns:
        None while there are too few readings.
    """
    if len(readings) < _FEWEST_READINGS:
        return known
    now = max(one.ahead_seconds for one in readings)
    return known if known is not None and _only_wobbles(now, known) else round(now)


def is_skewed(ahead: float | None) -> bool:
    """True for a clock that is known to be wrong, or whose controller's is."""
    return ahead is not None and abs(ahead) > SKEWED_FROM_SECONDS


def is_worth_reading(known: int | None, sent_at: datetime, received_at: datetime) -> bool:
    """True for a time that may make a clock wrong, or right again, of which there is one in every heartbeat.

    Args:
        known: how far the clock is known to be ahead.
        sent_at: the time, by that clock.
        received_at: when it came, by the controller's.
    """
    ahead = (sent_at - received_at).total_seconds()
    return (is_skewed(ahead) or is_skewed(known)) and not (known is not None and _only_wobbles(ahead, known))


def _only_wobbles(ahead: float, known: int) -> bool:
    return abs(ahead - known) <= max(1.0, _WOBBLE * abs(known))
