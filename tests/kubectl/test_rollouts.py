"""The real kubectl changes an instance through its Deployment, and goes back."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from controller.source.fetch.directory import DirectorySource
from tests.kubectl.programs import Kubectl, programs
from tests.patience import wait_until
from tests.writing.conftest import INSTANCE, write_fleet
from tests.writing.served import Served, served

MANIFEST = INSTANCE + "  container: {cpus: 0.5, memoryMib: 2048, env: {EMPTY: ''}}\n"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Served]:
    write_fleet(tmp_path / "manifests")
    (tmp_path / "manifests" / "faces.yaml").write_text(MANIFEST)
    with served(DirectorySource(tmp_path / "manifests")) as api:
        yield api


def test_a_rollout_from_its_beginning_to_its_undoing(
    fleet: Served, tmp_path: Path, unavailable: Callable[[str, str], NoReturn]
) -> None:
    if not programs():
        unavailable("kubectl", "kubectl is not installed")
    file = tmp_path / "manifests" / "faces.yaml"
    for number, program in enumerate(programs()):
        kubectl = Kubectl(program, fleet.url, tmp_path / str(number))

        def run(command: str, code: int = 0, kubectl: Kubectl = kubectl) -> str:
            found, said = kubectl.run(*command.split())
            assert found == code, said
            return said

        first = newest(fleet)
        assert "image updated" in run(f"set image deploy/faces app=faces:{number + 2}")
        wait_until(lambda first=first: newest(fleet) == first + 1, "the version of the image")
        assert "restarted" in run("rollout restart deploy/faces")
        wait_until(lambda first=first: newest(fleet) == first + 2, "the version of the restart")
        assert "restartedAt: " in file.read_text()
        fleet.report()
        assert "successfully rolled out" in run("rollout status deploy/faces --timeout=60s")
        assert re.findall(r"^\d+", run("rollout history deploy/faces"), re.MULTILINE)[-3:] == [
            str(first),
            str(first + 1),
            str(first + 2),
        ]
        assert "cannot be paused here" in run("rollout pause deploy/faces", 1)
        assert "cameras are not shared out" in run("scale deploy/faces --replicas=2", 1)
        assert "dsfleet.io/approve=" in run("scale ds/faces --replicas=0", 1), (
            "the guard is no conflict to try again after"
        )
        assert "rolled back" in run(f"rollout undo deploy/faces --to-revision={first}")
        assert file.read_text() == MANIFEST
        wait_until(lambda first=first: newest(fleet) == first + 3, "the version that came back")


def newest(fleet: Served) -> int:
    """The number of the version that was kept last."""
    found = fleet.controller.versions.newest("faces")
    return found[0] if found else 0
