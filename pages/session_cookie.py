"""The cookie by which a browser shows a token: no script can read it, and no page of another site has it sent."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_AUTHORIZATION: Final = b"authorization"
_COOKIE: Final = b"cookie"

Headers = Iterable[tuple[bytes, bytes]]
"""Names and values, as they came."""


@dataclass(frozen=True)
class SessionCookie:
    """The cookie of one server. Browsers do not tell the ports of a machine apart here, so each server's has a name of its own."""

    name: str

    def found_in(self, headers: Headers) -> str | None:
        """The token that a request shows by its cookie; None when it shows none so. Who sends an Authorization header means that one."""
        found: str | None = None
        for name, value in headers:
            if (lower := name.lower()) == _AUTHORIZATION:
                return None
            if lower == _COOKIE and found is None:
                found = self._value(value.decode("latin-1"))
        return found

    def opened(self, token: str, *, secure: bool) -> str:
        """The value of Set-Cookie that has the browser show a token until it is closed.

        Args:
            token: which was found to be good.
            secure: True when it came by https: it goes by nothing else then.
        """
        return f"{self.name}={token}; {_attributes(secure=secure)}"

    def closed(self, *, secure: bool) -> str:
        """The value of Set-Cookie that has the browser show it no more; see `opened`."""
        return f"{self.name}=; Max-Age=0; {_attributes(secure=secure)}"

    def _value(self, cookies: str) -> str | None:
        for one in cookies.split(";"):
            name, _, value = one.strip().partition("=")
            if name == self.name and value:
                return value
        return None


def _attributes(*, secure: bool) -> str:
    return f"HttpOnly; SameSite=Strict; Path=/{'; Secure' if secure else ''}"
