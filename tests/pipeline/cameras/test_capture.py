"""Captures on files and on simulated RTSP cameras, with real decoding."""

import logging
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from pipeline.cameras.camera_stats import CameraState
from pipeline.files.settings import CameraSettings
from pipeline.model import CapturedFrame
from simulator.server import Fault, SimulatedCamera
from tests.patience import patient
from tests.pipeline.cameras.watching import States, WatchedCapture, encode
from tests.pipeline.conftest import Program, SimulatorThread

Watch = Callable[..., WatchedCapture]
Wait = Callable[..., Any]
Simulate = Callable[..., SimulatorThread]


def test_a_file_is_looped_and_every_picture_handed_on(watch: Watch, clip: Path, wait_until: Wait) -> None:
    camera = watch(clip)
    # More than the clip has: it began anew.
    wait_until(lambda: len(camera.taken) > 45, "45 pictures")
    assert camera.numbers_grow()
    numbers = [number for _, number in camera.taken]
    assert numbers[:40] == list(range(1, 41))
    assert 8 < camera.seen().fps <= 10.5
    assert camera.seen().frame_number >= camera.taken[-1][1]
    assert (camera.seen().losses, camera.seen().decode_errors) == (0, 0)
    assert camera.last is not None
    assert (camera.last.camera_id, camera.last.picture.width) == ("gate", 320)
    assert abs(camera.last.seen_at_s - time.time()) < 5


@pytest.mark.parametrize(
    ("codec", "coding", "encode_type"),
    [
        ("libx264", "keyint=10:bframes=3:b-adapt=0", "h264"),
        ("libx265", "keyint=10:bframes=3:log-level=none", "h265"),
        ("libx265", "keyint=10:bframes=0:log-level=none", None),
    ],
)
def test_codings(
    watch: Watch, wait_until: Wait, tmp_path: Path, codec: str, coding: str, encode_type: str | None
) -> None:
    clip = encode(tmp_path / "clip.mp4", coding, codec=codec, frames=15, rate=Fraction(30))
    camera = watch(clip, encode_type=encode_type)
    wait_until(lambda: len(camera.taken) > 50, "50 pictures")
    assert camera.numbers_grow()
    # Pictures that the decoder holds back at the end of a loop are no frames more.
    assert camera.taken[-1][1] <= camera.seen().frame_number + 4
    assert camera.seen().decode_errors == 0


def test_a_camera_that_lies_about_its_codec(watch: Watch, wait_until: Wait, simulator: Simulate) -> None:
    camera = watch(simulator("lobby").url("lobby"), encode_type="h265")
    wait_until(camera.is_down, "not reachable")
    assert camera.seen().reason == "it is h264, but encode_type says h265"


def test_frames_are_handed_on_by_the_schedule_and_counted_all(watch: Watch, wait_until: Wait, clip: Path) -> None:
    camera = watch(clip, frame_delay_s=0.4)
    wait_until(lambda: len(camera.taken) >= 16, "16 pictures")
    # Ten frames a second; a busy machine is late with some of the pictures, and never with most of them.
    numbers = [number for _, number in camera.taken]
    assert 3 <= median(after - before for before, after in pairwise(numbers)) <= 5
    wait_until(lambda: 8 < camera.seen().fps <= 10.5, "all frames are counted")


def test_key_frames_alone_are_decoded_over_rtsp(watch: Watch, wait_until: Wait, simulator: Simulate) -> None:
    kinds: list[bool] = []
    camera = watch(
        simulator("lobby").url("lobby"), frame_delay_s=1.0, on_take=lambda frame: kinds.append(frame.picture.key_frame)
    )
    wait_until(lambda: len(kinds) >= 6, "six pictures")
    # The distance of the key frames is known after two; the simulator sends one each second.
    assert all(kinds[2:])
    assert camera.numbers_grow()
    # All frames are counted though only one in ten is decoded.
    wait_until(lambda: 8 < camera.seen().fps <= 10.5, "all frames are counted")
    assert camera.taken[-1][1] > 40


def test_other_settings_while_it_runs(watch: Watch, wait_until: Wait, clip: Path) -> None:
    camera = watch(clip, frame_delay_s=3600)
    wait_until(lambda: camera.seen().frame_number > 15, "15 frames")
    assert len(camera.taken) == 1
    camera.capture.treat(CameraSettings(frame_delay_s=0.0, minimum_fps=30))
    wait_until(lambda: len(camera.taken) > 30, "30 pictures")
    wait_until(lambda: camera.seen().state is CameraState.SLOW, "slow")
    assert camera.seen().reason == "fewer than 30 frames per second"
    camera.capture.treat(CameraSettings(minimum_fps=5))
    assert camera.seen().state is CameraState.ALIVE


