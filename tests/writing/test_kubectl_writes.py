"""The real kubectl writes manifests: the first of those that `tests.kubectl.programs` finds."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from controller.source.fetch.directory import DirectorySource
from tests.kubectl.programs import programs
from tests.patience import patient, wait_until
from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.conftest import INSTANCE, write_movable
from tests.writing.served import Served, served

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def kubectl(fleet: Served, tmp_path: Path, unavailable: Callable[[str, str], NoReturn]) -> Run:
    return kubectl_at(fleet.url, tmp_path, unavailable)


def kubectl_at(url: str, tmp_path: Path, unavailable: Callable[[str, str], NoReturn]) -> Run:
    found = programs()
    if not found:
        unavailable("kubectl", "kubectl is not installed")
    program = found[0]
    home = tmp_path / "home"
    environment = {"HOME": str(home), "KUBECONFIG": os.devnull, "PATH": os.environ["PATH"]}
    command = [program, "-s", url, "--cache-dir", str(home / "cache")]

    def run(
        *arguments: str, given: str = "", fails: bool = False, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*command, *arguments], input=given, env={**environment, **variables}, capture_output=True, text=True,
            timeout=patient(30), check=False,
        )  # fmt: skip
        assert (done.returncode != 0) is fails, done.stderr + done.stdout
        return done

    return run


CAMERA = "apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {name: attic}\nspec: {address: rtsp://10.0.0.9/1}\n"


def test_what_kubectl_writes(kubectl: Run, directory: Path) -> None:
    cameras = directory / "cameras.yaml"
    # All manifests as they are, applied, change nothing; and what kubectl keeps of it stands in none of them.
    applied = kubectl("apply", "-f", str(directory))
    assert len(applied.stdout.splitlines()) == 5
    assert cameras.read_text() == TEXT
    assert all(line.endswith("unchanged") for line in kubectl("apply", "-f", str(directory)).stdout.splitlines())
    # A change of the file that is applied is a three-way patch.
    faces = INSTANCE.replace("[lobby, yard]", "[lobby, yard, gate]")
    done = kubectl("apply", "-f", "-", given=faces)
    assert done.stdout == "dsinstance.dsfleet.io/faces configured\n"
    assert "Warning: ~ update dsinstance/faces on edge-1 (restart)" in done.stderr
    assert "gate" in (directory / "faces.yaml").read_text()
    dry = kubectl("create", "-f", "-", "--dry-run=server", given=CAMERA)
    assert dry.stdout == "camera.dsfleet.io/attic created (server dry run)\n"
    assert cameras.read_text() == TEXT
    assert kubectl("create", "-f", "-", given=CAMERA).stdout == "camera.dsfleet.io/attic created\n"
    assert "AlreadyExists" in kubectl("create", "-f", "-", given=CAMERA, fails=True).stderr
    kubectl("label", "cam", "attic", "site=roof")
    kubectl("annotate", "cam", "attic", "dsfleet.io/display-name=The attic")
    kubectl("patch", "cam", "attic", "--type=merge", "-p", '{"spec":{"width":640}}')
    kubectl("patch", "cam", "attic", "--type=json", "-p", '[{"op":"add","path":"/spec/height","value":480}]')
    kubectl("edit", "cam", "attic", EDITOR="sed -i s/10.0.0.9/10.0.0.10/")
    shown = json.loads(kubectl("get", "cam", "attic", "-o", "json").stdout)
    assert shown["spec"] == {"address": "rtsp://10.0.0.10/1", "width": 640, "height": 480}
    assert shown["metadata"]["labels"] == {"site": "roof"}
    text = cameras.read_text()
    assert text.startswith(TEXT.rstrip("\n"))
    assert all(word in text for word in ("site: roof", "The attic", "10.0.0.10"))
    refused = kubectl("patch", "cam", "attic", "--type=merge", "-p", '{"spec":{"width":1}}', fails=True)
    assert "cameras.yaml:" in refused.stderr
    assert "spec.width" in refused.stderr
    kubectl("replace", "-f", "-", given=CAMERA)
    assert "10.0.0.9" in cameras.read_text()
    serverside = kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", given=CAMERA.replace("0.9", "0.11"))
    assert "attic serverside-applied" in serverside.stdout
    assert 'cameras.dsfleet.io "nobody" not found' in kubectl("delete", "cam", "nobody", fails=True).stderr
    assert kubectl("delete", "cam", "attic").stdout == 'camera.dsfleet.io "attic" deleted\n'
    assert cameras.read_text() == TEXT
    parked = kubectl("patch", "ds", "faces", "--type=merge", "-p", '{"spec":{"cameras":[]}}', fails=True)
    assert "annotate it with dsfleet.io/approve=sha256:" in parked.stderr


def test_a_node_is_drained(directory: Path, tmp_path: Path, unavailable: Callable[[str, str], NoReturn]) -> None:
    write_movable(directory)
    zone = directory / "zone.yaml"
    with served(DirectorySource(directory), nodes=("north", "south", "edge-1")) as fleet:
        kubectl = kubectl_at(fleet.url, tmp_path, unavailable)

        def place() -> str:
            found = fleet.get("/api/v1/namespaces/default/pods/two")
            return str(found["spec"].get("nodeName", ""))

        here = wait_until(place, "it is placed")
        there = {"north": "south", "south": "north"}[here]
        drained = kubectl("drain", here, "--timeout=60s")
        assert "pod/two evicted\n" in drained.stdout
        assert f"Warning: > move dsinstance/two on {here} -> {there}" in drained.stderr
        assert "interrupts 1 camera: gate" in drained.stderr
        assert place() == there
        assert "unschedulable: true" in zone.read_text()
        # There is no other node for it now, and kubectl ends instead of trying again for ever.
        refused = kubectl("drain", there, "--timeout=60s", fails=True)
        assert f"every node that it may run on is unschedulable: {here}" in refused.stderr
        pinned = kubectl("drain", "edge-1", "--disable-eviction", "--force", "--timeout=60s", fails=True)
        assert "its manifest names its node (spec.node: edge-1)" in pinned.stderr
        assert "unschedulable: true" in (directory / "nodes.yaml").read_text()
        for node in (here, there, "edge-1"):
            assert kubectl("uncordon", node).stdout == f"node/{node} uncordoned\n"
        assert "unschedulable" not in zone.read_text()
        assert 'pod "two" deleted' in kubectl("delete", "pod", "two").stdout
        assert place() == here
        assert "kind: DsInstance" in zone.read_text(), "its manifest stays"
        kubectl("label", "node", here, "rack=7")
        kubectl("annotate", "node", here, "example.com/note=x")
        kubectl("taint", "node", here, "node.kubernetes.io/unschedulable:NoSchedule")
        shown = fleet.get(f"/apis/dsfleet.io/v1/nodes/{here}")
        assert (shown["metadata"]["labels"]["rack"], shown["spec"]["unschedulable"]) == ("7", True)
        assert "tolerate no taints" in kubectl("taint", "node", here, "a=b:NoSchedule", fails=True).stderr
        kubectl("taint", "node", here, "node.kubernetes.io/unschedulable-")
        assert "unschedulable" not in zone.read_text()
