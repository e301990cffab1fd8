"""What a request says that wants a pod away: an Eviction, or DeleteOptions; as JSON, YAML, or in the protobuf of typed clients."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request

from controller.api.bodies import media_type_or_json
from controller.api.errors import bad_request
from controller.api.object_bodies import JSON, YAML, body_of, parsed, unsupported
from controller.api.protobuf import KUBERNETES_PROTOBUF, fields, last_bytes, last_text, unwrapped

# Numbers of fields: of an Eviction, of DeleteOptions, and of its preconditions.
# https://github.com/kubernetes/api/blob/master/policy/v1/generated.proto,
# https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/generated.proto
_DELETE_OPTIONS: Final = 2
_PRECONDITIONS, _DRY_RUN = 2, 5
_UID: Final = 1


@dataclass(frozen=True)
class Removal:
    """How a pod is to go."""

    is_dry: bool = False
    uid: str = ""
    """That it must have; empty for any."""


async def removal_in(request: Request, *, is_eviction: bool) -> Removal:
    """What the body and the parameters of a request say.

    Args:
        request: it.
        is_eviction: True where the body is an Eviction; else it is DeleteOptions.

    Raises:
        ApiError: they cannot be understood.
    """
    body = await body_of(request)
    options = _options(request, body, is_eviction=is_eviction) if body.strip() else {}
    preconditions, dry = options.get("preconditions") or {}, options.get("dryRun") or []
    if not isinstance(preconditions, dict) or not isinstance(dry, list):
        raise bad_request("preconditions must be an object, and dryRun a list")
    asked = [*dry, *(one for one in request.query_params.getlist("dryRun") if one)]
    if any(one != "All" for one in asked):
        raise bad_request("dryRun: Unsupported value: it is All, or not given")
    return Removal(bool(asked), str(preconditions.get("uid") or ""))


def _options(request: Request, body: bytes, *, is_eviction: bool) -> dict[str, Any]:
    kind = media_type_or_json(request)
    if kind == KUBERNETES_PROTOBUF:
        return _of_protobuf(body, is_eviction=is_eviction)
    if kind not in (JSON, YAML):
        raise unsupported((JSON, YAML, KUBERNETES_PROTOBUF))
    given = parsed(body, is_yaml=kind == YAML)
    options = given.get("deleteOptions") or {} if is_eviction and isinstance(given, dict) else given
    if not isinstance(options, dict):
        raise bad_request(f"the body must be {'an Eviction' if is_eviction else 'DeleteOptions'}")
    return options


def _of_protobuf(body: bytes, *, is_eviction: bool) -> dict[str, Any]:
    try:
        message = unwrapped(body)
        options = last_bytes(message, _DELETE_OPTIONS) if is_eviction else message
        dry = [value.decode() for number, value in fields(options) if number == _DRY_RUN and isinstance(value, bytes)]
        return {"dryRun": dry, "preconditions": {"uid": last_text(last_bytes(options, _PRECONDITIONS), _UID)}}
    except ValueError as error:
        raise bad_request(f"the body is no message of protobuf: {error}") from None
