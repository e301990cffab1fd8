"""The paths at which instances are scaled."""

import contextlib
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from controller.api.apps.scale import rescaled, scale_of
from controller.api.apps.view_writes import INSTANCES, Change, ViewWrites
from controller.api.apps.words import NAMESPACE
from controller.api.errors import ApiError, manifests_only, not_found
from controller.api.resources import Resource
from controller.api.routing import Router
from controller.model import ObjectRef
from controller.picture.store import ObjectStore


class ScalePaths:
    """Answers requests for the Scale of an instance, at its own path and at those of other forms of it."""

    def __init__(self, objects: ObjectStore, writes: ViewWrites | None) -> None:
        self._objects = objects
        self._writes = writes
        self.router = Router()
        self.add(f"{INSTANCES.path}/{INSTANCES.plural}/{{name}}/scale", INSTANCES)

    def add(self, path: str, resource: Resource) -> None:
        """Answers at a path.

        Args:
            path: with `{name}` in it.
            resource: that is scaled.
        """
        show = partial(scale_of, resource=resource)

        def as_instance(ref: ObjectRef, change: Change) -> Change:
            return rescaled(ref, resource, change)

        def require_ours(request: Request, name: str) -> None:
            if request.path_params.get("namespace", NAMESPACE) != NAMESPACE:
                raise not_found(resource.plural, resource.group, name)

        async def get(request: Request, name: str) -> Response:
            require_ours(request, name)
            found = self._objects.get(INSTANCES.kind, name)
            if found is None:
                raise not_found(resource.plural, resource.group, name)
            return JSONResponse(show(found.document))

        async def update(request: Request, name: str) -> Response:
            require_ours(request, name)
            with _refused_for_good(resource.kind):
                return await self._writable(request).update(request, resource, name, as_instance, show)

        async def patch(request: Request, name: str) -> Response:
            require_ours(request, name)
            with _refused_for_good(resource.kind):
                return await self._writable(request).patch(request, resource, name, as_instance, show)

        for method, endpoint in (("GET", get), ("PUT", update), ("PATCH", patch)):
            self.router.add(path, endpoint, method)

    def _writable(self, request: Request) -> ViewWrites:
        if self._writes is None:
            raise manifests_only(str(request.scope["path"]))
        return self._writes


@contextlib.contextmanager
def _refused_for_good(kind: str) -> Iterator[None]:
    """What the removal guard says is no conflict here: kubectl would scale again and again, for ever, without a word."""
    try:
        yield
    except ApiError as error:
        causes = error.details.get("causes") or [{}]
        if error.code != HTTPStatus.CONFLICT or causes[0].get("reason") != "RemovalGuard":
            raise
        cause = {"reason": "RemovalGuard", "message": str(error), "field": "spec.replicas"}
        # What is invalid is named by its kind, what is in conflict by its resource.
        details = {**error.details, "kind": kind, "causes": [cause]}
        raise ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "Invalid", str(error), details) from None
