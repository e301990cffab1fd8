import asyncio
import http.client
import itertools
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from pipeline.files.json_reader import ConfigError
from simulator.cameras_file import cameras_of_file
from simulator.clip_reader import ClipError
from simulator.clips import ClipSpec, truth_file, write_clip
from simulator.program import main
from simulator.server import CameraSimulator
from tests.patience import patient
from tests.pipeline.conftest import Program
from tests.simulator.rtsp_client import Viewer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_as_a_program(
    program: Callable[..., Program], tmp_path: Path, free_port: Callable[[], int], number: signal.Signals
) -> None:
    port = free_port()
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps([{"name": "dock", "user": "operator", "password": "s3cret"}, {"name": "hall"}]))
    running = program("-m", "simulator", "--port", str(port), "--camera", "lobby", "--cameras-file", str(file))
    running.says(f"serving on port {port}")
    for address in (f"127.0.0.1:{port}/lobby", f"operator:s3cret@127.0.0.1:{port}/dock"):
        with Viewer(f"rtsp://{address}") as viewer:
            assert viewer.picture().width == 320
            other = program("-m", "simulator", "--port", str(port), "--camera", "lobby")
            assert other.exit_code() == 3
            assert f"cannot listen on port {port}: " in other.stderr()
            assert "Traceback" not in other.stderr()
    with Viewer(f"rtsp://127.0.0.1:{port}/hall"):
        code = running.leave_on(number)
    assert code == 0
    assert "s3cret" not in running.stderr()
    assert "Traceback" not in running.stderr()


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ({}, "must be a list of cameras"),
        ([1], "[0]: must be an object"),
        ([{"user": "u"}], "[0].name: missing"),
        ([{"name": "a", "user": "u"}], "[0].password: missing"),
        ([{"name": "a", "pasword": "u"}], "[0].pasword: not known here"),
        ([{"name": "a", "clip": "none.mp4"}], "none.mp4: cannot be read: No such file or directory"),
        ([{"name": "a b"}], "[0].name: a camera's name is what stands behind"),
        ([{"name": "a"}, {"name": "a"}], "two cameras are named 'a'"),
    ],
)
def test_wrong_file(tmp_path: Path, content: Any, what: str) -> None:
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps(content))
    with pytest.raises((ConfigError, ClipError, ValueError)) as wrong:
        asyncio.run(CameraSimulator(cameras_of_file(file), port=0).start())
    assert what in str(wrong.value)


def test_what_is_wrong_is_one_line_and_exit_code_2(program: Callable[..., Program], tmp_path: Path) -> None:
    running = program("-m", "simulator", "--port", "0", "--cameras-file", str(tmp_path / "none.json"))
    assert running.exit_code() == 2
    (line,) = running.stderr().splitlines()
    assert "none.json: cannot be read" in line


@pytest.mark.parametrize("argument", ["lobby", "lobby=", "a b=x.mp4", "=x.mp4"])
def test_wrong_clip_argument(capsys: pytest.CaptureFixture[str], argument: str) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--port", "0", "--clip", argument])
    assert left.value.code == 2
    assert "argument --clip: " in capsys.readouterr().err


def test_clips_of_ones_own(program: Callable[..., Program], tmp_path: Path) -> None:
    write_clip(tmp_path / "mine.mp4", ClipSpec(width=160, height=90, seconds=1))
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps([{"name": "dock", "clip": "mine.mp4"}]))
    running = program(
        *("-m", "simulator", "--port", "0", "--cameras-file", str(file)),
        *("--clip", f"lobby={tmp_path / 'mine.mp4'}"),
    )
    for name in ("dock", "lobby"):
        with Viewer(f"rtsp://127.0.0.1:{running.served_port()}/{name}") as viewer:
            assert viewer.picture().width == 160


def test_sighup_reads_the_cameras_again(program: Callable[..., Program], tmp_path: Path) -> None:
    file = tmp_path / "cameras.json"

    def has(*cameras: dict[str, str]) -> None:
        file.write_text(json.dumps(cameras))

    has({"name": "stays"}, {"name": "goes"})
    running = program(
        *("-m", "simulator", "--port", "0", "--camera", "always", "--cameras-file", str(file)),
        *("--clip-dir", str(tmp_path)),
    )
    root = f"rtsp://127.0.0.1:{running.served_port()}"
    with Viewer(f"{root}/stays") as staying, Viewer(f"{root}/always") as always:
        has({"name": "stays"}, {"name": "comes", "user": "u", "password": "s3cret"})
        running.process.send_signal(signal.SIGHUP)
        running.says("read the cameras again: added comes, removed goes")
        with Viewer(f"rtsp://u:s3cret@{root.removeprefix('rtsp://')}/comes") as viewer:
            assert viewer.picture()
        with pytest.raises(av.HTTPNotFoundError):
            Viewer(f"{root}/goes")
        file.write_text("[{")
        running.process.send_signal(signal.SIGHUP)
        running.says(f"the cameras stay as they were: {file}: not JSON")
        has({"name": "stays"}, {"name": "always"})
        running.process.send_signal(signal.SIGHUP)
        running.says("the cameras stay as they were: two cameras are named 'always'")
        file.unlink()
        running.process.send_signal(signal.SIGHUP)
        running.says(f"the cameras stay as they were: {file}: cannot be read")
        # Those who stayed have not noticed any of it.
        for viewer in (staying, always):
            assert all(abs(step - 0.1) < 0.001 for step in itertools.islice(viewer.steps(), 20))
    assert "s3cret" not in running.stderr()
    assert running.leave_on(signal.SIGTERM) == 0


