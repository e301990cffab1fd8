"""The objects that the API shows: every manifest in force with its status, and the nodes that ask to join."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from controller.model import FleetPlan, Previous, Revision
from controller.observed import Fleet
from controller.picture.about_to_say import AboutToSay
from controller.picture.camera_document import camera_status
from controller.picture.conditions import Document
from controller.picture.difference import Difference, Key
from controller.picture.instance_document import instance_status
from controller.picture.layout import Layout, Touched
from controller.picture.look import Look
from controller.picture.node_document import node_status, pending_names, pending_node
from controller.picture.sight import Sight
from controller.picture.store import ObjectStore
from controller.picture.unseen import Unseen, unseen_at
from crds.camera import Camera
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.node import Node

_SLICE = 400
"""Documents that are made in one go: some ten milliseconds, so that who waits for an answer waits no longer."""
_MANY = 1000
"""Some fifty milliseconds."""


class LiveDocuments:
    """The documents, kept up to date: only those are made again of which something else can be said.

    They are what making all of them from the very same inputs would give, but for what a look takes over from the one
    before: times of transitions, and numbers that only wobble. One that says the same stays the version that it is.
    """

    def __init__(
        self,
        shown: ObjectStore,
        version: str = "",
        put_off: Callable[[AbstractSet[Key]], None] = lambda _: None,
        many: int = _MANY,
    ) -> None:
        """The first update makes everything; where that is much, not what no agent has to do with: see `Unseen`.

        Args:
            shown: what is shown. It holds the documents, and nobody else puts any there.
            version: of the controller; empty where nothing is said of versions.
            put_off: is told the objects that came and were not made. None of them is ready, and no condition of them is listed.
            many: as many objects take so long that some are put off.
        """
        self._version = version
        self._many = many
        self._shown = shown
        self._put_off = put_off
        self._is_first = not shown.keys
        self._unseen = Unseen()
        self._about_to_say = AboutToSay()
        self._forget()

    def update(
        self, revision: Revision, plan: FleetPlan | None, published: Previous, fleet: Fleet, now: datetime
    ) -> Iterator[tuple[Difference, ...]]:
        """Shows these: puts into the store what became different.

        Yields:
            That, sorted by kind and name, some hundred objects at a time. What was not taken is looked at
            with the next update.

        Raises:
            Exception: after all others, what an object met that cannot be shown; it stays as it was.
        """
        if self._shown.unmade and not self._unseen.lasts(revision, plan, now):
            yield from (() for _ in self.make_unseen())
        look = Look(self._layout, fleet, now, self._version)
        try:
            for _ in self._take(look, revision, plan, published):
                yield ()
        except BaseException:
            # What was taken in half is taken in again.
            self._forget()
            raise
        errors: list[Exception] = []
        keys = self._due(look)
        if len(keys) > _SLICE:
            yield ()
        for start in range(0, len(keys), _SLICE):
            differences = tuple(self._differences(keys[start : start + _SLICE], look, errors))
            self._shown.apply(differences, now)
            yield differences
        if not self._shown.unmade:
            self._unseen = Unseen()
        if not self._touched.keys:
            self._touched.keys.clear()  # it still takes the memory of all that was in it
            self._touched.rewritten.clear()
        if errors:
            raise errors[0]

    def _due(self, look: Look) -> list[Key]:
        """The objects to be made now, sorted. Where that is much, not those that are made again soon, or may never be asked for."""
        keys = self._touched.keys
        if len(keys) >= self._many:
            if self._is_first:
                self._postpone(look)
            else:
                keys = keys - (self._about_to_say.keys(look) - self._touched.rewritten)
        self._is_first = False
        return sorted(keys)

    def make_unseen(self) -> Iterator[None]:
        """Makes what was put off, in parts of which none takes long."""
        keys = sorted(self._shown.unmade)
        for start in range(0, len(keys), _SLICE):
            self._shown.make(keys[start : start + _SLICE])
            yield

    def outline(self, key: Key) -> Document | None:
        """Kind, name and status of an object, and maybe more; None when it is not there."""
        manifest = self._unseen.look.layout.manifest(key) if key in self._shown.unmade else None
        if manifest is None:
            return self._shown.source(key)
        kind, name = key
        return {"kind": kind, "metadata": {"name": name}, "status": _status(manifest, self._unseen.look, None)}

    def _source(self, key: Key) -> Document | None:
        return self._made(key, self._unseen.look, None) if key in self._shown.unmade else self._shown.source(key)

    def _postpone(self, look: Look) -> None:
        keys = unseen_at(look, self._touched.keys)
        self._unseen = Unseen(look)
        self._touched.keys -= keys
        self._touched.rewritten -= keys
        self._put_off(keys)
        self._shown.postpone(keys, self._made_unseen, look.now)

    def _made_unseen(self, key: Key) -> Document | None:
        try:
            return self._made(key, self._unseen.look, None)
        except Exception:  # noqa: BLE001 - who asks for others gets them (S15); the next look raises it
            self._touched.keys.add(key)
            return None

    def _forget(self) -> None:
        self._layout, self._sight = Layout(), Sight()
        self._pending: Mapping[str, str] = {}
        """The ids of the nodes that ask to join, by the names that they are shown under."""
        self._touched = Touched(self._shown.keys, self._shown.keys)

    def _take(self, look: Look, revision: Revision, plan: FleetPlan | None, published: Previous) -> Iterator[None]:
        touched = self._touched
        touched.node_ids.clear()
        touched.told.clear()
        yield from self._layout.become(revision, plan, published, touched)
        are_names_the_same = not touched.node_ids
        yield from self._sight.become(look, touched)
        self._about_to_say.become(look, touched.told)
        self._take_pending(look, touched.node_ids, are_names_the_same=are_names_the_same)

    def _take_pending(self, look: Look, node_ids: set[str], *, are_names_the_same: bool) -> None:
        known = set(self._pending.values())
        asking = {node_id for node_id in node_ids if look.is_pending(node_id)}
        now = (known - node_ids) | asking
        self._touched.keys |= {("Node", name) for name, node_id in self._pending.items() if node_id in node_ids}
        if now != known or not are_names_the_same:
            before, self._pending = self._pending, pending_names(now, look.layout.revision)
            self._touched.keys |= {("Node", name) for name in before.keys() ^ self._pending.keys()}
            self._touched.keys |= {
                ("Node", name) for name, node_id in self._pending.items() if before.get(name) != node_id
            }

    def _differences(self, keys: Iterable[Key], look: Look, errors: list[Exception]) -> Iterator[Difference]:
        for key in keys:
            self._touched.keys.discard(key)
            try:
                old = self._source(key)
                new = self._made(key, look, old)
            except Exception as error:  # noqa: BLE001 - no bug in one document may hide the others (S15)
                errors.append(error)
                continue
            self._touched.rewritten.discard(key)
            if new != old:
                yield Difference(key, old, new)

    def _made(self, key: Key, look: Look, shown: Document | None) -> Document | None:
        """The document of an object; None for an object that is not there."""
        manifest = look.layout.manifest(key)
        if manifest is None:
            node_id = self._pending.get(key[1]) if key[0] == "Node" else None
            return pending_node(key[1], look, node_id, shown) if node_id else None
        status = _status(manifest, look, shown)
        if shown is not None and key not in self._touched.rewritten:
            return {**shown, "status": status}
        return {**manifest.document(), "status": status}


def _status(manifest: Manifest, look: Look, previous: Document | None) -> Document:
    match manifest:
        case Camera():
            return camera_status(manifest, look, previous)
        case DsInstance():
            return instance_status(manifest, look, previous)
        case Node():
            return node_status(manifest, look, previous)
        case _:
            raise TypeError(f"nothing is known of what a {type(manifest).__name__} is seen to be")
