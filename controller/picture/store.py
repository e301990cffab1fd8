"""Holds the objects that the API shows, with versions, and remembers their latest changes for those who watch."""

import asyncio
import json
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from operator import attrgetter
from typing import Final
from uuid import UUID, uuid5

from controller.picture.conditions import Document
from controller.picture.difference import Difference, Key

# Objects of one kind and name are the same object to every controller, so their ids need no memory.
_UID_NAMESPACE = UUID("5b0f6f0e-9c0b-4d0e-8a55-3c8f2f9a7d11")
# A store counts in steps of a microsecond from its start: no fleet changes faster, so a restarted one counts on above.
_VERSIONS_PER_MILLISECOND = 1000
_REMEMBERED_FOR: Final = timedelta(minutes=5)
"""As long as Kubernetes' API server: the default of its `--etcd-compaction-interval`."""
_MARKS_APART: Final = timedelta(seconds=10)


class Expired(Exception):  # noqa: N818 - the word of the Kubernetes API for it
    """The changes after a version are not remembered any more, or it is from another life of the controller."""

    def __init__(self, version: int, oldest: int, newest: int) -> None:
        super().__init__(
            f"resourceVersion {version} is outside of what is remembered ({oldest} to {newest}): list again"
        )


def object_uid(kind: str, name: str) -> str:
    """The uid of an object: the same for every controller and after every restart."""
    return str(uuid5(_UID_NAMESPACE, f"{kind}/{name}"))


