from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from pipeline.cameras.connection_turns import ConnectionTurns
from pipeline.files.settings import CameraSettings
from pipeline.files.source import EncodeType
from pipeline.model import CapturedFrame
from simulator.server import SimulatedCamera
from tests.patience import patient
from tests.pipeline.cameras.watching import WatchedCapture, encode
from tests.pipeline.conftest import SimulatorThread


@pytest.fixture
def watch() -> Iterator[Callable[..., WatchedCapture]]:
    """Starts a capture; all that were started are stopped in the end."""
    turns = ConnectionTurns()
    started: list[WatchedCapture] = []

    def start(
        address: object,
        *,
        encode_type: EncodeType | None = None,
        on_take: Callable[[CapturedFrame], None] = lambda _: None,
        **settings: float,
    ) -> WatchedCapture:
        started.append(WatchedCapture(address, CameraSettings(**settings), turns, encode_type, on_take))
        started[-1].capture.start()
        return started[-1]

    yield start
    for camera in started:
        camera.capture.stop()
    for camera in started:
        camera.capture.join(patient(15))
        assert not camera.capture.is_alive()


@pytest.fixture
def slow_camera(tmp_path: Path) -> Iterator[SimulatorThread]:
    """A simulator with a camera ``slow`` that sends a frame every 2 s."""
    clip = encode(tmp_path / "slow.mp4", "keyint=5:bframes=0", rate=Fraction(1, 2), frames=30)
    simulator = SimulatorThread([SimulatedCamera("slow", clip=clip)], tmp_path)
    yield simulator
    simulator.stop()
