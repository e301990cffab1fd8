"""The keys of `[property]` that say what is looked at, and how it gets into the network's input."""

from deepstream.groups import KeyGroup, Natural, key
from deepstream.keyfile_values import Reader
from deepstream.nvinfer.enums import ModelColorFormat, ProcessMode
from deepstream.surfaces import ComputeHardware, ScalingFilter
from deepstream.versions import DsVersion


class InputKeys(KeyGroup):
    """Identity, choice of frames and objects, pre-processing."""

    gie_unique_id: int | None = key(
        "gie-unique-id",
        Reader.INTEGER,
        # No range here: that 0 is refused is told by check_infer_config, with the reason.
        description="Number of this nvinfer, above 0 and different in each of a pipeline: secondaries, trackers and "
        "preprocessors refer to it. Default 15.",
    )
    process_mode: ProcessMode | None = key(
        "process-mode",
        Reader.INTEGER,
        "1 = primary: whole frames (default), 2 = secondary: the objects that another nvinfer found.",
    )
    interval: Natural | None = key(
        "interval", Reader.INTEGER, "Batches to skip after each one that is inferred; primary only. Default 0."
    )
    operate_on_gie_id: int | None = key(
        "operate-on-gie-id",
        Reader.INTEGER,
        "Secondary: look at objects of the nvinfer with this gie-unique-id. -1 = of all (default).",
    )
    operate_on_class_ids: tuple[int, ...] | None = key(
        "operate-on-class-ids",
        Reader.INTEGER_LIST,
        "Secondary: look at objects of these classes only, numbers from 0. Default: all.",
    )
    secondary_reinfer_interval: int | None = key(
        "secondary-reinfer-interval",
        Reader.INTEGER,
        "Secondary: frames after which a tracked object is looked at again. Default: never.",
    )
    input_object_min_width: Natural | None = key(
        "input-object-min-width", Reader.INTEGER, "Secondary: narrower objects are not looked at, in pixels. Default 0."
    )
    input_object_min_height: Natural | None = key(
        "input-object-min-height", Reader.INTEGER, "Secondary: lower objects are not looked at, in pixels. Default 0."
    )
    input_object_max_width: Natural | None = key(
        "input-object-max-width",
        Reader.INTEGER,
        "Secondary: wider objects are not looked at, in pixels; 0 = no limit (default).",
    )
    input_object_max_height: Natural | None = key(
        "input-object-max-height",
        Reader.INTEGER,
        "Secondary: higher objects are not looked at, in pixels; 0 = no limit (default).",
    )
    crop_objects_to_roi_boundary: bool | None = key(
        "crop-objects-to-roi-boundary",
        Reader.BOOLEAN,
        "Cut objects at the border of the region of interest that they were found in. Default 0.",
        since=DsVersion.V6_2,
    )
    net_scale_factor: float | None = key(
        "net-scale-factor",
        Reader.DOUBLE,
        "Pixels become net-scale-factor * (pixel - offset). Default 1; 0.00392156862745098 is 1/255.",
    )
    offsets: tuple[float, ...] | None = key(
        "offsets",
        Reader.DOUBLE_LIST,
        max_length=4,  # _MAX_CHANNELS
        description="What is taken from pixels before scaling, one number for each channel, 0 to 255.",
    )
    mean_file: str | None = key("mean-file", Reader.PATH, "Picture (PPM) that is taken from each frame before scaling.")
    model_color_format: ModelColorFormat | None = key(
        "model-color-format",
        Reader.INTEGER,
        "Colours that the network was trained with: 0 = RGB (default), 1 = BGR, 2 = grey.",
    )
    maintain_aspect_ratio: bool | None = key(
        "maintain-aspect-ratio", Reader.BOOLEAN, "Scale without distortion and fill up with black. Default 0."
    )
    symmetric_padding: bool | None = key(
        "symmetric-padding",
        Reader.BOOLEAN,
        "With maintain-aspect-ratio: fill up at both sides instead of right and below. Default 0.",
    )
    scaling_filter: ScalingFilter | None = key(
        "scaling-filter",
        Reader.INTEGER,
        "How pictures are scaled, 0 to 6: 0 = nearest (default), 1 = bilinear, 6 = the platform's default.",
    )
    scaling_compute_hw: ComputeHardware | None = key(
        "scaling-compute-hw",
        Reader.INTEGER,
        "What scales pictures: 0 = the platform's default (default), 1 = GPU, 2 = VIC, on Jetson only.",
    )
    input_tensor_from_meta: bool | None = key(
        "input-tensor-from-meta", Reader.BOOLEAN, "Take inputs that nvdspreprocess made instead of frames. Default 0."
    )
    dump_input_tensor: bool | None = key(
        "dump-input-tensor",
        Reader.INTEGER,
        "For debugging: append inputs to ip_tensor_dump.bin in the working directory. Default 0.",
        since=DsVersion.V6_4,
    )
    overwrite_input_tensor: bool | None = key(
        "overwrite-input-tensor",
        Reader.INTEGER,
        "For debugging: infer what ip-tensor-file holds instead of frames. Default 0.",
        since=DsVersion.V6_4,
    )
    ip_tensor_file: str | None = key(
        "ip-tensor-file", Reader.PATH, "File for overwrite-input-tensor.", since=DsVersion.V6_4
    )
