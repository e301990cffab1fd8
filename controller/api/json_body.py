"""The JSON that a request of our own paths brings along."""

from typing import Any

from fastapi import Request

from controller.api.bodies import json_object, media_type, read_body
from controller.api.errors import ApiError


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
