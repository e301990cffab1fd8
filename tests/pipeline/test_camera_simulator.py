from __future__ import annotations

import base64
import itertools
import json
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from pipeline.camera_simulator import CameraSimulator, Fault, SimulatedCamera

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipeline.conftest import Program, SimulatorThread

    Simulate = Callable[..., SimulatorThread]

TCP = {"rtsp_transport": "tcp", "analyzeduration": "0", "probesize": "32", "fpsprobesize": "0"}


def _talk(port: int, *requests: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.settimeout(0.3)
        answer = b""
        for request in requests:
            connection.sendall(request)
            try:
                while more := connection.recv(1 << 16):
                    answer += more
            except (TimeoutError, ConnectionResetError):
                continue
        return answer


def _request(method: str, port: int, name: str, *headers: str) -> bytes:
    lines = [f"{method} rtsp://127.0.0.1:{port}/{name} RTSP/1.0", "CSeq: 7", *headers, "", ""]
    return "\r\n".join(lines).encode()


def test_pictures_come_in_order_over_several_loops(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    with av.open(cameras.url("lobby"), options=TCP, timeout=5) as container:
        times: list[float] = []
        for frame in container.decode(video=0):
            assert (frame.width, frame.height) == (320, 180)
            # libavformat gives the first picture of a session no time.
            times += [] if frame.time is None else [frame.time]
            if len(times) > 42:
                break
    steps = [after - before for before, after in itertools.pairwise(times)]
    assert all(abs(step - 0.1) < 0.001 for step in steps)


def test_udp_is_refused(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    answer = _talk(
        cameras.port, _request("SETUP", cameras.port, "lobby/track1", "Transport: RTP/AVP;unicast;client_port=1-2")
    )
    assert answer.startswith(b"RTSP/1.0 461 Unsupported Transport\r\nCSeq: 7\r\n")


@pytest.mark.parametrize(
    ("login", "status"),
    [
        (None, b"401"),
        ("operator:wrong", b"401"),
        ("operator:", b"401"),
        ("operator:pä:ss", b"200"),
    ],
)
def test_basic_authentication(simulator: Simulate, login: str | None, status: bytes) -> None:
    cameras = simulator(SimulatedCamera("dock", "operator", "pä:ss"))
    headers = [] if login is None else [f"Authorization: Basic {base64.b64encode(login.encode()).decode()}"]
    answer = _talk(cameras.port, _request("DESCRIBE", cameras.port, "dock", *headers))
    assert answer.startswith(b"RTSP/1.0 " + status)
    assert (b"WWW-Authenticate: Basic" in answer) == (status == b"401")


def test_what_is_not_rtsp_harms_nobody(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    for nonsense in (
        b"\r\n\r\n",
        b"\xff" * 100 + b"\r\n\r\n",
        b"x" * 200_000,
        b"GET / HTTP/1.1\r\n\r\n",
        b"$\0\0\x05hello" + _request("TEARDOWN", cameras.port, "lobby"),
        _request("OPTIONS", cameras.port, "lobby", "Content-Length: -1"),
        _request("OPTIONS", cameras.port, "lobby", "Content-Length: many"),
        _request("DESCRIBE", cameras.port, "lobby", "Authorization: Basic ä"),
        _request("SETUP", cameras.port, "lobby", "Transport: RTP/AVP/TCP;interleaved=a-b"),
    ):
        _talk(cameras.port, nonsense)
    assert _talk(cameras.port, _request("OPTIONS", cameras.port, "lobby")).startswith(b"RTSP/1.0 200 OK")
    assert _talk(cameras.port, _request("RECORD", cameras.port, "lobby")).startswith(b"RTSP/1.0 501")


def test_faults(simulator: Simulate) -> None:
    cameras = simulator("lobby")
    options = _request("OPTIONS", cameras.port, "lobby")
    cameras.set_fault("lobby", Fault.MUTE)
    assert _talk(cameras.port, options) == b""
    cameras.set_fault("lobby", Fault.GONE)
    assert _talk(cameras.port, options).startswith(b"RTSP/1.0 404")
    cameras.set_fault("lobby", Fault.FROZEN)
    assert _talk(cameras.port, options).startswith(b"RTSP/1.0 200")
    cameras.set_fault("lobby", Fault.OK)
    with av.open(cameras.url("lobby"), options=TCP, timeout=5) as container:
        assert next(container.decode(video=0)).width == 320


def test_names_and_passwords(clip_dir: Path) -> None:
    for name in ("", "a/b", "a b", "a\n"):
        with pytest.raises(ValueError, match="name"):
            SimulatedCamera(name)
    with pytest.raises(ValueError, match="two cameras"):
        CameraSimulator([SimulatedCamera("a"), SimulatedCamera("a")], clip_dir=clip_dir)
    assert "s3cret" not in repr(SimulatedCamera("a", "u", "s3cret"))
    simulator = CameraSimulator([SimulatedCamera("a", "u@x", "p:/@")], port=554)
    assert simulator.url("a") == "rtsp://u%40x:p%3A%2F%40@127.0.0.1:554/a"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_as_a_program(program: Callable[..., Program], tmp_path: Path, free_port: int, number: signal.Signals) -> None:
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps([{"name": "dock", "user": "operator", "password": "s3cret"}, {"name": "hall"}]))
    running = program(
        "-m", "pipeline.camera_simulator", "--port", str(free_port), "--camera", "lobby", "--cameras-file", str(file)
    )
    running.says(f"serving on port {free_port}")
    for address in (f"127.0.0.1:{free_port}/lobby", f"operator:s3cret@127.0.0.1:{free_port}/dock"):
        with av.open(f"rtsp://{address}", options=TCP, timeout=5) as container:
            assert next(container.decode(video=0)).width == 320
            other = program("-m", "pipeline.camera_simulator", "--port", str(free_port), "--camera", "lobby")
            assert other.exit_code() == 3
            assert f"cannot listen on port {free_port}: " in other.stderr()
            assert "Traceback" not in other.stderr()
    with av.open(f"rtsp://127.0.0.1:{free_port}/hall", options=TCP, timeout=5):
        code, took_s = running.leave_on(number)
    assert code == 0
    assert took_s < 2.0
    assert "s3cret" not in running.stderr()
    assert "Traceback" not in running.stderr()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({}, "must be a list of cameras"),
        ([1], "[0]: must be an object"),
        ([{"user": "u"}], "[0].name: missing"),
        ([{"name": "a", "user": "u"}], "[0].password: missing"),
        ([{"name": "a b"}], "[0].name: a camera's name is made of"),
        ([{"name": "a"}, {"name": "a"}], "two cameras are named 'a'"),
    ],
)
def test_wrong_file(program: Callable[..., Program], tmp_path: Path, content: Any, what: str) -> None:
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps(content))
    running = program("-m", "pipeline.camera_simulator", "--port", "0", "--cameras-file", str(file))
    assert running.exit_code() == 2
    (line,) = running.stderr().splitlines()
    assert what in line
