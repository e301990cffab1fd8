"""Ages as kubectl writes them: `12s`, `5m3s`, `3h`, `2d4h`."""

from datetime import UTC, datetime

from ports.clock import SystemClock


def age_of(timestamp: str, now: datetime | None = None) -> str:
    """How long ago an RFC 3339 time was.

    Args:
        timestamp: the time; anything that is none gives `<unknown>`.
        now: the present; the clock's by default.
    """
    try:
        then = datetime.fromisoformat(timestamp)
    except ValueError:
        return "<unknown>"
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    seconds = max(0, int(((now or SystemClock().now()) - then).total_seconds()))
    for unit, length, finer, finer_length, until in (
        ("s", 1, "", 0, 120),
        ("m", 60, "s", 1, 600),
        ("m", 60, "", 0, 3 * 3600),
        ("h", 3600, "m", 60, 8 * 3600),
        ("h", 3600, "", 0, 48 * 3600),
        ("d", 86400, "h", 3600, 8 * 86400),
    ):
        if seconds < until:
            rest = seconds % length // finer_length if finer else 0
            return f"{seconds // length}{unit}" + (f"{rest}{finer}" if rest else "")
    return f"{seconds // 86400}d"
