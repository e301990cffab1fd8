"""`Update_config` and `Refresh`: what the coordinator sent to its topics 300 and 301."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from bus.base import PublishFailed
from controller.api.control import FleetControl
from controller.api.errors import ApiError
from controller.api.routing import Router
from controller.api.v1.bodies import object_in
from controller.api.v1.changes import SOON
from controller.api.v1.errors import invalid

_LONGEST_DESC = 1024


class Requests:
    """Answers them."""

    def __init__(self, router: Router, control: FleetControl) -> None:
        self._control = control
        for path, endpoint in (("/Update_config", self._update), ("/Refresh", self._refresh)):
            router.add(path, endpoint, "POST")

    async def _update(self, request: Request) -> Response:
        return await self._asked(self._control.update, await _desc(request, "UpdateConfig"))

    async def _refresh(self, request: Request) -> Response:
        return await self._asked(self._control.refresh, await _desc(request, "Refresh"))

    async def _asked(self, ask: Any, desc: str) -> Response:
        try:
            await ask(desc)
        except PublishFailed as error:
            raise ApiError(503, "ServiceUnavailable", f"the request could not be published: {error}") from None
        in_force = self._control.status().get("revision") or {}
        return JSONResponse({"detail": SOON, "revision": in_force.get("id")}, 202)


async def _desc(request: Request, default: str) -> str:
    desc = (await object_in(request)).get("desc", default)
    if not isinstance(desc, str) or len(desc) > _LONGEST_DESC:
        raise invalid(("desc", f"must be a text of at most {_LONGEST_DESC} characters"))
    return desc
