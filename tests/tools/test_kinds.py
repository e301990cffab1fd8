"""What is generated from the kinds is fresh, and says what the kinds say."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from controller.checks.checker import check_instance
from controller.render.instance import render_instance
from controller.source.files import SourceFile
from controller.source.read.manifests import read_manifests
from controller.source.read.reader import Loaded, ManifestReader
from controller.source.read.yaml_documents import pieces, read_piece
from crds.kinds import KINDS
from tools.kinds import schemas
from tools.kinds.custom_resource import custom_resource_definition
from tools.kinds.json_schema import json_schema
from tools.kinds.spec_examples import EXAMPLES
from tools.kinds.spec_page import spec_page

TOP = Path(__file__).resolve().parent.parent.parent


def examples(kind: str) -> list[dict[str, Any]]:
    return [document.value for _, piece in pieces(EXAMPLES[kind]) for document in read_piece(piece)]


@cache
def schema_of(kind: str) -> dict[str, Any]:
    return json_schema(KINDS[kind])


@cache
def resource_of(kind: str) -> dict[str, Any]:
    return custom_resource_definition(KINDS[kind])


@cache
def page_of(kind: str) -> str:
    return spec_page(KINDS[kind])


def parts(name: str, model: str) -> Any:
    """The properties of one model in the schema of a kind."""
    return schema_of(name)["$defs"][model]["properties"]


def instance_with(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "DsInstance",
        "metadata": {"name": "i"},
        "spec": {"image": "a:1", "node": "n", **spec},
    }


@cache
def validator(kind: str) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(schema_of(kind))
    return jsonschema.Draft202012Validator(schema_of(kind))


@pytest.fixture
def _made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas, "generated_files", cache(schemas.generated_files))


def test_the_generated_files_are_fresh() -> None:
    assert schemas.stale_files(TOP) == ()


@pytest.mark.usefixtures("_made_once")
def test_stale_files_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schemas.main([], tmp_path) == 0
    assert schemas.main(["--check"], tmp_path) == 0
    (tmp_path / "docs" / "spec" / "Camera.md").write_text("old")
    shutil.rmtree(tmp_path / "crds")
    assert schemas.main(["--check"], tmp_path) == 1
    told = capsys.readouterr().err
    assert "docs/spec/Camera.md is stale: run python -m tools.kinds.schemas" in told
    assert "crds/schemas/node.crd.yaml is stale" in told
    assert schemas.main(["--what"], tmp_path) == 2


def test_the_examples_are_one_valid_fleet() -> None:
    files = [SourceFile(f"{kind}.yaml".encode(), text.encode()) for kind, text in EXAMPLES.items()]
    reading = ManifestReader().read(files, root="", revision_id="r", description="d")
    assert isinstance(reading, Loaded), reading
    cameras = {
        one.name: [camera.name for camera in reading.revision.cameras_of(one)] for one in reading.revision.instances
    }
    assert cameras == {"faces-lobby": ["lobby-1"], "lines-gate": ["gate-1"], "people-gate": ["gate-1"]}


def test_the_examples_break_no_rule_and_become_files() -> None:
    files = [SourceFile(f"{kind}.yaml".encode(), text.encode()) for kind, text in EXAMPLES.items()]
    reading = ManifestReader().read(files, root="", revision_id="r", description="d")
    assert isinstance(reading, Loaded), reading
    made = {}
    for one in reading.revision.instances:
        cameras = tuple(reading.revision.cameras_of(one))
        assert check_instance(one, cameras) == ()
        made[one.name] = {file.path for file in render_instance(one, cameras, 9000).files}
    assert {"app_conf.json", "mot_primary.txt", "faceid_align_config.txt"} <= made["faces-lobby"]
    assert made["people-gate"] == {
        "app_conf.json", "source_list.json", "pipeline.json", "config_nvdsanalytics.txt", "msgconv_config.txt",
    }  # fmt: skip
    assert made["lines-gate"] == {
        "deepstream_app.txt", "config_nvdsanalytics.txt", "msgconv_config.txt", "people.txt", "kafka.txt",
    }  # fmt: skip


def test_every_manifest_of_the_example_fleet_fits_its_schema() -> None:
    files = [SourceFile(path.name.encode(), path.read_bytes()) for path in (TOP / "manifests").rglob("*.yaml")]
    for file in files:
        for piece in file.content.decode().split("\n---"):
            for document in read_piece(piece):
                validator(document.value["kind"]).validate(document.value)


@pytest.mark.parametrize("kind", KINDS)
def test_examples_fit_their_schema(kind: str) -> None:
    assert examples(kind)
    for document in examples(kind):
        validator(kind).validate(document)


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
    check = validator(kind)
    for one in examples(kind):
        for path, _ in mappings_of(one):
            for key in ("colour", "camera_id", "a b!", "1.5"):
                document = with_key(one, path, key, "x")
                try:
                    KINDS[kind].model_validate(document, by_alias=True, by_name=False)
                except ValidationError:
                    assert not check.is_valid(document), (path, key)
                    count += 1
                else:
                    assert check.is_valid(document), (path, key)
    assert count > 5


def accepted(document: dict[str, Any]) -> bool:
    """Whether the very reader of manifests takes it."""
    return read_manifests(json.dumps(document))[0].manifest is not None


@pytest.mark.parametrize(
    ("spec", "valid"),
    [
        ({"dsVersion": "9.1"}, True),
        ({"dsVersion": 9.1}, True),
        ({"dsVersion": 8}, True),
        ({"dsVersion": 10.1}, True),
        ({"dsVersion": "12.0"}, True),
        ({"dsVersion": 5.1}, False),
        ({"dsVersion": "9.01"}, False),
        ({"dsVersion": "9"}, False),
        ({"dsVersion": True}, False),
        ({"inference": {"motPgie": {"classAttrs": {"0": {"borderColor": [1, 0, 0, 1]}, "all": None}}}}, True),
        ({"inference": {"motPgie": {"property": {"inferDims": [3, 4, 5], "networkMode": 1, "batchSize": None}}}}, True),
        ({"inference": {"motPgie": {"property": {"inferDims": [3, 4]}}}}, False),
        ({"inference": {"motPgie": None}}, False),
        ({"inference": {"faceAlign": {"networkInputShape": [96, 3, 112, 112]}}}, True),
    ],
)
def test_the_schema_takes_what_the_reader_takes(spec: dict[str, Any], valid: bool) -> None:
    document = instance_with(**spec)
    assert (accepted(document), validator("DsInstance").is_valid(document)) == (valid, valid)


@pytest.mark.parametrize(
    ("app", "valid"),
    [
        ({"sinks": {"0": {"type": 1}, "12": {}}}, True),
        ({"sinks": {"00": {}}}, False),
        ({"sinks": {"-1": {}}}, False),
        ({"sinks": {"first": {}}}, False),
        ({"sinks": {"0": {"type": 99}}}, False),
        ({"primaryGie": {"bboxBorderColors": {"0": [1, 0, 0, 1]}}}, True),
        ({"primaryGie": {"bboxBorderColors": {"0": [1, 0, 0]}}}, False),
        ({"primaryGie": {"operateOnClassIds": [1, "2"]}}, False),
        ({"cameraSources": {"lobby-1": {"latency": 200}}}, True),
        ({"cameraSources": {"Lobby 1": {}}}, False),
    ],
)
def test_mappings_by_number_take_what_the_reader_takes(app: dict[str, Any], valid: bool) -> None:
    document = instance_with(app={"kind": "deepstream-app"}, deepstreamApp=app)
    assert (accepted(document), validator("DsInstance").is_valid(document)) == (valid, valid)


@pytest.mark.parametrize(
    ("analytics", "valid"),
    [
        ({"roiFiltering": {"regions": {"a": [[0, 0], [1, 0], [1, 1]]}}}, True),
        ({"roiFiltering": {"regions": {"a": [[0, 0], [1, 0]]}}}, False),
        ({"roiFiltering": {"regions": {"a b": [[0, 0], [1, 0], [1, 1]]}}}, False),
        ({"lineCrossing": {"lines": {"a": {"direction": [[0, 0], [1, 0]], "line": [[1, 1], [2, 2]]}}}}, True),
        ({"lineCrossing": {"lines": {"a": {"direction": [[0, 0], [1, 0]]}}}}, False),
        ({"directionDetection": {"directions": {"a": [[0, 0], [1, 0]]}}}, True),
        ({"directionDetection": {"directions": {"a": [[0, 0], [1, -1]]}}}, False),
    ],
)
def test_lines_and_regions_are_taken_as_the_reader_takes_them(analytics: dict[str, Any], valid: bool) -> None:
    document = examples("Camera")[1]
    document["spec"]["analytics"] = analytics
    assert (accepted(document), validator("Camera").is_valid(document)) == (valid, valid)


def test_the_preprocess_and_message_files_are_taken_as_the_reader_takes_them() -> None:
    document = instance_with(
        app={"kind": "deepstream-app"},
        deepstreamApp={},
        preprocessConfigs={
            "pre.txt": {"groups": {"0": {"roiParams": {"0": [[1, 2, 3, 4]]}, "roiColor": [1, 0, 0, 1]}}}
        },
        messageBrokers={"kafka.txt": {"partitionKey": "sensorId"}},
    )
    validator("DsInstance").validate(document)
    assert accepted(document)


def test_keys_of_deepstream_say_their_names_versions_and_what_needs_another_engine() -> None:
    gie = parts("DsInstance", "GieGroup")
    assert gie["batchSize"]["x-deepstream-key"] == "batch-size"
    assert gie["batchSize"]["x-change-class"] == "rebuild-engine"
    assert gie["verbose"]["x-deepstream-since"] == "9.0"
    assert gie["bboxBorderColors"]["x-deepstream-key"] == "bbox-border-color*"
    assert parts("DsInstance", "InferProperty")["modelFile"]["x-deepstream-until"] == "7.0"


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_models_have_one_name(kind: str) -> None:
    # Pydantic would tell them apart by their modules, which are nothing that people know.
    assert not [name for name in schema_of(kind)["$defs"] if "__" in name]


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_keeps_change_classes_and_has_no_made_up_titles(kind: str) -> None:
    schema = schema_of(kind)
    text = str(schema)
    assert ("x-change-class" in text) == (kind != "Node")
    for model in schema["$defs"].values():
        assert "description" in model, model
        for name, field in model.get("properties", {}).items():
            assert "title" not in field, name
            assert "description" in field or "$ref" in field, name


# What Kubernetes says of structural schemas.
def check_structural(schema: Mapping[str, Any], path: str) -> None:
    assert "type" in schema or schema.get("x-kubernetes-preserve-unknown-fields"), path
    allowed = {"type", "description", "properties", "required", "items", "additionalProperties", "default", "enum", "format",
               "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems",
               "maxProperties", "pattern", "nullable", "x-kubernetes-preserve-unknown-fields"}  # fmt: skip
    assert set(schema) <= allowed, path
    assert not {"properties", "additionalProperties"} <= set(schema), path
    assert isinstance(schema.get("exclusiveMinimum", True), bool), path
    assert ("exclusiveMinimum" not in schema) or "minimum" in schema, path
    assert schema.get("type") != "array" or "items" in schema, path
    for name, inner in schema.get("properties", {}).items():
        check_structural(inner, f"{path}.{name}")
    for name in ("items", "additionalProperties"):
        if name in schema:
            check_structural(schema[name], f"{path}.{name}")


@pytest.mark.parametrize("kind", KINDS)
def test_the_custom_resource_is_structural(kind: str) -> None:
    resource = resource_of(kind)
    names = resource["spec"]["names"]
    (version,) = resource["spec"]["versions"]
    assert resource["metadata"]["name"] == f"{names['plural']}.{resource['spec']['group']}"
    assert resource["spec"]["scope"] == "Cluster"
    assert names["shortNames"] == [KINDS[kind].short_name]
    assert version["subresources"] == {"status": {}}
    check_structural(version["schema"]["openAPIV3Schema"], kind)


def test_the_custom_resources_can_be_applied_as_kubectl_does() -> None:
    # It keeps the whole text in an annotation, and all annotations of an object have 256 KiB.
    for kind in KINDS:
        assert len(json.dumps(resource_of(kind), separators=(",", ":"))) < 250_000


def test_tuples_and_numbered_mappings_are_written_as_openapi_has_them() -> None:
    (version,) = resource_of("DsInstance")["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    app = spec["deepstreamApp"]["properties"]
    colour = app["primaryGie"]["properties"]["bboxBorderColor"]
    assert (colour["items"], colour["minItems"], colour["maxItems"]) == ({"type": "number"}, 4, 4)
    assert app["sinks"]["additionalProperties"]["properties"]["type"]["enum"] == [1, 2, 3, 4, 5, 6]
    # Text or a number: what has two types cannot name one.
    assert spec["dsVersion"].keys() == {"description", "nullable", "x-kubernetes-preserve-unknown-fields"}


def test_bounds_and_nulls_are_written_as_openapi_has_them() -> None:
    (version,) = resource_of("Camera")["spec"]["versions"]
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
        assert document.value == resource_of(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_names_every_field_of_every_model(kind: str) -> None:
    page = page_of(kind)
    first, *rest = page.split("\n### ")
    sections = {one.partition("\n")[0]: one for one in rest}
    for name, model in schema_of(kind)["$defs"].items():
        for field in model.get("properties", {}):
            assert f"`{field}` |" in sections[name] if name in sections else f".{field}` |" in first, (name, field)


@pytest.mark.parametrize("kind", KINDS)
def test_links_of_a_page_lead_to_its_headings(kind: str) -> None:
    page = page_of(kind)
    seen: list[str] = []
    for heading in re.findall(r"^### (.+)$", page, re.MULTILINE):
        # As GitHub makes them.
        seen.append(
            heading.lower() + (f"-{again}" if (again := [*map(str.lower, names(seen))].count(heading.lower())) else "")
        )
    linked = set(re.findall(r"\]\(#([^)]*)\)", page))
    assert linked == set(seen)


def names(anchors: list[str]) -> list[str]:
    return [re.sub(r"-\d+$", "", anchor) for anchor in anchors]


def test_a_page_says_what_deepstream_calls_a_key_and_since_when() -> None:
    page = page_of("DsInstance")
    gie = page.partition("### GieGroup\n")[2].partition("\n### ")[0]
    (batch,) = [line for line in gie.splitlines() if line.startswith("| `batchSize` |")]
    assert "`batch-size`" in batch
    assert "| ≥ 0 |" in batch
    assert "| rebuild-engine |" in batch
    (verbose,) = [line for line in gie.splitlines() if line.startswith("| `verbose` |")]
    assert "| from 9.0 | restart |" in verbose
    assert gie.rstrip().splitlines()[-1].startswith("| `extraKeys` |")


def test_pages_and_schemas_are_the_same_at_every_run() -> None:
    # That this process makes the files of the tree is tested above.
    check = [sys.executable, "-m", "tools.kinds.schemas", "--check"]
    subprocess.run(check, cwd=TOP, env={"PYTHONHASHSEED": "1", "PATH": ""}, check=True)
