"""CustomResourceDefinitions of the kinds, as Kubernetes would have them: its tools read the fleet's API with them."""

from collections.abc import Mapping
from typing import Any, Final

from crds.document import API_GROUP, Manifest
from tools.kinds.json_schema import json_schema

_READY: Final = '.status.conditions[?(@.type=="Ready")].status'
_AGE: Final = (("Age", "date", ".metadata.creationTimestamp"),)
# Name, type and JSON path of the columns that `kubectl get` shows.
_COLUMNS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "Camera": (
        ("Ready", "string", _READY),
        ("Degraded", "string", '.status.conditions[?(@.type=="Degraded")].status'),
        ("Type", "string", ".spec.type"),
        ("Codec", "string", ".spec.encodeType"),
    ),
    "DsInstance": (("Ready", "string", _READY), ("Node", "string", ".status.node"), ("Image", "string", ".spec.image")),
    "Node": (
        ("Ready", "string", _READY),
        ("Hostname", "string", ".spec.hostname"),
        ("Capacity", "integer", ".spec.capacity"),
    ),
}
# What a structural schema must not hold, or what is said there in another way; extensions (x-…) go too.
_DROPPED: Final = frozenset({"$defs", "title", "propertyNames", "patternProperties", "anyOf", "$ref", "const"})
_ANYTHING: Final[Mapping[str, Any]] = {"x-kubernetes-preserve-unknown-fields": True}


def custom_resource_definition(kind: type[Manifest]) -> dict[str, Any]:
    """The definition of a kind: cluster-scoped, with a status that the controller alone writes."""
    name = kind.__name__
    schema = json_schema(kind)
    definitions = schema.get("$defs", {})
    spec = _structural(schema["properties"]["spec"], definitions)
    columns = [{"name": column, "type": of, "jsonPath": path} for column, of, path in (*_COLUMNS[name], *_AGE)]
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "description": schema["description"],
                "required": ["metadata", "spec"],
                "properties": {
                    "apiVersion": {"type": "string"},
                    "kind": {"type": "string"},
                    "metadata": {"type": "object"},
                    "spec": spec,
                    "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                },
            }
        },
        "subresources": {"status": {}},
        "additionalPrinterColumns": columns,
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{kind.plural}.{API_GROUP}"},
        "spec": {
            "group": API_GROUP,
            "scope": "Cluster",
            "names": {
                "kind": name,
                "listKind": f"{name}List",
                "plural": kind.plural,
                "singular": name.lower(),
                "shortNames": [kind.short_name],
                "categories": ["fleet"],
            },
            "versions": [version],
        },
    }


def _structural(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON Schema as the structural schema of Kubernetes: nothing shared, null as `nullable`, OpenAPI's bounds.

    https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
    """
    found: dict[str, Any] = {}
    if "$ref" in schema:
        found |= _structural(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for variant in schema.get("anyOf", ()):
        found |= {"nullable": True} if variant == {"type": "null"} else _structural(variant, definitions)
    for key, value in schema.items():
        if key not in _DROPPED and not key.startswith("x-") and value is not None:
            found |= _keyword(key, value, definitions)
    if isinstance(schema.get("type"), list):
        # Several types cannot be named there. Whoever reads the manifest asks for the right one.
        return {**{key: found[key] for key in ("description", "nullable") if key in found}, **_ANYTHING}
    if "const" in schema:
        found["enum"] = [schema["const"]]
    for inner in schema.get("patternProperties", {}).values():
        found["additionalProperties"] = _structural(inner, definitions)
    return found


def _keyword(key: str, value: Any, definitions: Mapping[str, Any]) -> dict[str, Any]:
    match key:
        case "properties":
            return {key: {name: _structural(inner, definitions) for name, inner in value.items()}}
        case "items":
            return {key: _structural(value, definitions)}
        case "prefixItems":
            # Positions cannot differ there; how many there are, minItems and maxItems say.
            return {"items": _structural({"anyOf": value}, definitions)}
        case "additionalProperties":
            return {} if value is False else {key: _structural(value, definitions)}
        case "exclusiveMinimum" | "exclusiveMaximum":
            return {key: True, "m" + key.removeprefix("exclusiveM"): value}
        case _:
            return {key: value}
