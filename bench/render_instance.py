#!/usr/bin/env python3
"""Time to render one deepstream-app instance with 64 cameras, all with lines and regions, beside `json.dumps` of the result."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stand.fleet import percentile, print_row, print_verdict

from controller.render.instance import render_instance
from crds.camera import Camera
from crds.dsinstance import DsInstance

_TARGET_MS = 20.0
_INSTANCES = 10_000
_ANALYTICS: dict[str, Any] = {
    "lineCrossing": {
        "lines": {
            "in": {"direction": [[789, 672], [1084, 900]], "line": [[851, 773], [1203, 732]]},
            "out": {"direction": [[1084, 900], [789, 672]], "line": [[851, 773], [1203, 732]]},
        },
        "classIds": [0],
    },
    "roiFiltering": {"regions": {"yard": [[10, 10], [500, 10], [500, 500], [10, 500]]}},
}


def manifest(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    """A manifest as sources read it."""
    return {"apiVersion": "dsfleet.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def camera(name: str) -> Camera:
    """A camera with two lines and a region, drawn in another frame than that of the muxer."""
    address = f"rtsp://10.0.0.9/{name}"
    return Camera.model_validate(
        manifest("Camera", name, address=address, width=1920, height=1080, analytics=_ANALYTICS)
    )


def deepstream_app(cameras: int) -> DsInstance:
    """An instance with a model, a tracker and messages."""
    groups = {
        "primaryGie": {"enable": True, "configFile": "pgie.txt", "batchSize": cameras},
        "tracker": {"enable": True, "llLibFile": "/opt/nvidia/deepstream/lib/libnvds_nvmultiobjecttracker.so"},
        "sinks": {"0": {"enable": True, "type": 6, "msgBrokerProtoLib": "/kafka.so", "msgBrokerConnStr": "kafka;9092"}},
    }
    model = {"onnxFile": "/models/cars.onnx", "numDetectedClasses": 4, "networkMode": 2, "clusterMode": 2}
    return DsInstance.model_validate(
        manifest(
            "DsInstance",
            "yard",
            image="deepstream:9.1",
            node="gate",
            app={"kind": "deepstream-app"},
            streammux={"batchSize": cameras, "width": 1280, "height": 720},
            deepstreamApp=groups,
            inferConfigs={"pgie.txt": {"property": model}},
        )
    )


def taken_ms(work: Callable[[], object]) -> float:
    """Milliseconds that some work takes."""
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=50, help="runs (default: %(default)s)")
    parser.add_argument("--cameras", type=int, default=64, help="cameras of the instance (default: %(default)s)")
    given = parser.parse_args()
    cameras = tuple(camera(f"c{number:04d}") for number in range(given.cameras))
    instance = deepstream_app(given.cameras)
    config = render_instance(instance, cameras, 21000).model_dump(mode="json")
    ours = [taken_ms(lambda: render_instance(instance, cameras, 21000)) for _ in range(given.n)]
    theirs = [taken_ms(lambda: json.dumps(config)) for _ in range(given.n)]
    retinaface = DsInstance.model_validate(manifest("DsInstance", "faces", image="faces:1", node="gate"))
    small = [taken_ms(lambda: render_instance(retinaface, cameras[:1], 21000)) for _ in range(given.n)]
    print_row(f"render, {given.cameras} cameras", ours)
    print_row("json.dumps of it", theirs)
    print_row("render, retinaface", small)
    print(
        f"ratio of the medians: {percentile(ours, 50) / percentile(theirs, 50):.1f}; {len(json.dumps(config)):,} bytes"
    )
    print(f"{_INSTANCES:,} default retinaface instances: {percentile(small, 50) * _INSTANCES / 1000:.1f} s")
    print_verdict(f"render, {given.cameras} cameras, p50", percentile(ours, 50), _TARGET_MS, "ms")


if __name__ == "__main__":
    main()
