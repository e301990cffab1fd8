"""The paths of the resources: list, get and watch, each as JSON or as a Table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from controller.api.caller import caller_of
from controller.api.errors import ApiError, manifests_only, no_such_path, not_found
from controller.api.pieces import AT_ONCE, in_pieces, listed
from controller.api.query import flag, number
from controller.api.resources import EVENTS, FLEET_RESOURCES, NAMESPACES, Resource
from controller.api.selection import Selection, parse_selection
from controller.api.table import TABLE_END, Rows, TableForm, wanted_form
from controller.api.told import Told
from controller.api.watch import DEFAULT_TIMEOUT_SECONDS, Watch, WatchRequest, WatchResponse, WatchSlots
from controller.picture.event_log import EVENT_NAMESPACE
from controller.picture.store import ObjectStore, Stored
from crds.document import API_VERSION

_MOST_BYTES_OF_LISTS = 8 * 1024 * 1024
"""That are remembered: 15,000 cameras. Objects are held packed, and it takes 1 us to unpack one."""
_MOST_AT_ONCE = 1000
"""A longer list is answered in pieces. What changes meanwhile stands in it as it was."""


class ResourcePaths:
    """Answers requests for objects."""

    def __init__(
        self,
        objects: ObjectStore,
        events: ObjectStore,
        clock: Callable[[], datetime],
        *,
        watch_limit: int,
        bookmark_seconds: float,
    ) -> None:
        self._bookmark_seconds = bookmark_seconds
        self._objects = objects
        self._events = events
        self._clock = clock
        self._namespaces = _namespaces(clock())
        self.stores = (objects, events, self._namespaces)
        """What is watched."""
        self._slots = WatchSlots(watch_limit)
        self._rows = Rows()
        self._told = Told()
        self._lists = Told(_MOST_BYTES_OF_LISTS)
        self.router = APIRouter()
        core, fleet = "/api/v1", f"/apis/{API_VERSION}"
        for path, endpoint in (
            (f"{core}/events", self._all_events),
            (f"{core}/namespaces", self._all_namespaces),
            (f"{core}/namespaces/{{name}}", self._namespace),
            (f"{core}/namespaces/{{namespace}}/events", self._events_of_namespace),
            (f"{core}/namespaces/{{namespace}}/events/{{name}}", self._event),
            (f"{fleet}/{{plural}}", self._list),
            (f"{fleet}/{{plural}}/{{name}}", self._get),
            (f"{fleet}/{{plural}}/{{name}}/status", self._get),
        ):
            self.router.add_api_route(path, endpoint, methods=["GET"], response_model=None)
        self.router.add_api_route(
            f"{fleet}/{{plural}}/{{name}}", self._refuse_write, methods=["PUT", "PATCH", "DELETE"], response_model=None
        )

    async def _list(self, request: Request, plural: str) -> Response:
        return self._answer_list(request, _fleet_resource(plural), self._objects)

    async def _get(self, request: Request, plural: str, name: str) -> Response:
        resource = _fleet_resource(plural)
        return self._answer_one(request, resource, self._objects, self._objects.get(resource.kind, name), name)

    async def _refuse_write(self, request: Request, plural: str, name: str) -> Response:
        resource = _fleet_resource(plural)
        if self._objects.get(resource.kind, name) is None:
            raise not_found(resource.plural, resource.group, name)
        raise manifests_only(str(request.scope["path"]))

    async def _all_namespaces(self, request: Request) -> Response:
        return self._answer_list(request, NAMESPACES, self._namespaces)

    async def _namespace(self, request: Request, name: str) -> Response:
        found = self._namespaces.get(NAMESPACES.kind, name)
        return self._answer_one(request, NAMESPACES, self._namespaces, found, name)

    async def _all_events(self, request: Request) -> Response:
        return self._answer_list(request, EVENTS, self._events)

    async def _events_of_namespace(self, request: Request, namespace: str) -> Response:
        return self._answer_list(request, EVENTS, self._events, namespace)

    async def _event(self, request: Request, namespace: str, name: str) -> Response:
        found = self._events.get(EVENTS.kind, name)
        if found and found.document["metadata"]["namespace"] != namespace:
            found = None
        caller_of(request).require_event(name, found)
        return self._answer_one(request, EVENTS, self._events, found, name)

    def _answer_one(
        self, request: Request, resource: Resource, store: ObjectStore, found: Stored | None, name: str
    ) -> Response:
        form = wanted_form(request.headers.get("accept", ""), request.query_params.get("includeObject", ""))
        if found is None:
            raise not_found(resource.plural, resource.group, name)
        if form is None:
            return _json(found.encoded)
        head = form.head(resource, str(store.version))
        return _json(head + self._rows.encoded(resource, found, form, self._clock()) + TABLE_END)

    def _answer_list(
        self, request: Request, resource: Resource, store: ObjectStore, namespace: str | None = None
    ) -> Response:
        query = request.query_params
        form = wanted_form(request.headers.get("accept", ""), query.get("includeObject", ""))
        selection = parse_selection(
            resource,
            label_selector=query.get("labelSelector", ""),
            field_selector=query.get("fieldSelector", ""),
            namespace=namespace,
        )
        if sight := caller_of(request).sight(resource.kind):
            selection = replace(selection, sight=sight)
        asked, is_watch = _watch_request(request, resource, selection, form), flag(request, "watch")
        if query.get("continue"):
            # Lists are whole, so that there is no second part: clients list again from the beginning.
            raise ApiError(410, "Expired", "lists are not given in parts here: list again without continue")
        if is_watch:
            watch = Watch(
                asked,
                store,
                self._rows,
                self._told,
                clock=self._clock,
                bookmark_seconds=self._bookmark_seconds,
            )
            return WatchResponse(watch.lines(), self._slots)
        if "sendInitialEvents" in query:
            raise _invalid("sendInitialEvents", "is only for watches")
        objects = store.objects(resource.kind)
        found = _selected(resource, objects, selection)
        at_once = AT_ONCE
        if form:
            now = self._clock()
            rows = (self._rows.encoded(resource, one, form, now) for one in found)
            parts = listed(form.head(resource, str(store.version)), rows, TABLE_END)
        elif found is objects:
            at_once = 1
            parts = listed(_list_head(resource, store.version), self._joined(objects), b"]}")
        else:
            parts = listed(_list_head(resource, store.version), (one.encoded for one in found), b"]}")
        if len(objects) <= _MOST_AT_ONCE:
            return _json(b"".join(parts))
        return StreamingResponse(in_pieces(parts, at_once), media_type="application/json")

    def _joined(self, objects: Sequence[Stored]) -> Iterator[bytes]:
        """The objects of a list, some hundred at a time: as they were written for the last one who asked, if they still are so."""
        for start in range(0, len(objects), AT_ONCE):
            some = tuple(objects[start : start + AT_ONCE])
            yield self._lists.line(some, partial(_written, some))


def _written(objects: Iterable[Stored]) -> bytes:
    return b",".join(one.encoded for one in objects)


def _namespaces(now: datetime) -> ObjectStore:
    """The one namespace: that of the events, which never changes. All else belongs to none."""
    store = ObjectStore(int(now.timestamp() * 1000))
    name = {"kubernetes.io/metadata.name": EVENT_NAMESPACE}
    document = {
        "apiVersion": NAMESPACES.api_version,
        "kind": NAMESPACES.kind,
        "metadata": {"name": EVENT_NAMESPACE, "labels": name},
        "spec": {"finalizers": ["kubernetes"]},
        "status": {"phase": "Active"},
    }
    store.replace([document], now)
    return store


def _fleet_resource(plural: str) -> Resource:
    if plural not in FLEET_RESOURCES:
        raise no_such_path()
    return FLEET_RESOURCES[plural]


def _selected(resource: Resource, objects: Iterable[Stored], selection: Selection) -> Iterable[Stored]:
    found = (one for one in objects if selection.matches(one)) if selection else objects
    if order := resource.order:
        return sorted(found, key=lambda one: order(one.document))
    return found


def _list_head(resource: Resource, version: int) -> bytes:
    return (
        f'{{"kind":"{resource.kind}List","apiVersion":"{resource.api_version}",'
        f'"metadata":{{"resourceVersion":"{version}"}},"items":['
    ).encode()


def _json(encoded: bytes) -> Response:
    return Response(encoded, media_type="application/json")


def _watch_request(request: Request, resource: Resource, selection: Selection, form: TableForm | None) -> WatchRequest:
    """What is asked of a watch; of a list the same may be said, and is held to the same rules."""
    bookmarks, initial = flag(request, "allowWatchBookmarks"), flag(request, "sendInitialEvents")
    if initial and (request.query_params.get("resourceVersionMatch") != "NotOlderThan" or not bookmarks):
        raise _invalid("sendInitialEvents", "needs resourceVersionMatch=NotOlderThan and allowWatchBookmarks=true")
    number(request, "limit")
    known = number(request, "resourceVersion")
    return WatchRequest(
        resource=resource,
        selection=selection,
        form=form,
        after=None if initial or not known else known,
        bookmarks=bookmarks,
        mark_initial_end=initial,
        timeout_seconds=number(request, "timeoutSeconds") or DEFAULT_TIMEOUT_SECONDS,
    )


def _invalid(field: str, message: str) -> ApiError:
    details: dict[str, Any] = {
        "kind": "ListOptions",
        "group": "meta.k8s.io",
        "causes": [{"reason": "FieldValueForbidden", "message": f"Forbidden: {field} {message}", "field": field}],
    }
    return ApiError(422, "Invalid", f"ListOptions.meta.k8s.io is invalid: {field}: Forbidden: {message}", details)
