import base64
import itertools
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from simulator.clips import ClipSpec, Codec, clip_in
from simulator.server import CameraSimulator, Fault, SimulatedCamera
from tests.pipeline.conftest import SimulatorThread
from tests.simulator.rtsp_client import Viewer, request, talk

Simulate = Callable[..., SimulatorThread]


def test_pictures_come_in_order_over_several_loops(simulator: Simulate, clip_dir: Path) -> None:
    cameras = simulator(SimulatedCamera("lobby", clip=clip_in(clip_dir, ClipSpec(seconds=1))))
    with Viewer(cameras.url("lobby")) as viewer:
        assert (viewer.stream.width, viewer.stream.height) == (320, 180)
        steps = list(itertools.islice(viewer.steps(), 25))
    assert all(abs(step - 0.1) < 0.001 for step in steps)


@pytest.mark.parametrize(
    "name",
    ["cam/realmonitor?channel=1&subtype=0", "Streaming/Channels/101", "axis-media/media.amp?videocodec=h264", "a,b"],
)
def test_a_camera_has_the_path_of_its_maker(simulator: Simulate, name: str) -> None:
    cameras = simulator(name, "cam/realmonitor?channel=2&subtype=0")
    with Viewer(cameras.url(name)) as viewer:
        assert viewer.picture().width == 320
    assert talk(cameras.port, request("OPTIONS", cameras.port, "cam/realmonitor")).startswith(b"RTSP/1.0 404")


@pytest.mark.parametrize(
    "asked",
    [
        "cam/live?channel=1",
        "cam/live?channel=1/",
        "cam/live?channel=1/track1",
        # GStreamer keeps the parameters at the end.
        "cam/live/track1?channel=1",
        "cam/live/track1?channel=1/",
        "cam/live/?channel=1",
        "cam/live?channel%3D1",
    ],
)
def test_the_track_stands_before_or_behind_the_parameters(simulator: Simulate, asked: str) -> None:
    cameras = simulator("cam/live?channel=1", "cam/live?channel=2")
    setup = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"
    assert talk(cameras.port, request("SETUP", cameras.port, asked, setup)).startswith(b"RTSP/1.0 200")


@pytest.mark.parametrize(
    "asked", ["RTP/AVP;multicast;client_port=5000-5001", "RTP/SAVP;unicast;client_port=5000-5001", ""]
)
def test_other_ways_than_tcp_and_udp_are_refused(simulator: Simulate, asked: str) -> None:
    cameras = simulator("lobby")
    answer = talk(cameras.port, request("SETUP", cameras.port, "lobby/track1", f"Transport: {asked}"))
    assert answer.startswith(b"RTSP/1.0 461 Unsupported Transport\r\nCSeq: 7\r\n")


@pytest.mark.parametrize(
    ("login", "status"),
    [
        (None, b"401"),
        ("", b"401"),
        ("operator:wrong", b"401"),
        ("operator:", b"401"),
        ("operator:pä:ss", b"200"),
    ],
)
def test_basic_authentication(simulator: Simulate, login: str | None, status: bytes) -> None:
    cameras = simulator(SimulatedCamera("dock", "operator", "pä:ss"))
    headers = [] if login is None else [f"Authorization: Basic {base64.b64encode(login.encode()).decode()}"]
    answer = talk(cameras.port, request("DESCRIBE", cameras.port, "dock", *headers))
    assert answer.startswith(b"RTSP/1.0 " + status)
    assert (b"WWW-Authenticate: Basic" in answer) == (status == b"401")


