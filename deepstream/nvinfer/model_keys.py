"""The keys of `[property]` that say which network runs, where, and how TensorRT builds its engine.

A key is marked `engine=True` when an engine built with another value is another engine. What only moves pictures to the
input, or reads the outputs, is not: it lies outside of the engine.
"""

from typing import Final

from deepstream.groups import KeyGroup, Natural, engine_key, key
from deepstream.keyfile_values import Reader
from deepstream.nvinfer.enums import NetworkMode, TensorOrder, UffInputOrder
from deepstream.versions import DsVersion

# TensorRT 8.2 announced the end of both parsers, and TensorRT 10, which DeepStream 7.1 is the first to come with, has
# neither. The builder of 9.1 takes ONNX, TAO's .etlt and custom functions only.
LAST_WITH_CAFFE_AND_UFF: Final = DsVersion.V7_0


class ModelKeys(KeyGroup):
    """Model, engine and device."""

    gpu_id: Natural | None = engine_key(
        "gpu-id",
        Reader.INTEGER,
        # An engine belongs to one kind of GPU, and the number is part of its file's name.
        description="Number of the GPU inside the container, from 0. Default 0.",
    )
    batch_size: int | None = engine_key(
        "batch-size",
        Reader.INTEGER,
        # NVDSINFER_MAX_BATCH_SIZE; the parser refuses anything else.
        ge=1,
        le=1024,
        description="Most frames, or objects, in one inference. Default 1. deepstream-app and the element's properties "
        "may override it; each other value is another engine.",
    )
    network_mode: NetworkMode | None = engine_key(
        "network-mode",
        Reader.INTEGER,
        "Precision of the engine: 0 = FP32 (default), 1 = INT8, 2 = FP16, 3 = BEST. "
        "INT8 and BEST need int8-calib-file.",
    )
    model_engine_file: str | None = key(
        "model-engine-file",
        Reader.PATH,
        # Names the place of an engine; no input of the building, so another place needs no other engine.
        description="The TensorRT engine to load. When it is missing or does not fit, nvinfer builds a new one at each "
        "start and writes it under a name of its own, not under this one.",
    )
    onnx_file: str | None = engine_key("onnx-file", Reader.PATH, "The model, as ONNX.")
    tlt_encoded_model: str | None = engine_key("tlt-encoded-model", Reader.PATH, "The model, as NVIDIA TAO's .etlt.")
    tlt_model_key: str | None = engine_key(
        "tlt-model-key", Reader.STRING, "The key that decodes tlt-encoded-model. Treat it as a secret.", secret=True
    )
    model_file: str | None = engine_key(
        "model-file",
        Reader.PATH,
        "The model's weights, as .caffemodel; needs proto-file. Up to DeepStream 7.0.",
        until=LAST_WITH_CAFFE_AND_UFF,
    )
    proto_file: str | None = engine_key(
        "proto-file",
        Reader.PATH,
        "The model's network, as .prototxt; needs model-file. Up to DeepStream 7.0.",
        until=LAST_WITH_CAFFE_AND_UFF,
    )
    uff_file: str | None = engine_key(
        "uff-file", Reader.PATH, "The model, as UFF. Up to DeepStream 7.0.", until=LAST_WITH_CAFFE_AND_UFF
    )
    # .etlt files may hold UFF networks inside, which is why these two go on after the end of uff-file.
    uff_input_order: UffInputOrder | None = engine_key(
        "uff-input-order",
        Reader.INTEGER,
        "Order of the dimensions of an UFF network's input: 0 = NCHW (default), 1 = NHWC, 2 = NC.",
    )
    uff_input_blob_name: str | None = engine_key(
        "uff-input-blob-name", Reader.STRING, "Name of an UFF network's input layer."
    )
    input_dims: tuple[int, int, int, int] | None = engine_key(
        "input-dims",
        Reader.INTEGER_LIST,
        "Old form of infer-dims, with the order (0 = NCHW, 1 = NHWC, 2 = NC) as the fourth number; not "
        "looked at when infer-dims is there.",
        in_yaml=False,
    )
    uff_input_dims: tuple[int, int, int, int] | None = engine_key(
        "uff-input-dims", Reader.INTEGER_LIST, "Another old form of infer-dims; as input-dims.", in_yaml=False
    )
    infer_dims: tuple[int, int, int] | None = engine_key(
        "infer-dims",
        Reader.INTEGER_LIST,
        "Size of the network's input: channels, height, width. Needed when the model leaves it open.",
    )
    network_input_order: TensorOrder | None = engine_key(
        "network-input-order",
        Reader.INTEGER,
        # The builder lays out its optimization profile by it.
        description="Order of the dimensions of an ONNX network's input: 0 = NCHW (default), 1 = NHWC.",
    )
    output_blob_names: tuple[str, ...] | None = engine_key(
        "output-blob-names",
        Reader.STRING_LIST,
        # Of ONNX networks it is compared only, but of Caffe and UFF networks it tells the builder what to keep.
        description="Names of the network's output layers. A name that the engine lacks is a warning of nvinfer, no "
        "error.",
    )
    output_io_formats: tuple[str, ...] | None = engine_key(
        "output-io-formats",
        Reader.STRING_LIST,
        "Type and layout of output layers, each as layer:type:format, such as conv2d_bbox:fp32:chw.",
    )
    layer_device_precision: tuple[str, ...] | None = engine_key(
        "layer-device-precision",
        Reader.STRING_LIST,
        "Precision and device of single layers, each as layer:precision:device, such as conv1:fp16:gpu.",
    )
    int8_calib_file: str | None = engine_key(
        "int8-calib-file", Reader.PATH, "Calibration table for network-mode 1 and 3. Without it nvinfer builds FP16."
    )
    workspace_size: Natural | None = engine_key(
        "workspace-size",
        Reader.INTEGER,
        # Decides which kernels TensorRT may choose. The builder of 9.1 does not pass it on; earlier ones did.
        description="Memory that TensorRT may use while it builds, in MiB; 0 = as much as it likes (default).",
    )
    force_implicit_batch_dim: bool | None = engine_key(
        "force-implicit-batch-dim",
        Reader.BOOLEAN,
        "Build the network without a dimension for the batch. Default 0. TensorRT 10 has no such networks.",
    )
    enable_dla: bool | None = engine_key("enable-dla", Reader.BOOLEAN, "Run on the DLA of a Jetson. Default 0.")
    use_dla_core: int | None = engine_key(
        "use-dla-core", Reader.INTEGER, "Which DLA core, with enable-dla: 0 (default) or 1."
    )
    strongly_typed: bool | None = engine_key(
        "strongly-typed",
        Reader.BOOLEAN,
        "Take the types of all layers from the model. Default 0.",
        since=DsVersion.V9_0,
    )
    dynamic_properties: str | None = engine_key(
        "dynamic-properties",
        Reader.STRING,
        # Meant for TensorRT's builder. The one of 9.1 does not apply them yet; that is not to be relied on.
        since=DsVersion.V9_0,
        description="Flags for TensorRT as name=value;name=value.",
    )
    custom_lib_path: str | None = engine_key(
        "custom-lib-path",
        Reader.PATH,
        # It may hold layers, or the builder of the whole network; the file does not tell whether it does.
        description="Library with functions of your own: parsers of outputs, layers, or a builder of the network.",
    )
    engine_create_func_name: str | None = engine_key(
        "engine-create-func-name",
        Reader.STRING,
        "Function of custom-lib-path that builds the network. Its engine is written into the working "
        "directory of the process.",
    )
    custom_network_config: str | None = engine_key(
        "custom-network-config",
        # Not a PATH: nvinfer hands it over as it is, and the library opens it from the working directory.
        Reader.STRING,
        description="File for engine-create-func-name. Not found beside this file, but from the working directory.",
    )
    auto_inc_mem: bool | None = key(
        "auto-inc-mem",
        Reader.INTEGER,
        # This and the next one grow the pool of output buffers at run time; the engine knows nothing of them.
        since=DsVersion.V6_3,
        description="Allocate more output buffers when all are in use. Default 1.",
    )
    max_gpu_mem_per: int | None = key(
        "max-gpu-mem-per",
        Reader.INTEGER,
        "Percentage of GPU memory in use above which auto-inc-mem allocates no more. Default 99. "
        "YAML files may have fractions, .txt files not.",
        since=DsVersion.V6_3,
    )
    warmup_engine: bool | None = key(
        "warmup-engine",
        Reader.BOOLEAN,
        "Run the engine once for each batch size at the start, so that the first frames are not slow. Default 0.",
        since=DsVersion.V9_0,
    )
    stabilize_buffer_count: Natural | None = key(
        "stabilize-buffer-count",
        Reader.INTEGER,
        "A number of buffers; what for, DeepStream does not document. Default 0.",
        since=DsVersion.V9_0,
    )
