"""The JSON that a request of our own paths brings along."""

import asyncio
import json
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from controller.api.errors import ApiError, bad_request

BODY_LIMIT_BYTES = 64 * 1024
BODY_SECONDS = 10.0


async def json_body(request: Request) -> dict[str, Any]:
    """The body of a POST, once it is sure that no foreign web page made a browser send it.

    A page can post plain forms anywhere, but JSON only after asking, and nobody here answers that. One whose name was
    made to point here did not come so far: see `own_host`.

    Raises:
        ApiError: it is no JSON object, is too long, or takes too long.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "UnsupportedMediaType", "the body must be sent as application/json")
    body = b""
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY_LIMIT_BYTES:
                    message = f"the body is larger than {BODY_LIMIT_BYTES} bytes"
                    raise ApiError(413, "RequestEntityTooLarge", message)
    except TimeoutError:
        raise ApiError(408, "Timeout", f"the body did not come within {BODY_SECONDS:g} s") from None
    except ClientDisconnect:
        raise bad_request("the body broke off") from None
    try:
        parsed = json.loads(body or b"{}")
        # JSON can name halves of characters, which are no text and can be written nowhere.
        json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request("the body is no JSON, or holds a half of a surrogate pair") from None
    if not isinstance(parsed, dict):
        raise bad_request("the body must be a JSON object")
    return parsed
