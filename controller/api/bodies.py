"""The bodies of requests: none that is too large, and none that is waited for too long."""

import asyncio
import json
from typing import Any, Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from controller.api.errors import ApiError, bad_request

BODY_LIMIT_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 10.0


def media_type(request: Request) -> str:
    """What the body of a request is said to be, without parameters, in small letters; empty where nothing is said."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def media_type_or_json(request: Request) -> str:
    """The same, but JSON where nothing is said, as Kubernetes takes it and its client for Python relies on.

    Not for a browser, which a foreign web page may have send a body without a type: browsers say where such a request comes from.
    """
    headers = request.headers
    if not {"content-type", "origin", "sec-fetch-site"} & set(headers):
        return "application/json"
    return media_type(request)


async def read_body(request: Request, most_bytes: int = BODY_LIMIT_BYTES) -> bytes:
    """The body of a request.

    Args:
        request: the request.
        most_bytes: that it may have.

    Raises:
        ApiError: it is too large, too slow, or broke off.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most_bytes:
                    raise ApiError(413, "RequestEntityTooLarge", f"the body is larger than {most_bytes} bytes")
    except TimeoutError:
        raise ApiError(408, "Timeout", f"the body did not come within {BODY_SECONDS:g} s") from None
    except ClientDisconnect:
        raise bad_request("the body broke off") from None
    return bytes(body)


def json_object(body: bytes) -> dict[str, Any]:
    """A body that is to be a JSON object; an empty one is an empty object.

    Raises:
        ApiError: BadRequest, it is something else.
    """
    try:
        parsed = json.loads(body or b"{}")
        # JSON can name halves of characters, which are no text and can be written nowhere.
        json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request("the body is no JSON, or holds a half of a surrogate pair") from None
    if not isinstance(parsed, dict):
        raise bad_request("the body must be a JSON object")
    return parsed


async def json_body(request: Request) -> dict[str, Any]:
    """The body of a POST, once it is sure that no foreign web page made a browser send it.

    A page can post plain forms anywhere, but JSON only after asking, and nobody here answers that. One whose name was
    made to point here did not come so far: see `own_host`.

    Raises:
        ApiError: it is no JSON object, is too long, or takes too long.
    """
    if media_type(request) != "application/json":
        raise ApiError(415, "UnsupportedMediaType", "the body must be sent as application/json")
    return json_object(await read_body(request))
