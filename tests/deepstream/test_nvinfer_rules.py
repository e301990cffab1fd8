"""The rules of nvinfer's files, each red and green."""

from typing import Any

import pytest

from deepstream.findings import Severity, errors_in
from deepstream.nvinfer.chain import check_chain
from deepstream.nvinfer.class_attrs import ClassAttrs
from deepstream.nvinfer.config import InferConfig, read_infer_config
from deepstream.nvinfer.enums import ProcessMode
from deepstream.nvinfer.property import InferProperty
from deepstream.nvinfer.rules import check_infer_config
from deepstream.versions import DsVersion
from tests.deepstream.samples import samples_of

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE

DETECTOR: dict[str, Any] = {
    "gie_unique_id": 1,
    "onnx_file": "m/net.onnx",
    "model_engine_file": "m/net.onnx_b4_gpu0_fp16.engine",
    "batch_size": 4,
    "network_mode": 2,
    "num_detected_classes": 3,
    "cluster_mode": 2,
}


def config_with(classes: tuple[str, ...] = (), **changes: Any) -> InferConfig:
    kept = {name: value for name, value in {**DETECTOR, **changes}.items() if value is not None}
    return InferConfig(property=InferProperty(**kept), class_attrs={name: ClassAttrs(topk=1) for name in classes})


def found(config: InferConfig, version: DsVersion = DsVersion.V9_1) -> list[tuple[Severity, str, str]]:
    return [(one.severity, one.group, one.key) for one in check_infer_config(config, version)]


def test_a_sound_detector_has_no_findings() -> None:
    assert found(config_with(("all", "0", "2"))) == []


def test_a_sound_secondary_classifier_has_no_findings() -> None:
    changes = {"process_mode": 2, "operate_on_gie_id": 1, "operate_on_class_ids": (0, 2), "gie_unique_id": 2}
    assert found(config_with(**changes, network_type=1, classifier_threshold=0.5, cluster_mode=None)) == []


@pytest.mark.parametrize(
    ("changes", "severity", "key"),
    [
        ({"gie_unique_id": 0}, E, "gie-unique-id"),
        ({"gie_unique_id": -3}, E, "gie-unique-id"),
        ({"operate_on_class_ids": (0, -1)}, E, "operate-on-class-ids"),
        ({"process_mode": 2}, W, "operate-on-gie-id"),
        ({"process_mode": 2, "operate_on_gie_id": -1}, W, "operate-on-gie-id"),
        ({"num_detected_classes": None}, W, "num-detected-classes"),
        ({"num_detected_classes": 0}, W, "num-detected-classes"),
        ({"network_type": 1}, W, "classifier-threshold"),
        ({"is_classifier": True}, W, "classifier-threshold"),
        ({"cluster_mode": None}, W, "cluster-mode"),
        ({"cluster_mode": 0}, W, "cluster-mode"),
        ({"network_type": 3}, E, "parse-bbox-instance-mask-func-name"),
        ({"network_type": 3, "parse_bbox_instance_mask_func_name": "f"}, E, "parse-bbox-instance-mask-func-name"),
        ({"output_instance_mask": True}, E, "cluster-mode"),
        ({"output_instance_mask": True, "cluster_mode": None}, E, "cluster-mode"),
        ({"onnx_file": None, "model_engine_file": None}, E, "onnx-file"),
        ({"onnx_file": None, "model_engine_file": None, "custom_lib_path": "l.so"}, W, "onnx-file"),
        ({"engine_create_func_name": "f"}, W, "engine-create-func-name"),
        ({"network_mode": 1}, W, "network-mode"),
        ({"network_mode": 3}, W, "network-mode"),
        ({"force_implicit_batch_dim": True}, W, "force-implicit-batch-dim"),
        ({"model_engine_file": None}, W, "model-engine-file"),
        ({"model_engine_file": "m/net.engine"}, E, "model-engine-file"),
        ({"model_engine_file": "other/net.onnx_b4_gpu0_fp16.engine"}, E, "model-engine-file"),
        ({"batch_size": 5}, E, "model-engine-file"),
        ({"gpu_id": 1}, E, "model-engine-file"),
        ({"enable_dla": True}, E, "model-engine-file"),
        ({"parse_func": 4}, N, "parse-func"),
        ({"input_dims": (3, 4, 5, 0)}, N, "input-dims"),
        ({"uff_input_dims": (3, 4, 5, 0)}, N, "uff-input-dims"),
        ({"cluster_mode": None, "enable_dbscan": True}, N, "enable-dbscan"),
        ({"is_classifier": False}, N, "is-classifier"),
        ({"proto_file": "a.prototxt"}, W, "proto-file"),
    ],
)
def test_each_fault_is_found_at_its_key(changes: dict[str, Any], severity: Severity, key: str) -> None:
    assert (severity, "property", key) in found(config_with(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"process_mode": 1},
        {"process_mode": 2, "operate_on_gie_id": 3},
        {"operate_on_class_ids": (0,)},
        {"network_type": 100, "num_detected_classes": None, "cluster_mode": None},
        {"network_type": 3, "parse_bbox_instance_mask_func_name": "f", "custom_lib_path": "l.so"},
        {"output_instance_mask": True, "cluster_mode": 4},
        {"onnx_file": None},
        {"network_mode": 1, "int8_calib_file": "c", "model_engine_file": "m/net.onnx_b4_gpu0_int8.engine"},
        {"model_engine_file": "./m/../m/net.onnx_b4_gpu0_fp16.engine"},
        # One is absolute: only the names can be compared.
        {"model_engine_file": "/srv/m/net.onnx_b4_gpu0_fp16.engine"},
    ],
)
def test_what_is_no_fault_is_not_found(changes: dict[str, Any]) -> None:
    assert found(config_with(**changes)) == []


