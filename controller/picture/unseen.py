"""The objects of the first look that no agent has to do with yet: they are made when somebody asks, or when one is heard."""

from collections.abc import Iterable
from copy import copy
from datetime import UTC, datetime, timedelta

from controller.differing import differing
from controller.model import FleetPlan, Revision
from controller.observed import Fleet
from controller.picture.difference import Key
from controller.picture.layout import Layout
from controller.picture.look import Look
from controller.picture.places import Places

_SOON = timedelta(minutes=1)
"""Agents that run come within seconds. What is said of the others is made then, lest the next edit has to."""
_NEVER = datetime.min.replace(tzinfo=UTC)


class Unseen:
    """What is said of such objects.

    It follows from the manifests and the plan of the first look alone, so each can be made at any time as that look would
    have made it: for who asks, and to tell what is news when its agent is heard. Of most nobody asks before, and they are
    made once instead of twice.
    """

    def __init__(self, first: Look | None = None) -> None:
        """Takes what is wanted from the first look; without one there are none."""
        layout = copy(first.layout) if first else Layout()
        # These go on. Of who had no place, and of a node that nobody heard, the empty ones say the same.
        layout.placed, layout.published = Places(), {}
        self.look = Look(layout, Fleet(), first.now if first else _NEVER, first.version if first else "")
        """The first one, as these objects see it."""

    def lasts(self, revision: Revision, plan: FleetPlan | None, now: datetime) -> bool:
        """True while the same can be said of them, and nearly all of their agents may still come."""
        layout = self.look.layout
        return revision is layout.revision and _want_the_same(plan, layout.plan) and now - self.look.now < _SOON


def unseen_at(first: Look, keys: Iterable[Key]) -> set[Key]:
    """Those of some objects that no agent has to do with: neither heard, nor told anything."""
    return {key for key in keys if _is_unseen(key, first)}


def _is_unseen(key: Key, look: Look) -> bool:
    kind, name = key
    layout = look.layout
    if layout.manifest(key) is None:
        return False
    if kind == "Camera":
        return not layout.placed.watching(name)
    if kind == "DsInstance":
        return not layout.placed.of(name)
    node_id = layout.revision.node_by_name[name].node_id
    return not any(node_id in known for known in (look.fleet.nodes, look.fleet.keys, layout.published))


def _want_the_same(one: FleetPlan | None, other: FleetPlan | None) -> bool:
    if one is None or other is None:
        return one is other
    return one is other or (one.reasons == other.reasons and not differing(one.nodes, other.nodes))
