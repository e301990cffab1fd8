"""Which engine nvinfer builds, and what two engines have in common."""

import re

import pytest

from deepstream.nvinfer.engine import builds_engine, engine_file_name, engine_identity, precision
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
    assert engine_identity(p, model_digest="d", gpu="T4", image="i") is None


def test_as_long_as_there_was_a_parser_caffe_came_before_onnx() -> None:
    both = CAFFE.model_copy(update={"onnx_file": "a.onnx"})
    assert engine_file_name(both, DsVersion.V6_3) == "m/net.caffemodel_b1_gpu0_fp32.engine"
    assert engine_file_name(both, DsVersion.V9_1) == "a.onnx_b1_gpu0_fp32.engine"


def identity_key(p: InferProperty, digest: str | None = "d", gpu: str = "T4", image: str = "i") -> str:
    identity = engine_identity(p, model_digest=digest, gpu=gpu, image=image)
    assert identity is not None
    return identity.cache_key()


def test_the_key_of_a_cache_is_a_digest_that_never_changes() -> None:
    assert re.fullmatch("[0-9a-f]{64}", identity_key(ONNX))
    assert identity_key(ONNX) == "59102fda8f2024d432370b264f1d989d47126fad63f19f160ea507d01be43ccf"


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
    assert identity_key(ONNX.model_copy(update=change)) != identity_key(ONNX)


@pytest.mark.parametrize(
    "change",
    [
        {"model_engine_file": "elsewhere.engine"},
        {"onnx_file": "/elsewhere/net.onnx"},
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
    assert identity_key(ONNX.model_copy(update=change)) == identity_key(ONNX)


def test_another_model_gpu_or_image_is_another_engine() -> None:
    keys = {
        identity_key(ONNX),
        identity_key(ONNX, digest="e"),
        identity_key(ONNX, gpu="L4"),
        identity_key(ONNX, image="j"),
    }
    assert len(keys) == 4


def test_without_a_digest_the_path_stands_for_the_model() -> None:
    other = ONNX.model_copy(update={"onnx_file": "other.onnx"})
    assert identity_key(ONNX, digest=None) != identity_key(other, digest=None)
    identity = engine_identity(ONNX, model_digest=None, gpu="T4", image="i")
    assert identity is not None
    assert (identity.model, identity.batch_size, identity.precision) == ("../models/net.onnx", 4, "fp16")
    custom = engine_identity(CUSTOM, model_digest=None, gpu="T4", image="i")
    assert custom is not None
    assert custom.model == "libx.so"


def test_the_secret_of_a_model_is_nowhere_in_the_identity() -> None:
    p = InferProperty(tlt_encoded_model="a.etlt", tlt_model_key="hush")
    assert "hush" not in repr(engine_identity(p, model_digest=None, gpu="T4", image="i"))


def test_int8_without_a_table_is_fp16_but_where_the_builder_brings_ranges() -> None:
    assert precision(InferProperty(onnx_file="a", network_mode=1)) == "fp16"
    assert precision(InferProperty(onnx_file="a", network_mode=1, int8_calib_file="c")) == "int8"
    assert precision(CUSTOM.model_copy(update={"network_mode": NetworkMode.INT8})) == "int8"
