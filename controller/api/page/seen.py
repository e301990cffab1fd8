"""What one caller is told of the changes of the store: rows of what he sees, and what is gone to him."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from controller.access.decision import sees_whole
from controller.api.caller import Caller, Sight
from controller.api.page.rows import ROWS, encoded, fleet_row
from controller.api.page.server_sent_events import Told
from controller.api.pieces import AT_ONCE
from controller.picture.brief import Brief
from controller.picture.store import Change, ObjectStore, Stored


@dataclass(frozen=True)
class Sights:
    """What somebody sees."""

    by_kind: Mapping[str, Sight | None]
    """None for all of a kind."""
    whole: bool
    """True for all there is: then he is told what all others like him are told."""

    def of_fleet(self, said: Brief) -> Brief:
        """What he is told of the fleet: who sees a part learns nothing of revisions."""
        return said if self.whole else replace(said, revision="", pending=None, problems=0)


WHOLE = Sights(dict.fromkeys(ROWS), whole=True)


def sights_of(caller: Caller) -> Sights:
    """What a caller sees."""
    if sees_whole(caller.identity):
        return WHOLE
    return Sights({kind: caller.sight(kind) for kind in ROWS}, whole=False)


def changes_since(objects: ObjectStore, after: int) -> Mapping[str, tuple[Change, ...]]:
    """All that changed after a version until now, by kind: each object once, as it was then and as it is.

    Raises:
        Expired: not all of that is remembered.
    """
    return {kind: net(objects.cursor(kind, after).take()) for kind in ROWS}


def net(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Changes of one kind as if each object had changed once. One that came and went again is told as gone."""
    found: dict[Stored, Change] = {}
    """By what they ended in; gone ones by what they were."""
    for change in changes:
        first = found.pop(change.old, change) if change.old else change
        end = change.new or change.old
        if end is not None:
            old = first.old if change.new else first.old or change.old
            found[end] = Change(change.version, old, change.new)
    return tuple(found.values())


async def told_of(changes: Mapping[str, Iterable[Change]], sights: Sights, fleet: Brief | None) -> Told:
    """What somebody is told of changes. Whatever else has to be done has its turn meanwhile.

    Args:
        changes: by kind.
        sights: what he sees.
        fleet: the fleet as he is told it; None for nothing new.
    """
    rows, gone, count = dict[str, list[bytes]](), dict[str, list[bytes]](), 0
    for kind, some in changes.items():
        name, row_of = ROWS[kind]
        sees, there, left = sights.by_kind[kind], dict[str, bytes](), set[str]()
        for change in some:
            if (count := count + 1) % AT_ONCE == 0:
                await asyncio.sleep(0)
            if change.new is not None and (sees is None or sees(change.new)):
                row = row_of(change.new.document)
                there[row[0]] = encoded(row)
            elif change.old is not None and (sees is None or sees(change.old)):
                left.add(change.old.document["metadata"]["name"])
        rows[name] = list(there.values())
        gone[name] = [encoded(one) for one in sorted(left - there.keys())]
    return Told(rows, gone, encoded(fleet_row(fleet)) if fleet else b"")
