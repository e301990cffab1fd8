"""Finds objects by what rows are known by: numbers, what they are called, and addresses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from controller.api.v1.mapping import called, node_of, number_of, own_fields
from controller.picture.conditions import Document
from controller.picture.store import ObjectStore, Stored

_LONGEST_NUMBER: Final = 15


@dataclass(frozen=True)
class Known:
    """What one version of an object is known by."""

    name: str
    number: int
    called: str
    address: str | None
    """As the row shows it."""
    cameras: frozenset[str]
    """Those that an instance names."""
    node: str | None
    """That an instance is on."""
    is_waiting: bool
    """True for a node that is shown and in no manifest."""


class Lookup:
    """Finds them. What was read is remembered as long as the version of the object is there."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._read: WeakKeyDictionary[Stored, Known] = WeakKeyDictionary()

    def all(self, kind: str) -> Iterator[tuple[Stored, Known]]:
        """The objects of a kind, sorted by name."""
        for stored in self._objects.objects(kind):
            known = self._read.get(stored)
            if known is None:
                self._read[stored] = known = _known(stored.document)
            yield stored, known

    def by_id(self, kind: str, word: str) -> str | None:
        """The name of the object that an id in a path means: its name, or its number."""
        if self._objects.get(kind, word) is not None:
            return word
        if not (word.isascii() and word.isdigit() and len(word) <= _LONGEST_NUMBER):
            return None
        return self.numbered(kind, int(word))

    def numbered(self, kind: str, number: int) -> str | None:
        """The name of the object whose row has this number."""
        return next((known.name for _, known in self.all(kind) if known.number == number), None)

    def called(self, kind: str, word: str) -> list[str]:
        """The names of those that are called so."""
        return [known.name for _, known in self.all(kind) if known.called == word]

    def at(self, kind: str, address: str) -> list[str]:
        """The names of those whose rows show this address."""
        return [known.name for _, known in self.all(kind) if known.address == address]

    def places(self) -> dict[str, tuple[str, str | None]]:
        """By camera, the first instance that names it, and the node that this is on."""
        found: dict[str, tuple[str, str | None]] = {}
        for _, known in self.all("DsInstance"):
            for camera in known.cameras:
                found.setdefault(camera, (known.name, known.node))
        return found

    def naming(self, camera: str) -> list[str]:
        """The instances that name a camera."""
        return [known.name for _, known in self.all("DsInstance") if camera in known.cameras]


def _known(document: Document) -> Known:
    kind, name = document["kind"], document["metadata"]["name"]
    is_instance = kind == "DsInstance"
    return Known(
        name,
        number_of(kind, name),
        called(document),
        None if is_instance else own_fields(document)["ip_address"],
        frozenset(document["spec"].get("cameras") or ()) if is_instance else frozenset(),
        node_of(document) if is_instance else None,
        is_waiting=kind == "Node" and document.get("status", {}).get("phase") == "Pending",
    )
