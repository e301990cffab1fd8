"""Answers what clients ask about themselves: who they are, and what they may do.

https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from controller.api.bodies import json_object, media_type, media_type_or_json, read_body
from controller.api.errors import ApiError, bad_request
from controller.api.protobuf import KUBERNETES_PROTOBUF, last_bytes, last_text, unwrapped
from controller.api.resources import Resource
from controller.api.routing import Router
from controller.api.served import SERVED

_ALL: Final = "*"
_ALL_VERBS: Final = frozenset({"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"})
# Numbers of the fields that are read of a SelfSubjectAccessReview in protobuf.
_SPEC, _RESOURCE_ATTRIBUTES, _PATH_ATTRIBUTES = 2, 1, 2
_NUMBERS: Final = {"verb": 2, "group": 3, "resource": 5, "subresource": 6, "name": 7}
_PATH_NUMBERS: Final = {"path": 1, "verb": 2}


@dataclass(frozen=True)
class Attempt:
    """What somebody would do: `*` stands for every verb, group, resource or name."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    """Of the object; empty for all of the resource."""
    path: str = ""
    """For what is no resource; the group and all after it are empty then."""


WhyNot = Callable[[Request, Attempt], str]
"""Why the client of a request may not do something; empty when he may."""


class Reviews:
    """Answers reviews; none of them is kept."""

    def __init__(self, why_not: WhyNot) -> None:
        self._why_not = why_not
        self.router = Router(prefix="/apis")
        for path, endpoint in (
            ("/authentication.k8s.io/v1/selfsubjectreviews", self._who),
            ("/authorization.k8s.io/v1/selfsubjectaccessreviews", self._may),
            ("/authorization.k8s.io/v1/selfsubjectrulesreviews", self._rules),
        ):
            self.router.add(path, endpoint, "POST")

    async def _who(self, request: Request) -> Response:
        await _raw(request)
        identity = getattr(request.state, "identity", None)
        user = {"username": identity.name, "groups": list(identity.groups)} if identity else {"username": "anonymous"}
        return _answer("authentication.k8s.io", "SelfSubjectReview", {}, {"userInfo": user})

    async def _may(self, request: Request) -> Response:
        raw = await _raw(request)
        is_protobuf = media_type(request) == KUBERNETES_PROTOBUF
        spec = _spec_of_protobuf(raw) if is_protobuf else _mapping(json_object(raw), "spec")
        attempt = _attempt(spec)
        reason = (not attempt.path and _why_nobody(attempt)) or self._why_not(request, attempt)
        status = {"allowed": not reason} | ({"reason": reason} if reason else {})
        return _answer("authorization.k8s.io", "SelfSubjectAccessReview", spec, status)

    async def _rules(self, request: Request) -> Response:
        await _raw(request)
        rules = []
        for resource in _served():
            for plural, verbs in (
                (resource.plural, resource.verbs),
                *((f"{resource.plural}/{name}", part.verbs) for name, part in resource.subresources.items()),
            ):
                name, _, part = plural.partition("/")
                may = [one for one in verbs if not self._why_not(request, Attempt(one, resource.group, name, part))]
                if may:
                    rules.append({"verbs": may, "apiGroups": [resource.group], "resources": [plural]})
        status = {
            "resourceRules": rules,
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": [_ALL]}],
            "incomplete": False,
        }
        return _answer("authorization.k8s.io", "SelfSubjectRulesReview", {}, status)


def _served() -> Iterable[Resource]:
    return (one for some in SERVED.values() for one in some)


def _why_nobody(attempt: Attempt) -> str:
    """Why this API does that for nobody; empty when it does it for somebody."""
    found = [one for one in _served() if attempt.group in (_ALL, one.group) and attempt.resource in (_ALL, one.plural)]
    if not found:
        return f"this API serves no {attempt.resource}"
    for one in found:
        part = one.subresources.get(attempt.subresource)
        verbs = (part.verbs if part else ()) if attempt.subresource else one.verbs
        if not (_ALL_VERBS if attempt.verb == _ALL else {attempt.verb}) <= set(verbs):
            of_part = f"/{attempt.subresource}" if attempt.subresource else ""
            return f"{one.plural}{of_part} know {', '.join(verbs) or 'nothing'}"
    return ""


async def _raw(request: Request) -> bytes:
    if media_type_or_json(request) not in ("application/json", KUBERNETES_PROTOBUF):
        raise ApiError(
            415, "UnsupportedMediaType", f"the body must be sent as application/json or {KUBERNETES_PROTOBUF}"
        )
    return await read_body(request)


def _spec_of_protobuf(body: bytes) -> dict[str, Any]:
    try:
        spec = last_bytes(unwrapped(body), _SPEC)
        found: dict[str, Any] = {}
        for name, number, numbers in (
            ("resourceAttributes", _RESOURCE_ATTRIBUTES, _NUMBERS),
            ("nonResourceAttributes", _PATH_ATTRIBUTES, _PATH_NUMBERS),
        ):
            if given := last_bytes(spec, number):
                texts = {key: last_text(given, at) for key, at in numbers.items()}
                found[name] = {key: text for key, text in texts.items() if text}
    except ValueError as error:
        raise bad_request(f"the body is no message of protobuf: {error}") from None
    return found


def _attempt(spec: Mapping[str, Any]) -> Attempt:
    given = _mapping(spec, "resourceAttributes")
    if not given:
        of_path = _mapping(spec, "nonResourceAttributes")
        if not of_path:
            raise bad_request("spec must hold resourceAttributes or nonResourceAttributes")
        return Attempt(_text(of_path, "verb"), path=_text(of_path, "path") or "/")
    return Attempt(**{name: _text(given, name) for name in _NUMBERS})


def _mapping(holder: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = holder.get(name) or {}
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be a JSON object")
    return value


def _text(holder: Mapping[str, Any], name: str) -> str:
    value = holder.get(name) or ""
    if not isinstance(value, str):
        raise bad_request(f"{name} must be a text")
    return value


def _answer(group: str, kind: str, spec: Mapping[str, Any], status: Mapping[str, Any]) -> Response:
    document = {
        "kind": kind,
        "apiVersion": f"{group}/v1",
        "metadata": {"creationTimestamp": None},
        "spec": spec,
        "status": status,
    }
    return JSONResponse(document, 201)
