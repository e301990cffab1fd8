"""Holds the objects that the API shows, with versions, and remembers their latest changes for those who watch."""

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from controller.picture.beside import as_handed_in, beside_of
from controller.picture.conditions import Document
from controller.picture.difference import Difference, Key
from controller.picture.journal import VERSION_OF, Journal
from crds.alike import AlikeTexts

# Objects of one kind and name are the same object to every controller, so their ids need no memory.
_UID_NAMESPACE = UUID("5b0f6f0e-9c0b-4d0e-8a55-3c8f2f9a7d11")
# A store counts in steps of a microsecond from its start: no fleet changes faster, so a restarted one counts on above. Where a
# clock went back `controller.first_version` sees to that.
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


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, eq=False, slots=True, weakref_slot=True)
class Stored:
    """One version of one object. It holds the JSON of it and nothing else, and that packed: a fleet has 60,000 of them."""

    version: int
    """Of the store, when the object became this."""
    created: str
    """When the object was seen first, RFC 3339 in UTC."""
    generation: int
    """How often its spec became another; 0 for an object without one."""
    _packed: bytes
    _texts: AlikeTexts
    """Of its kind."""

    @property
    def encoded(self) -> bytes:
        """The object as it is shown, as JSON: with uid, versions and the time of its creation."""
        return self._texts.text(self._packed)

    @property
    def document(self) -> Document:
        """The same as plain data. It is made for each who asks."""
        document: Document = self._texts.value(self._packed)
        return document

    @property
    def source(self) -> Document:
        """The document as it was handed in. It is made for each who asks."""
        document = self.document
        return {**document, "metadata": as_handed_in(document["metadata"])}

    @property
    def beside(self) -> Document:
        """What clients keep in its metadata and no manifest holds: managedFields, and one annotation of kubectl."""
        return beside_of(self.document["metadata"])

    def in_form(self, packed: bytes, texts: AlikeTexts) -> "Stored":
        """The same version in another form, which was packed by these texts."""
        return replace(self, _packed=packed, _texts=texts)

    def gone_at(self, version: int) -> "Stored":
        """It as those see it who watched it until it went.

        Args:
            version: of the store, when it went.
        """
        document = self.document
        document["metadata"]["resourceVersion"] = str(version)
        return replace(self, version=version, _packed=self._texts.pack_value(document))


@dataclass(frozen=True, slots=True)
class Change:
    """One object became another version: created without `old`, deleted without `new`."""

    version: int
    old: Stored | None
    new: Stored | None


