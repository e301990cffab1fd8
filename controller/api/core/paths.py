"""The paths of nodes, pods, and what they use."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from controller.api.apps.view_writes import Change, ViewWrites
from controller.api.apps.words import NAMESPACE
from controller.api.control import FleetControl
from controller.api.core.evictions import Evictions
from controller.api.core.logs import Logs
from controller.api.core.metrics import Metrics
from controller.api.core.node_form import node_form, with_changes
from controller.api.core.pod_form import pod_form
from controller.api.core_resources import BUDGETS, METRICS, NODES, PODS
from controller.api.errors import ApiError, bad_request, manifests_only, not_allowed, not_found
from controller.api.facade_store import Facade, FacadeStore
from controller.api.object_answers import ObjectAnswers
from controller.api.refusing_route import RefusingRoute
from controller.api.resources import FLEET_RESOURCES, Resource
from controller.api.routing import PathRoute, Router
from controller.api.write_paths import Writes, delete_object
from controller.asking.base import Asking
from controller.model import ObjectRef
from controller.picture.store import ObjectStore

_OURS = FLEET_RESOURCES["nodes"]
_PODS_OF = f"/api/v1/namespaces/{{namespace}}/{PODS.plural}"


class CorePaths:
    """Answers requests for nodes and pods."""

    def __init__(
        self,
        objects: ObjectStore,
        answers: ObjectAnswers,
        control: FleetControl,
        asking: Asking,
        writes: Writes | None,
        clock: Callable[[], datetime],
    ) -> None:
        self._answers = answers
        self._objects = objects
        self._writes = writes
        self._views = ViewWrites(writes, clock, _OURS) if writes is not None else None
        self._shown = FacadeStore(
            objects, (Facade(NODES.kind, NODES.stands_for, node_form), Facade(PODS.kind, PODS.stands_for, pod_form))
        )
        self._evictions = Evictions(self._shown, control)
        self._logs = Logs(self._shown, asking, clock)
        metrics, usage = Metrics(self._shown, asking), METRICS[0].path
        self.router = Router()
        for path, methods, endpoint in (
            ("/api/v1/nodes", "GET", self._nodes),
            ("/api/v1/nodes", "POST", self._not_made),
            ("/api/v1/nodes/{name}", "GET", self._node),
            ("/api/v1/nodes/{name}", "PUT", self._update_node),
            ("/api/v1/nodes/{name}", "PATCH", self._patch_node),
            ("/api/v1/nodes/{name}", "DELETE", self._delete_node),
            ("/api/v1/pods", "GET", self._all_pods),
            (_PODS_OF, "GET", self._pods),
            (_PODS_OF, "POST", self._not_made),
            (f"{_PODS_OF}/{{name}}", "GET", self._pod),
            (f"{_PODS_OF}/{{name}}", "PUT PATCH", self._not_changed),
            (f"{_PODS_OF}/{{name}}", "DELETE", self._delete_pod),
            (f"{_PODS_OF}/{{name}}/log", "GET", self._log),
            (f"{_PODS_OF}/{{name}}/eviction", "POST", self._evict),
            (f"{BUDGETS.path}/{BUDGETS.plural}", "GET", self._budgets),
            (f"{BUDGETS.path}/namespaces/{{namespace}}/{BUDGETS.plural}", "GET", self._budgets),
            (f"{BUDGETS.path}/namespaces/{{namespace}}/{BUDGETS.plural}/{{name}}", "GET", self._budget),
            (f"{usage}/nodes", "GET", metrics.nodes),
            (f"{usage}/nodes/{{name}}", "GET", metrics.node),
            (f"{usage}/pods", "GET", metrics.pods),
            (f"{usage}/namespaces/{{namespace}}/pods", "GET", metrics.pods_of),
            (f"{usage}/namespaces/{{namespace}}/pods/{{name}}", "GET", metrics.pod),
        ):
            refuses = endpoint in (self._not_made, self._not_changed)
            self.router.add(path, endpoint, *methods.split(), route=RefusingRoute if refuses else PathRoute)

    # --- nodes ----------------------------------------------------------------------------------------------------------

    async def _nodes(self, request: Request) -> Response:
        return self._answers.list(request, NODES, self._shown)

    async def _node(self, request: Request, name: str) -> Response:
        return self._answers.one(request, NODES, self._shown, self._shown.get(NODES.kind, name), name)

    async def _update_node(self, request: Request, name: str) -> Response:
        return await self._writable(request, name).update(request, NODES, name, _as_ours, node_form)

    async def _patch_node(self, request: Request, name: str) -> Response:
        return await self._writable(request, name).patch(request, NODES, name, _as_ours, node_form)

    async def _delete_node(self, request: Request, name: str) -> Response:
        self._writable(request, name)
        assert self._writes is not None  # noqa: S101 - it is writable
        return await delete_object(self._writes, request, NODES, ObjectRef(_OURS.kind, name))

    def _writable(self, request: Request, name: str) -> ViewWrites:
        if self._shown.get(NODES.kind, name) is None:
            raise not_found(NODES.plural, NODES.group, name)
        if self._views is None:
            raise manifests_only(str(request.scope["path"]))
        return self._views

    # --- pods -----------------------------------------------------------------------------------------------------------

    async def _all_pods(self, request: Request) -> Response:
        return self._answers.list(request, PODS, self._shown)

    async def _pods(self, request: Request, namespace: str) -> Response:
        return self._answers.list(request, PODS, self._shown, namespace)

    async def _pod(self, request: Request, namespace: str, name: str) -> Response:
        found = self._shown.get(PODS.kind, name) if namespace == NAMESPACE else None
        return self._answers.one(request, PODS, self._shown, found, name)

    async def _delete_pod(self, request: Request, namespace: str, name: str) -> Response:
        _require_ours(namespace, name)
        return await self._evictions.delete(request, name)

    async def _evict(self, request: Request, namespace: str, name: str) -> Response:
        _require_ours(namespace, name)
        return await self._evictions.evict(request, name)

    async def _log(self, request: Request, namespace: str, name: str) -> Response:
        _require_ours(namespace, name)
        return await self._logs.log(request, name)

    async def _budgets(self, request: Request) -> Response:
        return self._answers.list(request, BUDGETS, self._objects)

    async def _budget(self, name: str) -> Response:
        raise not_found(BUDGETS.plural, BUDGETS.group, name)

    async def _not_changed(self, namespace: str, name: str) -> Response:
        _require_ours(namespace, name)
        if self._shown.get(PODS.kind, name) is None:
            raise not_found(PODS.plural, PODS.group, name)
        message = f"a pod is what its instance says: change that, such as with kubectl edit dsinstance {name}"
        raise not_allowed(message, allowed=("DELETE", "GET"))

    async def _not_made(self, request: Request) -> Response:
        raise _not_made(NODES if str(request.scope["path"]).startswith("/api/v1/nodes") else PODS)


def _as_ours(_ref: ObjectRef, change: Change) -> Change:
    def make(current: dict[str, Any]) -> Any:
        wanted = change(node_form(current))
        if not isinstance(wanted, dict) or (wanted.get("apiVersion", "v1"), wanted.get("kind", "Node")) != (
            "v1",
            "Node",
        ):
            raise bad_request("the body must be a Node of v1")
        return with_changes(current, wanted)

    return make


def _require_ours(namespace: str, name: str) -> None:
    if namespace != NAMESPACE:
        raise not_found(PODS.plural, PODS.group, name)


def _not_made(resource: Resource) -> ApiError:
    ours = "nodes.dsfleet.io, which say the id of their machine" if resource is NODES else "dsinstances"
    return not_allowed(f"{resource.plural} are not made here: make {ours}", allowed=("GET",))