def test_the_name_of_the_engine_that_nvinfer_writes_is_told() -> None:
    (finding,) = errors_in(check_infer_config(config_with(model_engine_file="m/net.engine")))
    assert "'m/net.onnx_b4_gpu0_fp16.engine'" in finding.message
    assert "every start" in finding.message


def test_of_custom_builders_the_name_counts_since_the_folder_is_the_working_directory() -> None:
    custom = {"onnx_file": None, "engine_create_func_name": "f", "custom_lib_path": "l.so"}
    assert found(config_with(**custom, model_engine_file="../build/model_b4_gpu0_fp16.engine")) == []
    (finding,) = check_infer_config(config_with(**custom, model_engine_file="../build/other.engine"))
    assert (finding.severity, finding.key) == (E, "model-engine-file")
    assert "working directory" in finding.message


@pytest.mark.parametrize(
    ("source", "key"),
    [({"model_file": "a.caffemodel", "proto_file": "a.prototxt"}, "model-file"), ({"uff_file": "a.uff"}, "uff-file")],
)
def test_caffe_and_uff_cannot_be_built_any_more(source: dict[str, Any], key: str) -> None:
    engine = f"{source[key.replace('-', '_')]}_b4_gpu0_fp16.engine"
    config = config_with(onnx_file=None, model_engine_file=engine, **source)
    assert (E, "property", key) in found(config)
    assert found(config, DsVersion.V6_3) == []
    assert found(config, DsVersion.V7_0) == []
    # With another model beside it, the old one is not looked at.
    assert errors_in(check_infer_config(config_with(**source))) == ()
    # And a wrong name of an engine that is not built is not worth a word.
    assert [one.key for one in errors_in(check_infer_config(config_with(onnx_file=None, **source)))] == [key]


def test_a_class_beyond_the_classes_is_an_error() -> None:
    assert found(config_with(("all", "2", "3"))) == [(E, "class-attrs-3", "")]


def test_attributes_of_classes_are_for_networks_with_classes() -> None:
    config = config_with(("all", "9"), network_type=100)
    assert found(config) == [(W, "class-attrs-all", "")]


def test_two_names_of_one_threshold_are_reported() -> None:
    attrs = {"0": ClassAttrs(threshold=0.5, pre_cluster_threshold=0.4), "1": ClassAttrs(threshold=0.5)}
    config = InferConfig(property=InferProperty(**DETECTOR), class_attrs=attrs)
    assert found(config) == [
        (W, "class-attrs-0", "threshold"),
        (N, "class-attrs-0", "threshold"),
        (N, "class-attrs-1", "threshold"),
    ]


