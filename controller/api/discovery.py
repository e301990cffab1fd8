"""What clients ask before anything else: versions, groups, and the resources in them."""

import json
import platform
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import Response

from controller.api.accepting import accepted_json
from controller.api.resources import CORE_RESOURCES, FLEET_RESOURCES, REVIEWS, Resource
from crds.document import API_GROUP

# Clients warn when this is more than one minor version away from theirs.
_MAJOR, _MINOR = "1", "33"

_GROUPS: Final[Mapping[str, Iterable[Resource]]] = {API_GROUP: tuple(FLEET_RESOURCES.values()), **REVIEWS}
_AGGREGATED_GROUP: Final = "apidiscovery.k8s.io"
_AGGREGATED_VERSIONS: Final = ("v2", "v2beta1")


def discovery_router(fleet_version: str) -> APIRouter:
    """The paths of discovery, each with and without a slash at its end: clients differ in that.

    Args:
        fleet_version: version of this program, shown as the commit of the server.
    """
    router = APIRouter()
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
    groups = [_group(name) for name in _GROUPS]
    _add(router, "/version", version)
    _add(
        router,
        "/api",
        {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        aggregated={"": CORE_RESOURCES},
    )
    _add(router, "/apis", {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}, aggregated=_GROUPS)
    _add(router, "/api/v1", _resource_list("v1", CORE_RESOURCES))
    for group, (name, resources) in zip(groups, _GROUPS.items(), strict=True):
        _add(router, f"/apis/{name}", {"kind": "APIGroup", "apiVersion": "v1", **group})
        _add(router, f"/apis/{name}/v1", _resource_list(f"{name}/v1", resources))
    return router


def _add(
    router: APIRouter, path: str, answer: dict[str, Any], aggregated: Mapping[str, Iterable[Resource]] | None = None
) -> None:
    plain = _written(answer), "application/json"
    forms = {version: _aggregated(version, aggregated) for version in _AGGREGATED_VERSIONS} if aggregated else {}

    async def endpoint(request: Request) -> Response:
        body, media_type = forms.get(_wanted(request.headers.get("accept", "")), plain)
        # Starlette adds no charset to what is no text: the media type stays as clients compare it.
        return Response(body, media_type=media_type, headers={"vary": "Accept"} if forms else None)

    for either in (path, f"{path}/"):
        router.add_api_route(either, endpoint, methods=["GET"], response_model=None)


def _wanted(accept: str) -> str:
    """The version of aggregated discovery that a client accepts first; empty for the plain form."""
    for given in accepted_json(accept):
        if "as" not in given:
            return ""
        if given.get("g") == _AGGREGATED_GROUP and given["as"] == "APIGroupDiscoveryList" and given.get("v"):
            return given["v"]
    return ""


def _group(name: str) -> dict[str, Any]:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


def _resource_list(group_version: str, resources: Iterable[Resource]) -> dict[str, Any]:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
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
    for part, verbs in resource.subresources.items():
        yield {
            "name": f"{resource.plural}/{part}",
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": resource.kind,
            "verbs": list(verbs),
        }


def _aggregated(version: str, groups: Mapping[str, Iterable[Resource]]) -> tuple[bytes, str]:
    """All groups with their resources in one answer. It is known by its media type, which must be exactly this."""
    document = {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": f"{_AGGREGATED_GROUP}/{version}",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": name} if name else {},
                "versions": [
                    {"version": "v1", "freshness": "Current", "resources": [_discovered(one) for one in resources]}
                ],
            }
            for name, resources in groups.items()
        ],
    }
    return _written(document), f"application/json;g={_AGGREGATED_GROUP};v={version};as=APIGroupDiscoveryList"


def _discovered(resource: Resource) -> dict[str, Any]:
    kind = {"group": resource.group, "version": "v1", "kind": resource.kind}
    return {
        "resource": resource.plural,
        "responseKind": kind,
        "scope": "Namespaced" if resource.namespaced else "Cluster",
        "singularResource": resource.singular,
        "verbs": list(resource.verbs),
        "shortNames": list(resource.short_names),
        "categories": list(resource.categories),
        "subresources": [
            {"subresource": part, "responseKind": kind, "verbs": list(verbs)}
            for part, verbs in resource.subresources.items()
        ],
    }


def _written(answer: Mapping[str, Any]) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()
