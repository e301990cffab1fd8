"""Refuses changes that a web page of another site makes a browser send."""

from starlette.types import ASGIApp, Receive, Scope, Send

from controller.access.session_cookie import SESSION_COOKIE
from controller.api.errors import ApiError, answer
from pages.other_sites import why_refused


class NoOtherSites:
    """Refuses requests that change something and come from a page of another site; anybody may read what browsers show him."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and (why := why_refused(scope["method"], scope["headers"], SESSION_COOKIE)):
            await answer(ApiError(403, "Forbidden", why))(scope, receive, send)
            return
        await self._app(scope, receive, send)
