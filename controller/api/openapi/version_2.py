"""OpenAPI 2.0 (Swagger) of all that is served. kubectl up to 1.28 needs it.

https://swagger.io/specification/v2
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from controller.api.openapi.definitions import definitions, group_version_kind
from controller.api.openapi.operations import JSON, TEXT, Operation, operations
from controller.api.openapi.responses import HEADERS, REFUSALS, REFUSED, Done, done, refusals
from controller.api.openapi.schema_words import Schema
from controller.api.resources import Resource

_REFERENCES: Final = "#/definitions/"


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
        "swagger": "2.0",
        "info": {"title": "fleet", "version": fleet_version},
        "paths": paths,
        "definitions": {name: _schema(one) for name, one in definitions(resources, _REFERENCES).items()},
        "responses": {
            one.name: _response(one.description, REFUSED, one.headers) for _, one in sorted(REFUSALS.items())
        },
    }


def _response(description: str, schema: str, headers: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": description, "schema": {"$ref": _REFERENCES + schema}}
    return found | ({"headers": {name: HEADERS[name] for name in headers}} if headers else {})


def _done(one: Operation, was: Done) -> dict[str, Any]:
    if one.is_text:
        return {"description": was.description, "schema": {"type": "string"}}
    return _response(was.description, one.answers, was.headers)


def _operation(one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": one.id,
        "produces": [TEXT] if one.is_text else [JSON],
        "parameters": [
            *({"name": name, "in": "path", "required": True, "type": "string"} for name in one.names),
            *(
                {"name": query.name, "in": "query", "description": query.description, **query.schema}
                for query in one.query
            ),
        ],
        "responses": {
            **{str(code): _done(one, was) for code, was in done(one).items()},
            **{str(code): {"$ref": f"#/responses/{REFUSALS[code].name}"} for code in refusals(one)},
        },
        "x-kubernetes-action": one.verb,
        "x-kubernetes-group-version-kind": group_version_kind(one.kind),
    }
    if one.takes:
        schema = {"$ref": _REFERENCES + one.body} if one.body else {"type": "object"}
        found["consumes"] = list(one.takes)
        found["parameters"].append(
            {"name": "body", "in": "body", "required": not one.is_body_optional, "schema": schema}
        )
    return found


def _schema(schema: Schema) -> dict[str, Any]:
    """A schema without `nullable`, which version 2 does not know.

    kubectl passes over fields that are null, and refuses null in lists and mappings: where that may stand, anything may. An
    object of which no field is known is a mapping to it.
    """
    inner = [schema[key] for key in ("additionalProperties", "items") if isinstance(schema.get(key), Mapping)]
    is_open = "x-kubernetes-preserve-unknown-fields" in schema and "properties" not in schema
    if is_open or any(one.get("nullable") for one in inner):
        return {key: schema[key] for key in ("description",) if key in schema}
    return {key: _part(key, value) for key, value in schema.items() if key != "nullable"}


def _part(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: _schema(one) for name, one in value.items()}
    if key in ("additionalProperties", "items") and isinstance(value, Mapping):
        return _schema(value)
    return value