@pytest.mark.parametrize(
    ("changes", "key", "since"),
    [
        ({"crop_objects_to_roi_boundary": True}, "crop-objects-to-roi-boundary", DsVersion.V6_2),
        ({"disable_output_host_copy": True}, "disable-output-host-copy", DsVersion.V6_2),
        ({"auto_inc_mem": True}, "auto-inc-mem", DsVersion.V6_3),
        ({"max_gpu_mem_per": 9}, "max-gpu-mem-per", DsVersion.V6_3),
        ({"parse_segmentation_func_name": "f"}, "parse-segmentation-func-name", DsVersion.V6_4),
        ({"strongly_typed": True}, "strongly-typed", DsVersion.V9_0),
        ({"warmup_engine": True}, "warmup-engine", DsVersion.V9_0),
    ],
)
def test_keys_newer_than_the_release_are_reported(changes: dict[str, Any], key: str, since: DsVersion) -> None:
    config = config_with(**changes)
    older = list(DsVersion)[since.order - 1]
    assert found(config, older) == [(W, "property", key)]
    assert found(config, since) == []


def test_no_message_shows_the_key_of_a_model() -> None:
    config = config_with(onnx_file=None, tlt_encoded_model="a.etlt", tlt_model_key="hush", gie_unique_id=0)
    assert not any("hush" in str(one) for one in check_infer_config(config))


# ---- chains


def infer(number: int | None, on: int | None = None) -> InferConfig:
    mode = ProcessMode.PRIMARY if on is None else ProcessMode.SECONDARY
    return InferConfig(property=InferProperty(gie_unique_id=number, process_mode=mode, operate_on_gie_id=on))


def chain_findings(*chain: tuple[str, InferConfig]) -> list[tuple[Severity, str, str]]:
    return [(one.severity, one.key, one.message.partition(":")[0]) for one in check_chain(chain)]


def test_a_sound_chain_has_no_findings() -> None:
    chain = (
        ("mot", infer(1)),
        ("face", infer(3)),
        ("reid", infer(2, on=1)),
        ("id", infer(4, on=3)),
        ("all", infer(5, on=-1)),
    )
    assert chain_findings(*chain) == []
    assert chain_findings() == []


def test_two_of_one_number_are_an_error() -> None:
    assert chain_findings(("a", infer(1)), ("b", infer(1))) == [(E, "gie-unique-id", "b")]
    assert chain_findings(("a", infer(None)), ("b", infer(15))) == [(E, "gie-unique-id", "b")]
    assert "default" in check_chain((("a", infer(15)), ("b", infer(None))))[0].message


def test_a_number_below_one_is_an_error() -> None:
    assert chain_findings(("a", infer(0))) == [(E, "gie-unique-id", "a")]


@pytest.mark.parametrize(
    ("chain", "severity"),
    [
        ((("a", infer(1)), ("b", infer(2, on=2))), E),
        ((("b", infer(2, on=1)), ("a", infer(1))), E),
        ((("a", infer(1)), ("b", infer(2, on=7))), W),
    ],
)
def test_a_secondary_needs_one_before_it(chain: tuple[tuple[str, InferConfig], ...], severity: Severity) -> None:
    assert chain_findings(*chain) == [(severity, "operate-on-gie-id", "b")]


def test_a_primary_needs_nobody() -> None:
    config = InferConfig(property=InferProperty(gie_unique_id=1, operate_on_gie_id=9))
    assert chain_findings(("a", config)) == []


# ---- real files

# What is truly wrong with them: engines under other names than nvinfer writes, and models that 9.1 cannot build.
_WRONG = {
    "lpr_config_pgie.txt": {"model-engine-file"},
    "pgie_config_peoplenet.yml": {"model-engine-file"},
    "dstest_segmentation_config_industrial.txt": {"uff-file"},
    "pgie_config_fd_lpd.txt": {"model-file"},
    "dstest3_pgie_config.yml": {"model-file"},
}


def test_real_files_have_only_the_errors_that_they_have() -> None:
    paths = samples_of("nvinfer")
    if not paths:
        pytest.skip("the sample files are not on this machine")
    for path in paths:
        config, _ = read_infer_config(path.read_text(encoding="utf-8"), path.name)
        wrong = next((keys for name, keys in _WRONG.items() if path.name.endswith(f"__{name}")), set())
        assert {one.key for one in errors_in(check_infer_config(config))} == wrong, path.name
