"""The latest events of the fleet, bounded; what repeats is counted, not listed again."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from heapq import heapify, heappop, heappush

from controller.model import ObjectRef
from controller.picture.conditions import Document, timestamp
from controller.picture.events import REMOVED, EventType, FleetEvent, OpenTroubles
from controller.picture.same_message import same_message
from controller.picture.store import object_uid
from crds.document import API_VERSION

EVENT_LIMIT = 1000
_MOST_CHARACTERS = 1024
_SOURCE = "fleet-controller"
EVENT_NAMESPACE = "default"

_Subject = tuple[str, str]
"""Kind and name of the object."""
_Key = tuple[str, str, str, str]
"""Kind and name of the object, reason, and what the message has in common with its repeats."""


@dataclass(frozen=True)
class _Told:
    """The newest of the events that say the same, and how often it was."""

    key: _Key
    event: FleetEvent
    count: int
    first_at: datetime

    @cached_property
    def document(self) -> Document:
        """As a core/v1 Event. Made when it is shown: when a fleet starts, most events have left before."""
        suffix = hashlib.sha256("\0".join(self.key).encode(errors="surrogatepass")).hexdigest()[:16]
        event = self.event
        subject = event.subject
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": f"{subject.name}.{suffix}", "namespace": EVENT_NAMESPACE},
            "involvedObject": {
                "apiVersion": API_VERSION,
                "kind": subject.kind,
                "name": subject.name,
                # `kubectl describe` asks for the events of an object by its uid.
                "uid": object_uid(subject.kind, subject.name),
            },
            "type": event.type.value,
            "reason": event.reason,
            "message": event.message,
            "count": self.count,
            "firstTimestamp": timestamp(self.first_at),
            "lastTimestamp": timestamp(event.at),
            "source": {"component": _SOURCE},
            "reportingComponent": _SOURCE,
            "reportingInstance": "",
        }


class EventLog:
    """A ring of events.

    One that says the same of an object as an earlier one takes its place at the end, with the newer message. When there are
    too many, the oldest one of the object leaves that has the most: no object pushes out what is known of the others.
    """

    def __init__(self, limit: int = EVENT_LIMIT) -> None:
        self._limit = limit
        self._by_key: dict[_Key, _Told] = {}
        self._keys_of: dict[_Subject, dict[_Key, None]] = {}
        """The keys of each object, the oldest event first."""
        self._happened: dict[_Subject, int] = {}
        """When something happened to each object last: the number of the event."""
        self._number = 0
        self._fullest: list[tuple[int, int, _Subject]] = []
        """A heap: the object with the most events first, and of these the one that nothing happened to for longest. What is
        not true of an object any more is passed over."""
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
            is_short = len(event.message) <= _MOST_CHARACTERS
            bounded = event if is_short else replace(event, message=event.message[:_MOST_CHARACTERS])
            subject = (bounded.subject.kind, bounded.subject.name)
            is_trouble = bounded.type is EventType.WARNING
            common = event.about or same_message(bounded.reason, bounded.message, is_trouble=is_trouble)
            key = (*subject, bounded.reason, common)
            before = self._by_key.pop(key, None)
            first_at, count = (before.first_at, before.count) if before else (bounded.at, 0)
            self._by_key[key] = _Told(key, bounded, count + 1, first_at)
            keys = self._keys_of.setdefault(subject, {})
            keys.pop(key, None)
            keys[key] = None
            self._number += 1
            self._happened[subject] = self._number
            self._queue(subject)
            if len(self._by_key) > self._limit:
                self._drop_one()
            self._listed = None

    def documents(self) -> tuple[Document, ...]:
        """The events as core/v1 Event objects, the one that happened last at the end.

        Returns:
            The very tuple of the last time when nothing happened since.
        """
        if self._listed is None:
            self._listed = tuple(one.document for one in self._by_key.values())
        return self._listed

    def _remember(self, event: FleetEvent) -> None:
        subject, trouble = event.subject, event.trouble
        if event.reason == REMOVED:
            self._open = {key: reason for key, reason in self._open.items() if key[0] != subject}
        if trouble is not None:
            self._open.pop((subject, trouble.about), None)
            if not trouble.ends:
                self._open[subject, trouble.about] = event.reason

    def _queue(self, subject: _Subject) -> None:
        heappush(self._fullest, (-len(self._keys_of[subject]), self._happened[subject], subject))
        if len(self._fullest) > 4 * self._limit:
            self._fullest = [(-len(keys), self._happened[one], one) for one, keys in self._keys_of.items()]
            heapify(self._fullest)

    def _drop_one(self) -> None:
        count, number, subject = heappop(self._fullest)
        while -count != len(self._keys_of.get(subject, ())) or number != self._happened[subject]:
            count, number, subject = heappop(self._fullest)
        keys = self._keys_of[subject]
        most: dict[str, int] = {}
        for key in keys:
            most[key[2]] = most.get(key[2], 0) + 1
        reason = max(most, key=lambda one: most[one])
        dropped = next(key for key in keys if key[2] == reason)
        del keys[dropped]
        del self._by_key[dropped]
        if keys:
            self._queue(subject)
        else:
            del self._keys_of[subject], self._happened[subject]
