"""Errors as Kubernetes clients read them: Status objects, whose wording is what the user sees."""

from collections.abc import Iterable
from typing import Any, Final

from fastapi.responses import JSONResponse

from controller.picture.store import Expired

RETRY_AFTER_SECONDS: Final = 5
"""What a client is told that came when too many others were there."""


class ApiError(Exception):
    """An answer other than 2xx."""

    def __init__(self, code: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.headers: dict[str, str] = {}
        self.code = code
        self.reason = reason
        self.details = details or {}

    def document(self) -> dict[str, Any]:
        """The Status object."""
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": str(self),
            "reason": self.reason,
            "details": self.details,
            "code": self.code,
        }


def answer(error: ApiError) -> JSONResponse:
    """An error as the answer that says it."""
    return JSONResponse(error.document(), error.code, error.headers)


STARTING_RETRY_AFTER_SECONDS: Final = 2
"""What a client is told that came while the controller starts. kubectl asks again by itself, ten times."""


def too_many(code: int, reason: str, message: str) -> ApiError:
    """Others are here already, as many as may be: the client may come again."""
    return _later(ApiError(code, reason, message), RETRY_AFTER_SECONDS)


def starting(why: str) -> ApiError:
    """The controller does not know the whole fleet yet.

    Args:
        why: what is still to be done.
    """
    return _later(
        ApiError(503, "ServiceUnavailable", f"the controller is starting: {why}"), STARTING_RETRY_AFTER_SECONDS
    )


def _later(error: ApiError, seconds: int) -> ApiError:
    error.details["retryAfterSeconds"] = seconds
    error.headers["Retry-After"] = str(seconds)
    return error


def success(message: str) -> dict[str, Any]:
    """The Status object of something that was done."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "message": message, "code": 200}


def not_found(plural: str, group: str, name: str) -> ApiError:
    """There is no object of this name."""
    resource = f"{plural}.{group}" if group else plural
    details = {"name": name, "kind": plural} | ({"group": group} if group else {})
    return ApiError(404, "NotFound", f'{resource} "{name}" not found', details)


def no_such_path() -> ApiError:
    """Nothing is served at this path."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def bad_request(message: str) -> ApiError:
    """The request cannot be understood."""
    return ApiError(400, "BadRequest", message)


def expired(error: Expired) -> ApiError:
    """The client must list again."""
    return ApiError(410, "Expired", str(error))


def manifests_only(path: str) -> ApiError:
    """Somebody tried to write."""
    message = f"{path} is read-only: objects are changed by committing manifests, which the controller picks up"
    return not_allowed(message)


def not_allowed(message: str, details: dict[str, Any] | None = None, allowed: Iterable[str] = ("GET",)) -> ApiError:
    """The path takes no requests of this method.

    Args:
        message: why.
        details: of what it was asked.
        allowed: the methods that it takes.
    """
    error = ApiError(405, "MethodNotAllowed", message, details)
    error.headers["Allow"] = ", ".join(sorted(allowed))
    return error
