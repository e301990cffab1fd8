"""The groups about the picture. Source: deepstream_config_file_parser.c of DeepStream 6.0 to 6.3 and 9.1."""

from enum import IntEnum

from deepstream.app.values import Colour, Flag, SwitchedGroup, Unsigned
from deepstream.groups import KeyGroup, key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import ComputeHardware, MemoryType
from deepstream.versions import DsVersion


class OsdProcess(IntEnum):
    """What draws (NvOSD_Mode)."""

    CPU = 0
    GPU = 1
    HARDWARE = 2
    """Jetson only."""


class OsdGroup(SwitchedGroup):
    """`[osd]`: boxes and texts are drawn into the picture."""

    process_mode: OsdProcess | None = key("process-mode", Reader.INTEGER, "What draws: 0 = CPU, 1 = GPU (default).")
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU that draws.")
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, "Where converted frames lie.")
    display_bbox: bool | None = key("display-bbox", Reader.BOOLEAN, "Draw boxes; default 1.")
    display_text: bool | None = key("display-text", Reader.BOOLEAN, "Draw texts; default 1.")
    display_mask: bool | None = key("display-mask", Reader.BOOLEAN, "Draw segmentation masks; default 0.")
    border_width: int | None = key("border-width", Reader.INTEGER, "Width of boxes in pixels.")
    text_size: int | None = key("text-size", Reader.INTEGER, "Size of texts in points; 0 = no text.")
    text_color: Colour | None = key(
        "text-color", Reader.DOUBLE_LIST, "Colour of texts: red;green;blue;opacity, each 0 to 1."
    )
    text_bg_color: Colour | None = key("text-bg-color", Reader.DOUBLE_LIST, "Colour behind texts; 0;0;0;0 = none.")
    font: str | None = key("font", Reader.STRING, "Font of texts, such as Serif.")
    show_clock: Flag | None = key("show-clock", Reader.INTEGER, "Draw the time.")
    clock_x_offset: int | None = key("clock-x-offset", Reader.INTEGER, "Clock: pixels from the left.")
    clock_y_offset: int | None = key("clock-y-offset", Reader.INTEGER, "Clock: pixels from the top.")
    clock_text_size: int | None = key("clock-text-size", Reader.INTEGER, "Clock: size in points.")
    clock_color: Colour | None = key("clock-color", Reader.DOUBLE_LIST, "Clock: colour.")
    hw_blend_color_attr: str | None = key(
        "hw-blend-color-attr", Reader.STRING, "process-mode 2: colours of classes, as class,r,g,b,a:..."
    )


class TilerMode(IntEnum):
    """Whether and beside what the tiler runs (NvDsTiledDisplayEnable)."""

    OFF = 0
    """Each source goes to the sinks with its `source-id`."""
    TILED = 1
    TILED_AND_DEMUX = 2
    """Besides, sinks with `link-to-demux=1` get the frames of their source."""
    MEASURED = 3
    """nvmultiurisrcbin without tiler: latencies and frames per second are measured."""


class TiledDisplayGroup(KeyGroup):
    """`[tiled-display]`: the pictures of all sources as tiles of one."""

    enable: TilerMode | None = key(
        "enable", Reader.INTEGER, "0 or absent = each source by itself, 1 = tiles, 2 = both, 3 = measure."
    )
    rows: Unsigned | None = key("rows", Reader.INTEGER, "Rows of tiles.")
    columns: Unsigned | None = key("columns", Reader.INTEGER, "Columns of tiles.")
    width: Unsigned | None = key("width", Reader.INTEGER, "Width of the whole picture in pixels.")
    height: Unsigned | None = key("height", Reader.INTEGER, "Height of the whole picture in pixels.")
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU that tiles.")
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, "Where the picture lies.")
    compute_hw: ComputeHardware | None = key(
        "compute-hw", Reader.INTEGER, "What scales pictures.", since=DsVersion.V6_2
    )
    buffer_pool_size: Unsigned | None = key(
        "buffer-pool-size", Reader.INTEGER, "Pictures that are under way at a time.", since=DsVersion.V6_2
    )
    square_seq_grid: bool | None = key(
        "square-seq-grid",
        Reader.BOOLEAN,
        "As many tiles as sources, nearly square, instead of rows and columns.",
        since=DsVersion.V6_4,
    )


class SegvisualGroup(SwitchedGroup):
    """`[segvisual]`: segmentation is drawn."""

    batch_size: Unsigned | None = key(
        "batch-size", Reader.INTEGER, "Frames at a time; default 1.", since=DsVersion.V6_3
    )
    width: Unsigned | None = key("width", Reader.INTEGER, "Width in pixels; default 1280.", since=DsVersion.V6_3)
    height: Unsigned | None = key("height", Reader.INTEGER, "Height in pixels; default 720.", since=DsVersion.V6_3)
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU; default 0.", since=DsVersion.V6_3)
    nvbuf_memory_type: MemoryType | None = key(
        "nvbuf-memory-type", Reader.INTEGER, "Where frames lie.", since=DsVersion.V6_3
    )
