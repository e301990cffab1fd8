"""Methods that a path refuses in words of its own, and which methods it takes."""

from typing import Any, Final

from fastapi import Request
from starlette.routing import Match
from starlette.types import Scope

from controller.api.routing import PathRoute

_LOOKING: Final = "fleet.looks-for-methods"
_METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")


class RefusingRoute(PathRoute):
    """A route that says why not, and what to do instead: its methods are none that its path takes."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As its base has it, for requests."""
        match, more = super().matches(scope)
        return (Match.PARTIAL if match is Match.FULL and _LOOKING in scope else match), more


def methods_at(request: Request) -> set[str]:
    """What may be done where a request goes: several routes may lead there, each for some methods."""

    def is_taken(method: str) -> bool:
        scope: dict[str, Any] = {**request.scope, "method": method, _LOOKING: True}
        return any(one.matches(scope)[0] is Match.FULL for one in request.app.routes)

    return {method for method in _METHODS if is_taken(method)}
