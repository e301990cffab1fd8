"""A small valid fleet, ways to read files without a disk, and git repositories that are real."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from controller.source.files import SourceFile
from controller.source.read.reader import ManifestReader, Reading

CAMERA = """\
apiVersion: dsfleet.io/v1
kind: Camera
metadata:
  name: lobby
  labels: {site: hanoi}
spec:
  address: rtsp://10.0.0.1/1
"""
NODE = """\
apiVersion: dsfleet.io/v1
kind: Node
metadata:
  name: edge-1
  labels: {site: hanoi}
spec:
  nodeId: 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f
  hostname: edge-1
"""
INSTANCE = """\
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata:
  name: faces
spec:
  image: registry.example.com/faces:1
  node: edge-1
  cameras: [lobby]
"""


@pytest.fixture(scope="session")
def fleet() -> Mapping[str, str]:
    """The files of a small valid fleet: one camera, one node, one instance."""
    return {"cameras.yaml": CAMERA, "nodes/edge-1.yml": NODE, "instances.yaml": INSTANCE}


@pytest.fixture(scope="session")
def read_files() -> Callable[[Mapping[str, str | bytes]], Reading]:
    """`read_files({path: content})` reads files as one revision."""

    def read(files: Mapping[str, str | bytes]) -> Reading:
        found = [
            SourceFile(path.encode(), content if isinstance(content, bytes) else content.encode())
            for path, content in files.items()
        ]
        return ManifestReader().read(found, root="", revision_id="r1", description="a test")

    return read


@pytest.fixture
def write_files() -> Callable[[Path, Mapping[str, str]], None]:
    """`write_files(directory, {path: content})` writes files below a directory."""

    def write(directory: Path, files: Mapping[str, str]) -> None:
        for path, content in files.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(content)

    return write


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., str]:
    """`git(directory, *arguments)` runs git there, as an author of its own, and returns what it says."""
    identity = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in
                (("NAME", "A Tester"), ("EMAIL", "tester@example.com"))}  # fmt: skip
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def run(directory: Path, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture
def repository(
    tmp_path: Path,
    git: Callable[..., str],
    fleet: Mapping[str, str],
    write_files: Callable[[Path, Mapping[str, str]], None],
) -> Path:
    """A repository with the small fleet in `manifests/`, committed on the branch main."""
    top = tmp_path / "repository"
    top.mkdir()
    git(top, "init", "--quiet", "--initial-branch=main", ".")
    write_files(top / "manifests", fleet)
    git(top, "add", ".")
    git(top, "commit", "--quiet", "--message=The first fleet")
    return top
