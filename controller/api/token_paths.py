"""The paths that tokens are made, listed and taken back at. A token itself is in the answer that makes it, and nowhere else."""

import errno
from datetime import timedelta
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from controller.access.access_file import BadAccess, binding_of, token_document
from controller.api.access_control import Access
from controller.api.bodies import json_body
from controller.api.caller import caller_of
from controller.api.errors import ApiError, bad_request, success
from controller.api.routing import Router

TOKENS: Final = "/fleet/v1/tokens"
_FIELDS = frozenset({"name", "role", "selector", "kinds", "ttlSeconds"})


class TokenPaths:
    """Answers requests about tokens; whoever comes so far is an admin of the whole fleet."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.router = Router(prefix=TOKENS)
        self.router.add("", self._list, "GET")
        self.router.add("", self._create, "POST")
        self.router.add("/{token_id}", self._revoke, "DELETE")

    async def _list(self) -> Response:
        current = self._access.current
        return JSONResponse({"tokens": [token_document(token) for token in (current.tokens if current else ())]})

    async def _create(self, request: Request) -> Response:
        body = await json_body(request)
        if unknown := body.keys() - _FIELDS:
            # A mistyped selector would otherwise mean the whole fleet.
            raise bad_request(f"the body may hold {', '.join(sorted(_FIELDS))}, and holds {', '.join(sorted(unknown))}")
        try:
            binding = binding_of(_text(body, "role"), _text(body, "selector"), _texts(body, "kinds"))
            token, text = self._access.create(_text(body, "name"), binding, _ttl(body.get("ttlSeconds")))
        except BadAccess as error:
            raise ApiError(422, "Invalid", str(error)) from None
        except OSError as error:
            raise _unwritable(error) from None
        caller_of(request).made("", f"Token/{token.id}")
        return JSONResponse(token_document(token) | {"token": text}, 201, {"Cache-Control": "no-store"})

    async def _revoke(self, request: Request, token_id: str) -> Response:
        try:
            found = self._access.revoke(token_id)
        except BadAccess as error:
            raise ApiError(409, "Conflict", str(error)) from None
        except OSError as error:
            raise _unwritable(error) from None
        if not found:
            raise ApiError(404, "NotFound", f'token "{token_id}" not found', {"name": token_id, "kind": "tokens"})
        caller_of(request).made("", f"Token/{token_id}")
        return JSONResponse(success(f"token {token_id} is revoked"))


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise bad_request(f"{name} must be a text")
    return value


def _texts(body: dict[str, Any], name: str) -> tuple[str, ...]:
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise bad_request(f"{name} must be a list of texts")
    return tuple(value)


def _ttl(seconds: Any) -> timedelta | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= 1e11:
        raise bad_request("ttlSeconds must be a number of seconds above 0")
    return timedelta(seconds=seconds)


def _unwritable(error: OSError) -> ApiError:
    code = 507 if error.errno == errno.ENOSPC else 503
    message = f"the access file cannot be written: {error.strerror}; nothing was changed"
    return ApiError(code, "InsufficientStorage" if code == 507 else "ServiceUnavailable", message)
