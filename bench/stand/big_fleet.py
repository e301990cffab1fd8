"""Manifests of a fleet of any size, one file for each node with its instances and their cameras."""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_NAMESPACE: Final = uuid.UUID("0d3a6f5e-6c0e-4f4b-9d0a-0f6c2d6f8a11")


@dataclass(frozen=True)
class FleetSize:
    """So many nodes, with so many instances each, with so many cameras each."""

    nodes: int
    instances: int
    cameras: int

    @classmethod
    def parsed(cls, text: str) -> Self:
        """From NODESxINSTANCESxCAMERAS.

        Raises:
            ValueError: the text is something else.
        """
        nodes, instances, cameras = map(int, text.split("x"))
        return cls(nodes, instances, cameras)

    def __str__(self) -> str:
        return f"{self.nodes:,} x {self.instances} x {self.cameras}"


def node_id(node: int) -> str:
    """The id of a node: the same in each run."""
    raw = uuid.uuid5(_NAMESPACE, str(node)).bytes
    return str(uuid.UUID(bytes=raw, version=4))


class BigFleet:
    """A folder of manifests that can be edited one field at a time."""

    def __init__(self, folder: Path, size: FleetSize) -> None:
        """Writes all of it."""
        self.size = size
        self._folder = folder
        folder.mkdir(parents=True)
        for node in range(size.nodes):
            self._file(node).write_text(self._text(node, 0.5), encoding="utf-8")

    def edit(self, node: int, confidence: float) -> None:
        """Changes one field of the first instance of a node, the way that editors save."""
        file = self._file(node)
        new = file.with_suffix(".new")
        new.write_text(self._text(node, confidence), encoding="utf-8")
        new.replace(file)

    def touch(self, node: int) -> None:
        """Saves a file as it is."""
        os.utime(self._file(node))

    def _file(self, node: int) -> Path:
        return self._folder / f"node-{node:05}.yaml"

    def _text(self, node: int, confidence: float) -> str:
        name = f"node-{node:05}"
        node_document = (
            f"apiVersion: dsfleet.io/v1\nkind: Node\nmetadata:\n  name: {name}\n  labels: {{site: s{node % 20:02}}}\n"
            f"spec:\n  nodeId: {node_id(node)}\n  hostname: {name}\n"
        )
        documents = [node_document]
        for instance in range(self.size.instances):
            cameras = [f"c{node:05}-{instance:02}-{camera:02}" for camera in range(self.size.cameras)]
            threshold = confidence if instance == 0 else 0.5
            documents.append(
                f"apiVersion: dsfleet.io/v1\nkind: DsInstance\nmetadata:\n  name: i{node:05}-{instance:02}\n"
                f"spec:\n  node: {name}\n  image: dsfleet/pipeline:dev\n  app:\n    kind: reference\n"
                f"    faceConfidenceThreshold: {threshold:.3f} # one field of it is edited\n"
                f"  cameras:\n" + "".join(f"    - {camera}\n" for camera in cameras) + "  streammux:\n"
                f"    width: 640\n    height: 360\n    batchSize: {max(4, self.size.cameras)}\n    nvbufMemoryType: 0\n"
            )
            documents += [
                f"apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata:\n  name: {camera}\n  labels: {{area: a{node % 50}}}\n"
                f"spec:\n  address: rtsp://10.{node // 250}.{node % 250}.{instance + 1}:554/{camera}\n"
                for camera in cameras
            ]
        return "---\n".join(documents)
