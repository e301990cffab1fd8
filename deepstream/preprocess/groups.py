"""The groups of an nvdspreprocess file. Source: nvdspreprocess_property_parser.cpp, DeepStream 6.0 to 6.3 and 9.1.

DeepStream reads the keys of a group in the order of the file, and what it makes of some depends on those before them.
The order of the fields here is the order in which they are written, so it must stay as it is.
"""

from enum import IntEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from deepstream.group_layout import GroupNumber
from deepstream.groups import KeyGroup, Natural, as_tuples, key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import ComputeHardware, MemoryType, ScalingFilter
from deepstream.versions import DsVersion


class NetworkInputOrder(IntEnum):
    """The order of the dimensions of the tensor."""

    NCHW = 0
    NHWC = 1
    CUSTOM = 2
    """What the custom library makes of it."""


class NetworkColorFormat(IntEnum):
    """The colours of the tensor."""

    RGB = 0
    BGR = 1
    GRAY = 2


class TensorDataType(IntEnum):
    """The numbers of the tensor. Until 6.3 the list ended with 5, which meant FP16."""

    FP32 = 0
    UINT8 = 1
    INT8 = 2
    UINT32 = 3
    INT32 = 4
    INT64 = 5
    UINT64 = 6
    FP16 = 7


def _as_rectangles(value: Any) -> Any:
    if not isinstance(value, tuple | list) or not all(isinstance(one, int) for one in value):
        return as_tuples(value)
    if len(value) % 4:
        raise ValueError(
            f"{len(value)} numbers are no rectangles: each is left;top;width;height, and DeepStream refuses the file"
        )
    return tuple(tuple(value[at : at + 4]) for at in range(0, len(value), 4))


def _as_color(value: Any) -> Any:
    if isinstance(value, tuple | list) and len(value) != 4:
        raise ValueError(f"{len(value)} numbers: a colour is red;green;blue;opacity, or DeepStream refuses the file")
    return as_tuples(value)


Color = Annotated[tuple[float, float, float, float], BeforeValidator(_as_color)]
Rectangle = tuple[int, int, int, int]
"""left, top, width, height in pixels of the frame that the streammux gives."""
Rectangles = Annotated[tuple[Rectangle, ...], BeforeValidator(_as_rectangles)]


