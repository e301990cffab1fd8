import asyncio
import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from simulator.clips import ClipSpec, write_clip
from simulator.server import CameraSimulator, Fault, SimulatedCamera
from tests.held_ports import hold_port
from tests.patience import patient, wait_until

APP_CONF = {
    "app_type": "person",
    "face_raw_meta_topic": "face",
    "mot_raw_meta_topic": "mot",
    "visual_topic": "visual",
    "kafka_connection_str": "127.0.0.1:9092",
    "streammux_output_width": 1280,
    "streammux_output_height": 720,
    "streammux_batch_size": 16,
    "streammux_buffer_pool": 4,
    "streammux_nvbuf_memory_type": 0,
    "face_confidence_threshold": 0.5,
    "mot_confidence_threshold": 1,
    "gpu_id": 0,
}


class Configs:
    """Writes the two files of the pipeline into a folder; called with the cameras, it returns ``source_list.json``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, *sources: dict[str, Any], **app_keys: Any) -> Path:
        self._folder.mkdir(exist_ok=True)
        (self._folder / "app_conf.json").write_text(json.dumps(APP_CONF | app_keys))
        source_list = self._folder / "source_list.json"
        source_list.write_text(json.dumps({"sources": list(sources)}))
        return source_list

    def wait_for(self, *cameras: str) -> None:
        """Has the pipeline call these silent so late that those of a machine that is merely busy never are."""
        limits = {camera: {"not_reachable_after_s": 60} for camera in cameras}
        (self._folder / "pipeline.json").write_text(json.dumps({"cameras": limits}))

    @staticmethod
    def camera(camera_id: str, address: object, **keys: Any) -> dict[str, Any]:
        kind = "rtsp" if str(address).startswith("rtsp") else "file"
        entry = {"camera_id": camera_id, "address": str(address), "encode_type": "h264", "type": kind, "stream": True}
        return entry | keys


class Program:
    """A process with its stderr in a file; it is killed at the end of the test if it still runs."""

    def __init__(self, arguments: list[str], log: Path) -> None:
        self.log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                cwd=Path(__file__).parents[2],
            )

    def stderr(self) -> str:
        return self.log.read_text()

    def says(self, text: str) -> None:
        wait_until(lambda: text in self.stderr() or self.process.poll() is not None, f"{text!r} on stderr")
        assert text in self.stderr(), self.stderr()

    def served_port(self) -> int:
        self.says("serving on port")
        return int(self.stderr().split("serving on port ")[1].split()[0])

    def exit_code(self, timeout_s: float = 10.0) -> int:
        return self.process.wait(patient(timeout_s))

    def leave_on(self, number: signal.Signals) -> int:
        """Returns the exit code after the signal."""
        self.process.send_signal(number)
        return self.process.wait(patient(10))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class PipelineProgram(Program):
    """``python -m pipeline``."""

    def __init__(self, source_list: Path, port: int, log: Path) -> None:
        kept = ["--alert-frames", str(log.with_suffix(".alert-frames"))]
        super().__init__(["-m", "pipeline", str(source_list), "--port", str(port), *kept], log)
        self.port = port

    def ask(self, path: str, method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patient(5))
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        status, text = self.ask(path)
        assert status == 200
        return json.loads(text)

    def streams(self) -> dict[str, dict[str, Any]]:
        stats = self.get("/api/v1/metrics")["metrics-info"]["stream-stats"]
        return {stream["sensor_id"]: stream for stream in stats}

    def until(self, state: str, *cameras: str, timeout_s: float = 15.0) -> None:
        wait_until(
            lambda: all(self.streams()[camera]["state"] == state for camera in cameras),
            f"{cameras} {state}",
            timeout_s,
        )

    def events(self, camera: str, until: str) -> list[str]:
        """Returns what the log says of the camera, once its last word holds the given one."""

        def told() -> list[str]:
            lines = (line.partition(f"camera={camera} ")[2] for line in self.stderr().splitlines())
            return [line for line in lines if line]

        wait_until(lambda: until in (told() or [""])[-1], f"{until!r} as the last word on {camera}")
        return told()

    @contextlib.contextmanager
    def steady(self, *cameras: str) -> Iterator[None]:
        """Looks at the cameras all the while; none of them may be lost."""
        done = threading.Event()
        wrong: list[str] = []
        before = self.streams()

        def look() -> None:
            while not done.wait(0.1):
                now = self.streams()
                wrong.extend(
                    str(now[camera])
                    for camera in cameras
                    if now[camera]["state"] != "alive"
                    or now[camera]["connections_lost"] != before[camera]["connections_lost"]
                )

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            yield
            for camera in cameras:
                wait_until(
                    lambda camera=camera: self.streams()[camera]["frame_number"] > before[camera]["frame_number"] + 10,
                    f"ten frames more of {camera}",
                )
        finally:
            done.set()
            watcher.join()
        assert not wrong


class SimulatorThread:
    """A simulator on an event loop of its own, so that tests can be plain functions."""

    def __init__(self, cameras: list[SimulatedCamera], clip_dir: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            self._simulator = CameraSimulator(cameras, clip_dir=clip_dir)
            self.url = self._simulator.url
            asyncio.run_coroutine_threadsafe(self._simulator.start(), self._loop).result(patient(30))
        except BaseException:
            self._end()  # else the thread would keep the whole run from ending
            raise

    @property
    def port(self) -> int:
        return self._simulator.port

    def set_fault(self, name: str, fault: Fault, seconds: float | None = None) -> None:
        self._loop.call_soon_threadsafe(self._simulator.set_fault, name, fault, seconds)

    def set_cameras(self, *cameras: SimulatedCamera) -> None:
        asyncio.run_coroutine_threadsafe(self._simulator.set_cameras(cameras), self._loop).result(patient(30))

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._simulator.stop(), self._loop).result(patient(10))
        self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@pytest.fixture(scope="session")
def clip_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def clip(clip_dir: Path) -> Path:
    path = clip_dir / "two seconds.mp4"
    write_clip(path, ClipSpec(seconds=2))
    return path


@pytest.fixture
def app_conf() -> dict[str, Any]:
    return dict(APP_CONF)


@pytest.fixture
def configs(tmp_path: Path) -> Configs:
    return Configs(tmp_path / "configs")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts any program."""
    started: list[Program] = []

    def start(*arguments: str) -> Program:
        started.append(Program(list(arguments), tmp_path / f"program-{len(started)}.log"))
        return started[-1]

    yield start
    for running in started:
        running.kill()


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Callable[..., PipelineProgram]]:
    """Starts the pipeline; it serves already unless the test says that it will not."""
    started: list[PipelineProgram] = []

    def start(source_list: Path, port: int | None = None, *, serves: bool = True) -> PipelineProgram:
        running = PipelineProgram(source_list, port or hold_port(), tmp_path / f"pipeline-{len(started)}.log")
        started.append(running)
        if serves:
            running.says("serving on")
        return running

    yield start
    for running in started:
        running.kill()


@pytest.fixture
def simulator(clip_dir: Path) -> Iterator[Callable[..., SimulatorThread]]:
    started: list[SimulatorThread] = []

    def start(*cameras: SimulatedCamera | str) -> SimulatorThread:
        wanted = [SimulatedCamera(camera) if isinstance(camera, str) else camera for camera in cameras]
        started.append(SimulatorThread(wanted, clip_dir))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def pid_namespace() -> list[str]:
    """A command prefix under which a program is PID 1."""
    prefix = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"]
    try:
        tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no unshare here")
    if tried.returncode:
        pytest.skip(f"no PID namespace allowed here: {os.fsdecode(tried.stderr).strip()}")
    return prefix
