"""Refuses changes that a web page of another site makes a browser send.

The cookie of a login is not sent for those (SameSite=Strict), but other ports of the machine are the same site; and a browser on the machine of
the controller, or behind a proxy that lets it in, needs none. It names the page that sends, in headers that no script can set.
"""

from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from controller.access.session_cookie import session_in
from controller.api.asked import READING
from controller.api.errors import ApiError, answer

_OTHERS = (b"cross-site", b"same-site")
_NAMING = (b"origin", b"sec-fetch-site")


class NoOtherSites:
    """Refuses requests that change something and come from a page of another site; anybody may read what browsers show him."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http" and scope["method"] not in READING and (why := _why_foreign(scope)):
            await answer(ApiError(403, "Forbidden", why))(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _why_foreign(scope: Scope) -> str:
    if _is_foreign(scope):
        return "a web page of another site may not change anything here"
    named = any(name in _NAMING for name, _ in scope["headers"])
    if not named and session_in(scope["headers"]) is not None:
        return "a cookie is good for changes from our own page alone, which browsers name by Origin: send the token as Bearer"
    return ""


def _is_foreign(scope: Scope) -> bool:
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if headers.get(b"sec-fetch-site") in _OTHERS:
        return True
    origin = headers.get(b"origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin.decode("latin-1")).netloc.lower().encode() != headers.get(b"host", b"").lower()
    except ValueError:
        return True
