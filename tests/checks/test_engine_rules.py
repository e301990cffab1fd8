"""Where engines are written, and whether the next container finds them."""

from typing import Any

import pytest

from controller.render.resolved import resolve
from tests.checks.sound_instances import APP, CARS, ERROR, PREPROCESS, WARNING, camera, check, group, instance, places
from tests.planner.short_manifests import merged

CACHE = ("spec", "engineCache")
BUILT = {
    "customLibPath": "/opt/libyolo.so",
    "engineCreateFuncName": "NvDsInferYoloCudaEngineGet",
    "modelEngineFile": "/workspace/model_b24_gpu0_fp32.engine",
    "customNetworkConfig": "/opt/yolo.cfg",
}


def of_cars(**keys: Any) -> dict[str, Any]:
    return merged(APP, {"inferConfigs": {"cars.txt": {"property": keys}}})  # type: ignore[no-any-return]


def with_volume(*, read_only: bool, mount_path: str = "/models", **keys: Any) -> dict[str, Any]:
    volume = {"hostPath": "/srv/models", "mountPath": mount_path, "readOnly": read_only}
    return merged(of_cars(**keys), {"container": {"volumes": [volume]}})  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({}, ""),
        ({"modelEngineFile": "model_b24_gpu0_fp32.engine"}, "modelEngineFile"),
        ({"modelEngineFile": "./model_b24_gpu0_fp32.engine"}, "modelEngineFile"),
        ({"modelEngineFile": "engines/model_b24_gpu0_fp32.engine"}, "modelEngineFile"),
        ({"modelEngineFile": "../configs/../model_b24_gpu0_fp32.engine"}, ""),
        ({"modelEngineFile": "../build/model_b24_gpu0_fp32.engine"}, ""),
        ({"customNetworkConfig": "yolo.cfg"}, "customNetworkConfig"),
        ({"customNetworkConfig": "../yolo.cfg"}, "customNetworkConfig"),
    ],
)
def test_what_a_custom_builder_writes_and_reads_lies_in_the_working_directory(keys: dict[str, str], key: str) -> None:
    found = check(of_cars(**{**BUILT, **keys}))
    assert places(found) == ([(WARNING, (*CARS, "property", key))] if key else [])
    assert not key or "working directory" in found[0].message


def test_what_a_custom_builder_reads_may_be_a_file_of_ours() -> None:
    spec = merged(of_cars(**{**BUILT, "customNetworkConfig": "yolo.cfg"}), {"files": {"yolo.cfg": "[net]\n"}})
    assert check(spec) == ()


def test_an_engine_folder_is_the_working_directory() -> None:
    for engine in ("model_b24_gpu0_fp32.engine", "model_b1_gpu3_fp16.engine", None):
        spec = merged(of_cars(**BUILT), {"engineCache": {}})
        spec["inferConfigs"]["cars.txt"]["property"]["modelEngineFile"] = engine
        assert check(spec) == ()
        resolved = resolve(instance(spec), (camera("dock"),), 9000)
        written = resolved.infer_configs["cars.txt"].property.model_engine_file
        assert written == "/workspace/engines/model_b24_gpu0_fp32.engine"


def test_a_name_in_the_group_means_the_working_directory_too() -> None:
    patch = {**group("primaryGie", modelEngineFile="model_b24_gpu0_fp32.engine"), "engineCache": {"mountPath": "/e"}}
    spec = merged(of_cars(**BUILT), patch)
    spec["inferConfigs"]["cars.txt"]["property"]["modelEngineFile"] = None
    resolved = resolve(instance(spec), (camera("dock"),), 9000)
    assert resolved.app_file is not None
    assert resolved.app_file.primary_gie is not None
    assert resolved.app_file.primary_gie.model_engine_file is None
    assert resolved.infer_configs["cars.txt"].property.model_engine_file == "/e/model_b24_gpu0_fp32.engine"


def test_what_was_built_beforehand_is_where_its_author_says() -> None:
    spec = merged(of_cars(**{**BUILT, "modelEngineFile": "mine.engine"}), {"prebuiltEngines": ["cars.txt"]})
    assert check(spec) == ()


def test_engines_of_functions_have_one_name() -> None:
    colours = {**BUILT, "networkType": 1, "modelEngineFile": None, "batchSize": 24}
    spec = merged(of_cars(**BUILT), {"inferConfigs": {"colours.txt": {"property": colours}}, "engineCache": {}})
    where = ("spec", "inferConfigs", "colours.txt", "property", "engineCreateFuncName")
    assert places(check(spec)) == [(WARNING, where)]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (with_volume(read_only=True), True),
        (with_volume(read_only=False), False),
        (with_volume(read_only=True, mount_path="/model"), False),
        (merged(with_volume(read_only=True), {"prebuiltEngines": ["cars.txt"]}), False),
        # The configuration folder is read-only, but for a volume in it.
        (of_cars(onnxFile="cars.onnx"), True),
        (of_cars(onnxFile="../models/cars.onnx"), False),
        (with_volume(read_only=False, mount_path="/workspace/configs/models", onnxFile="models/cars.onnx"), False),
    ],
)
def test_an_engine_beside_a_model_that_is_read_only(spec: dict[str, Any], *, told: bool) -> None:
    found = [one for one in places(check(spec)) if one[1][:3] == CARS]
    assert found == ([(WARNING, (*CARS, "property", "onnxFile"))] if told else [])


def test_an_engine_folder_that_gets_no_engine() -> None:
    assert places(check(merged(APP, {"engineCache": {}}))) == [(WARNING, CACHE)]
    mounted = with_volume(
        read_only=True, mount_path="/workspace/engines/cars.onnx", onnxFile="/workspace/engines/cars.onnx"
    )
    assert check(merged(mounted, {"engineCache": {}})) == ()


@pytest.mark.parametrize("path", ["/workspace/configs", "/workspace/configs/", "/models", "/"])
def test_an_engine_folder_has_a_place_of_its_own(path: str) -> None:
    spec = merged(with_volume(read_only=False), {"engineCache": {"mountPath": path}})
    assert (ERROR, (*CACHE, "mountPath")) in places(check(spec))


@pytest.mark.parametrize(
    ("value", "told"),
    [("mean.ppm", True), ("data/mean.ppm", True), ("../a/b.txt", True), ("/a/b.txt", False), ("0.0039", False)],
)
def test_paths_of_a_preprocessing_library_are_opened_from_the_working_directory(value: str, *, told: bool) -> None:
    files = {"pre.txt": {**PREPROCESS, "userConfigs": {"settings": {"mean-file": value}}}}
    found = check(merged(APP, {**group("preProcess", enable=True, configFile="pre.txt"), "preprocessConfigs": files}))
    where = ("spec", "preprocessConfigs", "pre.txt", "userConfigs", "settings", "mean-file")
    assert ((WARNING, where) in places(found)) is told