def test_what_is_not_rtsp_harms_nobody(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    for nonsense in (
        b"\r\n\r\n",
        b"\xff" * 100 + b"\r\n\r\n",
        b"x" * 200_000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"$\0\0\x05hello" + request("TEARDOWN", cameras.port, "lobby"),
        request("OPTIONS", cameras.port, "lobby", "Content-Length: -1"),
        request("OPTIONS", cameras.port, "lobby", "Content-Length: many"),
        request("DESCRIBE", cameras.port, "lobby", "Authorization: Basic ä"),
        request("SETUP", cameras.port, "lobby", "Transport: RTP/AVP/TCP;interleaved=a-b"),
    ):
        talk(cameras.port, nonsense)
    assert talk(cameras.port, request("OPTIONS", cameras.port, "lobby")).startswith(b"RTSP/1.0 200 OK")
    assert talk(cameras.port, request("RECORD", cameras.port, "lobby")).startswith(b"RTSP/1.0 501")


def test_names_and_passwords(clip_dir: Path) -> None:
    for name in ("", "/a", "a/", "?a", "a b", "a\n", "a#b", "ä"):
        with pytest.raises(ValueError, match="name"):
            SimulatedCamera(name)
    with pytest.raises(ValueError, match="two cameras"):
        CameraSimulator([SimulatedCamera("a"), SimulatedCamera("a")], clip_dir=clip_dir)
    assert "s3cret" not in repr(SimulatedCamera("a", "u", "s3cret"))
    simulator = CameraSimulator([SimulatedCamera("a", "u@x", "p:/@")], port=554)
    assert simulator.url("a") == "rtsp://u%40x:p%3A%2F%40@127.0.0.1:554/a"


@pytest.mark.parametrize("password", ["pä:ss", 'quo"te', "wrong"])
def test_a_client_that_prefers_digest_authentication(simulator: Simulate, password: str) -> None:
    cameras = simulator(SimulatedCamera("dock", "oper ator", "pä:ss" if password == "wrong" else password))
    right, port = cameras.url("dock"), cameras.port
    if password == "wrong":
        with pytest.raises(av.HTTPUnauthorizedError):
            Viewer(f"rtsp://oper%20ator:wrong@127.0.0.1:{port}/dock")
        return
    with Viewer(right) as viewer:
        assert viewer.picture().width == 320
    # An answer to a challenge of another connection is worth nothing.
    stolen = 'Authorization: Digest username="oper ator", realm="camera", nonce="0", uri="/", response="0"'
    assert talk(port, request("DESCRIBE", port, "dock", stolen)).startswith(b"RTSP/1.0 401")


def test_h265(simulator: Simulate, clip_dir: Path) -> None:
    # Large and noisy enough for its pictures to need several packets.
    clip = clip_in(clip_dir, ClipSpec(640, 360, seconds=1, noise=4.0, codec=Codec.H265))
    cameras = simulator(SimulatedCamera("lobby", clip=clip))
    with Viewer(cameras.url("lobby")) as viewer:
        assert viewer.stream.codec_context.name == "hevc"
        assert not any(viewer.picture().is_corrupt for _ in range(15))


def test_a_camera_that_dies_and_comes_back(simulator: Simulate) -> None:
    cameras = simulator("lobby", "dock")
    with Viewer(cameras.url("dock")) as other, Viewer(cameras.url("lobby")) as viewer:
        assert viewer.picture()
        cameras.set_fault("lobby", Fault.GONE)
        # The library takes a reset for the end of the stream.
        assert len(list(viewer.times())) < 20
        with pytest.raises(av.HTTPNotFoundError):
            Viewer(cameras.url("lobby"))
        cameras.set_fault("lobby", Fault.OK)
        with Viewer(cameras.url("lobby")) as again:
            assert again.picture()
        assert all(abs(step - 0.1) < 0.001 for step in itertools.islice(other.steps(), 20))


def test_a_camera_that_stalls_and_goes_on(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    with Viewer(cameras.url("lobby")) as viewer:
        assert viewer.picture()
        cameras.set_fault("lobby", Fault.FROZEN, 1.0)
        # Nothing for a second, then on with a key frame, in the same connection.
        stalled = next(step for step in itertools.islice(viewer.steps(), 100) if step > 0.15)
        assert 0.9 < stalled < 5
        assert not viewer.picture().is_corrupt


def test_a_camera_that_never_answers(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    cameras.set_fault("lobby", Fault.MUTE)
    assert talk(cameras.port, request("OPTIONS", cameras.port, "lobby")) == b""
    with pytest.raises(av.FFmpegError):
        Viewer(cameras.url("lobby"), timeout_s=0.5)


def test_a_camera_that_is_slow(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    with Viewer(cameras.url("lobby")) as viewer:
        assert viewer.picture()
        cameras.set_fault("lobby", Fault.SLOW)
        assert any(abs(step - 0.5) < 0.001 for step in itertools.islice(viewer.steps(), 30))
        cameras.set_fault("lobby", Fault.OK)
        assert any(abs(step - 0.1) < 0.001 for step in itertools.islice(viewer.steps(), 30))


def test_a_line_that_damages_and_loses_packets(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    with Viewer(cameras.url("lobby")) as viewer:
        assert not any(viewer.sees_damage() for _ in range(10))
        cameras.set_fault("lobby", Fault.BROKEN)
        assert any(viewer.sees_damage() for _ in range(60))
        cameras.set_fault("lobby", Fault.OK)
        # A key frame makes all well again.
        assert any(not any(viewer.sees_damage() for _ in range(10)) for _ in range(5))


def test_a_password_that_was_changed(simulator: Simulate) -> None:
    cameras = simulator("lobby", SimulatedCamera("dock", "operator", "s3cret"))
    for name in ("lobby", "dock"):
        with Viewer(cameras.url(name)) as viewer:
            assert viewer.picture()
            cameras.set_fault(name, Fault.LOCKED)
            assert len(list(viewer.times())) < 20
        with pytest.raises(av.HTTPUnauthorizedError):
            Viewer(cameras.url(name))
        cameras.set_fault(name, Fault.OK)
        with Viewer(cameras.url(name)) as viewer:
            assert viewer.picture()


@pytest.mark.parametrize(("codec", "said"), [(Codec.H264, "hevc"), (Codec.H265, "h264")])
def test_a_camera_that_lies_about_its_codec(simulator: Simulate, clip_dir: Path, codec: Codec, said: str) -> None:
    clip = clip_in(clip_dir, ClipSpec(seconds=1, codec=codec))
    cameras = simulator(SimulatedCamera("lobby", clip=clip))
    with Viewer(cameras.url("lobby")) as honest:
        assert honest.picture()
        cameras.set_fault("lobby", Fault.WRONG_CODEC)
        assert len(list(honest.times())) < 20
    with Viewer(cameras.url("lobby"), timeout_s=2) as deceived:
        assert deceived.stream.codec_context.name == said
        assert all(deceived.sees_nothing() for _ in range(15))
    cameras.set_fault("lobby", Fault.OK)
    with Viewer(cameras.url("lobby")) as viewer:
        assert viewer.picture()


def test_a_fault_ends_only_by_the_last_word(simulator: Simulate, wait_until: Callable[..., object]) -> None:
    cameras = simulator("lobby", "dock")
    options = {name: request("OPTIONS", cameras.port, name) for name in ("lobby", "dock")}
    cameras.set_fault("lobby", Fault.GONE, 0.1)
    cameras.set_fault("lobby", Fault.GONE)
    cameras.set_fault("dock", Fault.GONE, 0.3)
    wait_until(lambda: talk(cameras.port, options["dock"]).startswith(b"RTSP/1.0 200"), "dock has healed")
    assert talk(cameras.port, options["lobby"]).startswith(b"RTSP/1.0 404")


def test_cameras_come_and_go_while_others_go_on(simulator: Simulate, clip_dir: Path) -> None:
    cameras = simulator("stays", "goes", SimulatedCamera("changes", "operator", "old"))
    gone, changed = cameras.url("goes"), cameras.url("changes")
    with Viewer(cameras.url("stays")) as staying, Viewer(gone) as going, Viewer(changed) as changing:
        assert all(viewer.picture() for viewer in (staying, going, changing))
        clip = clip_in(clip_dir, ClipSpec(width=160, height=90, seconds=1))
        cameras.set_cameras(
            SimulatedCamera("stays"), SimulatedCamera("changes", "operator", "new"), SimulatedCamera("comes", clip=clip)
        )
        assert len(list(going.times())) < 20
        assert len(list(changing.times())) < 20
        with pytest.raises(av.HTTPNotFoundError):
            Viewer(gone)
        with pytest.raises(av.HTTPUnauthorizedError):
            Viewer(changed)
        for name in ("comes", "changes"):
            with Viewer(cameras.url(name)) as viewer:
                assert viewer.picture()
        assert all(abs(step - 0.1) < 0.001 for step in itertools.islice(staying.steps(), 30))


def test_cameras_that_cannot_be_simulated_change_nothing(simulator: Simulate, tmp_path: Path) -> None:
    cameras = simulator("lobby")
    with Viewer(cameras.url("lobby")) as viewer:
        for wrong in ([SimulatedCamera("a"), SimulatedCamera("a")], [SimulatedCamera("a", clip=tmp_path / "none")]):
            with pytest.raises(ValueError):
                cameras.set_cameras(*wrong)
        assert viewer.picture()
    assert talk(cameras.port, request("OPTIONS", cameras.port, "a")).startswith(b"RTSP/1.0 404")
