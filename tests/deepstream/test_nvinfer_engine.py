"""Which engine nvinfer builds, and what two engines have in common."""

import re

import pytest

from deepstream.nvinfer.engine import builds_engine, engine_file_name, engine_key, precision
from deepstream.nvinfer.enums import NetworkMode
from deepstream.nvinfer.property import InferProperty
from deepstream.versions import DsVersion

ONNX = InferProperty(onnx_file="../models/net.onnx", batch_size=4, network_mode=NetworkMode.FP16)
CUSTOM = InferProperty(engine_create_func_name="Create", custom_lib_path="libx.so", batch_size=24)
CAFFE = InferProperty(model_file="m/net.caffemodel", proto_file="m/net.prototxt")


@pytest.mark.parametrize(
    ("p", "name"),
    [
        (ONNX, "../models/net.onnx_b4_gpu0_fp16.engine"),
        (InferProperty(onnx_file="a.onnx"), "a.onnx_b1_gpu0_fp32.engine"),
        (
            InferProperty(onnx_file="a.onnx", gpu_id=2, network_mode=3, int8_calib_file="c"),
            "a.onnx_b1_gpu2_best.engine",
        ),
        (InferProperty(onnx_file="a.onnx", network_mode=1, int8_calib_file="c"), "a.onnx_b1_gpu0_int8.engine"),
        (InferProperty(onnx_file="a.onnx", network_mode=1), "a.onnx_b1_gpu0_fp16.engine"),
        (InferProperty(onnx_file="a.onnx", network_mode=3), "a.onnx_b1_gpu0_fp16.engine"),
        (InferProperty(tlt_encoded_model="a.etlt", network_mode=1), "a.etlt_b1_gpu0_int8.engine"),
        (InferProperty(tlt_encoded_model="a.etlt", onnx_file="a.onnx"), "a.etlt_b1_gpu0_fp32.engine"),
        (InferProperty(onnx_file="a.onnx", enable_dla=True), "a.onnx_b1_dla0_fp32.engine"),
        (InferProperty(onnx_file="a.onnx", enable_dla=True, use_dla_core=1), "a.onnx_b1_dla1_fp32.engine"),
        (InferProperty(onnx_file="a.onnx", enable_dla=True, use_dla_core=-1), "a.onnx_b1_gpu0_fp32.engine"),
        (InferProperty(onnx_file="a.onnx", use_dla_core=1), "a.onnx_b1_gpu0_fp32.engine"),
        (CUSTOM, "model_b24_gpu0_fp32.engine"),
        (CUSTOM.model_copy(update={"onnx_file": "a.onnx"}), "model_b24_gpu0_fp32.engine"),
        (InferProperty(engine_create_func_name="Create", onnx_file="a.onnx"), "a.onnx_b1_gpu0_fp32.engine"),
        (CAFFE, "m/net.caffemodel_b1_gpu0_fp32.engine"),
        (InferProperty(uff_file="a.uff"), "a.uff_b1_gpu0_fp32.engine"),
    ],
)
def test_the_name_of_the_engine_is_as_nvinfer_makes_it(p: InferProperty, name: str) -> None:
    assert builds_engine(p)
    assert engine_file_name(p) == name


@pytest.mark.parametrize(
    "p",
    [
        InferProperty(),
        InferProperty(model_engine_file="a.engine"),
        InferProperty(model_file="a.caffemodel"),
        InferProperty(engine_create_func_name="Create"),
        InferProperty(custom_lib_path="libx.so"),
        InferProperty(onnx_file=""),
    ],
)
def test_without_a_model_nothing_is_built(p: InferProperty) -> None:
    assert not builds_engine(p)
    assert engine_file_name(p) is None
    assert engine_key(p, gpu="T4", image="i") is None


def test_as_long_as_there_was_a_parser_caffe_came_before_onnx() -> None:
    both = CAFFE.model_copy(update={"onnx_file": "a.onnx"})
    assert engine_file_name(both, DsVersion.V6_3) == "m/net.caffemodel_b1_gpu0_fp32.engine"
    assert engine_file_name(both, DsVersion.V9_1) == "a.onnx_b1_gpu0_fp32.engine"


def key_of(p: InferProperty, gpu: str = "T4", image: str = "i") -> str:
    key = engine_key(p, gpu=gpu, image=image)
    assert key is not None
    return key


def test_the_key_of_an_engine_is_a_digest_that_never_changes() -> None:
    assert re.fullmatch("[0-9a-f]{64}", key_of(ONNX))
    assert key_of(ONNX) == "9e5ad32d90bf66141b6c692e405c3c6698d7f17fefefc8cf67977131915e9d5b"


@pytest.mark.parametrize(
    "change",
    [
        {"batch_size": 5},
        {"network_mode": NetworkMode.FP32},
        {"gpu_id": 1},
        {"infer_dims": (3, 4, 5)},
        {"int8_calib_file": "c"},
        {"output_io_formats": ("a:fp32:chw",)},
        {"force_implicit_batch_dim": True},
        {"enable_dla": True},
        {"strongly_typed": True},
        {"dynamic_properties": "a=1"},
        {"custom_lib_path": "lib.so"},
        {"uff_input_blob_name": "0"},
        {"extra_keys": {"workspace-size": "1e9"}},
    ],
)
def test_what_makes_another_engine_makes_another_key(change: dict[str, object]) -> None:
    assert key_of(ONNX.model_copy(update=change)) != key_of(ONNX)


@pytest.mark.parametrize(
    "change",
    [
        {"model_engine_file": "elsewhere.engine"},
        {"cluster_mode": 2},
        {"gie_unique_id": 7},
        {"offsets": (1.0,)},
        {"auto_inc_mem": True},
        {"max_gpu_mem_per": 50},
        {"gpu_id": 0},
        {"enable_dla": False},
        {"workspace_size": 0},
        {"tlt_model_key": "secret"},
        {"extra_keys": {"seed": "1"}},
    ],
)
def test_what_makes_no_other_engine_makes_no_other_key(change: dict[str, object]) -> None:
    assert key_of(ONNX.model_copy(update=change)) == key_of(ONNX)


def test_another_model_gpu_or_image_is_another_engine() -> None:
    keys = {
        key_of(ONNX),
        key_of(ONNX.model_copy(update={"onnx_file": "other.onnx"})),
        key_of(ONNX, gpu="L4"),
        key_of(ONNX, image="j"),
    }
    assert len(keys) == 4


def test_a_custom_builder_has_its_library_for_a_model() -> None:
    assert key_of(CUSTOM) == "62c58d828fef638d0a80ab23408a417854076e45c68ecb48371f53f9fb5a900b"
    assert key_of(CUSTOM) != key_of(CUSTOM.model_copy(update={"custom_lib_path": "liby.so"}))


def test_int8_without_a_table_is_fp16_but_where_the_builder_brings_ranges() -> None:
    assert precision(InferProperty(onnx_file="a", network_mode=1)) == "fp16"
    assert precision(InferProperty(onnx_file="a", network_mode=1, int8_calib_file="c")) == "int8"
    assert precision(CUSTOM.model_copy(update={"network_mode": NetworkMode.INT8})) == "int8"
