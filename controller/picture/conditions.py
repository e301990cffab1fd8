"""Conditions and times as documents show them; a transition time stays while the status does."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from crds.condition import ConditionStatus

Document = dict[str, Any]
"""What the API shows of one object, or a part of that."""


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    in_utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return in_utc.isoformat(timespec="seconds")[:19] + "Z"


_READY: Final = {ConditionStatus.TRUE: True, ConditionStatus.FALSE: False}


class Verdict(NamedTuple):
    """The status of one condition, with its reason."""

    status: ConditionStatus
    reason: str
    message: str = ""

    @property
    def ready(self) -> bool | None:
        """None for Unknown."""
        return _READY.get(self.status)


def true(reason: str, message: str = "") -> Verdict:
    """A verdict of True."""
    return Verdict(ConditionStatus.TRUE, reason, message)


def false(reason: str, message: str = "") -> Verdict:
    """A verdict of False."""
    return Verdict(ConditionStatus.FALSE, reason, message)


def unknown(reason: str, message: str = "") -> Verdict:
    """A verdict of Unknown: nobody has looked recently enough to say."""
    return Verdict(ConditionStatus.UNKNOWN, reason, message)


def condition(
    name: str, verdict: Verdict, *, previous: Mapping[str, Any] | None, now: datetime, since: datetime | None = None
) -> Document:
    """One condition of a document.

    Args:
        name: the type of the condition.
        verdict: what is said now.
        previous: the document as it was before, if there was one: its transition time stays while the status does.
        now: the time of this look.
        since: when the status changed by the word of an observer: taken for an object that was not looked at before.
    """
    changed_at = None
    for old in (previous or {}).get("status", {}).get("conditions", ()):
        if old["type"] == name and old["status"] == verdict.status:
            changed_at = old["lastTransitionTime"]
    return {
        "type": name,
        "status": verdict.status.value,
        "reason": verdict.reason,
        "message": verdict.message,
        "lastTransitionTime": changed_at or timestamp(since if since and previous is None else now),
    }
