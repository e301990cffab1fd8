"""What is generated from the kinds is fresh, and says what the kinds say."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from controller.source.files import SourceFile
from controller.source.reader import Loaded, ManifestReader
from controller.source.yaml_documents import read_piece
from crds import schemas
from crds.custom_resource import custom_resource_definition
from crds.json_schema import json_schema
from crds.kinds import KINDS
from crds.spec_page import EXAMPLES, spec_page

TOP = Path(__file__).resolve().parent.parent.parent


def example(kind: str) -> dict[str, Any]:
    document: dict[str, Any] = read_piece(EXAMPLES[kind])[0].value
    return document


def validator(kind: str) -> jsonschema.Draft202012Validator:
    schema = json_schema(KINDS[kind])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_generated_files_are_fresh() -> None:
    assert schemas.stale_files(TOP) == ()


def test_stale_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schemas.main([], tmp_path) == 0
    assert schemas.main(["--check"], tmp_path) == 0
    (tmp_path / "docs" / "spec" / "Camera.md").write_text("old")
    shutil.rmtree(tmp_path / "crds")
    assert schemas.main(["--check"], tmp_path) == 1
    told = capsys.readouterr().err
    assert "docs/spec/Camera.md is stale: run python -m crds.schemas" in told
    assert "crds/schemas/node.crd.yaml is stale" in told
    assert schemas.main(["--what"], tmp_path) == 2


def test_the_examples_are_one_valid_fleet() -> None:
    files = [SourceFile(f"{kind}.yaml".encode(), text.encode()) for kind, text in EXAMPLES.items()]
    reading = ManifestReader().read(files, root="", revision_id="r", description="d")
    assert isinstance(reading, Loaded), reading
    assert [camera.name for camera in reading.revision.cameras_of(reading.revision.instances[0])] == ["lobby-1"]


def test_every_manifest_of_the_example_fleet_fits_its_schema() -> None:
    files = [SourceFile(path.name.encode(), path.read_bytes()) for path in (TOP / "manifests").rglob("*.yaml")]
    for file in files:
        for piece in file.content.decode().split("\n---"):
            for document in read_piece(piece):
                validator(document.value["kind"]).validate(document.value)


@pytest.mark.parametrize("kind", KINDS)
def test_examples_fit_their_schema(kind: str) -> None:
    validator(kind).validate(example(kind))


def mappings_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], dict[str, Any]]]:
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from mappings_of(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from mappings_of(inner, (*path, index))


def with_key(document: Any, path: tuple[Any, ...], key: str, value: Any) -> Any:
    if not path:
        return {**document, key: value}
    if isinstance(document, list):
        return [with_key(one, path[1:], key, value) if index == path[0] else one for index, one in enumerate(document)]
    return {**document, path[0]: with_key(document[path[0]], path[1:], key, value)}


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_refuses_the_unknown_fields_that_the_kind_refuses(kind: str) -> None:
    count = 0
    for path, _ in mappings_of(example(kind)):
        for key in ("colour", "camera_id", "a b!"):
            document = with_key(example(kind), path, key, "x")
            try:
                KINDS[kind].model_validate(document, by_alias=True, by_name=False)
            except ValidationError:
                assert not validator(kind).is_valid(document), (path, key)
                count += 1
            else:
                assert validator(kind).is_valid(document), (path, key)
    assert count > 5


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_keeps_change_classes_and_has_no_made_up_titles(kind: str) -> None:
    schema = json_schema(KINDS[kind])
    text = str(schema)
    assert ("x-change-class" in text) == (kind != "Node")
    for _, part in mappings_of(schema["$defs"]):
        for name, field in part.get("properties", {}).items():
            assert "title" not in field, name
            assert "description" in field or "$ref" in field, name


# What Kubernetes says of structural schemas.
def check_structural(schema: Mapping[str, Any], path: str) -> None:
    assert "type" in schema, path
    allowed = {"type", "description", "properties", "required", "items", "additionalProperties", "default", "enum", "format",
               "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
               "pattern", "nullable", "x-kubernetes-preserve-unknown-fields"}  # fmt: skip
    assert set(schema) <= allowed, path
    assert not {"properties", "additionalProperties"} <= set(schema), path
    assert isinstance(schema.get("exclusiveMinimum", True), bool), path
    assert ("exclusiveMinimum" not in schema) or "minimum" in schema, path
    assert schema["type"] != "array" or "items" in schema, path
    for name, inner in schema.get("properties", {}).items():
        check_structural(inner, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if name in schema:
            check_structural(schema[name], f"{path}.{name}")


@pytest.mark.parametrize("kind", KINDS)
def test_the_custom_resource_is_structural(kind: str) -> None:
    resource = custom_resource_definition(KINDS[kind])
    names = resource["spec"]["names"]
    (version,) = resource["spec"]["versions"]
    assert resource["metadata"]["name"] == f"{names['plural']}.{resource['spec']['group']}"
    assert resource["spec"]["scope"] == "Cluster"
    assert names["shortNames"] == [KINDS[kind].short_name]
    assert version["subresources"] == {"status": {}}
    check_structural(version["schema"]["openAPIV3Schema"], kind)


def test_bounds_and_nulls_are_written_as_openapi_has_them() -> None:
    (version,) = custom_resource_definition(KINDS["Camera"])["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    assert spec["cameraId"]["nullable"] is True
    assert spec["credentialsRef"]["nullable"] is True
    assert spec["credentialsRef"]["description"].startswith("The secret that holds")
    seconds = spec["limits"]["properties"]["notReachableAfterSeconds"]
    assert (seconds["minimum"], seconds["exclusiveMinimum"], seconds["default"]) == (0, True, 10.0)


def test_the_custom_resources_are_yaml() -> None:
    for kind in KINDS:
        text = (TOP / "crds" / "schemas" / f"{kind.lower()}.crd.yaml").read_text()
        (document,) = read_piece(text)
        assert document.faults == ()
        assert document.value == custom_resource_definition(KINDS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_names_every_field(kind: str, find_fields: Callable[[Any, Any], list[str]]) -> None:
    page = spec_page(KINDS[kind])
    schema = json_schema(KINDS[kind])
    for field in find_fields(schema, schema["$defs"]):
        assert f"{field}` |" in page, field


@pytest.fixture
def find_fields() -> Callable[[Any, Any], list[str]]:
    def find(schema: Any, definitions: Any) -> list[str]:
        return [name for _, part in mappings_of([schema, definitions]) for name in part.get("properties", {})]

    return find
