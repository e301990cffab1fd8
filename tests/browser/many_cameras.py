"""The real API with many cameras, of which some change all the time: a program of its own, so that its work is not the browser's."""

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

from controller.api.server import create_app, serve
from controller.picture.difference import Difference
from controller.picture.store import ObjectStore
from tests.api.serving import FakeControl

PER_INSTANCE, PER_NODE = 10, 100
_STEP_S = 0.1
_ONE_IN = 100
"""Of changes goes a camera dark, or is well again; the others are told another number of frames per second."""


@dataclass(frozen=True)
class ManyCameras:
    """A server that runs."""

    url: str
    _told: Connection

    def change(self, per_second: int) -> None:
        """So many cameras change in each second from now on."""
        self._told.send(per_second)


@contextlib.contextmanager
def many_cameras(count: int) -> Iterator[ManyCameras]:
    """Serves so many cameras, with their instances and nodes, while the context is open."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(count, theirs), daemon=True)
    process.start()
    try:
        yield ManyCameras(f"http://127.0.0.1:{ours.recv()}", ours)
    finally:
        process.kill()
        process.join()
        process.close()


def camera(number: int, turn: int, *, ready: bool) -> dict[str, Any]:
    """A camera as it is after some turns: each is another one."""
    at = datetime.fromtimestamp(1_772_366_400 + turn * (not ready), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    reason, message = ("FramesProcessed", "") if ready else ("Unreachable", f"no route to host 10.0.0.{number % 250}")
    instance, node = f"instance-{number // PER_INSTANCE:04d}", f"node-{number // PER_NODE:03d}"
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"name": f"camera-{number:05d}", "labels": {"site": f"site-{number % 40:02d}"}, "generation": 1},
        "spec": {"address": f"rtsp://10.0.0.9/{number}", "width": 1920, "height": 1080},
        "status": {
            "ready": ready, "reason": reason, "message": message, "fps": 24 + turn % 20 / 10, "nodes": [node],
            "instances": [{"name": instance, "node": node, "ready": ready, "reason": reason, "fps": 25.0}],
            "conditions": [{"type": "Ready", "status": str(ready), "reason": reason, "lastTransitionTime": at}],
        },
    }  # fmt: skip


def _instance(number: int) -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1", "kind": "DsInstance", "metadata": {"name": f"instance-{number:04d}"},
        "spec": {"app": {"kind": "reference"}, "replicas": 1},
        "status": {
            "phase": "Running", "node": f"node-{number * PER_INSTANCE // PER_NODE:03d}", "upToDate": True,
            "restarts": 0, "cameras": {"ready": PER_INSTANCE, "total": PER_INSTANCE},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-03-01T12:00:00Z"}],
        },
    }  # fmt: skip


def _node(number: int) -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1", "kind": "Node", "metadata": {"name": f"node-{number:03d}"}, "spec": {},
        "status": {
            "phase": "Ready", "capacity": {"cameras": PER_NODE, "limit": PER_NODE + 20}, "agentVersion": "0.1.0",
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-03-01T12:00:00Z"}],
        },
    }  # fmt: skip


def _run(count: int, told: Connection) -> None:
    asyncio.run(_serve(count, told))


async def _serve(count: int, told: Connection) -> None:
    cameras = [camera(number, 0, ready=True) for number in range(count)]
    instances = [_instance(number) for number in range(count // PER_INSTANCE)]
    objects = ObjectStore(1)
    objects.replace([*cameras, *instances, *(_node(number) for number in range(count // PER_NODE))], datetime.now(UTC))
    app = create_app(objects, ObjectStore(1), FakeControl())
    serving = asyncio.create_task(serve(app, "127.0.0.1", 0, listening=told.send))
    per_second, changed = 0, 0
    while True:
        await asyncio.sleep(_STEP_S)
        if told.poll():
            per_second = told.recv()
        differences = []
        for _ in range(int(per_second * _STEP_S)):
            changed += 1
            number, old = changed % count, cameras[changed % count]
            was_ready = old["status"]["ready"]
            # In each round other frames per second than in the one before.
            turn = changed + changed // count
            cameras[number] = camera(number, turn, ready=was_ready != (changed % _ONE_IN == 0))
            differences.append(Difference(("Camera", old["metadata"]["name"]), old, cameras[number]))
        if differences:
            objects.apply(differences, datetime.now(UTC))
        if serving.done():
            serving.result()
