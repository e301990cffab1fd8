"""The pipeline as a process: its cameras, its REST calls, its ways to leave."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import pytest

from simulator.server import Fault, SimulatedCamera
from tests.patience import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipeline.conftest import Configs, PipelineProgram, Program, SimulatorThread

    Start = Callable[..., PipelineProgram]
    Simulate = Callable[..., SimulatorThread]

PATHS = (
    "/api/v1/health/get-dsready-state",
    "/api/v1/live",
    "/api/v1/metrics",
    "/api/v1/ready",
    "/api/v1/startup",
    "/api/v1/stream/get-stream-info",
    "/live",
    "/ready",
    "/startup",
    "/version",
)


def test_a_file_is_looped_at_its_pace(
    pipeline: Start, configs: Configs, clip: Path, wait_until: Callable[..., Any]
) -> None:
    running = pipeline(configs(configs.camera("gate", clip), configs.camera("twin", clip.as_uri())))
    running.until("alive", "gate", "twin")
    # More than the clip has: it began anew.
    wait_until(lambda: running.streams()["gate"]["frame_number"] > 30, "30 frames")
    stats = running.streams()["gate"]
    assert 8 < stats["fps"] <= 10.5
    assert stats["last_frame_age_ms"] < 1000
    assert stats["latency_ms"] >= 0
    assert "lost" not in running.stderr()


def test_the_rest_calls(pipeline: Start, configs: Configs, clip: Path) -> None:
    running = pipeline(configs(configs.camera("gate", clip), configs.camera("dock", clip)))
    ok = "HTTP/1.1 200 OK"
    ready = {"ds-ready": "YES"}
    assert running.get("/api/v1/health/get-dsready-state") == {
        "health-info": ready,
        "reason": "GET_READY_INFO_SUCCESS",
        "status": ok,
    }
    for prefix in ("", "/api/v1"):
        assert running.get(f"{prefix}/ready")["ready-info"] == ready
        assert running.get(f"{prefix}/live")["live-info"] == {"ds-liveness": "YES"}
        assert running.get(f"{prefix}/startup")["startup-info"] == {"ds-startup": "YES"}
    assert running.get("/version")["version"].startswith("DeepStream-SDK 9.1 - REST API Version v1")
    assert running.get("/api/v1/stream/get-stream-info?x=1") == {
        "reason": "GET_LIVE_STREAM_INFO_SUCCESS",
        "status": ok,
        "stream-info": {
            "stream-count": 2,
            "stream-info": [
                {"camera_id": "gate", "camera_name": "gate", "source_id": 0},
                {"camera_id": "dock", "camera_name": "dock", "source_id": 1},
            ],
        },
    }
    metrics = running.get("/api/v1/metrics")["metrics-info"]
    assert metrics["stream-count"] == 2
    assert set(metrics["system-stats"]) == {"gpu_util", "GPU_gb", "cpu_util", "RAM_gb"}
    assert [(stream["source_id"], stream["sensor_name"]) for stream in metrics["stream-stats"]] == [
        (0, "gate"),
        (1, "dock"),
    ]
    assert running.ask("/live", "POST") == (200, "null")
    assert running.ask("/live", "HEAD")[0] == 404
    assert running.ask("/live/")[0] == 404
    assert running.ask("/stream/get-stream-info")[0] == 404


def test_rest_is_for_this_machine_alone(pipeline: Start, configs: Configs) -> None:
    running = pipeline(configs())
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines() if line.split()[3] == "0A"]
    assert [address for address in listening if address.endswith(f":{running.port:04X}")] == [
        f"0100007F:{running.port:04X}"
    ]


def test_too_many_callers_are_turned_away(pipeline: Start, configs: Configs, wait_until: Callable[..., Any]) -> None:
    running = pipeline(configs())
    calls = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(60)]
    # The first callers say nothing and hold their threads; those after them are shown the door at once.
    calls[-1].settimeout(patient(5))
    assert calls[-1].recv(1) == b""
    for call in calls:
        call.close()
    wait_until(lambda: _answers(running), "an answer after the crowd has left")


def _answers(running: PipelineProgram) -> bool:
    try:
        return running.ask("/live")[0] == 200
    except OSError:
        return False


def test_no_camera_at_all(pipeline: Start, configs: Configs) -> None:
    running = pipeline(configs())
    assert running.get("/api/v1/health/get-dsready-state")["health-info"] == {"ds-ready": "YES"}
    assert running.get("/api/v1/stream/get-stream-info")["stream-info"] == {"stream-count": 0, "stream-info": []}


def test_rtsp_with_and_without_password(pipeline: Start, configs: Configs, simulator: Simulate) -> None:
    cameras = simulator("lobby", SimulatedCamera("dock", "oper ator", "p@ss/w:ord"))
    source_list = configs(
        configs.camera("lobby", cameras.url("lobby")),
        configs.camera("again", cameras.url("lobby")),
        configs.camera("dock", cameras.url("dock")),
    )
    configs.wait_for("lobby", "again", "dock")
    running = pipeline(source_list)
    running.until("alive", "lobby", "again", "dock")
    with running.steady("lobby", "again", "dock"):
        assert running.get("/live")["live-info"] == {"ds-liveness": "YES"}


@pytest.fixture(scope="module")
def useless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files that are no video, or none of ours."""
    folder = tmp_path_factory.mktemp("useless")
    (folder / "noise.mp4").write_bytes(bytes(range(256)) * 64)
    (folder / "empty.mp4").touch()
    with av.open(str(folder / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame("fltp", "mono", 1024)
        frame.rate = 8000
        frame.planes[0].update(bytes(4096))
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return {path.stem: path for path in folder.iterdir()} | {"folder": folder, "missing": folder / "missing.mp4"}


def test_useless_cameras_trouble_nobody_and_passwords_stay_secret(
    pipeline: Start,
    configs: Configs,
    clip: Path,
    useless: dict[str, Path],
    simulator: Simulate,
) -> None:
    cameras = simulator("lobby", SimulatedCamera("dock", "operator", "s3cret"))
    dock = cameras.url("dock")
    wrong = {
        "missing": "No such file or directory",
        "folder": "not a file",
        "noise": "Invalid data",
        "empty": "Invalid data",
        "sound": "no video in it",
        "device": "not a file",
        "codec": "it is h264, but encode_type says h265",
        "rtsp-codec": "it is h264, but encode_type says h265",
        "unknown": "404",
        "refused": "Connection refused",
        "nobody": "401",
        "intruder": "401",
    }
    sources = [configs.camera(name, path) for name, path in useless.items()]
    sources += [
        configs.camera("good", clip),
        configs.camera("lobby", cameras.url("lobby")),
        configs.camera("dock", dock),
        configs.camera("device", "/dev/zero"),
        configs.camera("codec", clip, encode_type="h265"),
        configs.camera("rtsp-codec", dock, encode_type="h265"),
        configs.camera("unknown", dock + "2"),
        configs.camera("refused", "rtsp://operator:s3cret@127.0.0.1:1/"),
        configs.camera("nobody", dock.replace("operator:s3cret@", "")),
        configs.camera("intruder", dock.replace("s3cret", "s3cret2")),
    ]
    source_list = configs(*sources)
    configs.wait_for("good", "lobby", "dock")
    running = pipeline(source_list)
    running.until("alive", "good", "lobby", "dock")
    running.until("not-reachable", *wrong)
    with running.steady("good", "lobby", "dock"):
        for name, reason in wrong.items():
            (event,) = running.events(name, until=reason)
            assert event.startswith("not-reachable: ")
    told = running.stderr() + "".join(running.ask(path)[1] for path in PATHS)
    assert running.leave_on(signal.SIGTERM) == 0
    assert "s3cret" not in told + running.stderr()


def test_cameras_break_and_heal_while_the_others_go_on(
    pipeline: Start,
    configs: Configs,
    clip: Path,
    simulator: Simulate,
    program: Callable[..., Program],
    free_port: Callable[[], int],
) -> None:
    cameras = simulator("lobby", "gone", "frozen", "mute")
    host = ("-m", "simulator", "--camera", "killed", "--port")
    port = free_port()
    other_host = program(*host, str(port))
    other_host.says("serving on")
    broken = ("gone", "frozen", "mute", "killed")
    source_list = configs(
        configs.camera("file", clip),
        *(configs.camera(name, cameras.url(name)) for name in ("lobby", "gone", "frozen", "mute")),
        configs.camera("killed", f"rtsp://127.0.0.1:{port}/killed"),
    )
    configs.wait_for("file", "lobby")
    running = pipeline(source_list)
    running.until("alive", "file", "lobby", *broken)
    with running.steady("file", "lobby"):
        other_host.kill()
        for name in ("gone", "frozen", "mute"):
            cameras.set_fault(name, Fault(name))
        running.until("not-reachable", *broken)
        stopped = {name: stats["frame_number"] for name, stats in running.streams().items()}
        for name in ("gone", "frozen", "mute"):
            cameras.set_fault(name, Fault.OK)
        program(*host, str(port))
        running.until("alive", *broken)
        assert all(running.streams()[name]["frame_number"] > stopped[name] for name in broken)
    for name in broken:
        events = running.events(name, until="alive")
        assert events[0] == "alive"
        assert events[1].startswith("connection lost: ")
        assert events[2].startswith("not-reachable: ")


def test_leaves_at_once_whatever_its_cameras_do(
    pipeline: Start, configs: Configs, clip: Path, simulator: Simulate
) -> None:
    cameras = simulator("lobby", "mute", "frozen")
    cameras.set_fault("mute", Fault.MUTE)
    cameras.set_fault("frozen", Fault.FROZEN)
    source_list = configs(
        configs.camera("file", clip),
        configs.camera("missing", "/missing.mp4"),
        *(configs.camera(name, cameras.url(name)) for name in ("lobby", "mute", "frozen")),
    )
    # Several times, at different moments: a crash while threads are inside the library would not come each time.
    for wait_for_frames in (False, True):
        crowd = [pipeline(source_list) for _ in range(4)]
        signals = [signal.SIGTERM, signal.SIGINT] * 2
        for running in crowd:
            if wait_for_frames:
                running.until("alive", "file", "lobby")
        for running, number in zip(crowd, signals, strict=True):
            running.process.send_signal(number)
        assert [running.exit_code() for running in crowd] == [0] * len(crowd)
        for running, number in zip(crowd, signals, strict=True):
            assert f"stopped by {number.name}" in running.stderr().splitlines()[-1]


def test_a_signal_during_the_start_is_not_lost(pipeline: Start, configs: Configs, clip: Path) -> None:
    running = pipeline(configs(configs.camera("file", clip)), serves=False)
    blocked = 1 << signal.SIGTERM - 1
    while not _signals_held_back(running.process.pid) & blocked:
        assert running.process.poll() is None
    assert running.leave_on(signal.SIGTERM) == 0


def _signals_held_back(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigBlk")), 16)


def test_leaves_as_pid_1_too(
    pid_namespace: list[str], configs: Configs, clip: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]
) -> None:
    command = [
        *pid_namespace,
        sys.executable,
        "-m",
        "pipeline",
        str(configs(configs.camera("file", clip))),
        "--port",
        str(free_port()),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as namespace:
        assert namespace.stderr is not None
        try:
            assert "serving on" in namespace.stderr.readline()
            children = Path(f"/proc/{namespace.pid}/task/{namespace.pid}/children")
            pid_1 = int(wait_until(children.read_text, "the child of unshare"))
            subprocess.run(["kill", "-TERM", str(pid_1)], check=True)
            assert namespace.wait(patient(2)) == 0
        finally:
            namespace.kill()


def test_stdin_is_nothing_to_it(configs: Configs, free_port: Callable[[], int]) -> None:
    command = [sys.executable, "-m", "pipeline", str(configs()), "--port", str(free_port())]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None
        assert running.stderr is not None
        assert "serving on" in running.stderr.readline()
        running.stdin.close()
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.5)
        running.terminate()
        assert running.wait(patient(2)) == 0


def test_port_in_use(pipeline: Start, configs: Configs) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        running = pipeline(configs(), port, serves=False)
        assert running.exit_code() == 3
    assert running.stderr().rstrip().endswith(f"ERROR cannot listen on 127.0.0.1:{port}: Address already in use")


def test_a_wrong_file_is_one_line_and_exit_code_2(pipeline: Start, configs: Configs) -> None:
    source_list = configs(
        configs.camera("a", "rtsp://u:s3cret@host/", type="file"), configs.camera("b", "http://u:s3cret@h", type="rtsp")
    )
    running = pipeline(source_list, serves=False)
    assert running.exit_code() == 2
    (line,) = running.stderr().splitlines()
    assert line.endswith(
        f"ERROR {source_list}: sources[1].address: must begin with rtsp:// or rtspt:// or rtspu:// or rtsps://"
    )
    source_list.write_text('{"sources": [{"address": "rtsp://u:s3cret@h"')
    broken = pipeline(source_list, serves=False)
    assert broken.exit_code() == 2
    (line,) = broken.stderr().splitlines()
    assert f"{source_list}: not JSON: " in line
    assert "s3cret" not in line


@pytest.mark.parametrize("arguments", [[], ["x.json", "--port", "0"], ["x.json", "--port", "http"]])
def test_wrong_arguments_are_exit_code_2(program: Callable[..., Program], arguments: list[str]) -> None:
    running = program("-m", "pipeline", *arguments)
    assert running.exit_code() == 2
    assert "usage: python -m pipeline" in running.stderr()
