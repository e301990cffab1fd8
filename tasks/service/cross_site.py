"""Refuses changes that a web page of another site makes a browser send."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pages.other_sites import why_refused
from tasks.service.service_parts import SESSION_COOKIE


class NoOtherSites:
    """ASGI middleware: answers 403 to requests that change something and come from a page of another site."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and (why := why_refused(scope["method"], scope["headers"], SESSION_COOKIE)):
            await JSONResponse({"detail": why}, 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)
