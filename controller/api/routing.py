"""Paths and who answers at them: endpoints that take the request and words of the path, and nothing that is to be found out.

FastAPI's routes look for more in each signature, and look again when their router is included. For the hundred paths of
the API that took 80 ms of each start, a third of which the first requests waited for.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Endpoint = Callable[..., Awaitable[Response]]
"""Is called by the names of its parameters: `request`, and those of the path."""
_REQUEST: Final = "request"


class PathRoute(Route):
    """Takes just the methods that it is told: HEAD is no part of GET."""

    def __init__(self, path: str, endpoint: Endpoint, *, methods: tuple[str, ...]) -> None:
        takes = tuple(inspect.signature(endpoint).parameters)

        async def answered(request: Request) -> Response:
            given = {**request.path_params, _REQUEST: request}
            return await endpoint(**{name: given[name] for name in takes})

        super().__init__(path, answered, methods=methods)
        self.methods = set(methods)
        if unknown := set(takes) - self.param_convertors.keys() - {_REQUEST}:
            raise ValueError(f"{path} has no {', '.join(sorted(unknown))}, which its endpoint takes")


class Router:
    """Paths that belong together.

    Args:
        prefix: what each of them begins with.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self.routes: list[PathRoute] = []
        """In the order that they are tried in."""

    def add(self, path: str, endpoint: Endpoint, *methods: str, route: type[PathRoute] = PathRoute) -> None:
        """Has an endpoint answer at a path.

        Args:
            path: without the prefix; `{name}` stands for a word, `{name:path}` for all the rest.
            endpoint: that answers.
            methods: that it answers.
            route: what decides whether a request is for it.
        """
        self.routes.append(route(f"{self._prefix}{path}", endpoint, methods=methods))
