"""OpenAPI 3.0 of a group.

https://spec.openapis.org/oas/v3.0.3
"""

from collections.abc import Sequence
from typing import Any, Final

from controller.api.openapi.definitions import definitions, group_version_kind
from controller.api.openapi.operations import JSON, JSON_PATCH, TEXT, Operation, operations
from controller.api.openapi.responses import HEADERS, REFUSALS, REFUSED, Done, done, refusals
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
        "components": {
            "schemas": definitions(resources, _REFERENCES),
            "responses": {
                one.name: _response(one.description, REFUSED, one.headers) for _, one in sorted(REFUSALS.items())
            },
            "headers": {
                name: {
                    "description": schema["description"],
                    "schema": {key: value for key, value in schema.items() if key != "description"},
                }
                for name, schema in HEADERS.items()
            },
        },
    }


def _response(description: str, schema: str, headers: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": description,
        "content": {JSON: {"schema": {"$ref": _REFERENCES + schema}}},
    }
    if headers:
        found["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in headers}
    return found


def _done(one: Operation, was: Done) -> dict[str, Any]:
    if one.is_text:
        return {"description": was.description, "content": {TEXT: {"schema": {"type": "string"}}}}
    return _response(was.description, one.answers, was.headers)


def _operation(one: Operation) -> dict[str, Any]:
    answers = {str(code): _done(one, was) for code, was in done(one).items()}
    refused = {str(code): {"$ref": f"#/components/responses/{REFUSALS[code].name}"} for code in refusals(one)}
    found: dict[str, Any] = {
        "operationId": one.id,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in one.names),
            *(
                {"name": query.name, "in": "query", "description": query.description, "schema": query.schema}
                for query in one.query
            ),
        ],
        "responses": answers | refused,
        "x-kubernetes-action": one.verb,
        "x-kubernetes-group-version-kind": group_version_kind(one.kind),
    }
    if one.takes:
        found["requestBody"] = {
            "required": not one.is_body_optional,
            "content": {form: {"schema": _taken(one, form)} for form in one.takes},
        }
    return found


def _taken(one: Operation, form: str) -> dict[str, Any]:
    if one.body:
        return {"$ref": _REFERENCES + one.body}
    return {"type": "array", "items": {"type": "object"}} if form == JSON_PATCH else dict(_ANY_PATCH)
