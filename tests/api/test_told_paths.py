"""docs/api.md tells of each path that is served, and of no other."""

import re
from collections.abc import Iterator
from pathlib import Path

from fastapi import FastAPI
from starlette.routing import Route

from controller.api.apps_resources import DEPLOYMENTS
from controller.api.refusing_route import RefusingRoute
from controller.api.resources import FLEET_RESOURCES
from controller.api.server import create_app
from controller.picture.store import ObjectStore
from controller.writing.request import WriteDone, WriteRequest
from tests.api.serving import FakeControl

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TOLD = re.compile(rf"^(?P<method>{'|'.join(METHODS)})?(?: (?=/|…))?(?P<path>…?/[\w./{{}}-]*)?(?P<more>\[/NAME\])?")
QUOTED = re.compile(r"`([^`\n]+)`|\"\$API(/api/v1/[^\"?]*)")
ANY = "{}"


def told(served: set[str]) -> Iterator[tuple[str, str]]:
    """Method and path of what the page tells of, with the names of objects left out."""
    method, path, whole = "GET", "", ""
    for quoted in QUOTED.finditer(Path("docs/api.md").read_text()):
        found = TOLD.match(quoted[1] or quoted[2])
        if not found or not found[0] or not (found["path"] or found["method"]):
            continue
        if given := found["path"]:
            path = re.sub(r"/(NAME|KIND|ID)\b", f"/{ANY}", given.partition("?")[0]).rstrip("/")
            if path.startswith("…"):
                path = next((one for one in above(whole, path[1:]) if plain(one) in served), path)
            whole = path
        # What goes on as the path before it does is asked for in the same way.
        method = found["method"] or (method if (given or "").startswith("…") else "GET")
        yield method, path
        if found["more"]:
            yield "GET", f"{path}/{ANY}"


def above(whole: str, end: str) -> Iterator[str]:
    """A path that goes on as another one does, from its longest beginning to its shortest."""
    parts = whole.split("/")
    return (f"{'/'.join(parts[:count])}{end}" for count in range(len(parts), 0, -1))


def plain(path: str) -> str:
    """A path without the names of kinds, objects and parameters."""
    kinds = "|".join(FLEET_RESOURCES)
    return re.sub(rf"{{\w+}}|(?<=/v1/)(?:{kinds})\b|(?<=namespaces/)default\b", ANY, path).rstrip("/")


def test_the_page_tells_of_what_is_served_and_of_nothing_else() -> None:
    app = create_app(ObjectStore(1), ObjectStore(1), FakeControl(), writes=NoWrites())
    # The original routes have a page and a document of their own: see tests/api/v1.
    own = [one for one in served_at(app) if not one.path.startswith("/v1/")]
    # To make or delete a Deployment is refused everywhere in the same words, of which its row tells.
    own = [one for one in own if not (isinstance(one, RefusingRoute) and one.path.startswith(DEPLOYMENTS.path))]
    served = {(method, plain(one.path_format)) for one in own for method in one.methods or ()}
    # One route for the documents of all groups.
    served.remove(("GET", plain("/openapi/v3/{group}")))
    served |= {("GET", f"/openapi/v3/{group}") for group in ("api/v1", "apis/dsfleet.io/v1", "apis/apps/v1")}
    paths = {path for _, path in served}
    assert {(method, plain(path)) for method, path in told(paths)} == served


def served_at(app: FastAPI) -> Iterator[Route]:
    """All routes, by themselves or in routers of FastAPI."""
    waiting = [*app.routes]
    for one in waiting:
        if isinstance(one, Route):
            yield one
        else:
            waiting += getattr(one, "original_router").routes  # noqa: B009 - a class that FastAPI does not show


class NoWrites:
    """Nobody is asked to write."""

    async def write(self, request: WriteRequest) -> WriteDone:
        raise NotImplementedError
