"""JSON Schema of the kinds, for editors and for whoever validates manifests without this project.

Beside what pydantic says it shows `x-change-class`, and of keys of DeepStream `x-deepstream-key` (the name in files),
`x-deepstream-since` and `x-deepstream-until` (the first release that reads the key, the last one that uses it).
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from crds.change import declared_change_class
from crds.document import Manifest
from deepstream.groups import declared_key

DIALECT = "https://json-schema.org/draft/2020-12/schema"
NUMBER_KEY: Final = "^(0|[1-9][0-9]{0,8})$"
"""Keys of mappings that are numbers: JSON has text only."""

_REF: Final = "#/$defs/"
_LAID_OVER: Final = "InferenceChain"
"""The model whose fields are laid over values of the app's own: they may be given in part."""


class _Generator(GenerateJsonSchema):
    """Without the titles that pydantic makes of field names: the description says more."""

    schema_dialect = DIALECT

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature of pydantic
        """False, for every field."""
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """A model, with what is declared of the keys that its fields stand for."""
        found = super().model_schema(schema)
        for name, field in schema["cls"].model_fields.items():
            declared = declared_key(field)
            if declared is None:
                continue
            change_class = declared_change_class(field)
            said = {
                "x-deepstream-since": declared.since and declared.since.value,
                "x-deepstream-until": declared.until and declared.until.value,
                "x-change-class": change_class and change_class.value,
            }
            found["properties"][field.alias or name] |= {key: value for key, value in said.items() if value}
        return found

    def chain_schema(self, schema: core_schema.ChainSchema) -> JsonSchemaValue:
        """Of several steps, what all of them ask for; pydantic shows the first alone."""
        return {key: value for step in schema["steps"] for key, value in self.generate_inner(step).items()}

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A mapping; where its keys are numbers, with the pattern that they have as text."""
        found = super().dict_schema(schema)
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        if keys.get("type") == "integer":
            found["patternProperties"] = {NUMBER_KEY: found.pop("additionalProperties")}
        return found


def json_schema(kind: type[Manifest]) -> JsonSchemaValue:
    """The schema of a manifest of a kind, in its written form: camelCase, nothing but the fields that exist."""
    schema = kind.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    if _LAID_OVER in schema["$defs"]:
        schema["$defs"] = _with_overlays(schema["$defs"])
    head = {"$schema": DIALECT, "$id": f"https://dsfleet.io/schemas/{kind.__name__.lower()}.schema.json"}
    put_right: JsonSchemaValue = _put_right(schema)
    return {**head, **put_right}


def _with_overlays(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Definitions with forms of models that may be given in part, where null takes away what the app's own has."""
    chain = definitions[_LAID_OVER]
    found = dict(definitions)
    properties = {}
    for name, field in chain["properties"].items():
        of = field["$ref"].removeprefix(_REF)
        if "required" not in definitions[of]:
            properties[name] = field
            continue
        properties[name] = {**field, "$ref": f"{_REF}{of}Overlay"}
        found[f"{of}Overlay"] = _overlay(definitions[of])
    found[_LAID_OVER] = {**chain, "properties": properties}
    return dict(sorted(found.items()))


def _overlay(model: Mapping[str, Any]) -> dict[str, Any]:
    properties = {}
    for name, field in model["properties"].items():
        patterns = {
            pattern: {"anyOf": [value, {"type": "null"}]}
            for pattern, value in field.get("patternProperties", {}).items()
        }
        properties[name] = {**field, "patternProperties": patterns} if patterns else field
    said = f"{model['description']} What is given is laid over the app's own values; null takes away."
    parts = {key: value for key, value in model.items() if key != "required"}
    return {**parts, "description": said, "title": f"{model['title']}Overlay", "properties": properties}


def _put_right(schema: Any) -> Any:
    """The schema with what pydantic says too loosely: keys beside patterns, lengths of lists, the format of UUIDs."""
    if isinstance(schema, list):
        return [_put_right(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _put_right(value) for key, value in schema.items()}
    if "patternProperties" in inner:
        inner.setdefault("additionalProperties", False)
    if inner.get("type") == "array":
        lengths = {"minLength": "minItems", "maxLength": "maxItems"}
        inner = {lengths.get(key, key): value for key, value in inner.items()}
    if inner.get("format") == "uuid4":
        inner["format"] = "uuid"
    return inner