def test_what_take_raises_is_told_once_and_counted(
    watch: Watch, wait_until: Wait, clip: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def take(frame: CapturedFrame) -> None:
        if not 10 <= frame.number < 15:
            raise ValueError(f"no room for {frame.number}")

    with caplog.at_level(logging.ERROR):
        camera = watch(clip, on_take=take)
        wait_until(lambda: len(camera.taken) >= 25, "25 pictures")
    told = [record.getMessage() for record in caplog.records]
    # Once, and once again after it had gone well.
    assert told == ["camera=gate frame 1 was not taken", "camera=gate frame 15 was not taken"]
    assert camera.is_up()
    assert camera.seen().take_errors >= 18


def test_a_stopped_capture_hands_on_nothing_more(watch: Watch, wait_until: Wait, clip: Path) -> None:
    camera = watch(clip)
    wait_until(lambda: camera.taken, "a picture")
    camera.capture.stop()
    camera.capture.join(patient(10))
    assert not camera.capture.is_alive()


def test_a_capture_can_be_stopped_in_every_situation(watch: Watch, wait_until: Wait, simulator: Simulate) -> None:
    cameras = simulator("lobby", "mute", "frozen")
    cameras.set_fault("mute", Fault.MUTE)
    watched = [watch(cameras.url(name)) for name in ("lobby", "mute", "frozen")]
    watched += [watch("rtsp://127.0.0.1:1/"), watch("/missing.mp4")]
    wait_until(lambda: watched[0].is_up() and watched[2].is_up() and watched[3].is_down(), "running")
    cameras.set_fault("frozen", Fault.FROZEN)
    for camera in watched:
        camera.capture.stop()
    deadline_s = time.monotonic() + patient(10)
    for camera in watched:
        camera.capture.join(max(0.0, deadline_s - time.monotonic()))
        assert not camera.capture.is_alive()


def test_broken_files_and_files_without_a_picture(watch: Watch, wait_until: Wait, tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", "keyint=10:bframes=0", frames=30, rate=Fraction(30)).read_bytes()
    begin = clip.index(b"mdat") + 4
    # The length before a frame stays; what it says of itself does not.
    dirty = bytearray(clip)
    for place in range(begin + 9000, begin + 9400):
        dirty[place] ^= 0x5A
    (tmp_path / "dirty.mp4").write_bytes(bytes(dirty))
    (tmp_path / "useless.mp4").write_bytes(
        clip[:begin] + bytes(clip.index(b"moov") - begin) + clip[clip.index(b"moov") :]
    )
    good = watch(tmp_path / "dirty.mp4")
    bad = watch(tmp_path / "useless.mp4")
    wait_until(lambda: good.seen().decode_errors > 0 and len(good.taken) > 60, "errors, and pictures all the same")
    assert good.is_up()
    wait_until(bad.is_down, "not reachable")
    assert not bad.taken


def test_a_frozen_camera_is_reported_once_and_its_late_frame_is_no_sign_of_life(
    watch: Watch, wait_until: Wait, simulator: Simulate
) -> None:
    cameras = simulator("lobby")
    camera = watch(cameras.url("lobby"))
    wait_until(camera.is_up, "alive")
    with States(camera) as states:
        cameras.set_fault("lobby", Fault.FROZEN)
        began_s = time.monotonic()
        wait_until(camera.is_down, "not reachable")
        # Long enough for the library to hand out what it held back, and for two attempts.
        wait_until(lambda: time.monotonic() - began_s > 11, "some time")
        seen = camera.seen()
        assert (seen.losses, seen.last_loss) == (1, "nothing sent for 2.4 s")
        cameras.set_fault("lobby", Fault.OK)
        wait_until(lambda: states.seen[-1] is CameraState.ALIVE, "alive again", 10)
    assert states.seen == [CameraState.ALIVE, CameraState.NOT_REACHABLE, CameraState.ALIVE]
    assert camera.numbers_grow()


def test_a_camera_that_sends_a_frame_every_two_seconds_is_alive(
    watch: Watch, wait_until: Wait, slow_camera: SimulatorThread
) -> None:
    camera = watch(slow_camera.url("slow"), not_reachable_after_s=10, minimum_fps=0.3)
    wait_until(camera.is_up, "alive", 20)
    with States(camera) as states:
        wait_until(lambda: len(camera.taken) >= 6, "six pictures", 30)
    assert CameraState.NOT_REACHABLE not in states.seen
    assert camera.seen().losses == 0


def test_a_camera_that_becomes_slow(watch: Watch, wait_until: Wait, simulator: Simulate) -> None:
    cameras = simulator("lobby")
    camera = watch(cameras.url("lobby"), minimum_fps=6)
    wait_until(camera.is_up, "alive")
    cameras.set_fault("lobby", Fault.SLOW)
    wait_until(lambda: camera.seen().state is CameraState.SLOW, "slow")
    assert camera.seen().reason == "fewer than 6 frames per second"
    cameras.set_fault("lobby", Fault.OK)
    wait_until(lambda: camera.seen().state is CameraState.ALIVE, "fast again")
    assert camera.seen().losses == 0


def test_damaged_frames_are_counted_and_the_camera_goes_on(watch: Watch, wait_until: Wait, simulator: Simulate) -> None:
    cameras = simulator("lobby")
    camera = watch(cameras.url("lobby"))
    wait_until(camera.is_up, "alive")
    cameras.set_fault("lobby", Fault.BROKEN)
    wait_until(lambda: camera.seen().decode_errors > 5, "decode errors", 40)
    taken = len(camera.taken)
    wait_until(lambda: len(camera.taken) > taken + 10, "pictures all the same")
    assert camera.is_up()
    assert camera.seen().losses == 0


def test_h265_over_rtsp_and_a_camera_that_sends_something_else_than_it_says(
    watch: Watch, wait_until: Wait, simulator: Simulate, tmp_path: Path
) -> None:
    clip = encode(tmp_path / "h265.mp4", "keyint=10:bframes=0:log-level=none", codec="libx265")
    cameras = simulator(SimulatedCamera("dock", clip=clip))
    strict = watch(cameras.url("dock"), encode_type="h265")
    lenient = watch(cameras.url("dock"))
    wait_until(lambda: len(strict.taken) > 10 and len(lenient.taken) > 10, "pictures")
    cameras.set_fault("dock", Fault.WRONG_CODEC)
    wait_until(lambda: strict.is_down() and lenient.is_down(), "not reachable")
    assert strict.seen().reason == "it is h264, but encode_type says h265"
    cameras.set_fault("dock", Fault.OK)
    wait_until(lambda: strict.is_up() and lenient.is_up(), "alive again")


def test_sixteen_cameras_of_which_some_die_freeze_and_come_back(
    watch: Watch,
    wait_until: Wait,
    simulator: Simulate,
    program: Callable[..., Program],
    free_port: Callable[[], int],
) -> None:
    host = ("-m", "simulator", "--camera", "killed-1", "--camera", "killed-2", "--port")
    port = free_port()
    other_host = program(*host, str(port))
    other_host.says("serving on")
    faults = {f"{fault}-{number}": fault for fault in ("gone", "frozen", "mute") for number in (1, 2)}
    healthy = [f"healthy-{number}" for number in range(8)]
    cameras = simulator(*healthy, *faults)
    urls = {name: cameras.url(name) for name in (*healthy, *faults)}
    urls |= {name: f"rtsp://127.0.0.1:{port}/{name}" for name in ("killed-1", "killed-2")}
    # However late a busy machine is, the healthy ones are not what is silent.
    watched = {name: watch(url, not_reachable_after_s=60 if name in healthy else 3) for name, url in urls.items()}
    broken = [watched[name] for name in watched if name not in healthy]
    assert len(watched) == 16

    wait_until(lambda: all(camera.is_up() and camera.taken for camera in watched.values()), "all are alive", 30)
    before = {name: watched[name].seen().frame_number for name in healthy}
    other_host.kill()
    for name, fault in faults.items():
        cameras.set_fault(name, Fault(fault))
    wait_until(lambda: all(camera.is_down() for camera in broken), "the broken ones are reported", 10)
    stopped = [camera.seen().frame_number for camera in broken]
    for name in faults:
        cameras.set_fault(name, Fault.OK)
    program(*host, str(port))
    wait_until(lambda: all(camera.is_up() for camera in broken), "all are back", 15)
    wait_until(
        lambda: all(camera.seen().frame_number > number + 10 for camera, number in zip(broken, stopped, strict=True)),
        "ten frames more of each",
    )
    for camera in watched.values():
        assert camera.numbers_grow()
    for name in healthy:
        assert watched[name].seen().frame_number > before[name] + 20
        assert watched[name].seen().losses == 0
    assert all(camera.seen().losses >= 1 for camera in broken)


def test_a_camera_heals_soon_among_many_that_are_dead(watch: Watch, wait_until: Wait, simulator: Simulate) -> None:
    names = [f"mute-{number}" for number in range(24)]
    cameras = simulator(*names)
    for name in names:
        cameras.set_fault(name, Fault.MUTE)
    watched = [watch(cameras.url(name)) for name in names]
    wait_until(lambda: all(camera.is_down() for camera in watched), "all are dead", 30)
    for healed in (0, 12, 23):
        cameras.set_fault(names[healed], Fault.OK)
        wait_until(watched[healed].is_up, "it is back", 10)
    assert not any(camera.is_up() for number, camera in enumerate(watched) if number not in {0, 12, 23})
