"""The paths of the OpenAPI documents. Each is made when it is asked for first: most controllers never are."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from controller.api.accepting import accepted_json
from controller.api.errors import ApiError, no_such_path
from controller.api.openapi import version_2, version_3
from controller.api.openapi.gnostic import encoded
from controller.api.resources import Resource
from controller.api.routing import Router
from controller.api.served import DOCUMENTED, SERVED

_PROTOBUF: Final = "application/com.github.proto-openapi.spec.v2"
"""Its version follows: after an @ as clients ask for it, after a dot in the answer, since a media type must not hold an @."""
_FOR_GOOD: Final = "public, immutable, max-age=31536000"
_GROUPS: Final = {SERVED[group][0].path.removeprefix("/"): SERVED[group] for group in DOCUMENTED}


@dataclass
class _Document:
    """A document with its hash, which clients keep it by."""

    make: Callable[[], bytes]
    media_type: str

    @cached_property
    def body(self) -> bytes:
        return self.make()

    @cached_property
    def hash(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:32]

    def answer(self, request: Request) -> Response:
        headers = {"etag": f'"{self.hash}"', "vary": "Accept"}
        if request.query_params.get("hash") == self.hash:
            headers["cache-control"] = _FOR_GOOD
        known = request.headers.get("if-none-match", "")
        if known == "*" or headers["etag"] in (one.strip().removeprefix("W/") for one in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)


class OpenApiPaths:
    """Answers requests for the documents.

    Args:
        fleet_version: of this program.
    """

    def __init__(self, fleet_version: str) -> None:
        def of_group(resources: Sequence[Resource]) -> _Document:
            return _Document(lambda: _json(version_3.document(resources, fleet_version)), "application/json")

        everything = [one for some in _GROUPS.values() for one in some]
        self._groups = {path: of_group(resources) for path, resources in _GROUPS.items()}
        self._swagger = _Document(lambda: _json(version_2.document(everything, fleet_version)), "application/json")
        self._protobuf = _Document(
            lambda: encoded(version_2.document(everything, fleet_version)), f"{_PROTOBUF}.v1.0+protobuf"
        )
        self.router = Router()
        for path, endpoint in (
            ("/openapi/v2", self._version_2),
            ("/openapi/v3", self._index),
            ("/openapi/v3/", self._index),
            ("/openapi/v3/{group:path}", self._group),
        ):
            self.router.add(path, endpoint, "GET")

    async def _index(self) -> Response:
        paths = {
            path: {"serverRelativeURL": f"/openapi/v3/{path}?hash={document.hash}"}
            for path, document in self._groups.items()
        }
        return JSONResponse({"paths": paths})

    async def _group(self, request: Request, group: str) -> Response:
        if group not in self._groups:
            raise no_such_path()
        return self._groups[group].answer(request)

    async def _version_2(self, request: Request) -> Response:
        accept = request.headers.get("accept", "")
        if _PROTOBUF in accept:
            return self._protobuf.answer(request)
        if next(accepted_json(accept), None) is None:
            raise ApiError(406, "NotAcceptable", f"application/json and {_PROTOBUF}@v1.0+protobuf are served")
        return self._swagger.answer(request)


def _json(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()
