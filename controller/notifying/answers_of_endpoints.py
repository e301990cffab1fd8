"""What an endpoint's answer means: told, not yet, or never. Pure."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

LONGEST_RETRY_AFTER_SECONDS: Final = 3600.0
"""Who asks for more gets an attempt all the same: a clock may be wrong, and nobody waits for days on purpose."""
_GONE: Final = 410
_NEVER: Final = frozenset({400, 406, 413, 414, 415, 422, 431})
"""That is about the very message: the same one again would be refused again."""


class Verdict(Enum):
    """What becomes of a message."""

    TOLD = "told"
    LATER = "later"
    REFUSED = "refused"
    """This message is not taken; others may be."""
    GONE = "gone"
    """Nothing is taken any more, by the word of the endpoint."""


def verdict_on(status: int) -> Verdict:
    """What a status means. All that may be mended at the other end, a wrong token or path too, is tried again."""
    if 200 <= status < 300:
        return Verdict.TOLD
    if status == _GONE:
        return Verdict.GONE
    return Verdict.REFUSED if status in _NEVER else Verdict.LATER


def words_for(status: int) -> str:
    """The status for people."""
    if 300 <= status < 400:
        return f"HTTP {status}: it leads elsewhere, and redirects are not followed: name the URL where it ends"
    return f"HTTP {status}"


def seconds_to_wait(retry_after: str, now: datetime) -> float | None:
    """What `Retry-After` asks for, in seconds or as a date; None when it asks for nothing that can be read."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), LONGEST_RETRY_AFTER_SECONDS))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max(0.0, (at - now).total_seconds()), LONGEST_RETRY_AFTER_SECONDS)