@dataclass(frozen=True, eq=False)
class Stored:
    """One version of one object. Nobody may change its documents."""

    source: Document
    """The document as it was handed in."""
    version: int
    """Of the store, when the object became this."""
    created: str
    """When the object was seen first, RFC 3339 in UTC."""
    generation: int
    """How often its spec became another; 0 for an object without one."""

    @property
    def document(self) -> Document:
        """The document as it is shown: with uid, versions and the time of its creation. It is made for each who asks."""
        source = self.source
        shown = {
            **source["metadata"],
            "uid": object_uid(source["kind"], source["metadata"]["name"]),
            "resourceVersion": str(self.version),
            "creationTimestamp": self.created,
        }
        if self.generation:
            shown["generation"] = self.generation
        document = {"apiVersion": source["apiVersion"], "kind": source["kind"], **source, "metadata": shown}
        if involved := source.get("involvedObject"):
            # `kubectl describe` asks for the events of an object by its uid, which is given here and nowhere else.
            document["involvedObject"] = {**involved, "uid": object_uid(involved["kind"], involved["name"])}
        return document

    @cached_property
    def encoded(self) -> bytes:
        """The document as JSON; made once, however many lists and watches it goes into."""
        return json.dumps(self.document, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Change:
    """One object became another version: created without `old`, deleted without `new`."""

    version: int
    old: Stored | None
    new: Stored | None


_version_of = attrgetter("version")


class _Journal:
    """The latest changes of one kind, oldest first."""

    def __init__(self, floor: int, limit: int) -> None:
        self.floor = floor
        """Changes up to this version are not remembered."""
        self.changes: list[Change] = []
        self.dropped = 0
        self.wake = asyncio.Event()
        self._limit = limit

    def append(self, change: Change) -> None:
        """Remembers a change; drops the oldest when there are a quarter too many."""
        self.changes.append(change)
        if len(self.changes) > self._limit * 5 // 4:
            self._drop(len(self.changes) - self._limit)

    def forget(self, version: int) -> None:
        """Drops the changes up to a version."""
        self._drop(bisect_right(self.changes, version, key=_version_of))

    def _drop(self, count: int) -> None:
        if count:
            self.floor = self.changes[count - 1].version
            del self.changes[:count]
            self.dropped += count

    def notify(self) -> None:
        """Wakes everybody who waits."""
        self.wake.set()
        self.wake = asyncio.Event()


class Cursor:
    """A place in the journal of one kind. Who reads too slowly falls out of it, and costs no memory."""

    def __init__(self, store: "ObjectStore", journal: _Journal, after: int) -> None:
        self._store = store
        self._journal = journal
        self._position = journal.dropped + bisect_right(journal.changes, after, key=_version_of)
        self.version = after
        """Everything up to this version has been taken."""

    def take(self) -> list[Change]:
        """The changes since the last call.

        Raises:
            Expired: some of them are not remembered any more.
        """
        journal = self._journal
        if self._position < journal.dropped:
            raise Expired(self.version, journal.floor, self._store.version)
        changes = journal.changes[self._position - journal.dropped :]
        self._position += len(changes)
        self.version = self._store.version
        return changes

    async def wait(self) -> None:
        """Returns when there may be more to take, or when watches end."""
        journal = self._journal
        if self._position == journal.dropped + len(journal.changes) and not self._store.ended:
            await journal.wake.wait()


class ObjectStore:
    """The objects by kind and name. For one event loop."""

    def __init__(self, started_at_ms: int, *, history_limit: int = 10_000) -> None:
        """An empty store.

        Args:
            started_at_ms: milliseconds since 1970: versions count from there, so that they grow over restarts.
            history_limit: changes of each kind that are remembered, the latest of the last five minutes; a quarter more for a while.
        """
        self.version = started_at_ms * _VERSIONS_PER_MILLISECOND
        """The resource version of the latest change."""
        self.ended = False
        """True when watches shall end, because the server stops."""
        self._first_version = self.version
        self._history_limit = history_limit
        self._objects: dict[str, dict[str, Stored]] = {}
        self._unsorted: set[str] = set()
        """Kinds of which objects came since they were asked for."""
        self._journals: dict[str, _Journal] = {}
        self._marks: deque[tuple[datetime, int]] = deque()
        """Some times, oldest first, and the version at each."""

    def replace(self, documents: Iterable[Document], now: datetime) -> int:
        """Makes these the objects of the store, all of them.

        Args:
            documents: with apiVersion, kind and metadata.name; nobody may change them afterwards.
            now: the time for the creation of new ones, UTC.

        Returns:
            The number of changes; 0 when everything was so already.
        """
        wanted: dict[Key, Document] = {(one["kind"], one["metadata"]["name"]): one for one in documents}
        held = {(kind, name): one.source for kind, by_name in self._objects.items() for name, one in by_name.items()}
        version_before = self.version
        self.apply((Difference(key, held.get(key), document) for key, document in wanted.items()), now)
        self.apply((Difference(key, old, None) for key, old in held.items() if key not in wanted), now)
        return self.version - version_before

    def apply(self, differences: Iterable[Difference], now: datetime) -> None:
        """Takes in what is different.

        Args:
            differences: the documents have apiVersion, kind and metadata.name; nobody may change them afterwards.
            now: the time for the creation of new ones, UTC.
        """
        changed: set[str] = set()
        created = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        for (kind, name), _, source in differences:
            held = self._objects.setdefault(kind, {})
            old = held.get(name)
            if source is None and old is not None:
                del held[name]
            elif source is not None and (old is None or (old.source is not source and old.source != source)):
                if old is None:
                    self._unsorted.add(kind)
                held[name] = _stored(source, old, self.version + 1, created)
            else:
                continue
            new = held.get(name)
            # One number, and not equal ones: there are a hundred thousand.
            self.version = new.version if new else self.version + 1
            self._journal(kind).append(Change(self.version, old, new))
            changed.add(kind)
        self._forget_old(now)
        for kind in changed:
            self._journal(kind).notify()

    def forget_changes(self) -> None:
        """Forgets all changes until now: for a time in which nobody could list, to watch from there."""
        for journal in self._journals.values():
            journal.forget(self.version)

    def _forget_old(self, now: datetime) -> None:
        marks = self._marks
        if not marks or now - marks[-1][0] >= _MARKS_APART:
            marks.append((now, self.version))
        while now - marks[0][0] > _REMEMBERED_FOR:
            _, version = marks.popleft()
            for journal in self._journals.values():
                journal.forget(version)

    def objects(self, kind: str) -> tuple[Stored, ...]:
        """The objects of a kind, sorted by name."""
        if kind in self._unsorted:
            self._unsorted.remove(kind)
            self._objects[kind] = dict(sorted(self._objects[kind].items()))
        return tuple(self._objects.get(kind, {}).values())

    def get(self, kind: str, name: str) -> Stored | None:
        """One object, if it is there."""
        return self._objects.get(kind, {}).get(name)

    def cursor(self, kind: str, after: int | None = None) -> Cursor:
        """A place to read the changes of a kind from.

        Args:
            kind: the kind.
            after: the resource version that the reader knows; None for now.

        Raises:
            Expired: that version is too old, or newer than the store is.
        """
        journal = self._journal(kind)
        if after is None:
            after = self.version
        if not journal.floor <= after <= self.version:
            raise Expired(after, journal.floor, self.version)
        return Cursor(self, journal, after)

    def end_watches(self) -> None:
        """Wakes all who watch, to tell them that it is over."""
        self.ended = True
        for journal in self._journals.values():
            journal.notify()

    def _journal(self, kind: str) -> _Journal:
        return self._journals.setdefault(kind, _Journal(self._first_version, self._history_limit))


def _stored(source: Document, old: Stored | None, version: int, created: str) -> Stored:
    changed = "spec" in source and (old is None or old.source["spec"] != source["spec"])
    return Stored(source, version, old.created if old else created, (old.generation if old else 0) + changed)
