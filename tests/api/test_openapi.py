"""The OpenAPI documents, as kubectl reads them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft4Validator

from controller.api.openapi import gnostic, version_2, version_3
from controller.api.openapi.definitions import definitions
from controller.api.openapi.operations import operations
from controller.api.protobuf import fields, last_bytes, last_text
from controller.api.resources import CORE_RESOURCES, FLEET_RESOURCES
from tests.api.serving import Http
from tools.kinds.spec_examples import EXAMPLES

V3 = "/openapi/v3/apis/dsfleet.io/v1"
PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
EVERY_VERB = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
WRITABLE = [replace(one, verbs=EVERY_VERB) for one in FLEET_RESOURCES.values()]
EVERYTHING = [*WRITABLE, *CORE_RESOURCES]
# What a schema of OpenAPI 3.0 may hold, of what these hold: https://spec.openapis.org/oas/v3.0.3#schema-object
KEYWORDS = {
    "$ref", "additionalProperties", "default", "description", "enum", "exclusiveMaximum", "exclusiveMinimum", "format",
    "items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minimum", "nullable", "pattern",
    "properties", "required", "type",
}  # fmt: skip


def schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema, and all within it."""
    yield schema
    inner = list(schema.get("properties", {}).values())
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    for one in inner:
        yield from schemas(one)


