"""`fleet up` with all its real parts: what the demo shows, and what is left behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.held_ports import hold_port
from tests.patience import Patience, patient

pytest.importorskip("av", reason="the reference workload needs PyAV")

EXAMPLE = Path(__file__).parents[2] / "manifests"
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


class Up:
    """A running `fleet up` on ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.listen = f"127.0.0.1:{hold_port()}"
        self.manifests = Path(shutil.copytree(EXAMPLE, folder / "manifests"))
        self.state = folder / "state"
        self.cameras_port, self.kafka_port = hold_port(), hold_port()
        self._edit("cameras.yaml", ":8554/", f":{self.cameras_port}/")
        for first, last in ((21000, 21049), (21050, 21099)):
            port = hold_port()
            self._edit("nodes.yaml", f"first: {first}\n    last: {last}", f"first: {port}\n    last: {port}")
        kind = "kind: reference\n"
        for name in ("entrance", "yard"):
            self._edit(f"instances/{name}.yaml", kind, f"{kind}    kafkaConnectionStr: localhost:{self.kafka_port}\n")
        self.output = folder / "output"
        self.process = self.start()

    def _edit(self, name: str, old: str, new: str) -> None:
        file = self.manifests / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def command(self) -> list[str]:
        options = ["--manifests", str(self.manifests), "--state-dir", str(self.state), "--listen", self.listen]
        return [sys.executable, "-m", "cli", "up", *options, "--no-table", "--kafka-port", str(self.kafka_port)]

    def start(self) -> subprocess.Popen[bytes]:
        with self.output.open("ab") as output:
            return subprocess.Popen(self.command(), stdout=output, stderr=output)

    def fleet(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli", "--server", f"http://{self.listen}", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def messages(self, camera: str, topic: str) -> list[dict[str, Any]]:
        """What Kafka was told of a camera, oldest first."""
        command = [sys.executable, "-m", "cli", "messages", camera, "-o", "json", "--since", "10m", "--topic", topic]
        command += ["--bootstrap-servers", f"localhost:{self.kafka_port}"]
        found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
        return [json.loads(message) for message in found]

    def counted(self, camera: str, line: str) -> int:
        """The crossings of a line that Kafka was told of last; 0 when it was told of none."""
        modules = [message["analyticsModule"] for message in self.messages(camera, "Analytics")]
        return max((module.get(f"lc_cum_{line}", 0) for module in modules), default=0)

    def ready_cameras(self) -> list[str]:
        """The cameras that the interface calls ready; a program that asked it again and again would take the machine."""
        try:
            with urllib.request.urlopen(
                f"http://{self.listen}/apis/dsfleet.io/v1/cameras", timeout=patient(10)
            ) as told:
                items = json.load(told)["items"]
        except OSError:
            return []
        ready = {"type": "Ready", "status": "True"}.items()
        return [
            item["metadata"]["name"]
            for item in items
            if any(ready <= condition.items() for condition in item["status"]["conditions"])
        ]

    def until(self, condition: Callable[[], bool], seconds: float = 60, *, poll_s: float = 0.1) -> None:
        patience = Patience(seconds)
        while not condition():
            assert not patience.is_over(), self.output.read_text(encoding="utf-8")
            assert self.process.poll() is None, self.output.read_text(encoding="utf-8")
            time.sleep(poll_s)

    def children(self, word: str) -> list[int]:
        """The children whose command line holds a word."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                parent = (entry / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1]
                if int(parent) == self.process.pid and word in (entry / "cmdline").read_text(encoding="utf-8"):
                    found.append(int(entry.name))
            except (OSError, ValueError, IndexError):
                continue
        return found

    def left_behind(self) -> list[str]:
        """The command lines of processes that name the state directory, or carry the label of the fleet."""
        fleet_id = (self.state / "fleet-id").read_text(encoding="utf-8").strip()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                command, variables = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(self.state).encode() in command or f"DSFLEET_IO_FLEET={fleet_id}".encode() in variables:
                found.append(command.replace(b"\0", b" ").decode())
        return found


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    started = Up(tmp_path)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()


def test_the_example_runs_survives_crashes_and_leaves_nothing_behind(up: Up) -> None:
    up.until(lambda: len(up.ready_cameras()) == 5)
    shown = up.fleet("get", "cameras", "--no-headers").stdout
    assert [line.split()[3] for line in shown.splitlines()] == ["True"] * 5

    second = subprocess.run(up.command(), capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"another `fleet up` (pid {up.process.pid}) uses {up.state}" in second.stderr

    for part in ("agents", "controller.pub"):
        assert up.children(part)
    [controller] = [pid for pid in up.children("controller") if pid not in up.children("agents")]
    agent = up.children("agents")[0]
    for pid in (agent, controller):
        os.kill(pid, signal.SIGKILL)
    up.until(lambda: len(up.children("agents")) == 2 and len(up.ready_cameras()) == 5)
    assert up.fleet("status").returncode == 0
    assert f"(pid {agent}) was killed by SIGKILL; starting it again in 1 s" in up.output.read_text(encoding="utf-8")

    text = (up.manifests / "cameras.yaml").read_text(encoding="utf-8")
    roof = text.split("---\n")[2].replace("yard-north", "roof")
    (up.manifests / "cameras.yaml").write_text(f"{text}---\n{roof}", encoding="utf-8")
    up.until(lambda: "roof" in (ready := up.ready_cameras()) and len(ready) == 6)

    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(patient(60)) == 0
    assert up.left_behind() == []
    assert up.output.read_text(encoding="utf-8").endswith("everything has ended\n")


def test_lines_and_alerts_in_manifests_are_told_and_edited_live(up: Up) -> None:
    up.until(lambda: up.counted("front-door", "in") > 0 and up.counted("yard-north", "gate") > 0, 90, poll_s=1)
    assert up.counted("front-door", "entering") == 0

    up._edit("cameras.yaml", "        in:\n", "        entering:\n")
    rule = "alerts: {on-lawn: {region: lawn, classes: [object], message: Keep off}}"
    up._edit(
        "cameras.yaml",
        f"rtsp://127.0.0.1:{up.cameras_port}/yard-south\n",
        f"rtsp://127.0.0.1:{up.cameras_port}/yard-south\n  {rule}\n",
    )
    up.until(lambda: up.counted("front-door", "entering") > 0, 90, poll_s=1)

    up.until(lambda: bool(up.messages("yard-south", "Alerts")), 90, poll_s=1)
    began = up.messages("yard-south", "Alerts")[0]
    assert (began["alert"]["rule"], began["alert"]["state"], began["alert"]["region"]) == ("on-lawn", "began", "lawn")
    assert began["objects"]
    # Its frame is there before its message is.
    frame = up.state / "lawn.jpg"
    fetched = up.fleet("snapshot", "camera/yard-south", "--at", began["alert"]["id"], "--overlay", "-o", str(frame))
    assert fetched.returncode == 0, fetched.stderr
    assert frame.read_bytes()[:2] == b"\xff\xd8"
    up.until(lambda: "on-lawn: " in up.fleet("events", "--for", "camera/yard-south").stdout, 30, poll_s=1)
    assert "lawn: Keep off (alert 2" in up.fleet("events", "--for", "camera/yard-south").stdout
    assert "on-lawn" in up.fleet("describe", "camera/yard-south").stdout.partition("Alerts:")[2]


def test_a_reader_that_leaves_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    up = Up(tmp_path)
    up.process.kill()
    up.process.wait()
    with subprocess.Popen(up.command(), stdout=subprocess.PIPE) as piped:
        assert piped.stdout is not None
        piped.stdout.readline()
        piped.stdout.close()
        time.sleep(2)
        piped.send_signal(signal.SIGINT)
        assert piped.wait(patient(60)) == 0
    assert up.left_behind() == []


def test_what_is_killed_leaves_nothing_behind_either(up: Up) -> None:
    up.until(lambda: len(up.ready_cameras()) == 5)
    up.process.kill()
    up.process.wait()
    patience = Patience(40)
    while up.left_behind() and not patience.is_over():
        time.sleep(0.2)
    assert up.left_behind() == []
