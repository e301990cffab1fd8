"""The paths that a browser logs in and out at, and where it asks who it is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from controller.access.authentication import Unauthenticated, identified
from controller.access.identity import Identity
from controller.access.session_cookie import SESSION_COOKIE
from controller.api.access_control import AccessControl
from controller.api.bodies import json_body
from controller.api.caller import caller_of
from controller.api.control import FleetControl
from controller.api.errors import ApiError, bad_request, success
from controller.api.routing import Router
from controller.picture.brief import Brief
from controller.source.place import SourcePlace
from pages.other_sites import came_by_https

_NOT_KEPT = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class PageFacts:
    """What is true of a controller as long as it runs."""

    fleet: str = "default"
    """The id of the fleet."""
    source: SourcePlace = SourcePlace("directory", "")
    """Where its manifests come from."""
    started_at: datetime | None = None
    """UTC."""


class LoginPaths:
    """Answers requests about the session of a browser. Anybody may log in and out; only who is known is told who he is."""

    def __init__(
        self,
        access: AccessControl,
        control: FleetControl,
        facts: PageFacts,
        version: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._access = access
        self._control = control
        self._facts = facts
        self._version = version
        self._clock = clock
        self.router = Router("/fleet/v1")
        self.router.add("/login", self._login, "POST")
        self.router.add("/logout", self._logout, "POST")
        self.router.add("/me", self._me, "GET")

    async def _login(self, request: Request) -> Response:
        token = (await json_body(request)).get("token")
        if not isinstance(token, str) or not token.strip():
            raise bad_request('the body must hold the token: {"token": "fleet_…"}')
        token = token.strip()
        try:
            identity = identified(
                self._access.access.current,
                request.state.peer,
                f"Bearer {token}",
                self._access.openness,
                self._clock(),
            )
        except (Unauthenticated, UnicodeError) as error:
            raise ApiError(401, "Unauthorized", str(error)) from None
        cookie = SESSION_COOKIE.opened(token, secure=_came_by_https(request))
        return JSONResponse(self._told(identity), headers={**_NOT_KEPT, "Set-Cookie": cookie})

    async def _logout(self, request: Request) -> Response:
        cookie = SESSION_COOKIE.closed(secure=_came_by_https(request))
        return JSONResponse(success("this browser shows no token any more"), headers={"Set-Cookie": cookie})

    async def _me(self, request: Request) -> Response:
        return JSONResponse(self._told(caller_of(request).identity), headers=_NOT_KEPT)

    def _told(self, identity: Identity) -> dict[str, Any]:
        # Of several roles, as certificates may have, the one that reaches farthest.
        binding = max(identity.bindings, key=lambda one: (one.role, one.is_whole), default=None)
        return {
            "user": identity.name,
            "role": binding.role.word if binding else "",
            "selector": binding.selector.strip() if binding else "",
            "kinds": sorted(binding.kinds) if binding else [],
            "needsLogin": identity.credential.startswith("token/"),
            "fleet": self._facts.fleet,
            "version": self._version,
            "source": _of_source(self._facts.source),
            "controller": _of_controller(self._control.brief(), self._facts.started_at),
        }


def _of_source(source: SourcePlace) -> dict[str, Any]:
    return {
        "kind": source.kind,
        "location": source.location,
        "branch": source.branch,
        "readOnly": source.why_read_only or None,
    }


def _of_controller(said: Brief, started_at: datetime | None) -> dict[str, Any]:
    return {"leads": said.leads, "startedAt": started_at.isoformat() if started_at else None}


def _came_by_https(request: Request) -> bool:
    return came_by_https(request.scope["scheme"], request.headers.get("origin", ""))
