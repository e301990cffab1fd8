"""The latest events of the fleet, bounded; what repeats is counted, not listed again."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from controller.picture.conditions import Document, timestamp
from controller.picture.events import FleetEvent
from crds.document import API_VERSION

EVENT_LIMIT = 1000
_MOST_CHARACTERS = 1024
_SOURCE = "fleet-controller"
_NAMESPACE = "default"


@dataclass(frozen=True)
class Entry:
    """An event with how often it happened."""

    event: FleetEvent
    """As it happened last."""
    count: int
    first_at: datetime
    document: Document
    """The event as a core/v1 Event object."""


class EventLog:
    """A ring of events. An event with the object, reason and message of an earlier one takes its place at the end."""

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._entries: OrderedDict[tuple[str, ...], Entry] = OrderedDict()
        self._documents: tuple[Document, ...] = ()
        self._is_listed = True

    def add(self, events: Iterable[FleetEvent]) -> None:
        """Takes events in; the oldest ones leave when there are too many."""
        for event in events:
            bounded = replace(event, message=event.message[:_MOST_CHARACTERS])
            key = (bounded.subject.kind, bounded.subject.name, bounded.reason, bounded.message)
            old = self._entries.pop(key, None)
            count, first_at = (1, bounded.at) if old is None else (old.count + 1, old.first_at)
            self._entries[key] = Entry(bounded, count, first_at, _document(key, bounded, count, first_at))
            if len(self._entries) > self._limit:
                self._entries.popitem(last=False)
            self._is_listed = False

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The events, the one that happened last at the end."""
        return tuple(self._entries.values())

    def documents(self) -> tuple[Document, ...]:
        """The events as core/v1 Event objects; the very tuple of the last time when nothing happened since."""
        if not self._is_listed:
            self._documents = tuple(entry.document for entry in self._entries.values())
            self._is_listed = True
        return self._documents


def _document(key: tuple[str, ...], event: FleetEvent, count: int, first_at: datetime) -> Document:
    suffix = hashlib.sha256("\0".join(key).encode(errors="surrogatepass")).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{event.subject.name}.{suffix}", "namespace": _NAMESPACE},
        "involvedObject": {"apiVersion": API_VERSION, "kind": event.subject.kind, "name": event.subject.name},
        "type": event.type.value,
        "reason": event.reason,
        "message": event.message,
        "count": count,
        "firstTimestamp": timestamp(first_at),
        "lastTimestamp": timestamp(event.at),
        "source": {"component": _SOURCE},
        "reportingComponent": _SOURCE,
        "reportingInstance": "",
    }
