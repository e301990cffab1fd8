"""The nodes that were told something just now: their agents are about to say what came of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from controller.picture.difference import Key
from controller.picture.look import Look

_PATIENCE = timedelta(seconds=5)
"""An agent says at once that it holds a record. With a thousand of them that takes seconds, here."""


class AboutToSay:
    """Those that are not heard yet, for some seconds: what is made of them now is made again soon."""

    def __init__(self) -> None:
        """Nobody was told anything."""
        self._until: dict[str, datetime] = {}
        """By node id."""

    def become(self, look: Look, told: Iterable[str]) -> None:
        """Takes in who was told something since the look before, by id, and who was heard."""
        self._until |= dict.fromkeys(told, look.now + _PATIENCE)
        self._until = {
            node_id: until
            for node_id, until in self._until.items()
            if timedelta(0) < until - look.now <= _PATIENCE and not _is_heard(node_id, look)
        }

    def keys(self, look: Look) -> set[Key]:
        """The objects of which they are about to say something."""
        return {key for node_id in self._until for key in look.layout.keys_on(node_id)}


def _is_heard(node_id: str, look: Look) -> bool:
    record, said = look.layout.published.get(node_id), look.observed(node_id).response
    if record is None or said is None or said.observed is None:
        return record is None
    return said.observed.order >= record.ref.order
