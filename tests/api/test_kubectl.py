"""The real kubectl against the real server. FLEET_TEST_KUBECTL names another binary than the one on the PATH."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from controller.observed import Fleet
from controller.picture.store import ObjectStore
from tests.api.serving import REVISION, LiveServer, fleet_documents
from tests.patience import patient
from tests.picture.fleets import NOW

NODE_ID = "00000001-0000-4000-8000-000000000001"


class Kubectl:
    """Runs kubectl as a user without any configuration would."""

    def __init__(self, program: str, server: LiveServer, home: Path) -> None:
        self._command = [program, "-s", server.url, "--cache-dir", str(home / "cache")]
        self._environment = {"HOME": str(home), "KUBECONFIG": os.devnull, "PATH": os.environ["PATH"]}

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._command, *arguments],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=patient(30),
            check=False,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen([*self._command, *arguments], env=self._environment, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def kubectl(server: LiveServer, tmp_path: Path, unavailable: Callable[[str, str], NoReturn]) -> Kubectl:
    program = os.environ.get("FLEET_TEST_KUBECTL") or shutil.which("kubectl")
    if not program:
        unavailable("kubectl", "kubectl is not installed")
    return Kubectl(program, server, tmp_path)


def lines(output: str) -> list[str]:
    """The lines of a table, with single blanks between the cells."""
    return [re.sub(r"\s+", " ", line).strip() for line in output.splitlines()]


@pytest.mark.parametrize("word", ["nodes", "node", "nodes.dsfleet.io", "no"])
def test_get_nodes(kubectl: Kubectl, word: str) -> None:
    assert lines(kubectl("get", word)) == [
        "NAME STATUS INSTANCES CAMERAS GENERATION AGE",
        "n1 Ready 1 2/24 7 3m",
        "n2 Unknown,SchedulingDisabled 0 0/24 ?/7 3m",
    ]


@pytest.mark.parametrize("word", ["dsinstances", "dsinstance", "ds"])
def test_get_instances(kubectl: Kubectl, word: str) -> None:
    # The short name of the core group's DaemonSets is not served here, so `ds` is ours.
    assert lines(kubectl("get", word)) == ["NAME NODE STATUS CAMERAS RESTARTS AGE", "door n1 Running 2/2 0 3m"]


@pytest.mark.parametrize("word", ["cameras", "camera", "cam"])
def test_get_cameras(kubectl: Kubectl, word: str) -> None:
    assert lines(kubectl("get", word)) == [
        "NAME INSTANCE NODE READY FPS AGE",
        "hq-1 door n1 True 25.0 3m",
        "hq-2 door n1 True 25.0 3m",
        "yard-1 <none> <none> False - 3m",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("get", "nodes", "n1", "-o", "wide"), f"n1 Ready 1 2/24 7 3m 10.1.0.1 docker 0.1.0 {NODE_ID}"),
        (("get", "ds", "-o", "wide"), "door n1 Running 2/2 0 3m retinaface:1 7"),
        (("get", "cam", "hq-1", "-o", "wide"), "hq-1 door n1 True 25.0 3m <none> rtsp://10.0.0.9/hq-1 FramesProcessed"),
        (("get", "cam", "-l", "site=yard"), "yard-1 <none> <none> False - 3m"),
        (("get", "cam", "-l", "site!=hq"), "yard-1 <none> <none> False - 3m"),
        (("get", "cam", "--field-selector", "metadata.name=yard-1", "-o", "name"), "camera.dsfleet.io/yard-1"),
        (("get", "cam", "--sort-by=.metadata.name", "-o", "name"), "camera.dsfleet.io/yard-1"),
        (("get", "cam,ds", "-o", "name"), "dsinstance.dsfleet.io/door"),
        (("get", "fleet", "-o", "name"), "node.dsfleet.io/n2"),
        (("get", "cam", "hq-1", "-o", "jsonpath={.status.instances[0].name}"), "door"),
        (("get", "cam", "-L", "site"), "yard-1 <none> <none> False - 3m yard"),
        (("get", "events"), "60s Normal Running dsinstance/door the message about door"),
        (
            ("get", "events", "-A", "--field-selector", "type=Warning"),
            "3m Warning NodeLost node/n2 the message about n2",
        ),
        (("api-resources", "--api-group=dsfleet.io", "-o", "name"), "nodes.dsfleet.io"),
        (("get", "--raw", "/readyz"), "ok"),
    ],
)
def test_the_last_line_of(kubectl: Kubectl, arguments: tuple[str, ...], expected: str) -> None:
    last = lines(kubectl(*arguments))[-1]
    assert last.removeprefix("default ") == expected


def test_output_as_json_and_yaml(kubectl: Kubectl) -> None:
    camera = json.loads(kubectl("get", "cam", "hq-1", "-o", "json"))
    assert (camera["kind"], camera["spec"]["address"]) == ("Camera", "rtsp://10.0.0.9/hq-1")
    assert len(json.loads(kubectl("get", "cam", "-o", "json"))["items"]) == 3
    assert "address: rtsp://10.0.0.9/hq-1" in kubectl("get", "cam", "hq-1", "-o", "yaml")


def test_describe_shows_the_status_and_the_events(kubectl: Kubectl) -> None:
    described = lines(kubectl("describe", "dsinstance", "door"))
    assert "Name: door" in described
    assert "Phase: Running" in described
    assert any("the message about door" in line for line in described)
    assert "Reason: FramesProcessed" in lines(kubectl("describe", "cam", "hq-1"))
    assert "Node Id: " + NODE_ID in lines(kubectl("describe", "nodes", "n1"))


def test_wait(kubectl: Kubectl) -> None:
    assert "condition met" in kubectl("wait", "cam/hq-1", "--for=condition=Ready", f"--timeout={patient(10):.0f}s")


def test_watch(kubectl: Kubectl, server: LiveServer, objects: ObjectStore) -> None:
    # Without a name: kubectl swallows the first event of a watch of one object, whatever it says.
    watched = kubectl.start("get", "cam", "-w")
    assert watched.stdout is not None
    try:
        listed = [watched.stdout.readline() for _ in range(4)]
        assert lines(listed[1])[0] == "hq-1 door n1 True 25.0 3m"
        documents = tuple(one for one in fleet_documents(Fleet()) if one["metadata"]["name"] != "hq-2")
        server.run(lambda: objects.replace(documents, NOW))
        assert lines(watched.stdout.readline()) == ["hq-1 door n1 Unknown - 3m"]
        assert lines(watched.stdout.readline())[0].startswith("hq-2")
    finally:
        watched.terminate()
        watched.communicate(timeout=patient(10))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("get", "cam", "nobody"), 'Error from server (NotFound): cameras.dsfleet.io "nobody" not found'),
        (("delete", "cam", "hq-1", "--wait=false"), "Error from server (MethodNotAllowed)"),
        (("label", "cam", "hq-1", "a=b"), "Error from server (MethodNotAllowed)"),
        (("get", "--raw", "/version", "--as=bob"), "Error from server (Forbidden)"),
    ],
)
def test_refusals(kubectl: Kubectl, arguments: tuple[str, ...], expected: str) -> None:
    done = kubectl.run(*arguments)
    assert done.returncode != 0
    assert expected in done.stderr


def test_the_manifests_of_the_revision_are_what_is_shown(kubectl: Kubectl) -> None:
    shown = json.loads(kubectl("get", "cam", "-o", "json"))["items"]
    assert [one["spec"] for one in shown] == [camera.document()["spec"] for camera in REVISION.cameras]
