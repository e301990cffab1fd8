"""The groups of sinks, `[sink0]`, `[sink1]`...: where frames and messages go.

Source: deepstream_config_file_parser.c and deepstream_sink_bin.c of DeepStream 6.0 to 6.3 and 9.1.
"""

from enum import IntEnum

from deepstream.app.messages import MessageConversion
from deepstream.app.values import Flag, SwitchedGroup, Unsigned
from deepstream.groups import Natural, key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import ComputeHardware, MemoryType
from deepstream.versions import DsVersion


class SinkType(IntEnum):
    """Where frames go (NvDsSinkType)."""

    FAKE = 1
    """Nowhere."""
    EGL = 2
    """A window; on Jetson the 3D sink."""
    FILE = 3
    RTSP = 4
    """An RTSP server of its own, `rtsp://<host>:<rtsp-port>/ds-test`, fed over UDP."""
    DRM = 5
    """A display without window system; Jetson. In 6.0 the overlay."""
    MESSAGE_BROKER = 6
    """Messages instead of frames."""


class Codec(IntEnum):
    """How video is encoded."""

    H264 = 1
    H265 = 2
    MPEG4 = 3
    """Files only."""


class Container(IntEnum):
    """The format of files. Counted from 1, unlike `smart-rec-container`."""

    MP4 = 1
    MKV = 2


class EncoderType(IntEnum):
    """What encodes."""

    HARDWARE = 0
    """NVENC; some data centre GPUs have none."""
    SOFTWARE = 1
    """The CPU."""


