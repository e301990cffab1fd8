"""The real kubectl against the real server."""

import re
import shlex
from pathlib import Path

import pytest

from controller.observed import Fleet
from tests.api.serving import fleet_documents
from tests.kubectl.conftest import Served
from tests.kubectl.matrix import MATRIX, Case
from tests.kubectl.programs import Kubectl, plain
from tests.patience import patient
from tests.picture.fleets import NOW
from tools.kinds.spec_examples import EXAMPLES

MANIFESTS = {
    "@valid": EXAMPLES["Camera"],
    # What null may stand for is left to the controller.
    "@null": """\
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata: {name: x}
spec:
  image: a:1
  dsVersion: 7.1
  node: null
  container: {cpus: null}
  inference: {facePgie: {classAttrs: {"0": null}, property: null}}
""",
    "@wrong": """\
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: x}
spec: {addres: 7, width: wide}
""",
}


def words(command: str, folder: Path) -> list[str]:
    found = []
    for word in shlex.split(command):
        if word in MANIFESTS:
            path = folder / f"{word[1:]}.yaml"
            path.write_text(MANIFESTS[word])
            found.append(str(path))
        else:
            found.append(word)
    return found


@pytest.mark.parametrize("case", MATRIX, ids=lambda case: case.command)
def test_kubectl(kubectls: tuple[Kubectl, ...], tmp_path: Path, case: Case) -> None:
    for kubectl in kubectls:
        if case.since <= kubectl.minor <= case.until:
            code, said = kubectl.run(*words(case.command, tmp_path))
            assert code == case.code, f"1.{kubectl.minor}: {said}"
            assert re.search(case.expected, said), f"1.{kubectl.minor}: {said}"


def test_what_is_wrong_with_a_manifest_is_said_at_once(kubectls: tuple[Kubectl, ...], tmp_path: Path) -> None:
    """By kubectl, before it asks for anything, or by the controller: by neither with advice to turn validation off blindly."""
    for kubectl in kubectls:
        code, said = kubectl.run(*words("create -f @wrong", tmp_path))
        assert code == 1
        if "read-only" not in said:
            assert 'unknown field "addres"' in said, said
            assert 'invalid type for io.dsfleet.v1.Camera.spec.width: got "string", expected "integer"' in said
            assert 'missing required field "address"' in said


def test_a_watch_tells_what_changes(kubectls: tuple[Kubectl, ...], served: Served) -> None:
    healthy = tuple(one.source for kind in ("Camera", "DsInstance", "Node") for one in served.objects.objects(kind))
    for kubectl in kubectls:
        # Without a name: kubectl swallows the first event of a watch of one object, whatever it says.
        watched = kubectl.start("get", "cam", "-w")
        assert watched.stdout is not None
        try:
            listed = [watched.stdout.readline() for _ in range(4)]
            assert plain(listed[1]) == "hq-1 door n1 True 25.0 3m\n"
            documents = tuple(one for one in fleet_documents(Fleet()) if one["metadata"]["name"] != "hq-2")
            served.live.run(lambda gone=documents: served.objects.replace(gone, NOW))
            assert plain(watched.stdout.readline()) == "hq-1 door n1 Unknown - 3m\n"
            assert watched.stdout.readline().startswith("hq-2")
        finally:
            watched.terminate()
            watched.communicate(timeout=patient(10))
            served.live.run(lambda: served.objects.replace(healthy, NOW))
