"""The paths of the resources: list, get and watch, each as JSON or as a Table."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from fastapi.responses import Response

from controller.api.caller import caller_of
from controller.api.errors import manifests_only, no_such_path, not_found
from controller.api.object_answers import ObjectAnswers
from controller.api.resources import EVENTS, FLEET_RESOURCES, NAMESPACES, Resource
from controller.api.routing import Router
from controller.picture.event_log import EVENT_NAMESPACE
from controller.picture.store import ObjectStore
from crds.document import API_VERSION


class ResourcePaths:
    """Answers requests for objects."""

    def __init__(
        self,
        objects: ObjectStore,
        events: ObjectStore,
        clock: Callable[[], datetime],
        answers: ObjectAnswers,
    ) -> None:
        self._answers = answers
        self._objects = objects
        self._events = events
        self._namespaces = _namespaces(clock())
        self.stores = (objects, events, self._namespaces)
        """What is watched."""
        self.router = Router()
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
            self.router.add(path, endpoint, "GET")
        self.router.add(f"{fleet}/{{plural}}/{{name}}", self._refuse_write, "PUT", "PATCH", "DELETE")

    async def _list(self, request: Request, plural: str) -> Response:
        return self._answers.list(request, _fleet_resource(plural), self._objects)

    async def _get(self, request: Request, plural: str, name: str) -> Response:
        resource = _fleet_resource(plural)
        return self._answers.one(request, resource, self._objects, self._objects.get(resource.kind, name), name)

    async def _refuse_write(self, request: Request, plural: str, name: str) -> Response:
        resource = _fleet_resource(plural)
        if self._objects.get(resource.kind, name) is None:
            raise not_found(resource.plural, resource.group, name)
        raise manifests_only(str(request.scope["path"]))

    async def _all_namespaces(self, request: Request) -> Response:
        return self._answers.list(request, NAMESPACES, self._namespaces)

    async def _namespace(self, request: Request, name: str) -> Response:
        found = self._namespaces.get(NAMESPACES.kind, name)
        return self._answers.one(request, NAMESPACES, self._namespaces, found, name)

    async def _all_events(self, request: Request) -> Response:
        return self._answers.list(request, EVENTS, self._events)

    async def _events_of_namespace(self, request: Request, namespace: str) -> Response:
        return self._answers.list(request, EVENTS, self._events, namespace)

    async def _event(self, request: Request, namespace: str, name: str) -> Response:
        found = self._events.get(EVENTS.kind, name)
        if found and found.document["metadata"]["namespace"] != namespace:
            found = None
        caller_of(request).require_event(name, found)
        return self._answers.one(request, EVENTS, self._events, found, name)


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
