"""nvtracker: the group `[tracker]` of deepstream-app, and the key files that other apps read it from.

Source: deepstream_config_file_parser.c of DeepStream 6.0 to 6.3 and 9.1, gstnvtracker.cpp of 9.1. The file that
`ll-config-file` names belongs to the tracker library and is passed on as it is.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Self

from pydantic import Field

from deepstream import keyfile
from deepstream.app.values import Flag, SwitchedGroup, Unsigned
from deepstream.config_text import read_groups
from deepstream.findings import Finding, Severity
from deepstream.group_layout import GroupLayout, read_layout, write_layout
from deepstream.groups import GroupedFile, key
from deepstream.keyfile_values import Reader
from deepstream.surfaces import ComputeHardware
from deepstream.versions import NEWEST, DsVersion


class IdResetMode(IntEnum):
    """What becomes of object ids when a stream ends or is connected again."""

    KEEP = 0
    NEW_AFTER_RESET = 1
    """After a reset of the stream all objects have new ids."""
    FROM_ZERO_AFTER_END = 2
    """After the end of a stream ids count from 0."""
    BOTH = 3


class TrackerGroup(SwitchedGroup):
    """The tracker. Only deepstream-app looks at `enable`."""

    ll_lib_file: str | None = key(
        "ll-lib-file", Reader.PATH, "Library of the tracker, such as libnvds_nvmultiobjecttracker.so."
    )
    ll_config_file: str | None = key(
        "ll-config-file",
        Reader.PATH,
        "YAML file of the library. With sub-batches several with ; between, each resolved by itself.",
    )
    tracker_width: Unsigned | None = key(
        "tracker-width", Reader.INTEGER, "Width that frames are scaled to, in pixels; 960 is usual."
    )
    tracker_height: Unsigned | None = key(
        "tracker-height", Reader.INTEGER, "Height that frames are scaled to, in pixels; 544 is usual."
    )
    gpu_id: Unsigned | None = key("gpu-id", Reader.INTEGER, "GPU that tracks.")
    compute_hw: ComputeHardware | None = key("compute-hw", Reader.INTEGER, "What scales frames.", since=DsVersion.V6_2)
    display_tracking_id: Flag | None = key("display-tracking-id", Reader.INTEGER, "Show ids in the picture; default 1.")
    tracking_id_reset_mode: IdResetMode | None = key(
        "tracking-id-reset-mode", Reader.INTEGER, "When ids begin anew; default 0 = never."
    )
    tracking_surface_type: Unsigned | None = key(
        "tracking-surface-type", Reader.INTEGER, "Dewarped pictures to track in; 0 = all, 1 = spot, 2 = aisle."
    )
    tracker_surface_type: Unsigned | None = key("tracker-surface-type", Reader.INTEGER, "Read, but used by no element.")
    user_meta_pool_size: Unsigned | None = key(
        "user-meta-pool-size",
        Reader.INTEGER,
        "Batches whose tracking metadata may be under way at a time; default 32.",
        since=DsVersion.V6_3,
    )
    input_tensor_meta: bool | None = key(
        "input-tensor-meta",
        Reader.BOOLEAN,
        "Take the tensors that nvdspreprocess prepared for tensor-meta-gie-id.",
        since=DsVersion.V6_2,
    )
    tensor_meta_gie_id: Unsigned | None = key(
        "tensor-meta-gie-id", Reader.INTEGER, "input-tensor-meta: id of the model.", since=DsVersion.V6_2
    )
    operate_on_class_ids: str | None = key(
        "operate-on-class-ids",
        Reader.STRING,
        "Classes of the objects to track, with ; between; default all.",
        since=DsVersion.V6_4,
    )
    sub_batches: str | None = key(
        "sub-batches",
        Reader.STRING,
        "Sources that are tracked apart: 0,1;2,3 by source ids, or 2:2 by how many.",
        since=DsVersion.V6_4,
    )
    sub_batch_err_recovery_trial_cnt: int | None = key(
        "sub-batch-err-recovery-trial-cnt",
        Reader.INTEGER,
        "sub-batches: how often the library is started again when it fails; -1 = for ever; default 0.",
        since=DsVersion.V6_4,
    )
    enable_batch_process: Flag | None = key(
        "enable-batch-process", Reader.INTEGER, "Track all sources in one go.", until=DsVersion.V6_2
    )
    enable_past_frame: Flag | None = key(
        "enable-past-frame", Reader.INTEGER, "Give positions of past frames too.", until=DsVersion.V6_2
    )

    def with_paths(self, rewrite: Callable[[str], str]) -> Self:
        """As for all groups; `ll-config-file` may hold several paths."""
        files = self.ll_config_file

        def each(path: str) -> str:
            return ";".join(rewrite(one) if one else one for one in path.split(";")) if path == files else rewrite(path)

        return super().with_paths(each)


_LAYOUT = GroupLayout(single={"tracker": ("tracker", TrackerGroup)})


class TrackerFile(GroupedFile):
    """A whole key file, as deepstream-test2 and the Python samples read it."""

    tracker: TrackerGroup | None = Field(default=None, description="`[tracker]`; must be there.")


def read_tracker_file(
    text: str, file_name: str, version: DsVersion = NEWEST
) -> tuple[TrackerFile, tuple[Finding, ...]]:
    """Reads a file: YAML when its name ends so, else a key file.

    Raises:
        ConfigTextError: DeepStream would not load the text.
    """
    config = read_groups(text, file_name)
    values, findings = read_layout(_LAYOUT, config.groups, version=version, yaml=config.yaml)
    return TrackerFile(**values), config.findings + findings


def write_tracker_file(tracker: TrackerFile | TrackerGroup, header: str = "") -> str:
    """The text of a key file.

    Raises:
        ValueError: an extra key or group cannot stand in a key file.
    """
    file = TrackerFile(tracker=tracker) if isinstance(tracker, TrackerGroup) else tracker
    return keyfile.build(write_layout(_LAYOUT, file), header)


def check_tracker_file(file: TrackerFile) -> tuple[Finding, ...]:
    """What makes the app that reads the file fail."""
    if file.tracker is None:
        message = "the group is missing: the program that reads the file ends; add [tracker]"
        return (Finding(Severity.ERROR, message, "tracker"),)
    return check_tracker(file.tracker)


def check_tracker(group: TrackerGroup) -> tuple[Finding, ...]:
    """What makes nvtracker fail. The caller knows whether the group is in use."""
    findings = []
    if not group.ll_lib_file and "ll-lib-file" not in group.extra_keys:
        message = "no library: nvtracker has none by itself and the pipeline does not start; name one"
        findings.append(Finding(Severity.ERROR, message, "tracker", "ll-lib-file"))
    if group.input_tensor_meta and group.tensor_meta_gie_id is None:
        message = "input-tensor-meta needs to know whose tensors: write the gie-unique-id of the model"
        findings.append(Finding(Severity.WARNING, message, "tracker", "tensor-meta-gie-id"))
    return tuple(findings)
