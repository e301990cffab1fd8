"""Refuses requests whose body is too long, while they arrive and before anything is done with them."""

from typing import Final

from fastapi import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_TOO_LARGE: Final = 413
# Only a new task has a long body. Parts and headers around its picture, and all other bodies, fit into this.
_SMALL_BODY_BYTES: Final = 16 * 1024
_UPLOADS: Final = ("POST", "/tasks")


class UploadLimit:
    """ASGI middleware: answers 413 to a body that is, or proves to be, too long."""

    def __init__(self, app: ASGIApp, max_image_bytes: int) -> None:
        """Wraps an application.

        Args:
            app: The application.
            max_image_bytes: Of a picture in an upload.
        """
        self._app, self._max_image_bytes = app, max_image_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        allowed = _SMALL_BODY_BYTES
        if (scope["method"], scope["path"]) == _UPLOADS:
            allowed += self._max_image_bytes
        sentence = f"the request is too large: at most {allowed} bytes are taken"
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced[:20]) > allowed:
            await JSONResponse({"detail": sentence}, _TOO_LARGE)(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > allowed:
                raise HTTPException(_TOO_LARGE, sentence)
            return message

        await self._app(scope, counted, send)
