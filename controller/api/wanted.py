"""What a request asks of an object: from the object as it is to the object as it is to be. Pure."""

from collections.abc import Callable
from typing import Any

from controller.api.errors import bad_request
from controller.api.object_shape import checked_metadata, require_bounded
from controller.api.patches.refused import Document
from controller.api.patches.server_side import after_update, apply
from controller.api.resources import Resource
from controller.model import ObjectRef
from controller.writing.refusals import AlreadyThere, NotThere, Outdated
from controller.writing.request import MODIFIED, Make


def object_in(body: Any, resource: Resource, name: str = "") -> Document:
    """A body that is to be an object of a resource, with what the path says filled in.

    Args:
        body: as it was read.
        resource: of the path.
        name: of the path; empty where that has none.

    Raises:
        ApiError: BadRequest, it is something else than the path says.
    """
    if not isinstance(body, dict):
        raise bad_request("the body must be an object")
    for field, expected in (("apiVersion", resource.api_version), ("kind", resource.kind)):
        if (found := body.get(field) or expected) != expected:
            what = "API version" if field == "apiVersion" else "kind"
            raise bad_request(f"the {what} in the data ({found}) does not match the expected {what} ({expected})")
    require_bounded(body)
    metadata = checked_metadata(body.get("metadata") or {})
    if name and (found := metadata.get("name") or name) != name:
        raise bad_request(f"the name of the object ({found}) does not match the name on the URL ({name})")
    if metadata.get("namespace") not in (None, "", "default"):
        raise bad_request(f"{resource.plural} are in no namespace, and the object names {metadata['namespace']!r}")
    named = {**metadata, "name": name} if name else metadata
    return {**body, "apiVersion": resource.api_version, "kind": resource.kind, "metadata": named}


def created(document: Document) -> Make:
    """Asks for an object that is not there."""
    ref = ObjectRef(document["kind"], document["metadata"]["name"])

    def make(current: Document | None) -> Document:
        if current is not None:
            raise AlreadyThere(ref)
        return document

    return make


def changed(ref: ObjectRef, resource: Resource, manager: str, now: str, change: Callable[[Document], Any]) -> Make:
    """Asks for another form of an object that is there: by a patch, or all of it.

    Args:
        ref: the object.
        resource: of its kind.
        manager: who asks, for managed fields.
        now: the time, RFC 3339.
        change: what becomes of it; it may raise what patches raise.
    """

    def make(current: Document | None) -> Document:
        if current is None:
            raise NotThere(ref)
        wanted = object_in(change(current), resource, ref.name)
        _require_same(ref, current["metadata"], wanted["metadata"])
        return after_update(current, wanted, manager, now)

    return make


def applied(ref: ObjectRef, document: Document, manager: str, now: str, *, force: bool) -> Make:
    """Asks by server-side apply; the object need not be there."""

    def make(current: Document | None) -> Document:
        if current is not None:
            _require_same(ref, current["metadata"], document["metadata"])
        return apply(current, document, manager, now, force=force)

    return make


def gone(ref: ObjectRef) -> Make:
    """Asks that an object goes."""

    def make(current: Document | None) -> None:
        if current is None:
            raise NotThere(ref)

    return make


def _require_same(ref: ObjectRef, current: Document, wanted: Document) -> None:
    if (version := wanted.get("resourceVersion")) and str(version) != current["resourceVersion"]:
        raise Outdated(ref, MODIFIED)
    if (uid := wanted.get("uid")) and uid != current["uid"]:
        raise Outdated(
            ref, f"the precondition failed: UID in precondition: {uid}, UID in object meta: {current['uid']}"
        )
