"""The paths that the page is loaded from. Anybody may: nothing of any task is in it."""

from functools import cached_property
from pathlib import Path
from typing import Final

from fastapi import APIRouter, HTTPException, Request, Response

from pages.static_files import StaticFile, answer_with, read_static_files

FOLDER: Final = Path(__file__).parent / "static"
"""What `web/` is built into."""
_DOCUMENT: Final = "index.html"


class PagePaths:
    """Answers requests for files. All of them are read when the first one is asked for, so that they belong together."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/", self._document)
        self.router.add_api_route("/favicon.svg", self._icon)
        self.router.add_api_route("/web/{name}", self._file)

    @cached_property
    def _files(self) -> dict[str, StaticFile]:
        return dict(read_static_files(self._folder))

    async def _document(self, request: Request) -> Response:
        return self._answer(request, _DOCUMENT)

    async def _icon(self, request: Request) -> Response:
        return self._answer(request, "favicon.svg")

    async def _file(self, request: Request, name: str) -> Response:
        return self._answer(request, name if name != _DOCUMENT else "")

    def _answer(self, request: Request, name: str) -> Response:
        file = self._files.get(name)
        if file is None:
            raise HTTPException(404, "there is no such file")
        answer = answer_with(
            file,
            if_none_match=request.headers.get("if-none-match", ""),
            accept_encoding=request.headers.get("accept-encoding", ""),
        )
        return Response(answer.content, answer.status, dict(answer.headers))
