"""The group `[streammux]`: how frames of all sources become batches.

Source: deepstream_config_file_parser.c and deepstream_streammux.c of DeepStream 6.0 to 6.3 and 9.1. With
USE_NEW_NVSTREAMMUX=yes in its environment DeepStream passes over most keys; their descriptions say "old muxer".
"""

from deepstream.app.values import Flag, Unsigned
from deepstream.groups import KeyGroup, key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import ComputeHardware, MemoryType
from deepstream.versions import DsVersion


class StreammuxGroup(KeyGroup):
    """Batches of frames. The group has no `enable`: that it is there is enough."""

    batch_size: Unsigned | None = key(
        "batch-size",
        Reader.INTEGER,
        description="Frames in a batch, one for each source; default 1. [source-list] replaces it by the number of "
        "sources, nvmultiurisrcbin by max-batch-size.",
    )
    width: Unsigned | None = key("width", Reader.INTEGER, description="Width of all frames in pixels (old muxer).")
    height: Unsigned | None = key("height", Reader.INTEGER, description="Height of all frames in pixels (old muxer).")
    enable_padding: Flag | None = key(
        "enable-padding", Reader.INTEGER, description="Keep the aspect ratio of sources by black bars (old muxer)."
    )
    batched_push_timeout: int | None = key(
        "batched-push-timeout",
        Reader.INTEGER,
        description="Time in µs after which a batch goes on without the frames that are missing; default -1 = wait for "
        "ever. For cameras 1000000 / frames per second (old muxer).",
    )
    live_source: Flag | None = key(
        "live-source", Reader.INTEGER, description="The sources are cameras, which cannot wait (old muxer)."
    )
    buffer_pool: int | None = key(
        "buffer-pool-size",
        Reader.INTEGER,
        description="Batches that are under way at a time; less than 4 is taken for 4 (old muxer).",
    )
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, description="GPU that scales frames (old muxer).")
    nvbuf_memory_type: MemoryType | None = key(
        "nvbuf-memory-type", Reader.INTEGER, description="Where frames lie (old muxer)."
    )
    compute_hw: ComputeHardware | None = key(
        "compute-hw", Reader.INTEGER, since=DsVersion.V6_4, description="What scales frames (old muxer)."
    )
    attach_sys_ts_as_ntp: Flag | None = txt_key(
        "attach-sys-ts-as-ntp",
        Reader.INTEGER,
        description="1 or absent: frames have the time of this machine. 0: the time that RTSP cameras tell.",
    )
    sync_inputs: Flag | None = key("sync-inputs", Reader.INTEGER, description="Put together frames of the same time.")
    max_latency: int | None = key(
        "max-latency", Reader.UINT64, ge=0, description="sync-inputs: how long to wait for late frames, in ns."
    )
    sync_inputs_ntp: Unsigned | None = txt_key(
        "sync-inputs-ntp",
        Reader.INTEGER,
        # The API reference of 8.0 shows it and align-first-buffer, that of 7.1 does not.
        since=DsVersion.V8_0,
        description="Put together frames whose NTP times differ by no more than so many µs (old muxer).",
    )
    frame_duration: int | None = key(
        "frame-duration",
        Reader.UINT64,
        since=DsVersion.V6_2,
        ge=0,
        description="Duration of frames in ms, to correct NTP times; 0 = from the stream; 18446744073709551615 (-1) or "
        "absent = do not correct.",
    )
    drop_pipeline_eos: bool | None = key(
        "drop-pipeline-eos",
        Reader.BOOLEAN,
        since=DsVersion.V6_2,
        description="Go on when all sources have ended; needed where cameras come and go.",
    )
    async_process: bool | None = key(
        "async-process",
        Reader.BOOLEAN,
        since=DsVersion.V6_2,
        description="Scale frames beside other work; default 1; not with nvmultiurisrcbin (old muxer).",
    )
    sort_batch: bool | None = txt_key(
        "sort-batch",
        Reader.BOOLEAN,
        since=DsVersion.V6_4,
        description="Frames of a batch in the order of source ids (old muxer).",
    )
    cache_buffer: bool | None = txt_key(
        "cache-buffer",
        Reader.BOOLEAN,
        since=DsVersion.V6_4,
        description="Show the last frame again when a new one is late (old muxer).",
    )
    cache_buffer_timeout: int | None = txt_key(
        "cache-buffer-timeout",
        Reader.INTEGER,
        since=DsVersion.V6_4,
        description="cache-buffer: for how many µs, then grey; -1 or absent = for ever (old muxer).",
    )
    align_first_buffer: Flag | None = txt_key(
        "align-first-buffer",
        Reader.INTEGER,
        since=DsVersion.V8_0,
        description="Wait until all sources gave their first frame.",
    )
    frame_num_reset_on_eos: bool | None = key(
        "frame-num-reset-on-eos", Reader.BOOLEAN, description="Count the frames of a source from 0 when it ended."
    )
    frame_num_reset_on_stream_reset: bool | None = key(
        "frame-num-reset-on-stream-reset",
        Reader.BOOLEAN,
        since=DsVersion.V6_2,
        description="Count the frames of a source from 0 when it is connected again; with tracking-id-reset-mode=1.",
    )
    num_surfaces_per_frame: int | None = key(
        "num-surfaces-per-frame",
        Reader.INTEGER,
        since=DsVersion.V6_3,
        description="Pictures in a frame, as dewarpers give them; default 1.",
    )
    extract_sei_type5_data: Flag | None = txt_key(
        "extract-sei-type5-data",
        Reader.INTEGER,
        since=DsVersion.V6_4,
        description="Attach user data of the stream (SEI type 5) to frames.",
    )
    extract_sei_sim_time: Flag | None = txt_key(
        "extract-sei-sim-time",
        Reader.INTEGER,
        since=DsVersion.V6_4,
        description="Attach the simulation time in the stream to frames.",
    )
    # The API reference of 9.0 shows these two, that of 8.0 does not.
    drop_backward_sei: Flag | None = txt_key(
        "drop-backward-sei",
        Reader.INTEGER,
        since=DsVersion.V9_0,
        description="Drop user data that is older than the frame.",
    )
    failsafe_flush_count: int | None = key(
        "failsafe-flush-count",
        Reader.INTEGER,
        since=DsVersion.V9_0,
        description="After how many batches a stuck muxer is flushed; 0 = never.",
    )
    config_file_path: str | None = key(
        "config-file-path", Reader.PATH, since=DsVersion.V6_4, description="Settings of the new muxer."
    )
    config_file: str | None = txt_key(
        "config-file", Reader.PATH, until=DsVersion.V6_3, description="Old name of config-file-path."
    )
