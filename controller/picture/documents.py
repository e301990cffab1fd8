"""The objects that the API shows: every manifest in force with its status, and the nodes that ask to join."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from controller.model import Fleet, FleetPlan, ObservedNode, Previous, Revision
from controller.picture.camera_document import camera_status
from controller.picture.conditions import Document
from controller.picture.instance_document import instance_status
from controller.picture.layout import Key, Layout
from controller.picture.look import Picture
from controller.picture.node_document import node_status, pending_nodes
from controller.status.fold import connected


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
    picture = Picture(Layout(revision, plan, dict(published)), fleet, now, before)
    return (*_of_manifests(picture, picture.layout.written).values(), *_pending(picture))


class LiveDocuments:
    """The same documents, kept up to date: only what new messages or the time can have changed is made again.

    A look at 60,000 objects takes seconds when all of them are made anew, and agents report all the time.
    """

    def __init__(self) -> None:
        """Knows nothing; the first update makes everything."""
        self._documents: dict[Key, Document] = {}
        self._pending: tuple[Document, ...] = ()
        self._layout: Layout | None = None
        self._seen: dict[str, tuple[ObservedNode, bool]] = {}

    def update(
        self, revision: Revision, plan: FleetPlan | None, published: Previous, fleet: Fleet, now: datetime
    ) -> tuple[Document, ...]:
        """What `documents` returns for these, given what it returned for the last ones."""
        before: Mapping[Key, Document] = {**self._documents, **{_key(one): one for one in self._pending}}
        seen = {node_id: (node, connected(node, now)) for node_id, node in fleet.nodes.items()}
        if self._layout and self._layout.is_of(revision, plan, published):
            layout = self._layout
            changed = {node_id for node_id, look in seen.items() if _differs(self._seen.get(node_id), look)}
            changed |= self._seen.keys() - seen.keys()
            keys = {key for node_id in changed for key in layout.touched_by(node_id)}
            picture = Picture(layout, fleet, now, before)
            self._documents.update(_of_manifests(picture, keys))
        else:
            self._layout = Layout(revision, plan, dict(published))
            picture = Picture(self._layout, fleet, now, before)
            self._documents = _of_manifests(picture, self._layout.written)
        self._seen = seen
        self._pending = _pending(picture)
        return (*self._documents.values(), *self._pending)


def _key(document: Document) -> Key:
    return (document["kind"], document["metadata"]["name"])


def _of_manifests(picture: Picture, keys: Iterable[Key]) -> dict[Key, Document]:
    revision, written = picture.layout.revision, picture.layout.written
    found = {}
    for key in keys:
        kind, name = key
        if kind == "Camera":
            status = camera_status(revision.camera_by_name[name], picture)
        elif kind == "Node":
            status = node_status(revision.node_by_name[name], picture)
        else:
            status = instance_status(picture.layout.instance_by_name[name], picture)
        found[key] = _same_or_new({**written[key], "status": status}, picture)
    return found


def _pending(picture: Picture) -> tuple[Document, ...]:
    return tuple(_same_or_new(one, picture) for one in pending_nodes(picture))


def _same_or_new(document: Document, picture: Picture) -> Document:
    old = picture.previous.get(_key(document))
    return old if old == document else document


def _differs(old: tuple[ObservedNode, bool] | None, new: tuple[ObservedNode, bool]) -> bool:
    """True when a look at a node says more than that its agent goes on reporting the same."""
    if old is None or old[1] != new[1]:
        return True
    before, after = old[0], new[0]
    return before is not after and _content(before) != _content(after)


def _content(node: ObservedNode) -> tuple[object, ...]:
    """What documents show of a node, without the times that every message changes."""
    info, response, last_seen = node.info, node.response, node.last_seen
    greeted = info.model_copy(update={"sent_at": None}) if info else None
    said = (response.observed, response.applied, response.status, response.conditions) if response else None
    return (greeted, said, last_seen.replace(second=0, microsecond=0) if last_seen else None)
