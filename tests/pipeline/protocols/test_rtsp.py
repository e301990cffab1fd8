"""RTSP over TCP and over UDP, and with each codec, from the simulator."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from pipeline.cameras.connection import CaptureError, open_source
from pipeline.files.source import EncodeType, Source
from simulator.clips import ClipSpec, Codec, clip_in
from simulator.server import Fault, SimulatedCamera
from tests.patience import patient
from tests.pipeline.conftest import SimulatorThread
from tests.pipeline.protocols.servers import rest_of

Simulate = Callable[..., SimulatorThread]


def source(url: str, codec: EncodeType | None = None) -> Source:
    return Source("gate", url, codec, "rtsp", stream=True)


@pytest.mark.parametrize("scheme", ["rtspt", "rtspu"])
def test_both_transports(simulator: Simulate, scheme: str) -> None:
    cameras = simulator("lobby")
    with open_source(source(cameras.url("lobby").replace("rtsp", scheme)), patient(5), 0.4) as connection:
        for _ in range(3):
            assert connection.read() is not None
        cameras.set_fault("lobby", Fault.FROZEN)
        with pytest.raises(CaptureError, match=r"nothing sent for 0\.4 s"):
            rest_of(connection)


def test_a_camera_over_udp_that_is_gone(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    cameras.set_fault("lobby", Fault.GONE)
    with pytest.raises(av.FFmpegError, match="404"):
        open_source(source(cameras.url("lobby").replace("rtsp", "rtspu")), patient(5), 2.0)


@pytest.mark.parametrize("scheme", ["rtspt", "rtspu"])
@pytest.mark.parametrize("codec", [Codec.MJPEG, Codec.MPEG4])
def test_pictures_of_each_codec_are_those_of_the_clip(
    simulator: Simulate, clip_dir: Path, codec: Codec, scheme: str
) -> None:
    clip = clip_in(clip_dir, ClipSpec(seconds=1, codec=codec, height=184))
    cameras = simulator(SimulatedCamera("dock", clip=clip))
    with av.open(str(clip)) as file:
        wanted = [picture.to_ndarray(format="gray") for picture in file.decode(video=0)]
    url = cameras.url("dock").replace("rtsp", scheme)
    with open_source(source(url, codec.value), patient(5), patient(2)) as connection:
        packets = [connection.read() for _ in range(6)]
        seen = [one.to_ndarray(format="gray") for packet in packets if packet is not None for one in packet.decode()]
    assert seen
    assert all(any((picture == one).all() for one in wanted) for picture in seen)
    if codec is Codec.MJPEG:
        assert all(packet is not None and packet.is_keyframe for packet in packets)


def test_a_camera_that_says_another_codec(simulator: Simulate, clip_dir: Path) -> None:
    cameras = simulator(SimulatedCamera("dock", clip=clip_in(clip_dir, ClipSpec(seconds=1, codec=Codec.MJPEG))))
    with pytest.raises(CaptureError, match=r"^it is mjpeg, but encode_type says h264$"):
        open_source(source(cameras.url("dock"), "h264"), patient(5), 2.0)
