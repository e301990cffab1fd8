"""Objects of ours in another form, as clients of Kubernetes know it. They are made when somebody looks, and of nobody else's changes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from controller.picture.conditions import Document
from controller.picture.store import Change, Cursor, ObjectStore, Stored
from crds.alike import AlikeTexts

MOST_MADE: Final = 20_000
"""Objects that are remembered in the other form, for as long as the versions live that they were made of."""


@dataclass(frozen=True)
class Facade:
    """Another form of one kind."""

    kind: str
    """As clients know it."""
    of: str
    """The kind of ours."""
    show: Callable[[Document], Document | None]
    """The other form of an object, with all its metadata; None where there is nothing to show. Pure. Of the same name: one object of
    ours is at most one of it."""


@dataclass(frozen=True, eq=False, slots=True)
class _Made:
    stored: Stored | None
    uid: str = ""


class FacadeStore:
    """What `ObjectStore` is to our kinds, for other forms of them. It holds nothing but what it made."""

    def __init__(self, objects: ObjectStore, facades: Iterable[Facade], most_made: int = MOST_MADE) -> None:
        """Has made nothing.

        Args:
            objects: ours.
            facades: their other forms.
            most_made: how many of a kind are remembered, and no more: others are made again each time.
        """
        self._objects = objects
        self._facades = {one.kind: one for one in facades}
        self._most_made = most_made
        self._made: Mapping[str, WeakKeyDictionary[Stored, _Made]] = {
            kind: WeakKeyDictionary() for kind in self._facades
        }
        self._texts = {kind: AlikeTexts() for kind in self._facades}

    @property
    def version(self) -> int:
        """The resource version of the latest change."""
        return self._objects.version

    @property
    def ended(self) -> bool:
        """True when watches shall end."""
        return self._objects.ended

    def objects(self, kind: str) -> tuple[Stored, ...]:
        """The objects of a kind, sorted by name."""
        made = (self._make(kind, one).stored for one in self._objects.objects(self._facades[kind].of))
        return tuple(one for one in made if one is not None)

    def get(self, kind: str, name: str) -> Stored | None:
        """One object, if it is there."""
        found = self._objects.get(self._facades[kind].of, name)
        return None if found is None else self._make(kind, found).stored

    def cursor(self, kind: str, after: int | None = None) -> "FacadeCursor":
        """A place to read the changes of a kind from; raises as that of an `ObjectStore` does."""
        return FacadeCursor(
            self._objects.cursor(self._facades[kind].of, after), lambda change: self._told(kind, change)
        )

    def _told(self, kind: str, change: Change) -> Iterator[Change]:
        """A change as those see it who know the other form: what has another uid is another object."""
        was = _Made(None) if change.old is None else self._make(kind, change.old)
        now = _Made(None) if change.new is None else self._make(kind, change.new)
        if was.stored is not None and now.stored is not None and was.uid == now.uid:
            yield Change(change.version, was.stored, now.stored)
            return
        if was.stored is not None:
            yield Change(change.version, was.stored, None)
        if now.stored is not None:
            yield Change(change.version, None, now.stored)

    def _make(self, kind: str, stored: Stored) -> _Made:
        known = self._made[kind]
        made = known.get(stored)
        if made is None:
            document = self._facades[kind].show(stored.document)
            made = _Made(None)
            if document is not None:
                texts = self._texts[kind]
                made = _Made(stored.in_form(texts.pack_value(document), texts), document["metadata"]["uid"])
            if len(known) < self._most_made:
                known[stored] = made
        return made


class FacadeCursor:
    """A place in the changes of a kind, told in its other form."""

    def __init__(self, cursor: Cursor, told: Callable[[Change], Iterator[Change]]) -> None:
        self._cursor = cursor
        self._told = told

    @property
    def version(self) -> int:
        """Everything up to this version has been taken."""
        return self._cursor.version

    def take(self) -> list[Change]:
        """The changes since the last call; raises as `Cursor.take` does."""
        return [one for change in self._cursor.take() for one in self._told(change)]

    async def wait(self, *, with_others: bool = False) -> None:
        """See `Cursor.wait`."""
        await self._cursor.wait(with_others=with_others)

    def stir(self) -> None:
        """See `Cursor.stir`."""
        self._cursor.stir()
