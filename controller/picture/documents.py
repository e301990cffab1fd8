"""The objects that the API shows: every manifest in force with its status, and the nodes that ask to join."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from controller.model import FleetPlan, Previous, Revision
from controller.observed import Fleet
from controller.picture.camera_document import camera_status
from controller.picture.conditions import Document
from controller.picture.difference import Difference, Key
from controller.picture.instance_document import instance_status
from controller.picture.layout import Layout, Touched
from controller.picture.look import Look
from controller.picture.node_document import node_status, pending_names, pending_node
from controller.picture.sight import Sight
from crds.camera import Camera
from crds.compact import compact_document, with_shared_names
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.node import Node

_SLICE = 400
"""Documents that are made in one go: some ten milliseconds, so that who waits for an answer waits no longer."""


class LiveDocuments:
    """The documents, kept up to date: only those are made again of which something else can be said.

    They are what making all of them from the very same inputs would give, but for what a look takes over from the one
    before: times of transitions, and numbers that only wobble. One that says the same stays the very same object. Nobody
    may change them.
    """

    def __init__(self, version: str = "", previous: Iterable[Document] = ()) -> None:
        """Knows nothing; the first update makes everything.

        Args:
            version: of the controller; empty where nothing is said of versions.
            previous: documents of a look before.
        """
        self._version = version
        self._shown: dict[Key, Document] = {(one["kind"], one["metadata"]["name"]): one for one in previous}
        self._forget()

    @property
    def shown(self) -> Mapping[Key, Document]:
        """What is shown, in no order."""
        return self._shown

    def update(
        self, revision: Revision, plan: FleetPlan | None, published: Previous, fleet: Fleet, now: datetime
    ) -> Iterator[tuple[Difference, ...]]:
        """Shows these.

        Yields:
            What became different, sorted by kind and name, some hundred objects at a time. What was not taken is looked at
            with the next update.

        Raises:
            Exception: after all others, what an object met that cannot be shown; it stays as it was.
        """
        look = Look(self._layout, fleet, now, self._shown, self._version)
        try:
            for _ in self._take(look, revision, plan, published):
                yield ()
        except BaseException:
            # What was taken in half is taken in again.
            self._forget()
            raise
        errors: list[Exception] = []
        keys = sorted(self._touched.keys)
        if len(keys) > _SLICE:
            yield ()
        for start in range(0, len(keys), _SLICE):
            yield tuple(self._differences(keys[start : start + _SLICE], look, errors))
        if errors:
            raise errors[0]

    def _forget(self) -> None:
        self._layout, self._sight = Layout(), Sight()
        self._pending: Mapping[str, str] = {}
        """The ids of the nodes that ask to join, by the names that they are shown under."""
        self._touched = Touched(set(self._shown), set(self._shown))

    def _take(self, look: Look, revision: Revision, plan: FleetPlan | None, published: Previous) -> Iterator[None]:
        touched = self._touched
        touched.node_ids.clear()
        yield from self._layout.become(revision, plan, published, touched)
        are_names_the_same = not touched.node_ids
        yield from self._sight.become(look, touched)
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
            old = self._shown.get(key)
            try:
                new = self._made(key, look)
            except Exception as error:  # noqa: BLE001 - no bug in one document may hide the others (S15)
                errors.append(error)
                continue
            self._touched.rewritten.discard(key)
            if new is old:
                continue
            if new is None:
                del self._shown[key]
            else:
                self._shown[key] = new
            yield Difference(key, old, new)

    def _made(self, key: Key, look: Look) -> Document | None:
        """The document of an object, the one that is shown when that says the same; None for an object that is not there."""
        shown, manifest = self._shown.get(key), look.layout.manifest(key)
        if manifest is None:
            node_id = self._pending.get(key[1]) if key[0] == "Node" else None
            made = pending_node(key[1], look, node_id) if node_id else None
        elif shown is not None and key not in self._touched.rewritten:
            status = _status(manifest, look)
            return (
                shown if shown["status"] == status else with_shared_names({**shown, "status": compact_document(status)})
            )
        else:
            made = {**manifest.document(), "status": _status(manifest, look)}
        if made == shown:
            return shown
        return None if made is None else compact_document(made)


def _status(manifest: Manifest, look: Look) -> Document:
    match manifest:
        case Camera():
            return camera_status(manifest, look)
        case DsInstance():
            return instance_status(manifest, look)
        case Node():
            return node_status(manifest, look)
        case _:
            raise TypeError(f"nothing is known of what a {type(manifest).__name__} is seen to be")
