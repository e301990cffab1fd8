"""Answers about objects: one, a list, or a watch, each as JSON or as a Table."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from controller.api.caller import caller_of
from controller.api.errors import ApiError, not_found
from controller.api.pieces import AT_ONCE, in_pieces, listed
from controller.api.query import flag, number
from controller.api.resources import Resource
from controller.api.selection import Selection, parse_selection
from controller.api.table import TABLE_END, Rows, TableForm, wanted_form
from controller.api.told import Told
from controller.api.watch import DEFAULT_TIMEOUT_SECONDS, Shown, Watch, WatchRequest, WatchResponse, WatchSlots
from controller.picture.store import Stored

_MOST_BYTES_OF_LISTS = 8 * 1024 * 1024
"""That are remembered: 15,000 cameras. Objects are held packed, and it takes 1 us to unpack one."""
_MOST_AT_ONCE = 1000
"""A longer list is answered in pieces. What changes meanwhile stands in it as it was."""


class ObjectAnswers:
    """Makes the answers of all paths that show objects, which have one limit of watches together."""

    def __init__(self, clock: Callable[[], datetime], *, watch_limit: int, bookmark_seconds: float) -> None:
        self._bookmark_seconds = bookmark_seconds
        self._clock = clock
        self.slots = WatchSlots(watch_limit)
        self._rows = Rows()
        self._told = Told()
        self._lists = Told(_MOST_BYTES_OF_LISTS)

    def one(self, request: Request, resource: Resource, store: Shown, found: Stored | None, name: str) -> Response:
        """One object.

        Args:
            request: that asks.
            resource: that the object is of.
            store: that it is in.
            found: the object; None when it is not there.
            name: as it was asked for.

        Raises:
            ApiError: it is not there, or the client accepts nothing that is served.
        """
        form = wanted_form(request.headers.get("accept", ""), request.query_params.get("includeObject", ""))
        if found is None:
            raise not_found(resource.plural, resource.group, name)
        if form is None:
            return _json(found.encoded)
        head = form.head(resource, str(store.version))
        return _json(head + self._rows.encoded(resource, found, form, self._clock()) + TABLE_END)

    def list(self, request: Request, resource: Resource, store: Shown, namespace: str | None = None) -> Response:
        """All that are selected, or a watch of them.

        Args:
            request: that asks.
            resource: what is asked for.
            store: that holds it.
            namespace: the one that they are asked of; None for all.

        Raises:
            ApiError: the request cannot be understood.
        """
        query = request.query_params
        form = wanted_form(request.headers.get("accept", ""), query.get("includeObject", ""))
        selection = parse_selection(
            resource,
            label_selector=query.get("labelSelector", ""),
            field_selector=query.get("fieldSelector", ""),
            namespace=namespace,
            in_parts=bool(query.get("limit")),
        )
        if sight := caller_of(request).sight_of(resource):
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
            return WatchResponse(watch.lines(), self.slots)
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
