"""TensorRT engines: whether nvinfer builds one, under which name it writes it, and what makes two engines the same.

nvinfer loads `model-engine-file` when that file is there, fits and is big enough. In any other case it builds an engine
and writes it under a name of its own (`nvdsinfer_model_builder.cpp`, `buildModel`). When `model-engine-file` is not that
very name, it builds again at every start.
"""

import hashlib
import json
import re
from typing import Final

from deepstream.groups import write_group
from deepstream.keyfile_values import Reader, write
from deepstream.nvinfer.enums import NetworkMode
from deepstream.nvinfer.model_keys import LAST_WITH_CAFFE_AND_UFF
from deepstream.nvinfer.property import InferProperty
from deepstream.versions import NEWEST, DsVersion

CUSTOM_MODEL_NAME: Final = "model"
"""What custom builders' engines are named after; they lie in the working directory of the process."""

_PRECISIONS: Final = {
    NetworkMode.FP32: "fp32",
    NetworkMode.INT8: "int8",
    NetworkMode.FP16: "fp16",
    NetworkMode.BEST: "best",
}
_OWN_NAME: Final = re.compile(
    rf"{CUSTOM_MODEL_NAME}_b[0-9]+_(gpu|dla)[0-9]+_({'|'.join(_PRECISIONS.values())})\.engine"
)
_SOURCES = ("onnx-file", "tlt-encoded-model", "model-file", "uff-file")


def has_custom_builder(p: InferProperty) -> bool:
    """True when a function of custom-lib-path builds the network; without the library the name is not looked at."""
    return bool(p.engine_create_func_name and p.custom_lib_path)


def model_path(p: InferProperty, version: DsVersion = NEWEST) -> str | None:
    """The model that nvinfer builds from, as its key has it; None when there is none, or a function builds it.

    A library may replace the parser of models without being named in the file; that cannot be told here.
    """
    if has_custom_builder(p):
        return None
    if p.tlt_encoded_model:
        return p.tlt_encoded_model
    legacy = (p.model_file if p.proto_file else None) or p.uff_file
    # As long as there were parsers for Caffe and UFF, they came before ONNX.
    first, second = (p.onnx_file, legacy) if version.order > LAST_WITH_CAFFE_AND_UFF.order else (legacy, p.onnx_file)
    return first or second or None


def builds_engine(p: InferProperty) -> bool:
    """True when nvinfer has something to build an engine from; Caffe and UFF count, though only up to DeepStream 7.0."""
    return has_custom_builder(p) or model_path(p) is not None


def precision(p: InferProperty) -> str:
    """The precision that nvinfer builds for, as it stands in the engine's name.

    Without a calibration table INT8 and BEST become FP16, but where a function or a .etlt brings its own ranges. That a
    GPU may lack FP16 or INT8 is not considered: those that DeepStream supports have both.
    """
    mode = p.network_mode or NetworkMode.FP32
    calibrated = bool(p.int8_calib_file or p.tlt_encoded_model) or has_custom_builder(p)
    return _PRECISIONS[mode if calibrated or mode is NetworkMode.FP32 else NetworkMode.FP16]


def engine_file_name(p: InferProperty, version: DsVersion = NEWEST) -> str | None:
    """The file that nvinfer writes a new engine to; None when it builds none.

    Returns:
        A path beside the model, relative to the folder of the configuration where the model's path is. For custom
        builders it is a bare name: that engine is written into the working directory of the process.
    """
    path = CUSTOM_MODEL_NAME if has_custom_builder(p) else model_path(p, version)
    if path is None:
        return None
    core = p.use_dla_core or 0
    device = f"dla{core}" if p.enable_dla and core >= 0 else f"gpu{p.gpu_id or 0}"
    return f"{path}_b{p.batch_size or 1}_{device}_{precision(p)}.engine"


def is_name_of_working_directory(path: str) -> bool:
    """True for the bare names that nvinfer gives to engines of functions: they mean its working directory."""
    return _OWN_NAME.fullmatch(path.removeprefix("./")) is not None


def engine_key(p: InferProperty, *, gpu: str, image: str, version: DsVersion = NEWEST) -> str | None:
    """What the engine that nvinfer would build depends on: equal keys may share an engine, others may not.

    Args:
        p: the configuration.
        gpu: kind of the GPU, such as its name and compute capability: engines run on no other.
        image: the container's image, best by digest. It stands for the versions of DeepStream and TensorRT: engines are
            loaded by no other.
        version: the DeepStream of the image.

    Returns:
        64 hexadecimal digits, always the same; None when nvinfer builds nothing.
    """
    if not builds_engine(p):
        return None
    custom = p.custom_network_config or p.onnx_file or p.custom_lib_path
    path = custom if has_custom_builder(p) else model_path(p, version)
    identity = {
        "model": path or "",
        "batch_size": p.batch_size or 1,
        "precision": precision(p),
        "gpu": gpu,
        "image": image,
        # Other keys that the engine depends on with their raw values, in the order of their names.
        "settings": sorted((name, raw) for name, raw in write_group(p) if _counts(p, name, raw, path)),
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _counts(p: InferProperty, name: str, raw: str, path: str | None) -> bool:
    """True for keys that make another engine, and that no other part of the identity stands for."""
    declared = next((one for one in p.keys().values() if one.name == name), None)
    if declared is None or not declared.engine or not raw or name in ("batch-size", "network-mode"):
        return False
    if declared.secret:
        # The key of a .etlt: no two keys make two engines of one model, only one decodes it.
        return False
    if declared.reader in (Reader.INTEGER, Reader.BOOLEAN) and raw == "0":
        # All of these are 0 by default: the default, written, is the same engine.
        return False
    # The model is in the identity already.
    return name not in _SOURCES or raw != write(declared.reader, path or "")
