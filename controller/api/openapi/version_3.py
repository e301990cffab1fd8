"""OpenAPI 3.0 of a group.

https://spec.openapis.org/oas/v3.0.3
"""

from collections.abc import Sequence
from typing import Any, Final

from controller.api.openapi.definitions import definitions, group_version_kind
from controller.api.openapi.operations import Operation, operations
from controller.api.resources import Resource

_REFERENCES: Final = "#/components/schemas/"
_ANY_PATCH: Final = {"type": "object", "description": "A patch, or the fields that are applied."}


def document(resources: Sequence[Resource], fleet_version: str) -> dict[str, Any]:
    """The document of some resources.

    Args:
        resources: those that have objects.
        fleet_version: of this program.
    """
    paths: dict[str, dict[str, Any]] = {}
    for one in operations(resources):
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.0.0",
        "info": {"title": "fleet", "version": fleet_version},
        "paths": paths,
        "components": {"schemas": definitions(resources, _REFERENCES)},
    }


def _operation(one: Operation) -> dict[str, Any]:
    answer = {"application/json": {"schema": {"$ref": _REFERENCES + one.answers}}}
    code = "201" if one.verb == "create" else "200"
    found: dict[str, Any] = {
        "operationId": one.id,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in one.names),
            *(
                {"name": query.name, "in": "query", "description": query.description, "schema": {"type": query.type}}
                for query in one.query
            ),
        ],
        "responses": {code: {"description": "OK", "content": answer}},
        "x-kubernetes-action": one.verb,
        "x-kubernetes-group-version-kind": group_version_kind(one.resource),
    }
    if one.takes:
        schema = _ANY_PATCH if one.verb == "patch" else {"$ref": _REFERENCES + one.answers}
        found["requestBody"] = {"required": True, "content": {form: {"schema": schema} for form in one.takes}}
    return found
