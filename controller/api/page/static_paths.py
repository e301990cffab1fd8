"""The paths that the page is loaded from. Anybody may: nothing of the fleet is in it."""

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from controller.api.errors import no_such_path
from controller.api.routing import Router
from pages.static_files import StaticFile, answer_with, read_static_files, static_file

FOLDER: Final = Path(__file__).parent / "static"
"""What `web/` is built into."""
_DOCUMENT: Final = "index.html"


class StaticPaths:
    """Answers requests for files. All of them are read when the first one is asked for, so that they belong together."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self.router = Router()
        self.router.add("/", self._document, "GET")
        self.router.add("/favicon.svg", self._icon, "GET")
        self.router.add("/web/{name}", self._file, "GET")

    @cached_property
    def _files(self) -> Mapping[str, StaticFile]:
        return {**_schemas(), **read_static_files(self._folder)}

    async def _document(self, request: Request) -> Response:
        return self._answer(request, _DOCUMENT)

    async def _icon(self, request: Request) -> Response:
        return self._answer(request, "favicon.svg")

    async def _file(self, request: Request, name: str) -> Response:
        return self._answer(request, name if name != _DOCUMENT else "")

    def _answer(self, request: Request, name: str) -> Response:
        file = self._files.get(name)
        if file is None:
            raise no_such_path()
        answer = answer_with(
            file,
            if_none_match=request.headers.get("if-none-match", ""),
            accept_encoding=request.headers.get("accept-encoding", ""),
        )
        return Response(answer.content, answer.status, dict(answer.headers))


def _schemas() -> Mapping[str, StaticFile]:
    """The JSON Schemas of the kinds, which the page makes its forms of."""
    folder = files("crds") / "schemas"
    return {
        one.name: static_file(one.name, one.read_bytes())
        for one in folder.iterdir()
        if one.name.endswith(".schema.json")
    }
