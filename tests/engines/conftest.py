"""Fixtures for tests of drivers: the stand of each driver, and `stand`, which is all of them in turn."""

import sys
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from nodeagent.folders.disk import DiskFolders
from tests.engines.stands import DockerStand, FakeStand, ProcessStand, Stand


@pytest.fixture
def fake_stand(tmp_path: Path) -> FakeStand:
    return FakeStand(tmp_path)


@pytest.fixture
def process_stand(tmp_path: Path) -> Iterator[ProcessStand]:
    if sys.platform != "linux":
        pytest.skip("processes are found by Linux's /proc")
    stand = ProcessStand(tmp_path)
    yield stand
    stand.close()


@pytest.fixture
def docker_stand(tmp_path: Path, docker_client: docker.DockerClient, busybox_image: str) -> Iterator[DockerStand]:
    stand = DockerStand(tmp_path, docker_client, busybox_image)
    yield stand
    stand.close()


@pytest.fixture(params=["fake", "process", pytest.param("docker", marks=pytest.mark.docker)])
def stand(request: pytest.FixtureRequest) -> Stand:
    found: Stand = request.getfixturevalue(f"{request.param}_stand")
    gap = found.gaps.get(request.node.originalname)
    if gap is not None:
        request.applymarker(pytest.mark.xfail(strict=True, reason=gap))
    return found


@pytest.fixture
def directories(tmp_path: Path) -> DiskFolders:
    return DiskFolders(tmp_path / "instances", tmp_path / "secrets")
