"""The objects that the API shows: every manifest in force with its status, and the nodes that ask to join."""

from collections import ChainMap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from operator import is_

from controller.model import Fleet, FleetPlan, ObservedNode, Previous, Revision
from controller.picture.camera_document import camera_status
from controller.picture.conditions import Document
from controller.picture.instance_document import instance_status
from controller.picture.layout import Key, Layout
from controller.picture.look import Look
from controller.picture.node_document import node_status, pending_nodes
from controller.status.fold import connected, heard_at, lost_at
from controller.status.runs import hosts_of_rivals, rivals_until

_NEVER = datetime.max.replace(tzinfo=UTC)


def documents(look: Look) -> tuple[Document, ...]:
    """The API objects of one look at the fleet.

    Returns:
        Documents sorted by kind and name, then the nodes that ask to join. One that says the same as in the look before
        is the very object that it was there: transition times and small wobbles of numbers are carried over. Nobody may
        change them.
    """
    return (*_of_manifests(look, look.layout.written).values(), *_pending(look))


class LiveDocuments:
    """The same documents, kept up to date: only what new messages or the time can have changed is made again.

    A look at 60,000 objects takes seconds when all of them are made anew, and agents report all the time.
    """

    def __init__(self, version: str = "") -> None:
        """Knows nothing; the first update makes everything.

        Args:
            version: of the controller; empty where nothing is said of versions.
        """
        self._version = version
        self._shown: tuple[Document, ...] = ()
        self._manifests: dict[Key, Document] = {}
        self._pending: dict[Key, Document] = {}
        self._layout: Layout | None = None
        self._sight = _Sight(Fleet(), _NEVER)

    def update(
        self, revision: Revision, plan: FleetPlan | None, published: Previous, fleet: Fleet, now: datetime
    ) -> tuple[Document, ...]:
        """What `documents` returns for a look at these after one at the last ones.

        Returns:
            The very tuple of the last time when nothing is different.
        """
        layout = self._layout
        if layout is None or not layout.is_of(revision, plan, published):
            self._layout = layout = Layout(revision, plan, published)
            self._sight = _Sight(fleet, now)
            self._set(documents(self._look(layout)), layout)
        elif not self._sight.is_still_of(fleet, now):
            before, self._sight = self._sight, _Sight(fleet, now)
            if changed := self._sight.nodes_that_differ_from(before):
                keys = dict.fromkeys(key for node_id in changed for key in layout.touched_by(node_id))
                look = self._look(layout)
                made = {**self._manifests, **_of_manifests(look, keys)}
                self._set((*made.values(), *_pending(look)), layout)
        return self._shown

    def _look(self, layout: Layout) -> Look:
        return Look(layout, self._sight.fleet, self._sight.at, ChainMap(self._pending, self._manifests), self._version)

    def _set(self, shown: tuple[Document, ...], layout: Layout) -> None:
        if len(shown) == len(self._shown) and all(map(is_, shown, self._shown)):
            return
        self._shown = shown
        written = len(layout.written)
        self._manifests = {_key(one): one for one in shown[:written]}
        self._pending = {_key(one): one for one in shown[written:]}


@dataclass(frozen=True)
class _Sight:
    """The agents as they were seen at a time."""

    fleet: Fleet
    at: datetime

    @cached_property
    def until(self) -> datetime:
        """From then on another one counts as lost, or as one machine again, if nobody says anything."""
        nodes, pulse_of = self.fleet.nodes, self.fleet.pulses.get
        ends = [end for key, node in nodes.items() if self.at < (end := lost_at(node, pulse_of(key)))]
        ends += [until for node in nodes.values() if (until := rivals_until(node, self.at)) is not None]
        return min(ends, default=_NEVER)

    def is_still_of(self, fleet: Fleet, now: datetime) -> bool:
        return fleet is self.fleet and self.at <= now < self.until

    def nodes_that_differ_from(self, before: "_Sight") -> tuple[str, ...]:
        old, new = before.fleet.nodes, self.fleet.nodes
        known = (
            node_id
            for node_id, node in new.items()
            if node_id not in old
            or before.presence(node_id) != self.presence(node_id)
            or before.fleet.keys.get(node_id) != self.fleet.keys.get(node_id)
            or (old[node_id] is not node and _content(old[node_id]) != _content(node))
            or before.heard_in(node_id) != self.heard_in(node_id)
        )
        return (*known, *(node_id for node_id in old if node_id not in new))

    def presence(self, node_id: str) -> tuple[object, ...]:
        node = self.fleet.nodes[node_id]
        return connected(node, self.fleet.pulses.get(node_id), self.at), hosts_of_rivals(node, self.at)

    def heard_in(self, node_id: str) -> datetime | None:
        """The minute in which it was heard last."""
        at = heard_at(self.fleet.nodes[node_id], self.fleet.pulses.get(node_id))
        return at.replace(second=0, microsecond=0) if at else None


def _key(document: Document) -> Key:
    return (document["kind"], document["metadata"]["name"])


def _of_manifests(look: Look, keys: Iterable[Key]) -> dict[Key, Document]:
    revision, written = look.layout.revision, look.layout.written
    found = {}
    for key in keys:
        kind, name = key
        if kind == "Camera":
            status = camera_status(revision.camera_by_name[name], look)
        elif kind == "Node":
            status = node_status(revision.node_by_name[name], look)
        else:
            status = instance_status(look.layout.instance_by_name[name], look)
        found[key] = _same_or_new({**written[key], "status": status}, look)
    return found


def _pending(look: Look) -> tuple[Document, ...]:
    return tuple(_same_or_new(one, look) for one in pending_nodes(look))


def _same_or_new(document: Document, look: Look) -> Document:
    old = look.previous.get(_key(document))
    return old if old == document else document


def _content(node: ObservedNode) -> tuple[object, ...]:
    """What documents show of a node, without the times that every message changes."""
    info, response = node.info, node.response
    greeted = info.model_copy(update={"sent_at": None, "sequence": 0}) if info else None
    said = (
        (response.observed, response.applied, response.status, response.conditions, response.orphans)
        if response
        else None
    )
    strangers = tuple((one.public_key, one.hostname) for one in node.strangers)
    return (greeted, said, strangers, node.clock_ahead_seconds)
