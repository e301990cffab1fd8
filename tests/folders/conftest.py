from pathlib import Path

import pytest

from nodeagent.folders.instance_files import InstanceDirectories


@pytest.fixture
def directories(tmp_path: Path) -> InstanceDirectories:
    return InstanceDirectories(tmp_path / "instances", tmp_path / "secrets")
