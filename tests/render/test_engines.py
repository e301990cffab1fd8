"""The engine files that nvinfer loads are named as it names those that it builds."""

from typing import Any

import pytest

from controller.render.resolved import ResolvedInstance
from tests.render.deepstream_app import camera, rendered, resolved

DOCK = camera("dock")


def engine_of(found: ResolvedInstance, file: str = "pgie.txt") -> str | None:
    return found.infer_configs[file].property.model_engine_file


@pytest.mark.parametrize(
    ("patch", "engine"),
    [
        ({}, "_b4_gpu0_fp16"),
        ({"deepstreamApp": {"primaryGie": {"gpuId": 1}}}, "_b4_gpu1_fp16"),
        ({"deepstreamApp": {"primaryGie": {"batchSize": 2}}}, "_b4_gpu0_fp16"),
        ({"deepstreamApp": {"primaryGie": {"batchSize": 2}, "streams": "static"}}, "_b2_gpu0_fp16"),
        ({"deepstreamApp": {"primaryGie": {"batchSize": 2, "enable": False}, "streams": "static"}}, "_b4_gpu0_fp16"),
        ({"deepstreamApp": {"primaryGie": {"batchSize": 2}}, "streammux": {"batchSize": 16}}, "_b16_gpu0_fp16"),
        ({"deepstreamApp": {"application": {"globalGpuId": 2}}}, "_b4_gpu2_fp16"),
        ({"deepstreamApp": {"application": {"globalGpuId": 2}, "primaryGie": {"gpuId": 0}}}, "_b4_gpu0_fp16"),
    ],
)
def test_the_name_follows_what_the_group_makes_of_the_file(patch: dict[str, Any], engine: str) -> None:
    assert engine_of(resolved((DOCK,), patch)) == f"/models/cars.onnx{engine}.engine"


def test_a_name_that_somebody_gave_stays() -> None:
    in_file = {"inferConfigs": {"pgie.txt": {"property": {"modelEngineFile": "mine.engine"}}}}
    in_group = {"deepstreamApp": {"primaryGie": {"modelEngineFile": "mine.engine"}}}

    assert engine_of(resolved((DOCK,), in_file)) == "mine.engine"
    found = resolved((DOCK,), in_group).app_file
    assert found is not None
    assert found.primary_gie is not None
    assert found.primary_gie.model_engine_file == "mine.engine"


def test_two_groups_with_one_file_each_load_their_own_engine() -> None:
    secondary = {"enable": True, "configFile": "pgie.txt", "gieUniqueId": 2, "batchSize": 16}

    found = resolved((DOCK,), {"deepstreamApp": {"secondaryGies": {"0": secondary}}})

    assert found.app_file is not None
    assert engine_of(found) == "/models/cars.onnx_b4_gpu0_fp16.engine"
    assert found.app_file.secondary_gies[0].model_engine_file == "/models/cars.onnx_b16_gpu0_fp16.engine"
    assert found.app_file.primary_gie is not None
    assert found.app_file.primary_gie.model_engine_file is None


def test_a_list_of_sources_has_the_last_word_on_the_batch_of_secondaries() -> None:
    secondary = {"enable": True, "configFile": "sgie.txt", "gieUniqueId": 2, "batchSize": 16}
    patch = {
        "deepstreamApp": {"secondaryGies": {"0": secondary}, "sourceList": {"sgieBatchSize": 32}},
        "inferConfigs": {"sgie.txt": {"property": {"onnxFile": "sgie.onnx"}}},
    }
    assert engine_of(resolved((DOCK,), patch), "sgie.txt") == "sgie.onnx_b32_gpu0_fp32.engine"


def test_what_nvinfer_does_not_build_or_writes_where_nobody_knows_gets_no_name() -> None:
    for given in (
        {"onnxFile": None},
        {"onnxFile": None, "customLibPath": "/lib.so", "engineCreateFuncName": "Create"},
    ):
        assert engine_of(resolved((DOCK,), {"inferConfigs": {"pgie.txt": {"property": given}}})) is None
    triton = {"deepstreamApp": {"primaryGie": {"pluginType": 1, "batchSize": 2}, "streams": "static"}}
    assert engine_of(resolved((DOCK,), triton)) == "/models/cars.onnx_b4_gpu0_fp16.engine"


def test_the_digest_of_engines_tells_what_they_depend_on_and_nothing_else() -> None:
    base = rendered((DOCK,)).digests.engines
    same: list[dict[str, Any]] = [
        {"inferConfigs": {"pgie.txt": {"property": {"interval": 2}}}},
        {"deepstreamApp": {"tracker": {"enable": True}}},
    ]
    other: list[dict[str, Any]] = [
        {"image": "deepstream:2"},
        {"container": {"gpus": ["GPU-1"]}},
        {"container": {"runtime": "nvidia"}},
        {"deepstreamApp": {"primaryGie": {"gpuId": 1}}},
        {"deepstreamApp": {"primaryGie": {"batchSize": 8}, "streams": "static"}},
        {"inferConfigs": {"pgie.txt": {"property": {"networkMode": 0}}}},
        {"inferConfigs": {"pgie.txt": {"property": {"onnxFile": "/models/other.onnx"}}}},
    ]

    assert base.startswith("sha256:")
    assert [rendered((DOCK,), patch).digests.engines == base for patch in same] == [True] * len(same)
    found = [rendered((DOCK,), patch).digests.engines for patch in other]
    assert len({base, *found}) == len(other) + 1
    assert rendered((DOCK,), {"deepstreamApp": {"primaryGie": {"enable": False}}}).digests.engines == ""
