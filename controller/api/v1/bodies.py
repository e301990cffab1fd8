"""What the bodies of requests say, as rows."""

from typing import Any

from fastapi import Request
from pydantic import ValidationError

from controller.api.bodies import json_object, media_type_or_json, read_body
from controller.api.errors import ApiError
from controller.api.object_bodies import JSON, unsupported
from controller.api.v1.errors import invalid
from controller.api.v1.records import ASSOCIATIONS, Record


async def object_in(request: Request) -> dict[str, Any]:
    """The JSON object of a request; an empty body is an empty one.

    Raises:
        ApiError: it is none, too large, too slow, or may come from the page of another site.
    """
    if media_type_or_json(request) != JSON:
        raise unsupported((JSON,))
    return json_object(await read_body(request))


async def row_in(request: Request, record: type[Record]) -> dict[str, Any]:
    """The fields that the body of a request gives.

    Raises:
        ApiError: it is no such row; what was sent is not repeated.
    """
    body = await object_in(request)
    try:
        return record.model_validate(body).model_dump(exclude_unset=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        wrong = [(".".join(map(str, one["loc"])), one["msg"]) for one in found]
        raise invalid(*wrong) from None


def require_same_associations(given: dict[str, Any], now: dict[str, Any]) -> None:
    """Lets nobody change an association in a row: it would do something else than is read.

    Raises:
        ApiError: an association is given, and is another one.
    """
    wrong = [
        (field, "associations are made at Camera_Instance and Agent_Instance")
        for field in ASSOCIATIONS
        if given.get(field) is not None and given[field] != now.get(field)
    ]
    if wrong:
        raise invalid(*wrong)


def query_text(request: Request, name: str) -> str:
    """A parameter that must be there.

    Raises:
        ApiError: it is not.
    """
    if not (value := request.query_params.get(name, "")):
        raise ApiError(422, "Invalid", f"{name}: is needed", {"causes": [{"field": name, "message": "is needed"}]})
    return value
