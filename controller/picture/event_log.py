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


class EventLog:
    """A ring of events. An event with the object, reason and message of an earlier one takes its place at the end."""

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._entries: OrderedDict[tuple[str, ...], Entry] = OrderedDict()

    def add(self, events: Iterable[FleetEvent]) -> None:
        """Takes events in; the oldest ones leave when there are too many."""
        for event in events:
            bounded = replace(event, message=event.message[:_MOST_CHARACTERS])
            key = (bounded.subject.kind, bounded.subject.name, bounded.reason, bounded.message)
            old = self._entries.pop(key, None)
            entry = Entry(bounded, 1, bounded.at) if old is None else Entry(bounded, old.count + 1, old.first_at)
            self._entries[key] = entry
            if len(self._entries) > self._limit:
                self._entries.popitem(last=False)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The events, the one that happened last at the end."""
        return tuple(self._entries.values())

    def documents(self) -> tuple[Document, ...]:
        """The events as core/v1 Event objects."""
        return tuple(_document(key, entry) for key, entry in self._entries.items())


def _document(key: tuple[str, ...], entry: Entry) -> Document:
    event = entry.event
    suffix = hashlib.sha256("\0".join(key).encode(errors="surrogatepass")).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{event.subject.name}.{suffix}", "namespace": _NAMESPACE},
        "involvedObject": {"apiVersion": API_VERSION, "kind": event.subject.kind, "name": event.subject.name},
        "type": event.type.value,
        "reason": event.reason,
        "message": event.message,
        "count": entry.count,
        "firstTimestamp": timestamp(entry.first_at),
        "lastTimestamp": timestamp(event.at),
        "source": {"component": _SOURCE},
        "reportingComponent": _SOURCE,
        "reportingInstance": "",
    }