class PreprocessProperty(KeyGroup):
    """`[property]`: the tensor, and the library that fills it."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "False lets the frames pass untouched. Default true.")
    unique_id: int | None = key(
        "unique-id", Reader.INTEGER, "The number of this element. Default 15.", since=DsVersion.V6_2
    )
    gpu_id: int | None = key("gpu-id", Reader.INTEGER, "Which GPU does the work. Default 0.")
    process_on_frame: bool | None = key(
        "process-on-frame",
        Reader.BOOLEAN,
        "True makes tensors of frames or regions, false of objects that another inference found. Default true.",
        since=DsVersion.V6_2,
    )
    target_unique_ids: tuple[int, ...] | None = key(
        "target-unique-ids",
        Reader.INTEGER_LIST,
        "gie-unique-id of each inference that takes the tensors; it needs input-tensor-from-meta=1.",
    )
    operate_on_gie_id: int | None = key(
        "operate-on-gie-id",
        Reader.INTEGER,
        "gie-unique-id of the inference whose objects are taken; -1 means any. Default -1.",
        since=DsVersion.V6_2,
    )
    network_input_order: NetworkInputOrder | None = key(
        "network-input-order", Reader.INTEGER, "0 NCHW, 1 NHWC, 2 custom. Must be written."
    )
    network_input_shape: tuple[int, ...] | None = key(
        "network-input-shape",
        Reader.INTEGER_LIST,
        "Dimensions of the tensor in that order; the first is the largest batch. Must be written.",
    )
    processing_width: int | None = key(
        "processing-width", Reader.INTEGER, "Width in pixels that images are scaled to. Must be written."
    )
    processing_height: int | None = key(
        "processing-height", Reader.INTEGER, "Height in pixels that images are scaled to. Must be written."
    )
    maintain_aspect_ratio: bool | None = key(
        "maintain-aspect-ratio", Reader.BOOLEAN, "True keeps the aspect ratio and fills up. Default false."
    )
    symmetric_padding: bool | None = key(
        "symmetric-padding",
        Reader.BOOLEAN,
        "True fills up at both sides alike, false at the right and below. Default false.",
        since=DsVersion.V6_1,
    )
    scaling_buf_pool_size: int | None = key(
        "scaling-buf-pool-size", Reader.INTEGER, "Number of buffers for scaled images. Default 6."
    )
    tensor_buf_pool_size: int | None = key(
        "tensor-buf-pool-size", Reader.INTEGER, "Number of buffers for tensors. Default 6."
    )
    network_color_format: NetworkColorFormat | None = key(
        "network-color-format", Reader.INTEGER, "0 RGB, 1 BGR, 2 grey. Must be written."
    )
    tensor_data_type: TensorDataType | None = key(
        "tensor-data-type",
        Reader.INTEGER,
        "0 FP32, 1 UINT8, 2 INT8, 3 UINT32, 4 INT32, 5 INT64, 6 UINT64, 7 FP16 (until 6.3: 5 FP16). Must be written.",
    )
    tensor_name: str | None = key(
        "tensor-name", Reader.STRING, "Name of the input layer of the model. Must be written."
    )
    scaling_pool_memory_type: MemoryType | None = key(
        "scaling-pool-memory-type",
        Reader.INTEGER,
        "Memory of scaled images: 0 default, 1 pinned, 2 device, 3 unified, 4 surface array. Must be written.",
    )
    scaling_pool_compute_hw: ComputeHardware | None = key(
        "scaling-pool-compute-hw",
        Reader.INTEGER,
        "What scales: 0 default, 1 GPU, 2 VIC (Jetson only: for x86 the file is refused). Default 0.",
    )
    scaling_filter: ScalingFilter | None = key(
        "scaling-filter",
        Reader.INTEGER,
        "Interpolation: 0 nearest, 1 bilinear, 2 to 5 algorithms 1 to 4, 6 default. Must be written.",
    )
    custom_lib_path: str | None = key(
        "custom-lib-path", Reader.PATH, "The library that fills the tensors. Must be written, and be there."
    )
    custom_tensor_preparation_function: str | None = key(
        "custom-tensor-preparation-function",
        Reader.STRING,
        "The function of the library that fills the tensors. Must be written.",
    )


class PreprocessGroup(KeyGroup):
    """`[group-N]`: how the images of some sources are cut out and scaled."""

    src_ids: tuple[int, ...] | None = key(
        "src-ids", Reader.INTEGER_LIST, "Numbers of the sources of the group; -1 alone means all. Must be written."
    )
    custom_input_transformation_function: str | None = key(
        "custom-input-transformation-function", Reader.STRING, "The function of the library that cuts out and scales."
    )
    process_on_roi: bool | None = key(
        "process-on-roi",
        Reader.BOOLEAN,
        "True takes the regions of roi-params-src-N, false whole frames. Must be written for frames.",
    )
    process_on_all_objects: bool | None = key(
        "process-on-all-objects",
        Reader.BOOLEAN,
        "True takes all objects, false those in the regions. Must be written when process-on-frame=0.",
        since=DsVersion.V6_2,
    )
    roi_params: dict[GroupNumber, Rectangles] = key(
        "roi-params-src-",
        Reader.INTEGER_LIST,
        "By source, the regions as left, top, width, height in pixels.",
        prefix=True,
    )
    operate_on_class_ids: tuple[int, ...] | None = key(
        "operate-on-class-ids",
        Reader.INTEGER_LIST,
        "Class ids of the objects that are taken; absent means all.",
        since=DsVersion.V6_2,
    )
    interval: Natural | None = key(
        "interval",
        Reader.INTEGER,
        since=DsVersion.V6_4,  # 6.3 does not have it, 9.1 does; where it came in between is not known
        description="Number of batches that are skipped between two that are taken.",
    )
    input_object_min_width: Natural | None = key(
        "input-object-min-width",
        Reader.INTEGER,
        "Objects narrower than this many pixels are skipped; 0 means none.",
        since=DsVersion.V6_2,
    )
    input_object_min_height: Natural | None = key(
        "input-object-min-height",
        Reader.INTEGER,
        "Objects lower than this many pixels are skipped; 0 means none.",
        since=DsVersion.V6_2,
    )
    input_object_max_width: Natural | None = key(
        "input-object-max-width",
        Reader.INTEGER,
        "Objects wider than this many pixels are skipped; 0 means none.",
        since=DsVersion.V6_2,
    )
    input_object_max_height: Natural | None = key(
        "input-object-max-height",
        Reader.INTEGER,
        "Objects higher than this many pixels are skipped; 0 means none.",
        since=DsVersion.V6_2,
    )
    draw_roi: bool | None = key(
        "draw-roi", Reader.BOOLEAN, "True draws the regions. Default true.", since=DsVersion.V6_2
    )
    roi_color: Color | None = key(
        "roi-color",
        Reader.DOUBLE_LIST,
        "Colour of the drawn regions: red, green, blue, opacity, each from 0 to 1.",
        since=DsVersion.V6_2,
    )


class UserConfigs(KeyGroup):
    """`[user-configs]`: settings that the custom library reads for itself."""

    settings: dict[Annotated[str, Field(min_length=1)], str] = key(
        "",
        Reader.STRING,
        "Any keys. NVIDIA's library knows pixel-normalization-factor, mean-file and offsets.",
        prefix=True,
    )
