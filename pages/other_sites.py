"""Which requests are refused since a web page of another site may have made a browser send them.

The cookie of a login is not sent for those (SameSite=Strict), but other ports of the machine are the same site; and a browser on the machine of
the server, or behind a proxy that lets it in, may need none. It names the page that sends, in headers that no script can set.
"""

from typing import Final
from urllib.parse import urlsplit

from pages.session_cookie import Headers, SessionCookie

# Anybody may read what browsers show him.
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OTHERS: Final = (b"cross-site", b"same-site")


def why_refused(method: str, headers: Headers, cookie: SessionCookie) -> str:
    """Why a request that changes something is refused; empty when it may be done.

    Args:
        method: of HTTP.
        headers: all of them, their names in lower case.
        cookie: of the server.
    """
    if method in _READING:
        return ""
    given: dict[bytes, bytes] = dict(headers)
    if _is_foreign(given):
        return "a web page of another site may not change anything here"
    is_named = b"origin" in given or b"sec-fetch-site" in given
    if not is_named and cookie.found_in(headers) is not None:
        return "a cookie is good for changes from our own page alone, which browsers name by Origin: send the token as Bearer"
    return ""


def came_by_https(scheme: str, origin: str) -> bool:
    """True also when a proxy takes the https off: browsers name the page that they log in from.

    Args:
        scheme: that the server was asked by.
        origin: the header of this name; empty when there is none.
    """
    return scheme == "https" or urlsplit(origin).scheme == "https"


def _is_foreign(headers: dict[bytes, bytes]) -> bool:
    if headers.get(b"sec-fetch-site") in _OTHERS:
        return True
    origin = headers.get(b"origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin.decode("latin-1")).netloc.lower().encode() != headers.get(b"host", b"").lower()
    except ValueError:
        return True
