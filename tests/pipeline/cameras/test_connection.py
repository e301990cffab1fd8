import time
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from pipeline.cameras.connection import (
    CaptureError,
    Connection,
    open_source,
    open_timeout_s,
    reason_of,
    silence_allowed_s,
)
from pipeline.files.source import Source
from simulator.server import Fault
from tests.patience import patient
from tests.pipeline.cameras.watching import encode
from tests.pipeline.conftest import SimulatorThread


def _rtsp(url: str) -> Source:
    return Source("gate", url, None, "rtsp", stream=True)


def _read_on(connection: Connection) -> None:
    while connection.read() is not None:
        pass


@pytest.mark.parametrize(("limit_s", "allowed_s"), [(0.1, 1.5), (1, 1.5), (3, 2.4), (10, 8), (3600, 30)])
def test_silence_follows_the_limit_and_ends_before_it_where_it_can(limit_s: float, allowed_s: float) -> None:
    assert silence_allowed_s(limit_s) == pytest.approx(allowed_s)


def test_an_attempt_is_as_patient_as_the_camera_is_slow() -> None:
    assert open_timeout_s(3, None, 0) == open_timeout_s(3, None, 1) == open_timeout_s(3, 0.04, 7) == 3
    assert open_timeout_s(60, 0.04, 7) == 3
    assert open_timeout_s(10, 2.0, 0) == 5
    # What was never seen may be slow or dead: one attempt for each.
    assert [open_timeout_s(10, None, failures) for failures in range(4)] == [3, 8, 3, 8]
    assert open_timeout_s(3600, None, 1) == 10
    assert open_timeout_s(3600, 600, 1) == 30


def test_the_frame_that_comes_out_of_a_time_out_is_not_handed_on(
    simulator: Callable[..., SimulatorThread],
) -> None:
    cameras = simulator("lobby")
    with open_source(_rtsp(cameras.url("lobby")), 5.0, 1.5) as connection:
        for _ in range(5):
            assert connection.read() is not None
        cameras.set_fault("lobby", Fault.FROZEN)
        began_s = time.monotonic()
        with pytest.raises(CaptureError, match=r"nothing sent for 1\.5 s"):
            _read_on(connection)
        # One time-out, not two.
        assert time.monotonic() - began_s < patient(2.9)


def test_a_camera_that_sends_a_frame_every_two_seconds(slow_camera: SimulatorThread) -> None:
    with open_source(_rtsp(slow_camera.url("slow")), 8.0, silence_allowed_s(10)) as connection:
        assert all(connection.read() is not None for _ in range(3))


def test_a_camera_that_never_answers(simulator: Callable[..., SimulatorThread]) -> None:
    cameras = simulator("mute")
    cameras.set_fault("mute", Fault.MUTE)
    with pytest.raises(CaptureError, match=r"^no answer within 1\.5 s$"):
        open_source(_rtsp(cameras.url("mute")), 1.5, 1.5)


def test_a_file_is_read_to_its_end(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", "keyint=5", frames=12)
    with open_source(Source("gate", str(clip), "h264", "file", stream=True), 3.0, 1.5) as connection:
        packets = [connection.read() for _ in range(14)]
    assert [packet is not None and packet.size > 0 for packet in packets] == [True] * 12 + [False] * 2
    assert packets[-1] is None


def test_the_wrong_codec(tmp_path: Path) -> None:
    clip = encode(tmp_path / "clip.mp4", "log-level=none", codec="libx265", frames=3)
    with pytest.raises(CaptureError, match=r"^it is hevc, but encode_type says h264$"):
        open_source(Source("gate", str(clip), "h264", "file", stream=True), 3.0, 1.5)
    for right in ("h265", None):
        with open_source(Source("gate", str(clip), right, "file", stream=True), 3.0, 1.5) as connection:
            assert connection.stream.codec_context.name == "hevc"


def test_reasons_name_no_address() -> None:
    for address in ("rtsp://u:s3cret@127.0.0.1:1/", "rtsp://u:s3cret@host.invalid/"):
        with pytest.raises(av.FFmpegError) as failed:
            open_source(_rtsp(address), 3.0, 1.5)
        assert reason_of(failed.value)
        assert "s3cret" not in reason_of(failed.value)
    assert reason_of(CaptureError("no video in it")) == "no video in it"
    assert reason_of(MemoryError("rtsp://u:s3cret@h")) == "MemoryError"