class _FrameSink(SwitchedGroup):
    type: SinkType | None = key("type", Reader.INTEGER, "Where frames go.")
    source_id: Unsigned | None = key(
        "source-id",
        Reader.INTEGER,
        "Without tiler, or with link-to-demux: the source whose frames these are; default 0.",
    )
    link_to_demux: Flag | None = key(
        "link-to-demux", Reader.INTEGER, "Take the source's own frames beside the tiler, whose enable is 2."
    )
    sync: Flag | None = key("sync", Reader.INTEGER, "1 = at the speed of the stream; 0 or absent = as fast as it goes.")
    qos: bool | None = key("qos", Reader.BOOLEAN, "Drop frames that are late; default 0.")
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU that encodes or draws.")
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, "Where converted frames lie.")
    nvdslogger: bool | None = key(
        "nvdslogger",
        Reader.BOOLEAN,
        "Measure frames per second, for the log and for the metrics of the REST server.",
        since=DsVersion.V6_4,
    )
    show_fps: bool | None = key("show-fps", Reader.BOOLEAN, "nvdslogger: log frames per second.", since=DsVersion.V6_4)
    show_latency: bool | None = key("show-latency", Reader.BOOLEAN, "nvdslogger: log latencies.", since=DsVersion.V6_4)
    width: int | None = key("width", Reader.INTEGER, "Types 2 and 5: width of the window in pixels.")
    height: int | None = key("height", Reader.INTEGER, "Types 2 and 5: height of the window in pixels.")

    codec: Codec | None = key("codec", Reader.INTEGER, "Types 3 and 4: 1 = H.264 (default), 2 = H.265.")
    enc_type: EncoderType | None = key(
        "enc-type", Reader.INTEGER, "Types 3 and 4: 0 = hardware (default), 1 = software."
    )
    bitrate: int | None = key("bitrate", Reader.INTEGER, "Types 3 and 4: bits per second.")
    profile: Unsigned | None = key(
        "profile", Reader.INTEGER, "Types 3 and 4: profile of the hardware encoder; H.264: 0, 2 or 4."
    )
    iframeinterval: Unsigned | None = key(
        "iframeinterval", Reader.INTEGER, "Types 3 and 4: frames from key frame to key frame."
    )
    sw_preset: int | None = txt_key(
        "sw-preset", Reader.INTEGER, "Software encoder: from 1 (fastest) on.", since=DsVersion.V6_3
    )
    copy_meta: Unsigned | None = txt_key(
        "copy-meta", Reader.INTEGER, "Jetson encoder: keep metadata.", since=DsVersion.V6_2
    )
    output_io_mode: int | None = txt_key(
        "output-io-mode", Reader.INTEGER, "Jetson encoder: 2 = mmap, 5 = dmabuf-import.", since=DsVersion.V6_2
    )
    compute_hw: ComputeHardware | None = key(
        "compute-hw", Reader.INTEGER, "Types 3 and 4: what converts frames.", since=DsVersion.V6_4
    )
    container: Container | None = key("container", Reader.INTEGER, "Type 3: 1 = mp4 (default), 2 = mkv.")
    output_file: str | None = key(
        "output-file", Reader.STRING, "Type 3: the file, seen from the folder that the program runs in."
    )
    rtsp_port: Unsigned | None = key("rtsp-port", Reader.INTEGER, "Type 4: TCP port of the RTSP server; default 8554.")
    udp_port: Unsigned | None = key(
        "udp-port", Reader.INTEGER, "Type 4: UDP port inside; differs for each sink; default 5000."
    )
    udp_buffer_size: Natural | None = key(
        "udp-buffer-size", Reader.UINT64, "Type 4: buffer of the RTSP server in bytes."
    )
    color_range: int | None = key(
        "color-range", Reader.INTEGER, "Type 5: range of colours; -1 = as it is.", since=DsVersion.V6_1
    )
    conn_id: Unsigned | None = key("conn-id", Reader.INTEGER, "Type 5: the display.", since=DsVersion.V6_1)
    plane_id: Unsigned | None = key("plane-id", Reader.INTEGER, "Type 5: the plane.", since=DsVersion.V6_1)
    set_mode: int | None = key(
        "set-mode", Reader.INTEGER, "Type 5: 1 = set the mode of the display.", since=DsVersion.V6_1
    )
    overlay_id: Unsigned | None = txt_key(
        "overlay-id", Reader.INTEGER, "Overlay of the old type 5.", until=DsVersion.V6_0
    )
    display_id: Unsigned | None = txt_key(
        "display-id", Reader.INTEGER, "Display of the old type 5.", until=DsVersion.V6_0
    )
    offset_x: Unsigned | None = txt_key("offset-x", Reader.INTEGER, "Position of the old type 5.", until=DsVersion.V6_0)
    offset_y: Unsigned | None = txt_key("offset-y", Reader.INTEGER, "Position of the old type 5.", until=DsVersion.V6_0)


class SinkGroup(MessageConversion, _FrameSink):
    """One sink. Which keys count depends on its type."""

    msg_broker_proto_lib: str | None = key(
        "msg-broker-proto-lib",
        Reader.STRING,
        "Type 6: library of the broker's adaptor, such as libnvds_kafka_proto.so.",
    )
    msg_broker_conn_str: str | None = key(
        "msg-broker-conn-str",
        Reader.STRING,
        "Type 6: where the broker is. Kafka: host;port or host;port;topic, one broker only.",
        secret=True,
    )
    topic: str | None = key("topic", Reader.STRING, "Type 6: topic of the messages.")
    msg_broker_config: str | None = key("msg-broker-config", Reader.PATH, "Type 6: file that the adaptor reads.")
    msg_broker_comp_id: Unsigned | None = key(
        "msg-broker-comp-id", Reader.INTEGER, "Type 6: send the messages of this component only."
    )
    disable_msgconv: Flag | None = key(
        "disable-msgconv", Reader.INTEGER, "Type 6: no converter of its own, but that of [message-converter]."
    )
    new_api: bool | None = key("new-api", Reader.BOOLEAN, "Type 6: use the library nvmsgbroker.")
    sleep_time: Unsigned | None = txt_key(
        "sleep-time", Reader.INTEGER, "Type 6: pause between messages in ms.", since=DsVersion.V6_4
    )
