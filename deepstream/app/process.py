"""The groups about the program as a whole. Source: deepstream_app_config_parser.c of DeepStream 6.0 to 6.3 and 9.1."""

from deepstream.app.values import Flag
from deepstream.groups import KeyGroup, key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.versions import DsVersion


class ApplicationGroup(KeyGroup):
    """`[application]`."""

    enable_perf_measurement: Flag | None = key(
        "enable-perf-measurement", Reader.INTEGER, "Print frames per second, in the order of source ids."
    )
    perf_measurement_interval_sec: int | None = key(
        "perf-measurement-interval-sec", Reader.INTEGER, "Seconds between two prints."
    )
    global_gpu_id: int | None = key(
        "global-gpu-id",
        Reader.INTEGER,
        "GPU of all groups that have no gpu-id; -1 or absent = 0.",
        since=DsVersion.V6_4,
        engine=True,
    )
    gie_kitti_output_dir: str | None = key(
        "gie-kitti-output-dir", Reader.PATH, "Folder that gets detections as KITTI files; fills the disk."
    )
    kitti_track_output_dir: str | None = key(
        "kitti-track-output-dir", Reader.PATH, "Folder that gets tracks as KITTI files."
    )
    reid_track_output_dir: str | None = key(
        "reid-track-output-dir", Reader.PATH, "Folder that gets ReID features.", since=DsVersion.V6_3
    )
    terminated_track_output_dir: str | None = key(
        "terminated-track-output-dir", Reader.PATH, "Folder that gets ended tracks.", since=DsVersion.V6_4
    )
    shadow_track_output_dir: str | None = key(
        "shadow-track-output-dir", Reader.PATH, "Folder that gets shadow tracks.", since=DsVersion.V6_4
    )


class TestsGroup(KeyGroup):
    """`[tests]`."""

    __test__ = False  # pytest takes the name for a class of tests

    file_loop: Flag | None = key("file-loop", Reader.INTEGER, "Begin files again at their end.")
    pipeline_recreate_sec: int | None = txt_key(
        "pipeline-recreate-sec", Reader.INTEGER, "Build the pipeline anew every so many seconds.", since=DsVersion.V6_1
    )
