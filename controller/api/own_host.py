"""Answers only requests that name this server.

A web page whose name was made to point here (DNS rebinding) makes a browser send that name in the Host header: the page may
then read all that the browser can reach, by GET as well. An IP address is no name that anybody could point elsewhere.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from controller.api.errors import ApiError, answer

_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?", re.ASCII)


class OwnHostOnly:
    """Refuses requests of any method whose Host header is another name, or that have none."""

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        """Guards an application.

        Args:
            app: the application.
            names: names that this server is reached by, besides localhost and IP addresses.
        """
        self._app = app
        self._names = frozenset(_plain(name) for name in names) | {"localhost"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http":
            hosts = [value for name, value in scope["headers"] if name.lower() == b"host"]
            if len(hosts) != 1 or not self._is_own(hosts[0].decode("latin-1")):
                message = (
                    "the Host header must be an IP address, localhost, the name of this machine, or a name that the "
                    "controller was told is its own: fleet controller --allowed-host NAME"
                )
                await answer(ApiError(403, "Forbidden", message))(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_own(self, header: str) -> bool:
        if (found := _HOST.fullmatch(header)) is None:
            return False
        name = found["six"] or _plain(found["name"])
        if not found["six"] and name in self._names:
            return True
        try:
            return ip_address(name).version == (6 if found["six"] else 4)
        except ValueError:
            return False


def _plain(name: str) -> str:
    return name.lower().removesuffix(".")
