"""The groups of sources, `[source0]`, `[source1]`... and `[source-attr-all]`.

Source: deepstream_config_file_parser.c and deepstream_source_bin.c of DeepStream 6.0 to 6.3 and 9.1. Of a key that is
in 9.1 and not in 6.3, `since` names the earliest release that it can be in.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final, Self

from deepstream.app.values import Flag, SwitchedGroup, Unsigned
from deepstream.groups import KeyGroup, key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import MemoryType
from deepstream.versions import DsVersion

FILE: Final = "file://"
RTSP: Final = "rtsp://"


class SourceType(IntEnum):
    """Where frames come from (NvDsSourceType)."""

    CAMERA_V4L2 = 1
    """A USB camera."""
    URI = 2
    """A file or stream, by its address."""
    MULTI_URI = 3
    """As 2, `num-sources` times: `%d` in the address becomes 0, 1, 2 and so on."""
    RTSP = 4
    """A network camera."""
    CAMERA_CSI = 5
    """A camera on a Jetson board."""
    AUDIO_WAV = 6
    AUDIO_URI = 7
    ALSA = 8
    """A microphone."""
    IPC = 9
    """Frames of another process. DeepStream sets it itself; in a file it is not implemented."""


class RtpProtocol(IntEnum):
    """How RTSP cameras send. DeepStream goes by its own choice at any other number."""

    TCP = 4
    UDP_OR_TCP = 7
    """UDP; TCP when that does not work."""


class SmartRecord(IntEnum):
    """What starts the recording of a camera."""

    OFF = 0
    CLOUD = 1
    """Messages."""
    CLOUD_AND_LOCAL = 2
    """Messages, and every `smart-rec-interval` seconds by itself."""


class RecordContainer(IntEnum):
    """The format of recorded files. Counted from 0, unlike `container` of sinks."""

    MP4 = 0
    MKV = 1


class Leak(IntEnum):
    """What a full queue drops."""

    NOTHING = 0
    NEW = 1
    OLD = 2


class BufferMode(IntEnum):
    """How RTSP frames are timed (rtpjitterbuffer)."""

    NONE = 0
    """By the timestamps of the camera alone."""
    SLAVE = 1
    BUFFER = 2
    AUTO = 3
    SYNCED = 4


class DecoderMemory(IntEnum):
    """Where decoded frames lie."""

    DEVICE = 0
    PINNED = 1
    UNIFIED = 2


class SourceGroup(SwitchedGroup):
    """One source, or in `[source-attr-all]` what the sources of `[source-list]` have in common.

    Without `[source-list]` the number in the name of the group means nothing: the first group that is in use is source
    0, the next one source 1, in the order of the file.
    """

    type: SourceType | None = key("type", Reader.INTEGER, "Where frames come from.")
    uri: str | None = key(
        "uri",
        Reader.PATH,
        "Address: rtsp://, http:// or file://. Of file:// addresses DeepStream resolves what follows it "
        "against the folder of this file.",
        secret=True,
    )
    num_sources: int | None = key(
        "num-sources", Reader.INTEGER, "Type 3: how many sources the group stands for; less than 1 is 1."
    )
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU that decodes.")
    camera_id: Unsigned | None = key(
        "camera-id", Reader.INTEGER, "Number of the camera in metadata; default: that in the group's name."
    )
    source_id: Unsigned | None = key("source-id", Reader.INTEGER, "Read, but used by no element.")
    latency: Unsigned | None = key(
        "latency", Reader.INTEGER, "RTSP: jitter buffer in ms; default 100. More survives worse networks."
    )
    drop_on_latency: Flag | None = txt_key(
        "drop-on-latency",
        Reader.INTEGER,
        "RTSP: drop frames that are later than the jitter buffer is long.",
        since=DsVersion.V6_4,
    )
    select_rtp_protocol: RtpProtocol | None = key(
        "select-rtp-protocol", Reader.INTEGER, "RTSP: 4 = TCP only, 7 = UDP, and TCP when UDP fails.", tolerant=True
    )
    set_rtp_protocol: RtpProtocol | None = txt_key(
        "set-rtp-protocol",
        Reader.INTEGER,
        "Another name of select-rtp-protocol; the later one in the file wins.",
        tolerant=True,
        since=DsVersion.V6_4,
    )
    udp_buffer_size: Unsigned | None = key(
        "udp-buffer-size",
        Reader.INTEGER,
        "RTSP over UDP: receive buffer in bytes; default 524288.",
        since=DsVersion.V6_1,
    )
    buffer_mode: BufferMode | None = txt_key(
        "buffer-mode", Reader.INTEGER, "RTSP: how frames are timed.", since=DsVersion.V6_4
    )
    leaky: Leak | None = txt_key("leaky", Reader.INTEGER, "What the queue before decoding drops.", since=DsVersion.V6_4)
    max_size_buffers: Unsigned | None = txt_key(
        "max-size-buffers", Reader.INTEGER, "Length of the queue before decoding, in buffers.", since=DsVersion.V6_4
    )
    rtsp_reconnect_interval_sec: int | None = key(
        "rtsp-reconnect-interval-sec",
        Reader.INTEGER,
        "RTSP: connect again when no frame came for so many seconds; 0 or absent = never.",
    )
    init_rtsp_reconnect_interval_sec: int | None = txt_key(
        "init-rtsp-reconnect-interval-sec",
        Reader.INTEGER,
        "RTSP: connect again so many seconds after an error of the camera; 0 or absent = never.",
        since=DsVersion.V6_4,
    )
    rtsp_reconnect_attempts: int | None = key(
        "rtsp-reconnect-attempts",
        Reader.INTEGER,
        "RTSP: how often to connect again before the camera is given up; -1 = for ever. Default -1, but 0 "
        "in [source-attr-all] and in csv files.",
    )
    drop_frame_interval: Unsigned | None = key(
        "drop-frame-interval", Reader.INTEGER, "The decoder gives every n-th frame only, up to 30; 0 = all."
    )
    num_decode_surfaces: Unsigned | None = key(
        "num-decode-surfaces", Reader.INTEGER, "Frames that the decoder holds; default 16."
    )
    num_extra_surfaces: Unsigned | None = key(
        "num-extra-surfaces",
        Reader.INTEGER,
        "Frames that the decoder holds on top; default 1. Too few, and long pipelines stall.",
    )
    intra_decode_enable: Flag | None = key("intra-decode-enable", Reader.INTEGER, "Decode key frames only.")
    low_latency_decode: Flag | None = txt_key(
        "low-latency-decode",
        Reader.INTEGER,
        "Decode without reordering, for streams without B frames.",
        since=DsVersion.V6_2,
    )
    cudadec_memtype: DecoderMemory | None = key(
        "cudadec-memtype", Reader.INTEGER, "Where decoded frames lie; not on Jetson."
    )
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, "Where converted frames lie.")
    video_format: str | None = key(
        "video-format", Reader.STRING, "Format that frames are converted to: NV12, RGBA.", since=DsVersion.V6_2
    )
    simulate_fps_interval_ms: Unsigned | None = txt_key(
        "simulate-fps-interval-ms",
        Reader.INTEGER,
        "Pretend a frame every so many ms; 0 = as the source gives them.",
        since=DsVersion.V9_0,
    )
    copy_hw: Unsigned | None = key(
        "copy-hw", Reader.INTEGER, "What copies frames; read on Jetson only.", since=DsVersion.V6_4
    )
    sensor_id_pad_id_mapping: bool | None = txt_key(
        "sensorID-padID-mapping",
        Reader.BOOLEAN,
        # The API reference of 8.0 is the first that shows it, the source of 6.3 the last without.
        since=DsVersion.V8_0,
        description="[source-attr-all] with nvmultiurisrcbin: the source id of a camera is the first number in its sensor "
        "id, instead of the next free one.",
    )
    extract_sei_type5_data: Flag | None = txt_key(
        "extract-sei-type5-data",
        Reader.INTEGER,
        "DeepStream 9.1 refuses a file with it, by a mistake of its reader; use that of [streammux].",
        since=DsVersion.V6_4,
    )

    camera_width: int | None = key("camera-width", Reader.INTEGER, "Types 1 and 5: width in pixels.")
    camera_height: int | None = key("camera-height", Reader.INTEGER, "Types 1 and 5: height in pixels.")
    camera_fps_n: int | None = key("camera-fps-n", Reader.INTEGER, "Types 1 and 5: frames ...")
    camera_fps_d: int | None = key("camera-fps-d", Reader.INTEGER, "... in so many seconds, mostly 1.")
    camera_csi_sensor_id: int | None = key("camera-csi-sensor-id", Reader.INTEGER, "Type 5: number of the sensor.")
    camera_v4l2_dev_node: int | None = key("camera-v4l2-dev-node", Reader.INTEGER, "Type 1: n of /dev/video<n>.")
    alsa_device: str | None = key("alsa-device", Reader.STRING, "Type 8: name of the device.")

    smart_record: SmartRecord | None = key(
        "smart-record", Reader.INTEGER, "RTSP only: what starts a recording; 0 = nothing.", tolerant=True
    )
    smart_rec_dir_path: str | None = key(
        "smart-rec-dir-path",
        Reader.STRING,
        "Folder of recordings, not resolved against this file. It must be there and writable, or DeepStream "
        "refuses the file.",
    )
    smart_rec_file_prefix: str | None = key(
        "smart-rec-file-prefix", Reader.STRING, "How names of recordings begin; differs for each source."
    )
    smart_rec_cache: Unsigned | None = key(
        "smart-rec-cache", Reader.INTEGER, "Seconds that are kept, to begin a recording in the past."
    )
    smart_rec_video_cache: Unsigned | None = key(
        "smart-rec-video-cache", Reader.INTEGER, "Old name of smart-rec-cache."
    )
    smart_rec_container: RecordContainer | None = key("smart-rec-container", Reader.INTEGER, "0 = mp4, 1 = mkv.")
    smart_rec_start_time: Unsigned | None = key(
        "smart-rec-start-time", Reader.INTEGER, "Begin so many seconds before the event."
    )
    smart_rec_default_duration: Unsigned | None = key(
        "smart-rec-default-duration", Reader.INTEGER, "End after so many seconds when nothing ends it."
    )
    smart_rec_duration: Unsigned | None = key("smart-rec-duration", Reader.INTEGER, "Length of a recording in seconds.")
    smart_rec_interval: Unsigned | None = key(
        "smart-rec-interval", Reader.INTEGER, "smart-record 2: record every so many seconds."
    )

    def with_paths(self, rewrite: Callable[[str], str]) -> Self:
        """As for all groups; of `uri` only what follows file:// is a path."""
        return self.model_copy(update={"uri": None if self.uri is None else with_path(self.uri, rewrite)})


def with_path(uri: str, rewrite: Callable[[str], str]) -> str:
    """The address with another path when it is that of a file."""
    return FILE + rewrite(uri.removeprefix(FILE)) if uri.startswith(FILE) else uri


class CsvSourceGroup(KeyGroup):
    """`source:` of a YAML file, which names a csv file of sources; the key file has groups instead."""

    csv_file_path: str | None = key(
        "csv-file-path", Reader.PATH, "The csv file: a row of keys of sources, then a row for each source."
    )
