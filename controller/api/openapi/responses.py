"""Which answers an operation gives, as both versions of OpenAPI say it in their own forms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from controller.api.openapi.definitions import STATUS
from controller.api.openapi.operations import Operation
from controller.api.openapi.schema_words import Schema


@dataclass(frozen=True)
class Refusal:
    """An answer that is a Status and nothing that was asked for."""

    name: str
    """It is referred to by this."""
    description: str
    headers: tuple[str, ...] = ()


_RETRY_AFTER: Final = "Retry-After"
_WRITTEN: Final = ("Warning", "Fleet-Revision", "Fleet-Plan")
_ON_A_BRANCH: Final = (*_WRITTEN, "Fleet-Branch", "Fleet-Pull-Request")

HEADERS: Final[Mapping[str, Schema]] = {
    _RETRY_AFTER: {"type": "integer", "description": "Seconds until the client may come again."},
    "WWW-Authenticate": {"type": "string", "description": "Bearer: a token is wanted."},
    "Warning": {
        "type": "string",
        "description": "Fields that were left out, and what happens to instances and cameras.",
    },
    "Fleet-Revision": {"type": "string", "description": "The revision that was written."},
    "Fleet-Plan": {"type": "string", "description": "What happens to instances and cameras, as JSON."},
    "Fleet-Branch": {"type": "string", "description": "Where the commit is."},
    "Fleet-Pull-Request": {"type": "string", "description": "The page that opens a pull request."},
}
"""All that answers carry beside their bodies and what HTTP itself wants."""

REFUSALS: Final[Mapping[int, Refusal]] = {
    400: Refusal("BadRequest", "A parameter or the body cannot be understood."),
    401: Refusal("Unauthorized", "The client has not said who it is.", ("WWW-Authenticate",)),
    403: Refusal("Forbidden", "The client may not do that."),
    404: Refusal("NotFound", "There is no such object."),
    405: Refusal("MethodNotAllowed", "The manifests are read-only here."),
    406: Refusal("NotAcceptable", "The client accepts neither JSON nor a Table."),
    408: Refusal("Timeout", "The body did not come in time."),
    409: Refusal("Conflict", "The object is another one by now, or the removal guard wants a yes."),
    410: Refusal("Expired", "Lists are whole: there is no second part."),
    413: Refusal("RequestEntityTooLarge", "The body is too large."),
    415: Refusal("UnsupportedMediaType", "The body is of a type that is not taken here."),
    422: Refusal("Invalid", "The parameters or the object do not hold together."),
    429: Refusal("TooManyRequests", "Too many came before.", (_RETRY_AFTER,)),
    500: Refusal("InternalError", "The controller failed; its log says why."),
    501: Refusal("NotImplemented", "The agent of the node is of a version that cannot be asked for that."),
    503: Refusal("ServiceUnavailable", "The controller cannot do that now.", (_RETRY_AFTER,)),
    507: Refusal("InsufficientStorage", "A disk is full."),
}

_ANY: Final = (400, 401, 403, 429, 500, 503)
_WRITE: Final = (405, 408, 409, 413, 415, 422, 507)
_REFUSED: Final[Mapping[str, Iterable[int]]] = {
    "list": (*_ANY, 406, 410, 422),
    "get": (*_ANY, 404, 406),
    "create": (*_ANY, *_WRITE),
    "update": (*_ANY, 404, *_WRITE),
    "patch": (*_ANY, 404, *_WRITE),
    "delete": (*_ANY, 404, *_WRITE),
    "deletecollection": (*_ANY, *_WRITE),
}


def refusals(one: Operation) -> tuple[int, ...]:
    """The codes of the refusals that an operation may answer."""
    of_part = ((404, 501) if one.part == "log" else (404,)) if one.part else ()
    return tuple(sorted({*_REFUSED[one.verb], *of_part}))


@dataclass(frozen=True)
class Done:
    """An answer that is what was asked for."""

    description: str
    headers: tuple[str, ...] = ()


def done(one: Operation) -> Mapping[int, Done]:
    """What an operation answers when it is done, by code."""
    if one.verb == "list":
        return {200: Done("The objects. For watch=true a line for each change: {type, object}.")}
    if one.verb == "get":
        return {200: Done("The lines." if one.is_text else "The object.")}
    on_a_branch = {202: Done("It is on a branch, and waits for a pull request.", _ON_A_BRANCH)}
    made = Done("It was made.", _WRITTEN)
    match one.verb:
        case "create":
            return {201: made} | on_a_branch
        case "patch":
            return {200: Done("It is so.", _WRITTEN), 201: made} | on_a_branch
        case _:
            return {200: Done("It is so.", _WRITTEN)} | on_a_branch


REFUSED: Final = STATUS
"""The name of the schema of all refusals."""
