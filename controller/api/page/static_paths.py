"""The paths that the page is loaded from. Anybody may: nothing of the fleet is in it."""

from collections.abc import Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response

from controller.api.errors import no_such_path
from controller.api.page.static_files import (
    FOLDER,
    SECURITY_HEADERS,
    StaticFile,
    is_known,
    read_static_files,
    static_file,
    takes_gzip,
)
from controller.api.routing import Router

_DOCUMENT = "index.html"


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
        headers = {
            **SECURITY_HEADERS,
            "Cache-Control": file.cache_control,
            "ETag": file.etag,
            "Vary": "Accept-Encoding",
        }
        if is_known(file, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        if file.compressed is not None and takes_gzip(request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
            return Response(file.compressed, headers=headers, media_type=file.media_type)
        return Response(file.content, headers=headers, media_type=file.media_type)


def _schemas() -> Mapping[str, StaticFile]:
    """The JSON Schemas of the kinds, which the page makes its forms of."""
    folder = files("crds") / "schemas"
    return {
        one.name: static_file(one.name, one.read_bytes())
        for one in folder.iterdir()
        if one.name.endswith(".schema.json")
    }
