"""OpenAPI 2.0 as the protobuf that kubectl reads: messages of `openapi.v2`, as far as it looks at them.

The numbers are those of https://github.com/google/gnostic/blob/main/openapiv2/OpenAPIv2.proto. Answers of operations are left
out: no client reads them.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from controller.api.protobuf import double, integer, length_delimited

_METHODS: Final = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8}


def encoded(document: Mapping[str, Any]) -> bytes:
    """A document of OpenAPI 2.0 as an `openapi.v2.Document`.

    Args:
        document: as JSON values.
    """
    info = length_delimited(1, document["info"]["title"]) + length_delimited(2, document["info"]["version"])
    paths = b"".join(_named(2, path, _path_item(item)) for path, item in document["paths"].items())
    definitions = b"".join(_named(1, name, _schema(one)) for name, one in document["definitions"].items())
    return b"".join(
        (
            length_delimited(1, document["swagger"]),
            length_delimited(2, info),
            length_delimited(8, paths),
            length_delimited(9, definitions),
        )
    )


def _named(number: int, name: str, value: bytes) -> bytes:
    return length_delimited(number, length_delimited(1, name) + length_delimited(2, value))


def _any(value: Any) -> bytes:
    # Its second field is YAML, which JSON is.
    return length_delimited(2, json.dumps(value, separators=(",", ":")))


def _extensions(number: int, holder: Mapping[str, Any]) -> Iterator[bytes]:
    return (_named(number, key, _any(value)) for key, value in holder.items() if key.startswith("x-"))


def _path_item(item: Mapping[str, Any]) -> bytes:
    return b"".join(length_delimited(_METHODS[method], _operation(one)) for method, one in item.items())


def _operation(operation: Mapping[str, Any]) -> bytes:
    return b"".join(
        (
            length_delimited(5, operation["operationId"]),
            *(length_delimited(6, form) for form in operation["produces"]),
            *(length_delimited(7, form) for form in operation.get("consumes", ())),
            *_parameters(operation["parameters"]),
            *_extensions(13, operation),
        )
    )


def _parameters(parameters: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    for one in parameters:
        head = length_delimited(3, one["in"]) + length_delimited(4, one["name"])
        match one["in"]:
            case "query":
                of_query = head + length_delimited(2, one["description"]) + length_delimited(6, one["type"])
                parameter = length_delimited(2, length_delimited(3, of_query))
            case "path":
                of_path = integer(1, 1) + head + length_delimited(5, one["type"])
                parameter = length_delimited(2, length_delimited(4, of_path))
            case _:
                of_body = length_delimited(2, one["name"]) + length_delimited(3, "body") + integer(4, 1)
                parameter = length_delimited(1, of_body + length_delimited(5, _schema(one["schema"])))
        yield length_delimited(8, length_delimited(1, parameter))


def _schema(schema: Mapping[str, Any]) -> bytes:
    return b"".join(_field(key, value) for key, value in schema.items())


def _field(key: str, value: Any) -> bytes:
    if key.startswith("x-"):
        return _named(31, key, _any(value))
    if key not in _FIELDS:
        raise ValueError(f"a schema of OpenAPI 2.0 holds {key}, which nothing is known of here")
    number, write = _FIELDS[key]
    return write(number, value)


def _value(number: int, value: Any) -> bytes:
    return length_delimited(number, _any(value))


def _values(number: int, values: Iterable[Any]) -> bytes:
    return b"".join(_value(number, one) for one in values)


def _texts(number: int, texts: Iterable[str]) -> bytes:
    return b"".join(length_delimited(number, text) for text in texts)


def _wrapped_schema(number: int, value: Mapping[str, Any]) -> bytes:
    return length_delimited(number, length_delimited(1, _schema(value)))


def _additional(number: int, value: Mapping[str, Any] | bool) -> bytes:
    return length_delimited(number, integer(2, value)) if isinstance(value, bool) else _wrapped_schema(number, value)


def _wrapped_text(number: int, value: str) -> bytes:
    return length_delimited(number, length_delimited(1, value))


def _properties(number: int, value: Mapping[str, Any]) -> bytes:
    return length_delimited(number, b"".join(_named(1, name, _schema(one)) for name, one in value.items()))


_FIELDS: Final[Mapping[str, tuple[int, Callable[[int, Any], bytes]]]] = {
    "$ref": (1, length_delimited),
    "format": (2, length_delimited),
    "title": (3, length_delimited),
    "description": (4, length_delimited),
    "default": (5, _value),
    "multipleOf": (6, double),
    "maximum": (7, double),
    "exclusiveMaximum": (8, integer),
    "minimum": (9, double),
    "exclusiveMinimum": (10, integer),
    "maxLength": (11, integer),
    "minLength": (12, integer),
    "pattern": (13, length_delimited),
    "maxItems": (14, integer),
    "minItems": (15, integer),
    "uniqueItems": (16, integer),
    "maxProperties": (17, integer),
    "minProperties": (18, integer),
    "required": (19, _texts),
    "enum": (20, _values),
    "additionalProperties": (21, _additional),
    "type": (22, _wrapped_text),
    "items": (23, _wrapped_schema),
    "properties": (25, _properties),
    "example": (30, _value),
}
"""The fields of Schema: their numbers, and how they are written."""
