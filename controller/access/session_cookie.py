"""The cookie by which a browser shows a token: no script can read it, and no page of another site has it sent."""

from collections.abc import Iterable
from typing import Final

NAME: Final = "fleet-session"
_AUTHORIZATION: Final = b"authorization"
_COOKIE: Final = b"cookie"

Headers = Iterable[tuple[bytes, bytes]]
"""Names and values, as they came."""


def session_in(headers: Headers) -> str | None:
    """The token that a request shows by its cookie; None when it shows none so. Who sends an Authorization header means that one."""
    found: str | None = None
    for name, value in headers:
        if (lower := name.lower()) == _AUTHORIZATION:
            return None
        if lower == _COOKIE and found is None:
            found = _session_of(value.decode("latin-1"))
    return found


def _session_of(cookies: str) -> str | None:
    for one in cookies.split(";"):
        name, _, value = one.strip().partition("=")
        if name == NAME and value:
            return value
    return None


def opened(token: str, *, secure: bool) -> str:
    """The value of Set-Cookie that has the browser show a token until it is closed.

    Args:
        token: which was found to be good.
        secure: True when it came by https: it goes by nothing else then.
    """
    return f"{NAME}={token}; {_attributes(secure=secure)}"


def closed(*, secure: bool) -> str:
    """The value of Set-Cookie that has the browser show it no more; see `opened`."""
    return f"{NAME}=; Max-Age=0; {_attributes(secure=secure)}"


def _attributes(*, secure: bool) -> str:
    return f"HttpOnly; SameSite=Strict; Path=/{'; Secure' if secure else ''}"
