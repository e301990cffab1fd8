from pathlib import Path

import pytest

from nodeagent.folders.disk import DiskFolders
from tests.folders.stands import DiskStand, FoldersStand, MemoryStand


@pytest.fixture
def directories(tmp_path: Path) -> DiskFolders:
    return DiskFolders(tmp_path / "instances", tmp_path / "secrets")


@pytest.fixture(params=["disk", "memory"])
def stand(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FoldersStand:
    return DiskStand(tmp_path, monkeypatch) if request.param == "disk" else MemoryStand()
