"""JSON Schema of the kinds, for editors and for whoever validates manifests without this project."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from crds.document import Manifest

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Without the titles that pydantic makes of field names: the description says more."""

    schema_dialect = DIALECT

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - the signature of pydantic
        """False, for every field."""
        return False


def json_schema(kind: type[Manifest]) -> JsonSchemaValue:
    """The schema of a manifest of a kind, in its written form: camelCase, nothing but the fields that exist."""
    schema = kind.model_json_schema(by_alias=True, mode="validation", schema_generator=_Generator)
    head = {"$schema": DIALECT, "$id": f"https://dsfleet.io/schemas/{kind.__name__.lower()}.schema.json"}
    closed: JsonSchemaValue = _closed(schema)
    return {**head, **closed}


def _closed(schema: Any) -> Any:
    """The schema with mappings that take no key but those that their patterns allow."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: _closed(value) for key, value in schema.items()}
    if "patternProperties" in inner:
        inner.setdefault("additionalProperties", False)
    if inner.get("format") == "uuid4":
        inner["format"] = "uuid"
    return inner
