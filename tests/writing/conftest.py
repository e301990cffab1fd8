"""A small fleet in a directory, and the API over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.source.fetch.directory import DirectorySource
from tests.planner.short_manifests import node_id
from tests.writing.served import Served, served

CAMERAS = """\
# The cameras of the house.
apiVersion: dsfleet.io/v1
kind: Camera
metadata:
  name: lobby   # by the door
  labels: {site: hanoi}
spec:
  address: rtsp://10.0.0.1/1 # do not change
---
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: yard}
spec: {address: 'rtsp://10.0.0.2/1'}
---
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: gate}
spec: {address: 'rtsp://10.0.0.3/1'}
"""
NODE = f"""\
apiVersion: dsfleet.io/v1
kind: Node
metadata: {{name: edge-1}}
spec:
  nodeId: {node_id("edge-1")}
  hostname: edge-1
"""
INSTANCE = """\
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata: {name: faces}
spec:
  image: registry.example.com/faces:1
  node: edge-1
  cameras: [lobby, yard]
"""
TWO_NODES = "".join(
    f"""\
apiVersion: dsfleet.io/v1
kind: Node
metadata: {{name: {name}, labels: {{zone: in}}}}
spec:
  nodeId: {node_id(name)}
  hostname: {name}
---
"""
    for name in ("north", "south")
)
MOVABLE = """\
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata: {name: two}
spec:
  image: registry.example.com/faces:1
  nodeSelector: {matchLabels: {zone: in}}
  cameras: [gate]
"""
"""It may run on either of two nodes."""


def write_movable(top: Path) -> None:
    """More of the fleet: two nodes, and an instance that may run on either."""
    (top / "zone.yaml").write_text(TWO_NODES + MOVABLE)


def write_fleet(top: Path) -> None:
    top.mkdir()
    (top / "cameras.yaml").write_text(CAMERAS)
    (top / "nodes.yaml").write_text(NODE)
    (top / "faces.yaml").write_text(INSTANCE)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    top = tmp_path / "manifests"
    write_fleet(top)
    return top


@pytest.fixture
def fleet(directory: Path) -> Iterator[Served]:
    with served(DirectorySource(directory)) as api:
        yield api


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One for tests that change nothing."""
    top = tmp_path_factory.mktemp("many") / "manifests"
    write_fleet(top)
    with served(DirectorySource(top)) as api:
        yield api
