"""Errors as the coordinator's clients read them: `{"detail": …}`, a text, or a list of what is wrong with which field."""

import json
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.api.errors import ApiError
from controller.api.v1.mapping import CALLED, PATHS
from controller.api.v1.refused import FieldRefused
from crds.annotations import DISPLAY_NAME

PREFIX: Final = "/v1"
_FIRST_ERROR: Final = 400
_FIELDS: Final = {
    **{f"spec.{'.'.join(path)}": field for paths in PATHS.values() for field, path in paths.items()},
    "spec.cameraId": "camera_id",
    "spec.credentialsRef.name": "username",
}


def invalid(*wrong: tuple[str, str]) -> ApiError:
    """Fields of a row cannot be.

    Args:
        wrong: field and message of each.
    """
    causes = [{"reason": "FieldValueInvalid", "field": field, "message": message} for field, message in wrong]
    return ApiError(422, "Invalid", "; ".join(f"{field}: {message}" for field, message in wrong), {"causes": causes})


def field_refused(error: FieldRefused) -> ApiError:
    """A value cannot be."""
    return invalid((error.field, str(error)))


def code_and_detail(status: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Code and body for a Status object. What is there already is 400, as it was."""
    code: int = status["code"]
    details = status.get("details") or {}
    causes = details.get("causes")
    if code == 422 and causes:
        return code, {"detail": [_of_field(one, details.get("kind", "")) for one in causes]}
    if revision := details.get("revision"):
        return code, {"detail": f"{status['message']}\n(here: ?approve={revision})", "revision": revision}
    return 400 if status.get("reason") == "AlreadyExists" else code, {"detail": status["message"]}


def _of_field(cause: dict[str, Any], kind: str) -> dict[str, Any]:
    field = cause.get("field", "")
    field = CALLED.get(kind, field) if DISPLAY_NAME in field else _FIELDS.get(field, field)
    return {"loc": ["body", field], "msg": cause["message"], "type": "value_error"}


class DetailedErrors:
    """Puts what is refused below `/v1` into that form, whoever refused it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http" or not f"{scope['path']}/".startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return
        refused: list[Message] = []

        async def changed(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] >= _FIRST_ERROR:
                refused.append(message)
            elif not refused:
                await send(message)
            else:
                refused.append(message)
                if not message.get("more_body"):
                    for one in _in_detail(refused):
                        await send(one)

        await self._app(scope, receive, changed)


def _in_detail(messages: list[Message]) -> list[Message]:
    start, *rest = messages
    body = b"".join(one.get("body", b"") for one in rest)
    headers = MutableHeaders(raw=list(start["headers"]))
    try:
        code, detail = code_and_detail(json.loads(body))
    except (ValueError, KeyError, TypeError):
        return messages  # no Status object: the answer to HEAD, say
    content = json.dumps(detail).encode()
    headers["content-length"] = str(len(content))
    return [
        {"type": "http.response.start", "status": code, "headers": headers.raw},
        {"type": "http.response.body", "body": content},
    ]