class Cursor:
    """A place in the journal of one kind. Who reads too slowly falls out of it, and costs no memory."""

    def __init__(self, store: "ObjectStore", journal: Journal[Change], after: int) -> None:
        self._store = store
        self._journal = journal
        self._position = journal.dropped + bisect_right(journal.changes, after, key=VERSION_OF)
        self.version = after
        """Everything up to this version has been taken."""
        self._waiting: asyncio.Future[None] | None = None

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

    async def wait(self, *, with_others: bool = False) -> None:
        """Returns when there may be more to take, when watches end, or when it is stirred.

        Args:
            with_others: many wait in this way, and are woken together, each for several changes when those come fast.
        """
        journal = self._journal
        waiting = journal.waves if with_others else journal.waiting
        is_there = self._position < journal.dropped + len(journal.changes)
        if self._store.ended or (is_there and not (with_others and journal.waves.is_due)):
            return
        self._waiting = asyncio.get_running_loop().create_future()
        waiting.add(self._waiting)
        try:
            await self._waiting
        finally:
            waiting.discard(self._waiting)

    def stir(self) -> None:
        """Ends `wait`: one timer for a reader costs less than one for each time that he waits."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)


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
        self._texts: dict[str, AlikeTexts] = {}
        """Of each kind."""
        self._replaced: Mapping[Key, Document] = {}
        """What `replace` was given last."""
        self._beside: dict[Key, Document] = {}
        """What clients keep in the metadata of objects."""
        self._unmade: set[Key] = set()
        """Objects that are made when somebody asks for them."""
        self._make_one: Callable[[Key], Document | None] = lambda _: None
        self._unmade_since = ""
        self._unsorted: set[str] = set()
        """Kinds of which objects came since they were asked for."""
        self._journals: dict[str, Journal[Change]] = {}
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
        before, self._replaced, version_before = self._replaced, wanted, self.version
        self.apply(
            (
                Difference(key, self.source(key), document)
                for key, document in wanted.items()
                if before.get(key) is not document
            ),
            now,
        )
        gone = [key for key in self.keys if key not in wanted]
        self.apply((Difference(key, self.source(key), None) for key in gone), now)
        return self.version - version_before

    def apply(self, differences: Iterable[Difference], now: datetime) -> None:
        """Takes in what is different.

        Args:
            differences: from what is here; the documents have apiVersion, kind and metadata.name.
            now: the time for the creation of new ones, UTC.
        """
        created = _rfc3339(now)
        changed = {one.key[0] for one in differences if self._take(one, created)}
        self._forget_old(now)
        if not self._unmade:
            self._unmade.clear()  # it still takes the memory of all that was in it
        for kind in changed:
            self._journal(kind).notify()

    def _take(self, difference: Difference, created: str) -> bool:
        """Takes in what is different of one object; False when that is nothing."""
        key, before, source = difference
        kind, name = key
        held = self._objects.setdefault(kind, {})
        old = held.get(name)
        if key in self._unmade:
            self._unmade.discard(key)
            created = self._unmade_since
        if source is None and old is not None:
            del held[name]
            self._beside.pop(key, None)
        elif source is not None and before != source:
            if old is None:
                self._unsorted.add(kind)
            held[name] = self._stored(source, before, old, created)
        else:
            return False
        new = held.get(name)
        # One number, and not equal ones: there are a hundred thousand.
        self.version = new.version if new else self.version + 1
        self._journal(kind).append(Change(self.version, old, new))
        return True

    def postpone(self, keys: set[Key], make: Callable[[Key], Document | None], now: datetime) -> None:
        """Has objects that are made when somebody asks for them; nobody can tell that from others.

        Args:
            keys: they. None of them is there.
            make: gives the document of one; None when it cannot be made: then it is not there.
            now: the time that they came, UTC.
        """
        self._unmade, self._make_one, self._unmade_since = keys, make, _rfc3339(now)

    @property
    def unmade(self) -> AbstractSet[Key]:
        """The objects that are put off and were not asked for yet."""
        return self._unmade

    def make(self, keys: Iterable[Key]) -> None:
        """Makes those of some objects that are put off."""
        for key in keys:
            if key in self._unmade:
                document = self._make_one(key)
                self._unmade.discard(key)
                if document is not None:
                    self._take(Difference(key, None, document), self._unmade_since)

    def _make_all_of(self, kind: str) -> None:
        if self._unmade:
            self.make([key for key in self._unmade if key[0] == kind])

    def keep_beside(self, key: Key, beside: Document) -> None:
        """Keeps what clients have in the metadata of an object: see `beside_of`. It is gone with the object.

        It is shown with the next version of the object, or at once by `show_beside`.

        Args:
            key: kind and name of the object, which may be still to come.
            beside: nobody may change it. Empty for nothing.
        """
        if beside:
            self._beside[key] = beside
        else:
            self._beside.pop(key, None)

    def show_beside(self, key: Key) -> None:
        """Makes what is kept beside an object a new version of it, unless it is shown already."""
        kind, name = key
        old = self.get(kind, name)
        if old is None or old.beside == self._beside.get(key, {}):
            return
        source = old.source
        new = self._objects[kind][name] = self._stored(source, source, old, old.created)
        self.version = new.version
        journal = self._journal(kind)
        journal.append(Change(self.version, old, new))
        journal.notify()

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
        self._make_all_of(kind)
        if kind in self._unsorted:
            self._unsorted.remove(kind)
            self._objects[kind] = dict(sorted(self._objects[kind].items()))
        return tuple(self._objects.get(kind, {}).values())

    def get(self, kind: str, name: str) -> Stored | None:
        """One object, if it is there."""
        if (kind, name) in self._unmade:
            self.make(((kind, name),))
        return self._objects.get(kind, {}).get(name)

    @property
    def keys(self) -> set[Key]:
        """Kind and name of every object."""
        return {(kind, name) for kind, held in self._objects.items() for name in held} | self._unmade

    def source(self, key: Key) -> Document | None:
        """An object as it was handed in, made for each who asks; None when it is not there."""
        stored = self.get(*key)
        return None if stored is None else stored.source

    def cursor(self, kind: str, after: int | None = None) -> Cursor:
        """A place to read the changes of a kind from.

        Args:
            kind: the kind.
            after: the resource version that the reader knows; None for now.

        Raises:
            Expired: that version is too old, or newer than the store is.
        """
        self._make_all_of(kind)
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
            journal.waves.wake()

    def _stored(self, source: Document, before: Document | None, old: Stored | None, created: str) -> Stored:
        kind, metadata, version = source["kind"], source["metadata"], self.version + 1
        created = old.created if old else created
        generation = old.generation if old else 0
        if "spec" in source and (old is None or before is None or before["spec"] != source["spec"]):
            generation += 1
        given: dict[str, Any] = {
            "uid": object_uid(kind, metadata["name"]),
            "resourceVersion": str(version),
            "creationTimestamp": created,
        }
        if generation:
            given["generation"] = generation
        if beside := self._beside.get((kind, metadata["name"])):
            given |= beside
            if "annotations" in beside:
                given["annotations"] = {**metadata.get("annotations", {}), **beside["annotations"]}
        head = {"apiVersion": source["apiVersion"], "kind": kind}
        texts = self._texts.setdefault(kind, AlikeTexts())
        packed = texts.pack_value({**head, **source, "metadata": {**metadata, **given}})
        return Stored(version, created, generation, packed, texts)

    def _journal(self, kind: str) -> Journal[Change]:
        return self._journals.setdefault(kind, Journal[Change](self._first_version, self._history_limit))
