"""What is read of a stream in a capture: as fast as it comes, and in words when it ends."""

import time
from collections.abc import Iterator

import pytest

from pipeline.cameras.camera_stats import CameraStats
from pipeline.cameras.capture import Capture
from pipeline.cameras.connection_turns import ConnectionTurns
from pipeline.files.settings import CameraSettings
from pipeline.files.source import Source
from pipeline.model import CapturedFrame
from tests.patience import patient, wait_until
from tests.pipeline.protocols.servers import VideoServer, jpegs, mjpeg

FRAMES = 600


@pytest.fixture
def taken() -> list[CapturedFrame]:
    return []


@pytest.fixture
def stats(taken: list[CapturedFrame]) -> Iterator[CameraStats]:
    settings = CameraSettings()
    stats = CameraStats(time.monotonic(), settings)
    with VideoServer({"/video.mjpg": mjpeg(jpegs(), 0, most=FRAMES)}) as server:
        source = Source("gate", f"{server.url}/video.mjpg", "mjpeg", "http", stream=True)
        capture = Capture(source, settings, stats, taken.append, ConnectionTurns())
        capture.start()
        yield stats
        capture.stop()
        capture.join(patient(5))


def test_a_camera_without_times_is_not_held_to_25_frames_per_second(
    stats: CameraStats, taken: list[CapturedFrame]
) -> None:
    # At 25 frames per second, and the slack of a second, these would be 23 seconds.
    wait_until(lambda: len(taken) >= FRAMES, f"{FRAMES} pictures", 8)
    wait_until(lambda: stats.snapshot(time.monotonic()).last_loss == "the camera ended the stream", "its end is told")
