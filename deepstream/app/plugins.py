"""The groups of single elements. Source: deepstream_config_file_parser.c of DeepStream 6.0 to 6.3 and 9.1."""

from deepstream.app.values import Flag, SwitchedGroup, Unsigned
from deepstream.groups import key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import MemoryType
from deepstream.versions import DsVersion


class AnalyticsGroup(SwitchedGroup):
    """`[nvds-analytics]`: lines and regions."""

    config_file: str | None = key("config-file", Reader.PATH, description="File of nvdsanalytics.")


class DsExampleGroup(SwitchedGroup):
    """`[ds-example]`: the element that shows how to write one's own."""

    full_frame: Flag | None = key("full-frame", Reader.INTEGER, description="Whole frames, not objects.")
    processing_width: int | None = key("processing-width", Reader.INTEGER, description="Width in pixels.")
    processing_height: int | None = key("processing-height", Reader.INTEGER, description="Height in pixels.")
    blur_objects: bool | None = key("blur-objects", Reader.BOOLEAN, description="Blur objects.")
    unique_id: Unsigned | None = key("unique-id", Reader.INTEGER, description="Id in metadata.")
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, description="GPU.")
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, description="Where frames lie.")
    batch_size: Unsigned | None = txt_key(
        "batch-size", Reader.INTEGER, since=DsVersion.V6_4, description="Frames at a time."
    )


class DewarperGroup(SwitchedGroup):
    """`[dewarper0]`...: the picture of a fisheye camera is straightened. The number is the source id, from 0 to 9."""

    config_file: str | None = key("config-file", Reader.PATH, description="File of nvdewarper.")
    source_id: Unsigned | None = key(
        "source-id", Reader.INTEGER, since=DsVersion.V6_3, description="Source id that nvdewarper is told."
    )
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, description="GPU.")
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, description="Where frames lie.")
    num_surfaces_per_frame: Unsigned | None = key(
        "num-surfaces-per-frame", Reader.INTEGER, description="Pictures out of one frame."
    )
    num_output_buffers: Unsigned | None = key(
        "num-output-buffers", Reader.INTEGER, since=DsVersion.V6_3, description="Frames under way at a time."
    )


class ReplayGroup(SwitchedGroup):
    """`[replay]`: detections out of files, instead of the primary GIE."""

    label_dir: str | None = key(
        "label-dir", Reader.PATH, since=DsVersion.V6_4, description="Folder of detections as KITTI files."
    )
    file_names: str | None = key(
        "file-names", Reader.STRING, since=DsVersion.V6_4, description="Names of files in it, with ; between."
    )
    max_frame_nums: str | None = key(
        "max-frame-nums", Reader.STRING, since=DsVersion.V6_4, description="Frames of each, with ; between."
    )
    label_width: Unsigned | None = key(
        "label-width", Reader.INTEGER, since=DsVersion.V6_4, description="Width that detections refer to; default 1920."
    )
    label_height: Unsigned | None = key(
        "label-height", Reader.INTEGER, since=DsVersion.V6_4, description="Height that they refer to; default 1080."
    )
    interval: Unsigned | None = key(
        "interval", Reader.INTEGER, since=DsVersion.V6_4, description="Frames that are passed over between two."
    )


class ImgSaveGroup(SwitchedGroup):
    """`[img-save]`: pictures of frames and objects are saved."""

    output_folder_path: str | None = key("output-folder-path", Reader.STRING, description="Folder of pictures.")
    frame_to_skip_rules_path: str | None = key(
        "frame-to-skip-rules-path", Reader.STRING, description="csv file of hours in which frames are passed over."
    )
    save_img_full_frame: float | None = key(
        "save-img-full-frame", Reader.DOUBLE, description="1 = save whole frames (default)."
    )
    save_img_cropped_obj: float | None = key("save-img-cropped-obj", Reader.DOUBLE, description="1 = save objects.")
    second_to_skip_interval: float | None = key(
        "second-to-skip-interval", Reader.DOUBLE, description="Seconds between pictures; default 600."
    )
    min_confidence: float | None = key(
        "min-confidence", Reader.DOUBLE, description="Objects of this confidence at least; default 0."
    )
    max_confidence: float | None = key(
        "max-confidence", Reader.DOUBLE, description="Objects of this confidence at most; default 1."
    )
    min_box_width: Unsigned | None = key(
        "min-box-width", Reader.INTEGER, description="Objects of this width in pixels at least; default 1."
    )
    min_box_height: Unsigned | None = key(
        "min-box-height", Reader.INTEGER, description="Objects of this height in pixels at least; default 1."
    )
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, since=DsVersion.V6_2, description="GPU.")