def all_schemas(document: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in document["components"]["schemas"].values():
        yield from schemas(one)


def test_the_index_names_the_documents_by_their_hashes(http: Http) -> None:
    paths = http.json("/openapi/v3")["paths"]
    assert paths.keys() == {"api/v1", "apis/apps/v1", "apis/dsfleet.io/v1"}
    assert http.json("/openapi/v3/")["paths"] == paths
    for one in paths.values():
        answer = http.get(one["serverRelativeURL"])
        assert answer.json()["openapi"] == "3.0.0"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["etag"].strip('"') == one["serverRelativeURL"].partition("hash=")[2]


def test_who_has_a_document_is_not_sent_it_again(http: Http) -> None:
    first = http.get(V3)
    assert "cache-control" not in first.headers, "only what is asked for by its hash stays as it is"
    for known in (first.headers["etag"], f'"x", W/{first.headers["etag"]}', "*"):
        again = http.get(V3, headers={"if-none-match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert http.get(V3, headers={"if-none-match": '"x"'}).status_code == 200
    assert http.get("/openapi/v3/apis/batch/v1").status_code == 404


def test_version_3_holds_nothing_that_kubectl_cannot_read(http: Http) -> None:
    for path in ("/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1", V3):
        document = http.json(path)
        known = document["components"]["schemas"]
        for schema in all_schemas(document):
            assert {key for key in schema if not key.startswith("x-")} <= KEYWORDS
            for bound in ("exclusiveMinimum", "exclusiveMaximum"):
                assert isinstance(schema.get(bound, True), bool)
            assert isinstance(schema.get("type", ""), str)
            if "$ref" in schema:
                assert schema["$ref"].removeprefix("#/components/schemas/") in known
            if schema.get("type") == "array":
                assert "items" in schema


def test_each_kind_is_found_by_its_group_version_and_kind(http: Http) -> None:
    known = http.json(V3)["components"]["schemas"]
    camera = known["io.dsfleet.v1.Camera"]
    (gvk,) = camera["x-kubernetes-group-version-kind"]
    assert gvk == {"group": "dsfleet.io", "version": "v1", "kind": "Camera"}
    assert camera["properties"]["status"]["x-kubernetes-preserve-unknown-fields"] is True
    assert camera["properties"]["metadata"]["$ref"].endswith("ObjectMeta")
    assert known["io.dsfleet.v1.CameraList"]["properties"]["items"]["items"]["$ref"].endswith("v1.Camera")


def as_draft_4(schema: Any) -> Any:
    """A schema of OpenAPI 3.0 in its mother tongue, which has no `nullable`."""
    if isinstance(schema, list):
        return [as_draft_4(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: as_draft_4(value) for key, value in schema.items() if key != "nullable"}
    return {"anyOf": [found, {"type": "null"}]} if schema.get("nullable") is True else found


def manifests() -> list[Any]:
    texts = [*EXAMPLES.values(), *(one.read_text() for one in Path("manifests").rglob("*.yaml"))]
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


def test_manifests_are_valid_by_it(http: Http) -> None:
    document = as_draft_4(http.json(V3))
    found = manifests()
    assert {one["kind"] for one in found} == {"Camera", "DsInstance", "Node"}
    for one in found:
        reference = {"$ref": f"#/components/schemas/io.dsfleet.v1.{one['kind']}"}
        Draft4Validator({**document, **reference}).validate(one)


def test_all_that_is_told_of_can_be_read(http: Http) -> None:
    for path in ("/openapi/v3/api/v1", "/openapi/v3/apis/apps/v1", V3):
        for told in http.json(path)["paths"]:
            answer = http.get(told.replace("{namespace}", "default").replace("{name}", "hq-1"))
            assert "could not find the requested resource" not in answer.text


def test_no_two_operations_have_one_id() -> None:
    ids = [one.id for one in operations(EVERYTHING)]
    assert len(ids) == len(set(ids))


def test_what_can_be_written_is_told_as_kubectl_looks_for_it() -> None:
    """It asks for a dry run, or leaves validation to the server, only where a patch has parameters of these names."""
    paths = version_3.document(WRITABLE, "1")["paths"]
    item = paths["/apis/dsfleet.io/v1/cameras/{name}"]
    assert item.keys() == {"get", "put", "patch", "delete"}
    assert item["patch"]["x-kubernetes-group-version-kind"] == {
        "group": "dsfleet.io",
        "version": "v1",
        "kind": "Camera",
    }
    assert {"dryRun", "fieldManager", "fieldValidation"} <= {one["name"] for one in item["patch"]["parameters"]}
    assert "application/strategic-merge-patch+json" not in item["patch"]["requestBody"]["content"]
    collection = paths["/apis/dsfleet.io/v1/cameras"]
    assert collection.keys() == {"get", "post", "delete"}
    assert collection["post"]["requestBody"]["content"].keys() == {"application/json", "application/yaml"}


def test_what_cannot_be_written_is_not_told_as_if_it_could() -> None:
    paths = version_3.document([replace(one, verbs=("get",), subresources={}) for one in WRITABLE], "1")["paths"]
    assert {method for methods in paths.values() for method in methods} == {"get"}


def decoded(schema: bytes) -> dict[str, Any]:
    """Of a Schema of protobuf what kubectl validates by."""
    found: dict[str, Any] = {}
    if text := last_text(schema, 1):
        found["$ref"] = text
    if types := last_bytes(schema, 22):
        found["type"] = last_text(types, 1)
    if properties := last_bytes(schema, 25):
        found["properties"] = {name: decoded(one) for name, one in named(properties, 1)}
    if items := last_bytes(schema, 23):
        found["items"] = decoded(last_bytes(items, 1))
    if additional := last_bytes(schema, 21):
        found["additionalProperties"] = decoded(last_bytes(additional, 1))
    if required := [value.decode() for number, value in fields(schema) if number == 19 and isinstance(value, bytes)]:
        found["required"] = required
    return found | {name: json.loads(last_text(value, 2)) for name, value in named(schema, 31)}


def named(message: bytes, number: int) -> Iterator[tuple[str, bytes]]:
    for other, value in fields(message):
        if other == number and isinstance(value, bytes):
            yield last_text(value, 1), last_bytes(value, 2)


def reduced(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: schema[key] for key in ("$ref", "type", "required") if key in schema}
    found |= {key: reduced(schema[key]) for key in ("items", "additionalProperties") if key in schema}
    if schema.get("properties"):
        found["properties"] = {name: reduced(one) for name, one in schema["properties"].items()}
    return found | {key: value for key, value in schema.items() if key.startswith("x-")}


def test_the_protobuf_says_what_the_json_says() -> None:
    document = version_2.document(EVERYTHING, "1")
    message = gnostic.encoded(document)
    assert (last_text(message, 1), last_text(last_bytes(message, 2), 1)) == ("2.0", "fleet")
    told = {name: decoded(one) for name, one in named(last_bytes(message, 9), 1)}
    assert told == {name: reduced(one) for name, one in document["definitions"].items()}
    paths = dict(named(last_bytes(message, 8), 2))
    assert paths.keys() == document["paths"].keys()
    patch = last_bytes(paths["/apis/dsfleet.io/v1/cameras/{name}"], 8)
    assert "x-kubernetes-group-version-kind" in dict(named(patch, 13))
    parameters = [value for number, value in fields(patch) if number == 8 and isinstance(value, bytes)]
    query = [last_text(last_bytes(last_bytes(last_bytes(one, 1), 2), 3), 4) for one in parameters]
    assert {"dryRun", "fieldValidation"} <= set(query)


def test_what_has_no_number_in_the_protobuf_is_a_bug() -> None:
    document = {"swagger": "2.0", "info": {"title": "x", "version": "1"}, "paths": {}}
    with pytest.raises(ValueError, match="nullable"):
        gnostic.encoded({**document, "definitions": {"X": {"nullable": True}}})


def test_in_version_2_anything_may_stand_where_null_may_stand_in_a_mapping() -> None:
    of_kinds = definitions(WRITABLE, "#/definitions/")
    open_ones = [one for some in of_kinds.values() for one in schemas(some) if one.get("additionalProperties")]
    assert any(one["additionalProperties"].get("nullable") for one in open_ones)
    swagger = version_2.document(WRITABLE, "1")["definitions"]
    for one in swagger.values():
        for schema in schemas(one):
            assert "nullable" not in schema
    assert swagger["io.dsfleet.v1.Camera"]["properties"]["status"].keys() == {"description"}


@pytest.mark.parametrize(
    ("accept", "code", "media_type"),
    [
        (PROTOBUF, 200, "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"),
        ("application/json", 200, "application/json"),
        ("*/*", 200, "application/json"),
        ("text/html", 406, "application/json"),
    ],
)
def test_version_2_in_both_of_its_forms(http: Http, accept: str, code: int, media_type: str) -> None:
    answer = http.get("/openapi/v2", headers={"accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (code, media_type)
