"""The objects that the API shows: every manifest in force with its status, and the nodes that ask to join."""

from collections import ChainMap
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import is_
from typing import Self

from controller.model import Fleet, FleetPlan, ObservedNode, Previous, Revision
from controller.picture.camera_document import camera_status
from controller.picture.conditions import Document
from controller.picture.instance_document import instance_status
from controller.picture.layout import Key, Layout
from controller.picture.look import Look
from controller.picture.node_document import node_status, pending_nodes
from controller.status.fold import connected, lost_at


def documents(
    revision: Revision,
    plan: FleetPlan | None,
    published: Previous,
    fleet: Fleet,
    now: datetime,
    *,
    previous: Iterable[Document] = (),
) -> tuple[Document, ...]:
    """The API objects of one look at the fleet.

    Args:
        revision: the manifests in force.
        plan: the desired state computed from them; None while there is none.
        published: what agents can read of it, by node id.
        fleet: what the agents said.
        now: the time of this look, UTC.
        previous: what this function returned for the look before; transition times and small wobbles of numbers are
            carried over from it.

    Returns:
        Documents sorted by kind and name, then the nodes that ask to join. One that says the same as before is the
        very object that it was before. Nobody may change them.
    """
    before = {_key(old): old for old in previous}
    look = Look(Layout(revision, plan, published), fleet, now, before)
    return (*_of_manifests(look, look.layout.written).values(), *_pending(look))


class LiveDocuments:
    """The same documents, kept up to date: only what new messages or the time can have changed is made again.

    A look at 60,000 objects takes seconds when all of them are made anew, and agents report all the time.
    """

    def __init__(self) -> None:
        """Knows nothing; the first update makes everything."""
        self._shown: tuple[Document, ...] = ()
        self._manifests: dict[Key, Document] = {}
        self._pending: dict[Key, Document] = {}
        self._layout: Layout | None = None
        self._sight = _Sight.at(Fleet(), datetime.max.replace(tzinfo=UTC))

    def update(
        self, revision: Revision, plan: FleetPlan | None, published: Previous, fleet: Fleet, now: datetime
    ) -> tuple[Document, ...]:
        """What `documents` returns for these, given what it returned for the last ones.

        Returns:
            The very tuple of the last time when nothing is different.
        """
        is_same_layout = self._layout is not None and self._layout.is_of(revision, plan, published)
        if is_same_layout and self._sight.is_still_of(fleet, now):
            return self._shown
        before, self._sight = self._sight, _Sight.at(fleet, now)
        if self._layout is None or not is_same_layout:
            self._layout = Layout(revision, plan, published)
            self._set(documents(revision, plan, published, fleet, now, previous=self._shown))
        elif changed := self._sight.nodes_that_differ_from(before):
            look = Look(self._layout, fleet, now, ChainMap(self._pending, self._manifests))
            keys = dict.fromkeys(key for node_id in changed for key in self._layout.touched_by(node_id))
            made = {**self._manifests, **_of_manifests(look, keys)}
            self._set((*made.values(), *_pending(look)))
        return self._shown

    def _set(self, shown: tuple[Document, ...]) -> None:
        if len(shown) == len(self._shown) and all(map(is_, shown, self._shown)):
            return
        written = len(self._layout.written) if self._layout else 0
        self._shown = shown
        self._manifests = {_key(one): one for one in shown[:written]}
        self._pending = {_key(one): one for one in shown[written:]}


@dataclass(frozen=True)
class _Sight:
    """The agents, and who of them was connected at a time."""

    fleet: Fleet
    connected: frozenset[str]
    since: datetime
    until: datetime
    """From then on another one counts as lost, if nobody says anything."""

    @classmethod
    def at(cls, fleet: Fleet, now: datetime) -> Self:
        heard = {node_id: node for node_id, node in fleet.nodes.items() if connected(node, now)}
        ends = (lost_at(node) for node in heard.values())
        return cls(fleet, frozenset(heard), now, min(ends, default=datetime.max.replace(tzinfo=UTC)))

    def is_still_of(self, fleet: Fleet, now: datetime) -> bool:
        return fleet is self.fleet and self.since <= now < self.until

    def nodes_that_differ_from(self, before: "_Sight") -> tuple[str, ...]:
        old, new = before.fleet.nodes, self.fleet.nodes
        return (
            *(
                node_id
                for node_id, node in new.items()
                if (node_id in self.connected) != (node_id in before.connected) or _differs(old.get(node_id), node)
            ),
            *(node_id for node_id in old if node_id not in new),
        )


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


def _differs(old: ObservedNode | None, new: ObservedNode) -> bool:
    """True when a look at a node says more than that its agent goes on reporting the same."""
    return old is not new and (old is None or _content(old) != _content(new))


def _content(node: ObservedNode) -> tuple[object, ...]:
    """What documents show of a node, without the times that every message changes."""
    info, response, last_seen = node.info, node.response, node.last_seen
    greeted = info.model_copy(update={"sent_at": None}) if info else None
    said = (response.observed, response.applied, response.status, response.conditions) if response else None
    return (greeted, said, last_seen.replace(second=0, microsecond=0) if last_seen else None)
