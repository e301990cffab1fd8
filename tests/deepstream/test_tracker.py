"""Key files of nvtracker."""

from pathlib import Path

import pytest

from deepstream.app.tracker import (
    IdResetMode,
    TrackerFile,
    TrackerGroup,
    check_tracker_file,
    read_tracker_file,
    write_tracker_file,
)
from deepstream.findings import ConfigTextError
from deepstream.versions import DsVersion
from tests.deepstream.samples import samples_of

SAMPLES = samples_of("tracker-gst")
TEXT = "[tracker]\ntracker-width=640\ntracking-id-reset-mode=3\nll-lib-file=/opt/lib.so\nll-config-file=a.yml\n"


def test_a_file_is_read_typed_and_written_back() -> None:
    file, findings = read_tracker_file(TEXT, "tracker.txt")
    assert findings == ()
    assert file.tracker == TrackerGroup(
        tracker_width=640, tracking_id_reset_mode=IdResetMode.BOTH, ll_lib_file="/opt/lib.so", ll_config_file="a.yml"
    )
    assert read_tracker_file(write_tracker_file(file), "tracker.txt")[0] == file
    assert write_tracker_file(file.tracker) == write_tracker_file(file)


def test_the_yaml_form_says_the_same() -> None:
    text = "tracker:\n  tracker-width: 640\n  tracking-id-reset-mode: 3\n  ll-lib-file: /opt/lib.so\n"
    text += "  ll-config-file: a.yml\n"
    assert read_tracker_file(text, "tracker.yml") == read_tracker_file(TEXT, "tracker.txt")


@pytest.mark.parametrize(("version", "count"), [(DsVersion.V6_2, 0), (DsVersion.V6_3, 2), (DsVersion.V9_1, 2)])
def test_old_keys_are_typed_and_said_to_be_old(version: DsVersion, count: int) -> None:
    text = "[tracker]\nenable-batch-process=1\nenable-past-frame=0\n"
    file, findings = read_tracker_file(text, "tracker.txt", version)
    assert file.tracker == TrackerGroup(enable_batch_process=True, enable_past_frame=False)
    assert [one.severity for one in findings] == ["warning"] * count


def test_other_groups_are_kept() -> None:
    file, findings = read_tracker_file(TEXT + "[other]\na=1\n", "tracker.txt")
    assert file.extra_groups == {"other": {"a": "1"}}
    assert [one.group for one in findings] == ["other"]
    assert "[other]\na=1\n" in write_tracker_file(file)


def test_rules() -> None:
    good, _ = read_tracker_file(TEXT, "tracker.txt")
    assert check_tracker_file(good) == ()
    assert [(one.severity, one.group) for one in check_tracker_file(TrackerFile())] == [("error", "tracker")]
    bad = TrackerFile(tracker=TrackerGroup(input_tensor_meta=True))
    assert [one.key for one in check_tracker_file(bad)] == ["ll-lib-file", "tensor-meta-gie-id"]


def test_the_file_of_the_library_is_no_key_file() -> None:
    with pytest.raises(ConfigTextError):
        read_tracker_file("%YAML:1.0\nBaseConfig:\n  minDetectorConfidence: 0\n", "tracker.txt")


@pytest.mark.skipif(not SAMPLES, reason="the sample files are not on this machine")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name[-60:])
def test_samples_keep_their_meaning(path: Path) -> None:
    file, findings = read_tracker_file(path.read_text(), path.name)
    assert {one.key for one in findings} <= {"enable-batch-process", "enable-past-frame"}
    assert {one.severity for one in findings} <= {"warning"}
    assert check_tracker_file(file) == ()
    assert file.extra_groups == {}
    assert read_tracker_file(write_tracker_file(file, "again"), "tracker.txt")[0] == file