class Control:
    """Calls the control port."""

    def __init__(self, port: int) -> None:
        self._port = port

    def __call__(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=patient(10))
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


@pytest.fixture
def controlled(program: Callable[..., Program], tmp_path: Path) -> Program:
    arguments = ("--camera", "lobby", "--camera", "dock", "--port", "0", "--control-port", "0")
    running = program("-m", "simulator", *arguments, "--clip-dir", str(tmp_path))
    running.says("control on port")
    return running


@pytest.fixture
def control(controlled: Program) -> Control:
    return Control(int(controlled.stderr().split("control on port ")[1].split()[0]))


def test_control(controlled: Program, control: Control, wait_until: Callable[..., Any], tmp_path: Path) -> None:
    url = f"rtsp://127.0.0.1:{controlled.served_port()}/lobby"
    with Viewer(url) as viewer:
        assert viewer.picture()
        status, (dock, lobby) = control("GET", "/cameras")
        assert status == 200
        assert dock | {"clip": ""} == {"name": "dock", "fault": "ok", "clip": "", "codec": "h264", "clients": 0}
        assert (lobby["name"], lobby["clients"]) == ("lobby", 1)
        # The truth about what it shows lies beside its clip.
        assert truth_file(tmp_path / lobby["clip"]).exists()
        answer = control("POST", "/cameras/lobby/fault", '{"fault": "gone"}')
        assert answer == (200, {"name": "lobby", "fault": "gone", "seconds": None})
        assert len(list(viewer.times())) < 20
    with pytest.raises(av.HTTPNotFoundError):
        Viewer(url)
    assert [camera["fault"] for camera in control("GET", "/cameras")[1]] == ["ok", "gone"]
    assert control("POST", "/cameras/lobby/fault", '{"fault": "mute", "seconds": 0.2}')[0] == 200
    wait_until(lambda: control("GET", "/cameras")[1][1]["fault"] == "ok", "it heals by itself")
    with Viewer(url) as viewer:
        assert viewer.picture()
    assert "camera=lobby fault=gone" in controlled.stderr()
    assert controlled.leave_on(signal.SIGTERM) == 0


WRONG_CALLS = (
    (("GET", "/"), 404, "there is GET /cameras"),
    (("POST", "/cameras/attic/fault", '{"fault": "ok"}'), 404, "no camera is named 'attic'"),
    (("POST", "/cameras/lobby", '{"fault": "ok"}'), 404, "there is GET /cameras"),
    (("POST", "/cameras/lobby/fault", "{"), 400, "faults are ok, gone, frozen"),
    (("POST", "/cameras/lobby/fault", "[]"), 400, "the body must be"),
    (("POST", "/cameras/lobby/fault", "[" * 4000), 400, "the body must be"),
    (("POST", "/cameras/lobby/fault", '{"fault": ["ok"]}'), 400, "faults are"),
    (("POST", "/cameras/lobby/fault", '{"fault": "tired"}'), 400, "faults are"),
    (("POST", "/cameras/lobby/fault", '{"fault": "ok", "for": 1}'), 400, "the body must be"),
    (("POST", "/cameras/lobby/fault", '{"fault": "gone", "seconds": -1}'), 400, "seconds must be more than 0"),
    (("POST", "/cameras/lobby/fault", '{"fault": "gone", "seconds": NaN}'), 400, "seconds must be more than 0"),
    (("POST", "/cameras/lobby/fault", '{"fault": "gone", "seconds": "1"}'), 400, "seconds must be more than 0"),
    (("POST", "/cameras/lobby/fault", "x" * 5000), 400, "at most 4096 bytes"),
)


def test_wrong_calls(controlled: Program, control: Control) -> None:
    for call, status, what in WRONG_CALLS:
        got, answer = control(*call)
        assert (got, what in answer["error"]) == (status, True), (call, answer)
        assert [camera["fault"] for camera in control("GET", "/cameras")[1]] == ["ok", "ok"]
    assert "Traceback" not in controlled.stderr()


def test_web_pages_may_not_break_cameras(control: Control) -> None:
    status, answer = control("POST", "/cameras/lobby/fault", '{"fault": "gone"}', Origin="http://127.0.0.1")
    assert (status, answer) == (403, {"error": "web pages may not call"})
    assert [camera["fault"] for camera in control("GET", "/cameras")[1]] == ["ok", "ok"]


def test_a_control_port_that_is_taken(program: Callable[..., Program], controlled: Program, tmp_path: Path) -> None:
    port = controlled.stderr().split("control on port ")[1].split()[0]
    other = program("-m", "simulator", "--camera", "a", "--port", "0", "--control-port", port)
    assert other.exit_code() == 3
    assert f"cannot listen on port {port}: " in other.stderr()
