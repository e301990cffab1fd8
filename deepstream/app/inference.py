"""The groups about inference. Source: deepstream_config_file_parser.c of DeepStream 6.0 to 6.3 and 9.1."""

from enum import IntEnum
from functools import partial

from deepstream.app.values import Colour, Flag, SwitchedGroup, Unsigned
from deepstream.groups import key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import MemoryType
from deepstream.versions import DsVersion

_key_since_9 = partial(txt_key, since=DsVersion.V9_0)
"""A key of plugin 3 or of what came with it."""


class GiePlugin(IntEnum):
    """Which element runs the model (NvDsGiePluginType)."""

    NVINFER = 0
    NVINFERSERVER = 1
    """Triton."""
    VIDEO_TEMPLATE = 2
    VISION_ENCODER = 3


class GieGroup(SwitchedGroup):
    """`[primary-gie]`, `[secondary-gie0]`...: a model. What stands here replaces what its own file says."""

    plugin_type: GiePlugin | None = key(
        "plugin-type", Reader.INTEGER, "0 = nvinfer (default), 1 = nvinferserver (Triton)."
    )
    config_file: str | None = key("config-file", Reader.PATH, "File of nvinfer or nvinferserver; must be there.")
    gie_unique_id: Unsigned | None = key(
        "gie-unique-id",
        Reader.INTEGER,
        "Id of the model, which metadata names; another one for each model. Default: 0 for the check that "
        "they differ, else that of its own file.",
    )
    batch_size: Unsigned | None = key(
        "batch-size",
        Reader.INTEGER,
        "Frames (primary) or objects (secondary) that are inferred at a time. It is part of the name of the "
        "engine: another number means to build another one.",
        engine=True,
    )
    gpu_id: Unsigned | None = key(
        "gpu-id", Reader.INTEGER, "GPU that infers. It is part of the name of the engine.", engine=True
    )
    model_engine_file: str | None = key("model-engine-file", Reader.PATH, "TensorRT engine to load.", engine=True)
    labelfile_path: str | None = key(
        "labelfile-path", Reader.PATH, "File of labels; when it cannot be read DeepStream refuses the file."
    )
    interval: Unsigned | None = key(
        "interval", Reader.INTEGER, "Batches that are passed over between inferences; primary GIE only."
    )
    operate_on_gie_id: int | None = key(
        "operate-on-gie-id", Reader.INTEGER, "Secondary: id of the model whose objects are inferred."
    )
    operate_on_class_ids: tuple[int, ...] | None = key(
        "operate-on-class-ids", Reader.INTEGER_LIST, "Secondary: classes of the objects; default all."
    )
    input_tensor_meta: bool | None = key(
        "input-tensor-meta", Reader.BOOLEAN, "Take the tensors that nvdspreprocess prepared."
    )
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, "Where converted frames lie.")
    infer_raw_output_dir: str | None = key(
        "infer-raw-output-dir", Reader.PATH, "Folder that gets all output tensors; fills the disk."
    )
    bbox_border_color: Colour | None = key(
        "bbox-border-color", Reader.DOUBLE_LIST, "Colour of boxes: red;green;blue;opacity, each 0 to 1."
    )
    bbox_border_colors: dict[Unsigned, Colour] = key(
        "bbox-border-color", Reader.DOUBLE_LIST, "By class, colour of boxes.", prefix=True
    )
    bbox_bg_color: Colour | None = key("bbox-bg-color", Reader.DOUBLE_LIST, "Colour inside of boxes; default none.")
    bbox_bg_colors: dict[Unsigned, Colour] = key(
        "bbox-bg-color", Reader.DOUBLE_LIST, "By class, colour inside of boxes.", prefix=True
    )
    audio_transform: str | None = key("audio-transform", Reader.STRING, "Audio: transformation.")
    audio_framesize: Unsigned | None = key("audio-framesize", Reader.INTEGER, "Audio: samples of a frame.")
    audio_hopsize: Unsigned | None = key("audio-hopsize", Reader.INTEGER, "Audio: samples between frames.")
    audio_input_rate: Unsigned | None = key("audio-input-rate", Reader.INTEGER, "Audio: samples per second.")
    model_variant: str | None = _key_since_9("model-variant", Reader.STRING, "Plugin 3: model.")
    device: str | None = _key_since_9("device", Reader.STRING, "Plugin 3: cuda or cpu.")
    backend: str | None = _key_since_9("backend", Reader.STRING, "Plugin 3: transformers or triton.")
    triton_url: str | None = _key_since_9("triton-url", Reader.STRING, "Plugin 3: host:port of Triton.")
    triton_model: str | None = _key_since_9("triton-model", Reader.STRING, "Plugin 3: its model.")
    min_crop_size: Unsigned | None = _key_since_9(
        "min-crop-size", Reader.INTEGER, "Plugin 3: smallest object in pixels."
    )
    verbose: Unsigned | None = _key_since_9("verbose", Reader.INTEGER, "Plugin 3: 1 = log more.")


