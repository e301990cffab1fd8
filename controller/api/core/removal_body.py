"""What a request says that wants a pod away: an Eviction, or DeleteOptions; as JSON, YAML, or in the protobuf of typed clients."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request

from controller.api.apps.words import NAMESPACE
from controller.api.bodies import media_type_or_json
from controller.api.errors import bad_request
from controller.api.object_bodies import JSON, YAML, body_of, parsed, unsupported
from controller.api.protobuf import KUBERNETES_PROTOBUF, fields, last_bytes, last_text, unwrapped

# Numbers of fields: of an Eviction and of its metadata, of DeleteOptions, and of its preconditions.
# https://github.com/kubernetes/api/blob/master/policy/v1/generated.proto,
# https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/generated.proto
_METADATA, _DELETE_OPTIONS = 1, 2
_NAME, _NAMESPACE = 1, 3
_PRECONDITIONS, _DRY_RUN = 2, 5
_UID, _RESOURCE_VERSION = 1, 2
_EVICTION: Final = "Eviction"
_OPTIONS: Final = "DeleteOptions"


@dataclass(frozen=True)
class Removal:
    """How a pod is to go."""

    is_dry: bool = False
    uid: str = ""
    """That it must have; empty for any."""
    resource_version: str = ""
    """That it must have; empty for any."""


async def removal_in(request: Request, name: str, *, is_eviction: bool) -> Removal:
    """What the body and the parameters of a request say.

    Args:
        request: it.
        name: of the pod, by the path.
        is_eviction: True where the body is an Eviction; else it is DeleteOptions.

    Raises:
        ApiError: they cannot be understood.
    """
    body = await body_of(request)
    options = _options(request, body, name, is_eviction=is_eviction) if body.strip() else {}
    preconditions, dry = options.get("preconditions") or {}, options.get("dryRun") or []
    if not isinstance(preconditions, dict) or not isinstance(dry, list):
        raise bad_request("preconditions must be an object, and dryRun a list")
    asked = [*dry, *(one for one in request.query_params.getlist("dryRun") if one)]
    if any(one != "All" for one in asked):
        raise bad_request("dryRun: Unsupported value: it is All, or not given")
    uid, version = (str(preconditions.get(field) or "") for field in ("uid", "resourceVersion"))
    return Removal(bool(asked), uid, version)


def _options(request: Request, body: bytes, name: str, *, is_eviction: bool) -> dict[str, Any]:
    kind = media_type_or_json(request)
    if kind == KUBERNETES_PROTOBUF:
        given: Any = _of_protobuf(body, is_eviction=is_eviction)
    elif kind in (JSON, YAML):
        given = parsed(body, is_yaml=kind == YAML)
    else:
        raise unsupported((JSON, YAML, KUBERNETES_PROTOBUF))
    expected = _EVICTION if is_eviction else _OPTIONS
    options = given.get("deleteOptions") or {} if is_eviction and isinstance(given, dict) else given
    if not isinstance(options, dict) or (given.get("kind") or expected) != expected:
        raise bad_request(f"the body must be {'an Eviction' if is_eviction else _OPTIONS}")
    if is_eviction:
        _require_of_pod(given.get("metadata") or {}, name)
    return options


def _require_of_pod(metadata: Any, name: str) -> None:
    """Nobody has another pod moved than the one that he names twice."""
    if not isinstance(metadata, dict):
        raise bad_request("metadata must be an object")
    for field, expected in (("name", name), ("namespace", NAMESPACE)):
        if (found := metadata.get(field) or expected) != expected:
            raise bad_request(f"the {field} in the Eviction ({str(found)[:63]}) is not that of the path ({expected})")


def _of_protobuf(body: bytes, *, is_eviction: bool) -> dict[str, Any]:
    try:
        message = unwrapped(body)
        options = last_bytes(message, _DELETE_OPTIONS) if is_eviction else message
        dry = [value.decode() for number, value in fields(options) if number == _DRY_RUN and isinstance(value, bytes)]
        wanted = last_bytes(options, _PRECONDITIONS)
        preconditions = {"uid": last_text(wanted, _UID), "resourceVersion": last_text(wanted, _RESOURCE_VERSION)}
        metadata = last_bytes(message, _METADATA) if is_eviction else b""
        named = {"name": last_text(metadata, _NAME), "namespace": last_text(metadata, _NAMESPACE)}
    except ValueError as error:
        raise bad_request(f"the body is no message of protobuf: {error}") from None
    found = {"dryRun": dry, "preconditions": preconditions}
    return {"metadata": named, "deleteOptions": found} if is_eviction else found
