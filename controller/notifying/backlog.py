"""What one endpoint is still to be told: bounded, and folded by object and reason. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from controller.notifying.happening import Happening
from controller.picture.events import CAMERA_ALERT

MOST_WAITING: Final = 1000
"""As many as the controller shows events: some two mebibytes."""
_Key = tuple[str, str, str]
"""Kind and name of the object, and the reason; of alerts the event in its place, since those of several rules are told apart."""


@dataclass(frozen=True)
class Batch:
    """What is told in one message."""

    happenings: tuple[Happening, ...]
    lost: int = 0
    """Events that were lost before these, and that nobody was told of."""


@dataclass(frozen=True)
class Backlog:
    """What waits, what happened last at the end. What repeats of one object is counted; its newest words stay."""

    waiting: Mapping[_Key, Happening] = field(default_factory=dict)
    lost: int = 0
    """Events that had no room, and that the endpoint was not told of yet."""

    def taking(self, happenings: Iterable[Happening]) -> "Backlog":
        """With these, too. When there are too many the oldest go, of those that nobody must look at first."""
        waiting, lost = dict(self.waiting), self.lost
        for one in happenings:
            key = _key(one)
            before = waiting.pop(key, None)
            waiting[key] = one if before is None else _folded(before, one)
            if len(waiting) > MOST_WAITING:
                oldest = next(iter(waiting))
                goes = next((key for key, known in waiting.items() if known.severity == "Normal"), oldest)
                lost += waiting.pop(goes).count
        return Backlog(waiting, lost)

    def batch(self, most: int) -> Batch:
        """What is to be told next.

        Args:
            most: so many events at most.
        """
        return Batch(tuple(islice(self.waiting.values(), most)), self.lost)

    def without(self, batch: Batch) -> "Backlog":
        """After a batch was told, or refused for good. What happened again meanwhile is still to be told."""
        waiting = dict(self.waiting)
        for told in batch.happenings:
            key = _key(told)
            now = waiting.get(key)
            if now is None or now.event_id == told.event_id:
                waiting.pop(key, None)
            else:
                waiting[key] = replace(now, count=max(1, now.count - told.count), first_at=now.at)
        return Backlog(waiting, max(0, self.lost - batch.lost))

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to be told."""
        return not self.waiting and not self.lost


def _key(one: Happening) -> _Key:
    # Behind the last point of the id stands a number, before it the event.
    return (one.kind, one.name, one.event_id.rpartition(".")[0] if one.reason == CAMERA_ALERT else one.reason)


def _folded(before: Happening, newest: Happening) -> Happening:
    return replace(newest, count=before.count + newest.count, first_at=before.first_at)