class PreProcessGroup(SwitchedGroup):
    """`[pre-process]`, `[secondary-pre-process0]`...: nvdspreprocess before a model with `input-tensor-meta=1`."""

    config_file: str | None = key("config-file", Reader.PATH, "File of nvdspreprocess.")
    operate_on_gie_id: int | None = txt_key(
        "operate-on-gie-id",
        Reader.INTEGER,
        "Secondary: id of the model whose objects are prepared.",
        since=DsVersion.V6_2,
    )


class VisionEncoderGroup(SwitchedGroup):
    """`[visionencoder]`: embeddings of objects; known in `.txt` files only."""

    model_variant: str | None = _key_since_9("model-variant", Reader.STRING, "Model; default so400m-384.")
    batch_size: Unsigned | None = _key_since_9(
        "batch-size", Reader.INTEGER, "Objects at a time; default 16.", engine=True
    )
    gpu_id: Unsigned | None = _key_since_9("gpu-id", Reader.INTEGER, "GPU; default 0.", engine=True)
    device: str | None = _key_since_9("device", Reader.STRING, "cuda (default) or cpu.")
    backend: str | None = _key_since_9("backend", Reader.STRING, "transformers (default), triton or tensorrt.")
    triton_url: str | None = _key_since_9("triton-url", Reader.STRING, "host:port of Triton; default localhost:8001.")
    triton_model: str | None = _key_since_9("triton-model", Reader.STRING, "Its model; default cradio_trt.")
    onnx_model: str | None = _key_since_9("onnx-model", Reader.PATH, "ONNX model to build an engine from.", engine=True)
    tensorrt_engine: str | None = _key_since_9("tensorrt-engine", Reader.PATH, "TensorRT engine to load.", engine=True)
    min_crop_size: Unsigned | None = _key_since_9(
        "min-crop-size", Reader.INTEGER, "Smallest object in pixels; default 32."
    )
    embedding_classes: str | None = _key_since_9(
        "embedding-classes", Reader.STRING, "Classes of the objects with ; between; default all."
    )
    skip_interval: Unsigned | None = _key_since_9(
        "skip-interval", Reader.INTEGER, "Frames that are passed over between two; default 0."
    )
    smart_infer: bool | None = _key_since_9("smart-infer", Reader.BOOLEAN, "Keep the embeddings of tracked objects.")
    cache_refresh_interval: Unsigned | None = _key_since_9(
        "cache-refresh-interval", Reader.INTEGER, "smart-infer: infer again after so many frames; 0 = never."
    )
    cache_max_size: Unsigned | None = _key_since_9(
        "cache-max-size", Reader.INTEGER, "smart-infer: embeddings that are kept; default 1000."
    )
    ofa_predict: bool | None = _key_since_9("ofa-predict", Reader.BOOLEAN, "Predict embeddings by optical flow.")
    ofa_motion_threshold: float | None = _key_since_9(
        "ofa-motion-threshold",
        Reader.DOUBLE,
        "ofa-predict: below, what is kept is trusted; above, predicted; default 8.",
    )
    ofa_high_motion_threshold: float | None = _key_since_9(
        "ofa-high-motion-threshold", Reader.DOUBLE, "ofa-predict: above, infer again; default 25."
    )
    query_only: Flag | None = _key_since_9("query-only", Reader.INTEGER, "Infer for questions by REST only.")
    verbose: bool | None = _key_since_9("verbose", Reader.BOOLEAN, "Log more.")


class TextEmbedderGroup(SwitchedGroup):
    """`[text-embedder]`: embeddings of texts, for questions by REST; known in `.txt` files only."""

    model_name: str | None = _key_since_9("model-name", Reader.STRING, "Model; default siglip2-giant.")
    onnx_model_path: str | None = _key_since_9("onnx-model-path", Reader.PATH, "ONNX model.")
    tokenizer_dir: str | None = _key_since_9("tokenizer-dir", Reader.PATH, "Folder of its tokenizer.")
