"""The rows that are read: whose caller may see them, with what other objects say of them."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from controller.access.roles import Verb
from controller.api.caller import caller_of
from controller.api.errors import ApiError
from controller.api.routing import Router
from controller.api.v1.lookup import Lookup
from controller.api.v1.mapping import agent_record, camera_record, instance_record
from controller.api.v1.views import AGENTS, CAMERAS, INSTANCES, VIEWS, View
from controller.picture.conditions import Document
from controller.picture.store import ObjectStore


class Rows:
    """Answers questions about rows."""

    def __init__(self, router: Router, objects: ObjectStore, lookup: Lookup) -> None:
        self._objects = objects
        self._lookup = lookup
        self._router = router
        for view in VIEWS.values():
            self._add(f"/{view.all_path}", self._all_of(view))
            self._add(f"/{view.path}", self._all_of(view))
            self._add(f"/{view.path}/{{id}}", self._one_of(view))
        self._add("/DsInstance/{id}/Cameras", self._cameras_of_instance)
        self._add("/Agents/{id}/Cameras", self._cameras_of_agent)
        self._add("/Agents/{id}/DsInstance", self._instances_of_agent)

    def _add(self, path: str, endpoint: Any) -> None:
        self._router.add(path, endpoint, "GET")

    def row(self, document: Document, places: dict[str, tuple[str, str | None]] | None = None) -> dict[str, Any]:
        """The row of an object.

        Args:
            document: as it is shown.
            places: those of all cameras, for who has them already.
        """
        if document["kind"] == "Node":
            return agent_record(document)
        if document["kind"] == "DsInstance":
            return instance_record(document)
        watchers = document.get("status", {}).get("instances") or ()
        watcher = (watchers[0]["name"], watchers[0]["node"]) if watchers else (None, None)
        places = self._lookup.places() if places is None else places
        return camera_record(document, *places.get(document["metadata"]["name"], watcher))

    def named(self, request: Request, view: View, verb: Verb, word: str) -> str:
        """The name of the object that a path means by an id, when the caller may do that to it.

        Raises:
            ApiError: he may not, in the same words whether it is there or not; or it is not there.
        """
        name = self._lookup.by_id(view.kind, word)
        caller_of(request).require(verb, view.kind, name or word, word)
        if name is None:
            raise not_there(view, f"id {word}")
        return name

    def _all_of(self, view: View) -> Any:
        async def listed(request: Request) -> Response:
            return JSONResponse(self._rows(request, view, None))

        return listed

    def _one_of(self, view: View) -> Any:
        async def one(request: Request, id: str) -> Response:  # noqa: A002 - the word of the path
            stored = self._objects.get(view.kind, self.named(request, view, Verb.GET, id))
            if stored is None:
                raise not_there(view, f"id {id}")
            return JSONResponse(self.row(stored.document))

        return one

    async def _cameras_of_instance(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the path
        name = self.named(request, INSTANCES, Verb.GET, id)
        found = {camera for camera, (instance, _) in self._lookup.places().items() if instance == name}
        return JSONResponse(self._rows(request, CAMERAS, found))

    async def _cameras_of_agent(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the path
        name = self.named(request, AGENTS, Verb.GET, id)
        found = {camera for camera, (_, node) in self._lookup.places().items() if node == name}
        return JSONResponse(self._rows(request, CAMERAS, found))

    async def _instances_of_agent(self, request: Request, id: str) -> Response:  # noqa: A002 - the word of the path
        name = self.named(request, AGENTS, Verb.GET, id)
        found = {known.name for _, known in self._lookup.all("DsInstance") if known.node == name}
        return JSONResponse(self._rows(request, INSTANCES, found))

    def _rows(self, request: Request, view: View, names: set[str] | None) -> list[dict[str, Any]]:
        sees = caller_of(request).sight(view.kind)
        places = self._lookup.places() if view is CAMERAS else None
        return [
            self.row(stored.document, places)
            for stored, known in self._lookup.all(view.kind)
            if (names is None or known.name in names) and (sees is None or sees(stored))
        ]


def not_there(view: View, what: str) -> ApiError:
    """There is no such row."""
    return ApiError(404, "NotFound", f"{view.word} item with {what} not found")
