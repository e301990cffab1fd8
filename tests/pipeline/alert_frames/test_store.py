"""Frames of alerts on the disk: what is found again, also by another run of the program, and what stops nothing."""

import dataclasses
import os
import stat
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.alert_frames.frame_file import NoFrameError, decode_frame, encode_frame
from pipeline.alert_frames.store import AlertFrames
from pipeline.files.alert_rules import AlertSettings
from pipeline.frame_conversion import bgr_of
from pipeline.model import Alert, AlertNews, CapturedFrame, Detection, FrameCounts, FrameResult, TrackedObject
from tests.pipeline.messages.results import frame_of, lines, person, picture

SMALL = picture(320, 180)
BOUNDS = AlertSettings(frames_per_camera=2)


def news(alert_id: str, *, keeps_frame: bool = True, ended: bool = False) -> AlertNews:
    return AlertNews(
        Alert(alert_id, "busy", 1, 2, 100.0, "2 person", 105.0 if ended else None), keeps_frame=keeps_frame
    )


def shown(camera_id: str = "gate", number: int = 7) -> FrameResult:
    found = TrackedObject(3, Detection(1.5, 2, 30, 40, 1, "Mütze|", 0.5), ("yard",), (), ("in",), ("north",))
    counts = FrameCounts({"in": 1}, {"in": 9}, {"yard": 1}, {"yard": True}, {"Mütze|": 1})
    return frame_of(camera_id, found, number=number, counts=counts, shown=SMALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "alert-frames"


@pytest.fixture
def frames(folder: Path) -> AlertFrames:
    return AlertFrames(folder, BOUNDS)


def test_a_frame_is_found_again_with_all_that_was_known_of_it(frames: AlertFrames) -> None:
    frames.keep(news("a-1"), shown())
    kept = frames.find("gate", "a-1")
    assert kept is not None
    assert (kept.result.objects, kept.result.counts) == (shown().objects, shown().counts)
    frame = kept.result.frame
    assert (frame.camera_id, frame.number, frame.seen_at_s) == ("gate", 7, shown().frame.seen_at_s)
    assert frame.decoded_at_s < time.monotonic() - 3600  # of 2022, by the clock of this run
    assert np.abs(bgr_of(frame.picture).astype(int) - bgr_of(SMALL)).mean() < 5


def test_another_run_finds_what_one_before_it_has_kept(frames: AlertFrames, folder: Path) -> None:
    for number in (1, 2):
        frames.keep(news(f"a-{number}"), shown(number=number))
        os.utime(folder / "gate" / f"a-{number}.jpg", (1000 + number, time.time() - 10 + number))
    (folder / "gate" / "a-3.part").write_bytes(b"half")
    (folder / "gate" / "of somebody else.txt").write_text("")
    again = AlertFrames(folder, BOUNDS)
    assert again.ids("gate") == ("a-2", "a-1")
    kept = again.find("gate")
    assert kept is not None
    assert (kept.alert_id, kept.result.frame.number) == ("a-2", 2)
    assert sorted(one.name for one in (folder / "gate").iterdir()) == ["a-1.jpg", "a-2.jpg", "of somebody else.txt"]


def test_the_oldest_go_from_the_disk_too(frames: AlertFrames, folder: Path) -> None:
    for number in range(4):
        frames.keep(news(f"a-{number}"), shown())
    frames.keep(news("b-0"), shown("yard"))
    assert frames.ids("gate") == ("a-3", "a-2")
    assert sorted(one.name for one in folder.glob("*/*")) == ["a-2.jpg", "a-3.jpg", "b-0.jpg"]
    assert frames.find("gate", "a-1") is None
    frames.forget_surplus(time.monotonic() + 8 * 86400)
    assert list(folder.glob("*/*")) == []


def test_what_is_not_wanted_is_not_kept_and_before_there_is_something_there_is_no_folder(
    frames: AlertFrames, folder: Path
) -> None:
    frames.keep(news("a-1", keeps_frame=False), shown())
    frames.keep(news("a-1", ended=True), shown())
    assert frames.find("gate") is frames.find("gate", "a-1") is None
    assert not folder.exists()


def test_nobody_else_on_the_machine_sees_them(frames: AlertFrames, folder: Path) -> None:
    frames.keep(news("a-1"), shown())
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (folder, folder / "gate", folder / "gate" / "a-1.jpg")]
    assert modes == [0o700, 0o700, 0o600]


@pytest.mark.parametrize("camera_id", ["../../etc", "..", ".", "", "a/b", "Tür 1", "x" * 300, "\ud800"])
def test_any_id_of_a_camera_is_a_folder_of_its_own_inside(frames: AlertFrames, folder: Path, camera_id: str) -> None:
    frames.keep(news("a-1"), shown("gate"))
    frames.keep(news("a-2"), shown(camera_id))
    assert frames.ids("gate") == ("a-1",)
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert [path.parent.parent for path in kept] == [folder, folder]


def test_a_file_that_somebody_changed_is_no_frame(frames: AlertFrames, folder: Path) -> None:
    frames.keep(news("a-1"), shown())
    file = folder / "gate" / "a-1.jpg"
    for damaged in (b"", b"no picture", file.read_bytes()[:100], cv2.imencode(".jpg", bgr_of(SMALL))[1].tobytes()):
        file.write_bytes(damaged)
        assert frames.find("gate", "a-1") is None
    file.unlink()
    assert frames.find("gate") is None


def test_a_disk_that_takes_nothing_is_told_once_and_stops_nothing(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_text("a file in the place of the folder")
    frames = AlertFrames(folder, BOUNDS)
    for number in range(3):
        frames.keep(news(f"a-{number}"), shown())
    assert [record.message for record in caplog.records] == [
        f"frames of alerts cannot be kept in {folder}: File exists; said once until they can"
    ]
    folder.unlink()
    frames.keep(news("a-9"), shown())
    assert frames.ids("gate") == ("a-9",)


def test_of_very_many_objects_those_are_kept_that_a_file_has_room_for() -> None:
    crowd = frame_of("gate", *(person(number, "p" * 64) for number in range(2000)), shown=SMALL)
    _, result = decode_frame(encode_frame(news("a-1").alert, crowd), 0.0, 0.0)
    assert 100 < len(result.objects) < 2000
    counts = lines({}, {"x" * 70_000: 1})
    with pytest.raises(ValueError, match="too long"):
        encode_frame(news("a-1").alert, frame_of("gate", counts=counts, shown=SMALL))


def test_a_frame_from_the_future_is_no_older_than_now() -> None:
    captured = dataclasses.replace(shown().frame, seen_at_s=2000.0)
    assert isinstance(captured, CapturedFrame)
    file = encode_frame(news("a-1").alert, dataclasses.replace(shown(), frame=captured))
    assert decode_frame(file, 50.0, 1000.0)[1].frame.decoded_at_s == 50.0
    with pytest.raises(NoFrameError):
        decode_frame(file.replace(b'"seen_at_s":2000.0', b'"seen_at_s":"hey"'), 50.0, 1000.0)
