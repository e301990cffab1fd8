"""The latest events of the fleet, bounded; what repeats is counted, not listed again."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from controller.picture.conditions import Document, timestamp
from controller.picture.events import FleetEvent
from crds.document import API_VERSION

EVENT_LIMIT = 1000
_MOST_CHARACTERS = 1024
_SOURCE = "fleet-controller"
_NAMESPACE = "default"

_Key = tuple[str, ...]
"""Kind and name of the object, reason and message."""


class EventLog:
    """A ring of events. An event with the object, reason and message of an earlier one takes its place at the end."""

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._by_key: dict[_Key, Document] = {}
        self._listed: tuple[Document, ...] | None = ()

    def add(self, events: Iterable[FleetEvent]) -> None:
        """Takes events in; the oldest ones leave when there are too many."""
        for event in events:
            bounded = replace(event, message=event.message[:_MOST_CHARACTERS])
            key = (bounded.subject.kind, bounded.subject.name, bounded.reason, bounded.message)
            self._by_key[key] = _document(key, bounded, self._by_key.pop(key, None))
            if len(self._by_key) > self._limit:
                del self._by_key[next(iter(self._by_key))]
            self._listed = None

    def documents(self) -> tuple[Document, ...]:
        """The events as core/v1 Event objects, the one that happened last at the end.

        Returns:
            The very tuple of the last time when nothing happened since.
        """
        if self._listed is None:
            self._listed = tuple(self._by_key.values())
        return self._listed


def _document(key: _Key, event: FleetEvent, before: Document | None) -> Document:
    suffix = hashlib.sha256("\0".join(key).encode(errors="surrogatepass")).hexdigest()[:16]
    at = timestamp(event.at)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{event.subject.name}.{suffix}", "namespace": _NAMESPACE},
        "involvedObject": {"apiVersion": API_VERSION, "kind": event.subject.kind, "name": event.subject.name},
        "type": event.type.value,
        "reason": event.reason,
        "message": event.message,
        "count": before["count"] + 1 if before else 1,
        "firstTimestamp": before["firstTimestamp"] if before else at,
        "lastTimestamp": at,
        "source": {"component": _SOURCE},
        "reportingComponent": _SOURCE,
        "reportingInstance": "",
    }
