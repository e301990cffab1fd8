"""What clients ask before anything else: versions, groups, and the resources in them."""

import platform
from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from controller.api.resources import EVENTS, FLEET_RESOURCES, Resource
from crds.document import API_GROUP, API_VERSION

# Clients warn when this is more than one minor version away from theirs.
_MAJOR, _MINOR = "1", "33"


def discovery_router(fleet_version: str) -> APIRouter:
    """The paths of discovery.

    Args:
        fleet_version: version of this program, shown as the commit of the server.
    """
    router = APIRouter()
    version = {"groupVersion": API_VERSION, "version": "v1"}
    group = {"name": API_GROUP, "versions": [version], "preferredVersion": version}
    answers: dict[str, Any] = {
        "/version": {
            "major": _MAJOR,
            "minor": _MINOR,
            "gitVersion": f"v{_MAJOR}.{_MINOR}.0-fleet",
            "gitCommit": fleet_version,
            "gitTreeState": "clean",
            "buildDate": "1970-01-01T00:00:00Z",
            "goVersion": "",
            "compiler": "",
            "platform": f"{platform.system().lower()}/{platform.machine()}",
        },
        "/api": {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []},
        "/api/v1": _resource_list("v1", [EVENTS]),
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group]},
        f"/apis/{API_GROUP}": {"kind": "APIGroup", "apiVersion": "v1", **group},
        f"/apis/{API_VERSION}": _resource_list(API_VERSION, FLEET_RESOURCES.values()),
    }
    for path, answer in answers.items():
        _add(router, path, answer)
    return router


def _add(router: APIRouter, path: str, answer: dict[str, Any]) -> None:
    async def endpoint() -> Response:
        return JSONResponse(answer)

    router.add_api_route(path, endpoint, methods=["GET"], response_model=None)


def _resource_list(group_version: str, resources: Iterable[Resource]) -> dict[str, Any]:
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": group_version,
        "resources": [resource.discovery() for resource in resources],
    }
