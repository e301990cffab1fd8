"""The forms of messages: CloudEvents 1.0, and what Apprise's API takes. Pure.

https://github.com/cloudevents/spec: structured JSON, or a batch; https://github.com/caronc/apprise-api: `/notify`.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from controller.notifying.backlog import Batch
from controller.notifying.happening import Happening

CLOUD_EVENT: Final = "application/cloudevents+json; charset=UTF-8"
CLOUD_EVENTS: Final = "application/cloudevents-batch+json; charset=UTF-8"
_JSON: Final = "application/json"
_MOST_LINES: Final = 20
"""Of a message for people."""


@dataclass(frozen=True)
class Message:
    """What is posted."""

    message_id: str
    """The same for the same content: who gets it twice can tell."""
    content_type: str
    body: bytes


def message_of(batch: Batch, form: str, fleet_id: str, endpoint: str, now: str) -> Message:
    """A batch, written down.

    Args:
        batch: what is told; not empty.
        form: cloudevents, or apprise.
        fleet_id: whose events they are.
        endpoint: the name of the endpoint.
        now: the time, RFC 3339 in UTC.
    """
    written = [cloud_event(one, fleet_id) for one in batch.happenings]
    if batch.lost:
        written.insert(0, _lost_event(batch, fleet_id, endpoint, now))
    digest = hashlib.sha256("\0".join(one["id"] for one in written).encode()).hexdigest()[:32]
    content: Any
    if form == "apprise":
        content_type, content = _JSON, _for_people(batch, fleet_id)
    elif len(written) == 1:
        content_type, content = CLOUD_EVENT, written[0]
    else:
        content_type, content = CLOUD_EVENTS, written
    return Message(f"msg_{digest}", content_type, json.dumps(content, ensure_ascii=False).encode(errors="replace"))


def cloud_event(one: Happening, fleet_id: str) -> Mapping[str, Any]:
    """One event as a CloudEvent in JSON."""
    return {
        "specversion": "1.0",
        "id": one.event_id,
        "source": _source(fleet_id),
        "type": f"io.dsfleet.{one.kind.lower()}.{one.reason}",
        "subject": one.subject,
        "time": one.at,
        "severity": one.severity.lower(),
        "datacontenttype": "application/json",
        "data": {
            "kind": one.kind,
            "name": one.name,
            "type": one.severity,
            "reason": one.reason,
            "message": one.message,
            "count": one.count,
            "firstTimestamp": one.first_at,
            "lastTimestamp": one.at,
        },
    }


def _lost_event(batch: Batch, fleet_id: str, endpoint: str, now: str) -> Mapping[str, Any]:
    after = batch.happenings[0].event_id if batch.happenings else ""
    return {
        "specversion": "1.0",
        "id": f"{endpoint}.lost-{batch.lost}.{after}",
        "source": _source(fleet_id),
        "type": "io.dsfleet.webhook.EventsLost",
        "subject": f"webhook/{endpoint}",
        "time": now,
        "severity": "warning",
        "datacontenttype": "application/json",
        "data": {"reason": "EventsLost", "message": _lost(batch.lost), "count": batch.lost},
    }


def _lost(count: int) -> str:
    return f"{count} events had no room while this endpoint did not take them: look at fleet status"


def _source(fleet_id: str) -> str:
    return f"/fleets/{fleet_id}"


def _for_people(batch: Batch, fleet_id: str) -> Mapping[str, Any]:
    lines = [_line(one) for one in batch.happenings[:_MOST_LINES]]
    if (more := len(batch.happenings) - len(lines)) > 0:
        lines.append(f"… and {more} more")
    if batch.lost:
        lines.append(_lost(batch.lost))
    is_bad = bool(batch.lost) or any(one.severity == "Warning" for one in batch.happenings)
    count = len(batch.happenings)
    title = f"{batch.happenings[0].subject}: {batch.happenings[0].reason}" if count == 1 else f"{count} events"
    return {"title": f"Fleet {fleet_id}: {title}", "body": "\n".join(lines), "type": "warning" if is_bad else "info"}


def _line(one: Happening) -> str:
    often = f" ({one.count} times since {one.first_at})" if one.count > 1 else ""
    return f"{one.at} {one.subject}: {one.reason}: {one.message}{often}"
