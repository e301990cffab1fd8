"""How many objects there are, and those of them that something is wrong with: counted as they change."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from controller.picture.conditions import Document
from controller.picture.difference import Difference, Key
from controller.picture.node_document import KEY_UNDISPUTED
from controller.picture.troubles import is_trouble


class Standing:
    """The numbers of the fleet. Healthy objects are counted and not kept."""

    def __init__(self, shown: Callable[[Key], Document | None]) -> None:
        """Counts nothing yet.

        Args:
            shown: gives kind, name and status of an object as it was taken in last, and maybe more.
        """
        self._shown = shown
        self.changes = 0
        """How often it became another."""
        self.total: Counter[str] = Counter()
        """By kind."""
        self.pending = 0
        """Nodes that ask to join."""
        self._dark: set[Key] = set()
        self._troubled: set[Key] = set()

    @property
    def dark(self) -> Mapping[Key, Document]:
        """The objects that are not ready, by kind and name, sorted: kind, name and status of each, and maybe more."""
        return self._documents(self._dark)

    @property
    def troubled(self) -> Mapping[Key, Document]:
        """The objects of which a condition is listed, by kind and name, sorted."""
        return self._documents(self._troubled)

    def expect(self, keys: AbstractSet[Key]) -> None:
        """Counts objects that came and are said to wait: not ready, and with no condition that is listed."""
        self.changes += 1
        self.total.update(kind for kind, _ in keys)
        self._dark |= keys

    def take(self, differences: Iterable[Difference]) -> None:
        """Takes in what became different."""
        for key, old, new in differences:
            self.changes += 1
            self.total[key[0]] += (new is not None) - (old is not None)
            self.pending += _is_pending(new) - _is_pending(old)
            for held, belongs in ((self._dark, is_dark), (self._troubled, _is_troubled)):
                if new is not None and belongs(new):
                    held.add(key)
                else:
                    held.discard(key)
        for held in (self._dark, self._troubled):
            if not held:
                held.clear()  # it still takes the memory of all that was in it

    def _documents(self, keys: set[Key]) -> Mapping[Key, Document]:
        return {key: document for key in sorted(keys) if (document := self._shown(key)) is not None}


def ready_condition(document: Document) -> Mapping[str, Any]:
    """The condition Ready of an object; nothing when it has none."""
    return next((one for one in document["status"].get("conditions", ()) if one["type"] == "Ready"), {})


def is_dark(document: Document) -> bool:
    """True for an object that is not known to be ready."""
    return ready_condition(document).get("status") != "True"


def is_listed(document: Document, condition: Mapping[str, Any]) -> bool:
    """True for a condition that is to be listed, whether or not its object is ready. What the planner says is, anyway."""
    return condition["type"] != "Planned" and is_trouble(document, condition)


def _is_troubled(document: Document) -> bool:
    conditions = document["status"].get("conditions", ())
    return any(one["type"] == KEY_UNDISPUTED or is_listed(document, one) for one in conditions)


def _is_pending(document: Document | None) -> bool:
    return document is not None and document["kind"] == "Node" and document["status"].get("phase") == "Pending"
