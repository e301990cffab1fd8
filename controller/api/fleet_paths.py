"""The few paths of our own, which no resource can express: what is asked of the controller, rendered files, and the status."""

from collections.abc import Awaitable, Mapping
from difflib import get_close_matches
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from bus.base import PublishFailed
from controller.access.roles import Verb
from controller.api.bodies import json_body
from controller.api.caller import caller_of
from controller.api.control import FleetControl
from controller.api.errors import ApiError, bad_request, success
from controller.api.routing import Router
from controller.model import ApproveRefused, HoldRefused, ObjectRef, OrderRefused, TrustRefused
from controller.picture.placed import PlacedInstance
from crds.messages import CommandKind

PREFIX = "/fleet/v1"
_DESC_LIMIT = 1024


class FleetPaths:
    """Answers requests to the controller itself."""

    def __init__(self, control: FleetControl) -> None:
        self._control = control
        self.router = Router(prefix=PREFIX)
        self.router.add("/status", self._status, "GET")
        self.router.add("/rendered/{name}", self._rendered, "GET")
        self.router.add("/where/{kind}/{name}", self._where, "GET")
        for path, endpoint in (
            ("/approve", self._approve),
            ("/hold", self._hold),
            ("/release", self._release),
            ("/update", self._update),
            ("/refresh", self._refresh),
            ("/nodes/{name}/trust", self._trust),
            ("/nodes/{name}/adopt", self._adopt),
            ("/nodes/{name}/clean", self._clean),
        ):
            self.router.add(path, endpoint, "POST")

    async def _status(self) -> Response:
        return JSONResponse(self._control.status())

    async def _rendered(self, name: str) -> Response:
        return JSONResponse(_rendered_document(name, self._control.placed_instances()))

    async def _where(self, kind: str, name: str) -> Response:
        found = self._control.where(ObjectRef(kind, name))
        if found is None:
            message = f"{kind} {name} stands in no manifest that can be read"
            raise ApiError(404, "NotFound", message, {"name": name, "kind": kind})
        return JSONResponse({"file": found.file, "line": found.line})

    async def _approve(self, request: Request) -> Response:
        body = await json_body(request)
        revision = _text(body, "revision")
        if not revision:
            raise bad_request('the body must name the revision that is approved: {"revision": "..."}')
        try:
            message = await self._control.approve(revision)
        except ApproveRefused as error:
            raise ApiError(409, "Conflict", str(error)) from None
        return JSONResponse(success(message))

    async def _trust(self, request: Request, name: str) -> Response:
        key = _text(await json_body(request), "key")
        if not key:
            raise bad_request('the body must name the key that is trusted: {"key": "sha256:..."}')
        try:
            message = await self._control.trust(name, key)
        except TrustRefused as error:
            raise ApiError(409, "Conflict", str(error)) from None
        except OSError as error:
            text = f"it holds from now on, but not after a restart of the controller: the disk says {error.strerror}"
            raise ApiError(500, "InternalError", text) from None
        return JSONResponse(success(message))

    async def _hold(self, request: Request) -> Response:
        body = await json_body(request)
        instance = _instance(body)
        caller_of(request).require(Verb.HOLD, "DsInstance", instance)
        return await self._held(self._control.hold(instance, _text(body, "reason")))

    async def _release(self, request: Request) -> Response:
        instance = _instance(await json_body(request))
        caller_of(request).require(Verb.RELEASE, "DsInstance", instance)
        return await self._held(self._control.release(instance))

    @staticmethod
    async def _held(asked: Awaitable[str]) -> Response:
        try:
            return JSONResponse(success(await asked))
        except HoldRefused as error:
            raise ApiError(409, "Conflict", str(error)) from None
        except OSError as error:
            message = f"it cannot be kept on the disk of the controller: {error.strerror}"
            raise ApiError(503, "ServiceUnavailable", message) from None

    async def _adopt(self, request: Request, name: str) -> Response:
        return await self._order(CommandKind.ADOPT, request, name)

    async def _clean(self, request: Request, name: str) -> Response:
        return await self._order(CommandKind.CLEAN, request, name)

    async def _order(self, kind: CommandKind, request: Request, name: str) -> Response:
        body = await json_body(request)
        instance = _text(body, "instance")
        if unknown := body.keys() - {"instance"}:
            # A mistyped name would otherwise mean every instance.
            raise bad_request(f"the body may hold instance alone, and holds {', '.join(sorted(unknown))}")
        try:
            message = await self._control.order(kind, name, instance)
        except OrderRefused as error:
            raise ApiError(409, "Conflict", str(error)) from None
        except PublishFailed as error:
            raise _unavailable(error) from None
        return JSONResponse(success(message))

    async def _update(self, request: Request) -> Response:
        desc = _text(await json_body(request), "desc")
        try:
            await self._control.update(desc)
        except PublishFailed as error:
            raise _unavailable(error) from None
        return JSONResponse(success("the controller was asked to reconcile"))

    async def _refresh(self, request: Request) -> Response:
        desc = _text(await json_body(request), "desc")
        try:
            await self._control.refresh(desc)
        except PublishFailed as error:
            raise _unavailable(error) from None
        return JSONResponse(success("the agents were asked to report"))


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > _DESC_LIMIT:
        raise bad_request(f"{name} must be a text of at most {_DESC_LIMIT} characters")
    return value


def _instance(body: dict[str, Any]) -> str:
    instance = _text(body, "instance")
    if not instance:
        raise bad_request('the body must name the dsinstance: {"instance": "..."}')
    return instance


def _unavailable(error: PublishFailed) -> ApiError:
    return ApiError(503, "ServiceUnavailable", f"the request could not be published: {error}")


def _rendered_document(name: str, placed: Mapping[str, PlacedInstance]) -> dict[str, Any]:
    """The files of an instance for `fleet render`. Secrets stand in them as placeholders, as they do on the topic."""
    one = placed.get(name)
    if one is None:
        near = get_close_matches(name, placed, n=1)
        hint = f": did you mean {near[0]}?" if near else ""
        message = f'dsinstances.dsfleet.io "{name}" is published for no node and planned on none{hint}'
        raise ApiError(404, "NotFound", message, {"name": name, "kind": "dsinstances"})
    return {
        "instance": name,
        "node": one.node,
        "generation": one.generation,
        "files": [file.model_dump(mode="json") for file in one.config.files],
        "cameras": [
            {"name": camera.name, "cameraId": camera.camera_id, "slot": camera.slot} for camera in one.config.cameras
        ],
    }
