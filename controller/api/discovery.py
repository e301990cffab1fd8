"""What clients ask before anything else: versions, groups, and the resources in them."""

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response

from controller.api.accepting import accepted_json
from controller.api.resources import Part, Resource
from controller.api.routing import Router
from controller.api.served import SERVED

# Clients warn when this is more than one minor version away from theirs.
_MAJOR, _MINOR = "1", "33"

_CORE: Final = SERVED[""]
_GROUPS: Final = {name: resources for name, resources in SERVED.items() if name}
_AGGREGATED_GROUP: Final = "apidiscovery.k8s.io"
_AGGREGATED_VERSIONS: Final = ("v2", "v2beta1")


def discovery_router(fleet_version: str) -> Router:
    """The paths of discovery, each with and without a slash at its end: clients differ in that.

    Args:
        fleet_version: version of this program, shown as the commit of the server.
    """
    router = Router()
    version = {
        "major": _MAJOR,
        "minor": _MINOR,
        "gitVersion": f"v{_MAJOR}.{_MINOR}.0-fleet",
        "gitCommit": fleet_version,
        "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    groups = [_group(resources[0]) for resources in _GROUPS.values()]
    _add(router, "/version", version)
    _add(
        router,
        "/api",
        {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        aggregated={"": _CORE},
    )
    _add(router, "/apis", {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}, aggregated=_GROUPS)
    _add(router, "/api/v1", _resource_list(_CORE))
    for group, (name, resources) in zip(groups, _GROUPS.items(), strict=True):
        _add(router, f"/apis/{name}", {"kind": "APIGroup", "apiVersion": "v1", **group})
        _add(router, resources[0].path, _resource_list(resources))
    return router


def _add(
    router: Router, path: str, answer: dict[str, Any], aggregated: Mapping[str, Sequence[Resource]] | None = None
) -> None:
    plain = _written(answer), "application/json"
    forms = {version: _aggregated(version, aggregated) for version in _AGGREGATED_VERSIONS} if aggregated else {}

    async def endpoint(request: Request) -> Response:
        body, media_type = forms.get(_wanted(request.headers.get("accept", "")), plain)
        # Starlette adds no charset to what is no text: the media type stays as clients compare it.
        return Response(body, media_type=media_type, headers={"vary": "Accept"} if forms else None)

    for either in (path, f"{path}/"):
        router.add(either, endpoint, "GET")


def _wanted(accept: str) -> str:
    """The version of aggregated discovery that a client accepts first; empty for the plain form."""
    for given in accepted_json(accept):
        if "as" not in given:
            return ""
        if given.get("g") == _AGGREGATED_GROUP and given["as"] == "APIGroupDiscoveryList" and given.get("v"):
            return given["v"]
    return ""


def _group(one: Resource) -> dict[str, Any]:
    version = {"groupVersion": one.api_version, "version": one.version}
    return {"name": one.group, "versions": [version], "preferredVersion": version}


def _resource_list(resources: Sequence[Resource]) -> dict[str, Any]:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": resources[0].api_version,
        "resources": [one for resource in resources for one in _entries(resource)],
    }


def _entries(resource: Resource) -> Iterable[dict[str, Any]]:
    yield {
        "name": resource.plural,
        "singularName": resource.singular,
        "namespaced": resource.namespaced,
        "kind": resource.kind,
        "verbs": list(resource.verbs),
        "shortNames": list(resource.short_names),
        "categories": list(resource.categories),
    }
    for name, part in resource.subresources.items():
        yield {
            "name": f"{resource.plural}/{name}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": part.kind or resource.kind,
            "verbs": list(part.verbs),
            **({"group": part.group, "version": part.version} if part.group else {}),
        }


def _aggregated(version: str, groups: Mapping[str, Sequence[Resource]]) -> tuple[bytes, str]:
    """All groups with their resources in one answer. It is known by its media type, which must be exactly this."""
    document = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"{_AGGREGATED_GROUP}/{version}",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": name} if name else {},
                "versions": [
                    {
                        "version": resources[0].version,
                        "freshness": "Current",
                        "resources": [_discovered(one) for one in resources],
                    }
                ],
            }
            for name, resources in groups.items()
        ],
    }
    return _written(document), f"application/json;g={_AGGREGATED_GROUP};v={version};as=APIGroupDiscoveryList"


def _discovered(resource: Resource) -> dict[str, Any]:
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {
        "resource": resource.plural,
        "responseKind": kind,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
        "shortNames": list(resource.short_names),
        "categories": list(resource.categories),
        "subresources": [
            {"subresource": name, "responseKind": _kind_of(part) or kind, "verbs": list(part.verbs)}
            for name, part in resource.subresources.items()
        ],
    }


def _kind_of(part: Part) -> dict[str, str] | None:
    return {"group": part.group, "version": part.version, "kind": part.kind} if part.kind else None


def _written(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
