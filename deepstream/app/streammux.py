"""The group `[streammux]`: how frames of all sources become batches.

Source: deepstream_config_file_parser.c and deepstream_streammux.c of DeepStream 6.0 to 6.3 and 9.1. With
USE_NEW_NVSTREAMMUX=yes in its environment DeepStream passes over most keys; their descriptions say "old muxer".
"""

from deepstream.app.values import Flag, Unsigned
from deepstream.groups import KeyGroup, Natural, key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import ComputeHardware, MemoryType
from deepstream.versions import DsVersion


class StreammuxGroup(KeyGroup):
    """Batches of frames. The group has no `enable`: that it is there is enough."""

    batch_size: Unsigned | None = key(
        "batch-size",
        Reader.INTEGER,
        "Frames in a batch, one for each source; default 1. [source-list] replaces it by the number of "
        "sources, nvmultiurisrcbin by max-batch-size.",
    )
    width: Unsigned | None = key("width", Reader.INTEGER, "Width of all frames in pixels (old muxer).")
    height: Unsigned | None = key("height", Reader.INTEGER, "Height of all frames in pixels (old muxer).")
    enable_padding: Flag | None = key(
        "enable-padding", Reader.INTEGER, "Keep the aspect ratio of sources by black bars (old muxer)."
    )
    batched_push_timeout: int | None = key(
        "batched-push-timeout",
        Reader.INTEGER,
        "Time in µs after which a batch goes on without the frames that are missing; default -1 = wait for "
        "ever. For cameras 1000000 / frames per second (old muxer).",
    )
    live_source: Flag | None = key(
        "live-source", Reader.INTEGER, "The sources are cameras, which cannot wait (old muxer)."
    )
    buffer_pool: int | None = key(
        "buffer-pool-size",
        Reader.INTEGER,
        "Batches that are under way at a time; less than 4 is taken for 4 (old muxer).",
    )
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU that scales frames (old muxer).")
    nvbuf_memory_type: MemoryType | None = key("nvbuf-memory-type", Reader.INTEGER, "Where frames lie (old muxer).")
    compute_hw: ComputeHardware | None = key(
        "compute-hw", Reader.INTEGER, "What scales frames (old muxer).", since=DsVersion.V6_4
    )
    attach_sys_ts_as_ntp: Flag | None = txt_key(
        "attach-sys-ts-as-ntp",
        Reader.INTEGER,
        "1 or absent: frames have the time of this machine. 0: the time that RTSP cameras tell.",
    )
    sync_inputs: Flag | None = key("sync-inputs", Reader.INTEGER, "Put together frames of the same time.")
    max_latency: Natural | None = key(
        "max-latency", Reader.UINT64, "sync-inputs: how long to wait for late frames, in ns."
    )
    sync_inputs_ntp: Unsigned | None = txt_key(
        "sync-inputs-ntp",
        Reader.INTEGER,
        # The API reference of 8.0 shows it and align-first-buffer, that of 7.1 does not.
        since=DsVersion.V8_0,
        description="Put together frames whose NTP times differ by no more than so many µs (old muxer).",
    )
    frame_duration: Natural | None = key(
        "frame-duration",
        Reader.UINT64,
        "Duration of frames in ms, to correct NTP times; 0 = from the stream; 18446744073709551615 (-1) or "
        "absent = do not correct.",
        since=DsVersion.V6_2,
    )
    drop_pipeline_eos: bool | None = key(
        "drop-pipeline-eos",
        Reader.BOOLEAN,
        "Go on when all sources have ended; needed where cameras come and go.",
        since=DsVersion.V6_2,
    )
    async_process: bool | None = key(
        "async-process",
        Reader.BOOLEAN,
        "Scale frames beside other work; default 1; not with nvmultiurisrcbin (old muxer).",
        since=DsVersion.V6_2,
    )
    sort_batch: bool | None = txt_key(
        "sort-batch", Reader.BOOLEAN, "Frames of a batch in the order of source ids (old muxer).", since=DsVersion.V6_4
    )
    cache_buffer: bool | None = txt_key(
        "cache-buffer",
        Reader.BOOLEAN,
        "Show the last frame again when a new one is late (old muxer).",
        since=DsVersion.V6_4,
    )
    cache_buffer_timeout: int | None = txt_key(
        "cache-buffer-timeout",
        Reader.INTEGER,
        "cache-buffer: for how many µs, then grey; -1 or absent = for ever (old muxer).",
        since=DsVersion.V6_4,
    )
    align_first_buffer: Flag | None = txt_key(
        "align-first-buffer", Reader.INTEGER, "Wait until all sources gave their first frame.", since=DsVersion.V8_0
    )
    frame_num_reset_on_eos: bool | None = key(
        "frame-num-reset-on-eos", Reader.BOOLEAN, "Count the frames of a source from 0 when it ended."
    )
    frame_num_reset_on_stream_reset: bool | None = key(
        "frame-num-reset-on-stream-reset",
        Reader.BOOLEAN,
        "Count the frames of a source from 0 when it is connected again; with tracking-id-reset-mode=1.",
        since=DsVersion.V6_2,
    )
    num_surfaces_per_frame: int | None = key(
        "num-surfaces-per-frame",
        Reader.INTEGER,
        "Pictures in a frame, as dewarpers give them; default 1.",
        since=DsVersion.V6_3,
    )
    extract_sei_type5_data: Flag | None = txt_key(
        "extract-sei-type5-data",
        Reader.INTEGER,
        "Attach user data of the stream (SEI type 5) to frames.",
        since=DsVersion.V6_4,
    )
    extract_sei_sim_time: Flag | None = txt_key(
        "extract-sei-sim-time",
        Reader.INTEGER,
        "Attach the simulation time in the stream to frames.",
        since=DsVersion.V6_4,
    )
    # The API reference of 9.0 shows these two, that of 8.0 does not.
    drop_backward_sei: Flag | None = txt_key(
        "drop-backward-sei", Reader.INTEGER, "Drop user data that is older than the frame.", since=DsVersion.V9_0
    )
    failsafe_flush_count: int | None = key(
        "failsafe-flush-count",
        Reader.INTEGER,
        "After how many batches a stuck muxer is flushed; 0 = never.",
        since=DsVersion.V9_0,
    )
    config_file_path: str | None = key(
        "config-file-path", Reader.PATH, "Settings of the new muxer.", since=DsVersion.V6_4
    )
    config_file: str | None = txt_key("config-file", Reader.PATH, "Old name of config-file-path.", until=DsVersion.V6_3)
