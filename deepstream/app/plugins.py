"""The groups of single elements. Source: deepstream_config_file_parser.c of DeepStream 6.0 to 6.3 and 9.1."""

from deepstream.app.values import Flag, SwitchedGroup, Unsigned
from deepstream.groups import key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import MemoryType
from deepstream.versions import DsVersion


class AnalyticsGroup(SwitchedGroup):
    """`[nvds-analytics]`: lines and regions."""

    config_file: str | None = key("config-file", Reader.PATH, "File of nvdsanalytics.")


class DsExampleGroup(SwitchedGroup):
    """`[ds-example]`: the element that shows how to write one's own."""

    full_frame: Flag | None = key("full-frame", Reader.INTEGER, "Whole frames, not objects.")
    processing_width: int | None = key("processing-width", Reader.INTEGER, "Width in pixels.")
    processing_height: int | None = key("processing-height", Reader.INTEGER, "Height in pixels.")
    blur_objects: bool | None = key("blur-objects", Reader.BOOLEAN, "Blur objects.")
    unique_id: Unsigned | None = key("unique-id", Reader.INTEGER, "Id in metadata.")
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU.")
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, "Where frames lie.")
    batch_size: Unsigned | None = txt_key("batch-size", Reader.INTEGER, "Frames at a time.", since=DsVersion.V6_4)


class DewarperGroup(SwitchedGroup):
    """`[dewarper0]`...: the picture of a fisheye camera is straightened. The number is the source id, from 0 to 9."""

    config_file: str | None = key("config-file", Reader.PATH, "File of nvdewarper.")
    source_id: Unsigned | None = key(
        "source-id", Reader.INTEGER, "Source id that nvdewarper is told.", since=DsVersion.V6_3
    )
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU.")
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, "Where frames lie.")
    num_surfaces_per_frame: Unsigned | None = key(
        "num-surfaces-per-frame", Reader.INTEGER, "Pictures out of one frame."
    )
    num_output_buffers: Unsigned | None = key(
        "num-output-buffers", Reader.INTEGER, "Frames under way at a time.", since=DsVersion.V6_3
    )


class ReplayGroup(SwitchedGroup):
    """`[replay]`: detections out of files, instead of the primary GIE."""

    label_dir: str | None = key("label-dir", Reader.PATH, "Folder of detections as KITTI files.", since=DsVersion.V6_4)
    file_names: str | None = key(
        "file-names", Reader.STRING, "Names of files in it, with ; between.", since=DsVersion.V6_4
    )
    max_frame_nums: str | None = key(
        "max-frame-nums", Reader.STRING, "Frames of each, with ; between.", since=DsVersion.V6_4
    )
    label_width: Unsigned | None = key(
        "label-width", Reader.INTEGER, "Width that detections refer to; default 1920.", since=DsVersion.V6_4
    )
    label_height: Unsigned | None = key(
        "label-height", Reader.INTEGER, "Height that they refer to; default 1080.", since=DsVersion.V6_4
    )
    interval: Unsigned | None = key(
        "interval", Reader.INTEGER, "Frames that are passed over between two.", since=DsVersion.V6_4
    )


class ImgSaveGroup(SwitchedGroup):
    """`[img-save]`: pictures of frames and objects are saved."""

    output_folder_path: str | None = key("output-folder-path", Reader.STRING, "Folder of pictures.")
    frame_to_skip_rules_path: str | None = key(
        "frame-to-skip-rules-path", Reader.STRING, "csv file of hours in which frames are passed over."
    )
    save_img_full_frame: float | None = key("save-img-full-frame", Reader.DOUBLE, "1 = save whole frames (default).")
    save_img_cropped_obj: float | None = key("save-img-cropped-obj", Reader.DOUBLE, "1 = save objects.")
    second_to_skip_interval: float | None = key(
        "second-to-skip-interval", Reader.DOUBLE, "Seconds between pictures; default 600."
    )
    min_confidence: float | None = key(
        "min-confidence", Reader.DOUBLE, "Objects of this confidence at least; default 0."
    )
    max_confidence: float | None = key(
        "max-confidence", Reader.DOUBLE, "Objects of this confidence at most; default 1."
    )
    min_box_width: Unsigned | None = key(
        "min-box-width", Reader.INTEGER, "Objects of this width in pixels at least; default 1."
    )
    min_box_height: Unsigned | None = key(
        "min-box-height", Reader.INTEGER, "Objects of this height in pixels at least; default 1."
    )
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU.", since=DsVersion.V6_2)
