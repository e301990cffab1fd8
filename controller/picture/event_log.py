"""The latest events of the fleet, bounded; what repeats is counted, not listed again."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from controller.model import ObjectRef
from controller.picture.conditions import Document, timestamp
from controller.picture.events import REMOVED, EventType, FleetEvent, OpenTroubles
from controller.picture.same_message import same_message
from crds.document import API_VERSION

EVENT_LIMIT = 1000
_MOST_CHARACTERS = 1024
_SOURCE = "fleet-controller"
_NAMESPACE = "default"

_Subject = tuple[str, str]
"""Kind and name of the object."""
_Key = tuple[str, str, str, str]
"""Kind and name of the object, reason, and what the message has in common with its repeats."""


class EventLog:
    """A ring of events.

    One that says the same of an object as an earlier one takes its place at the end, with the newer message. When there are
    too many, the oldest one of the object leaves that has the most: no object pushes out what is known of the others.
    """

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._by_key: dict[_Key, Document] = {}
        self._keys_of: dict[_Subject, dict[_Key, None]] = {}
        """The keys of each object, the oldest event first; the object that something happened to last at the end."""
        self._open: dict[tuple[ObjectRef, str], str] = {}
        self._listed: tuple[Document, ...] | None = ()

    @property
    def open_troubles(self) -> OpenTroubles:
        """What was told to begin and not to end."""
        return self._open

    def add(self, events: Iterable[FleetEvent]) -> None:
        """Takes events in; old ones leave when there are too many."""
        for event in events:
            self._remember(event)
            bounded = replace(event, message=event.message[:_MOST_CHARACTERS])
            subject = (bounded.subject.kind, bounded.subject.name)
            common = same_message(bounded.reason, bounded.message, is_trouble=bounded.type is EventType.WARNING)
            key = (*subject, bounded.reason, common)
            self._by_key[key] = _document(key, bounded, self._by_key.pop(key, None))
            keys = self._keys_of.pop(subject, {})
            keys.pop(key, None)
            keys[key] = None
            self._keys_of[subject] = keys
            if len(self._by_key) > self._limit:
                self._drop_one()
            self._listed = None

    def documents(self) -> tuple[Document, ...]:
        """The events as core/v1 Event objects, the one that happened last at the end.

        Returns:
            The very tuple of the last time when nothing happened since.
        """
        if self._listed is None:
            self._listed = tuple(self._by_key.values())
        return self._listed

    def _remember(self, event: FleetEvent) -> None:
        subject, trouble = event.subject, event.trouble
        if event.reason == REMOVED:
            self._open = {key: reason for key, reason in self._open.items() if key[0] != subject}
        if trouble is not None:
            self._open.pop((subject, trouble.about), None)
            if not trouble.ends:
                self._open[subject, trouble.about] = event.reason

    def _drop_one(self) -> None:
        _, keys = max(self._keys_of.items(), key=lambda one: len(one[1]))
        most: dict[str, int] = {}
        for key in keys:
            most[key[2]] = most.get(key[2], 0) + 1
        reason = max(most, key=lambda one: most[one])
        dropped = next(key for key in keys if key[2] == reason)
        del keys[dropped]
        del self._by_key[dropped]
        if not keys:
            del self._keys_of[dropped[:2]]


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
