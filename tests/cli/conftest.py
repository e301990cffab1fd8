"""A real API server with a store that the tests fill, and servers that answer nonsense."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import fleet
from controller.api.server import create_app, serve
from controller.history.camera_changes import Condition
from controller.history.camera_file import CameraPast
from controller.model import ApproveRefused
from controller.picture.placed import PlacedInstance
from controller.picture.store import ObjectStore
from tests.api.asked_agents import AskedAgents
from tests.api.serving import Asked
from tests.patience import patient

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SHOWN_AT = NOW + timedelta(seconds=42)


@dataclass
class Remembered:
    """What is remembered of cameras."""

    conditions: dict[str, list[Condition]] = field(default_factory=dict)

    async def of(self, camera: str, _instances: Collection[str]) -> CameraPast:
        return CameraPast({camera: self.conditions.get(camera, [])})


def condition(status: str, reason: str, message: str = "") -> dict[str, str]:
    return {
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": NOW.isoformat(),
    }


def camera(name: str, ready: str = "True", **labels: str) -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"name": name, "labels": labels},
        "spec": {"address": f"rtsp://127.0.0.1:8554/{name}", "limits": {"minimumFps": 2}},
        "status": {
            "ready": {"True": True, "False": False}.get(ready),
            "fps": 10.0,
            "nodes": ["node-a"],
            "instances": [{"name": "entrance"}],
            "reason": "FramesProcessed" if ready == "True" else "NoFrames",
            "conditions": [condition(ready, "FramesProcessed" if ready == "True" else "NoFrames", "ten a second")],
        },
    }


def instance(name: str = "entrance") -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "DsInstance",
        "metadata": {"name": name},
        "spec": {"image": "dsfleet/pipeline:dev", "node": "node-a", "app": {"kind": "reference"}},
        "status": {
            "node": "node-a",
            "phase": "Running",
            "cameras": {"ready": 1, "total": 2},
            "restarts": 0,
            "conditions": [condition("True", "Running")],
        },
    }


def node(name: str = "node-a") -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {"nodeId": "c23cec31-1270-43a3-ad1d-cad29a99857d", "hostname": name},
        "status": {"phase": "Ready", "instances": 1, "conditions": [condition("True", "Connected")]},
    }


def event(name: str, message: str = "no frame for 12 s", count: int = 1) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.1", "namespace": "default"},
        "involvedObject": {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "name": name},
        "type": "Warning",
        "reason": "CameraNotReady",
        "message": message,
        "count": count,
        "firstTimestamp": NOW.isoformat(),
        "lastTimestamp": NOW.isoformat(),
        "source": {"component": "fleet-controller"},
    }


STATUS: dict[str, Any] = {
    "fleetId": "default",
    "version": "0.1.0",
    "epoch": 3,
    "kafka": {"connected": True, "caughtUp": True},
    "revision": {"id": "sha256:aaaa", "description": "manifests", "since": None},
    "candidate": None,
    "nodes": {"total": 1, "ready": 1, "pending": 0},
    "instances": {"total": 1, "ready": 1},
    "cameras": {"total": 2, "ready": 1},
    "reasons": [],
}


@dataclass
class Control(Asked):
    """Stands in for the controller; remembers what it was asked."""

    answer: dict[str, Any] = field(default_factory=lambda: dict(STATUS))
    placed: dict[str, PlacedInstance] = field(default_factory=dict)

    def status(self) -> dict[str, Any]:
        return self.answer

    def placed_instances(self) -> dict[str, PlacedInstance]:
        return self.placed

    async def approve(self, revision: str) -> str:
        if revision != "sha256:bbbb":
            raise ApproveRefused("no revision waits for approval")
        self.asked.append(("approve", revision))
        return f"revision {revision} is approved"

    async def update(self, desc: str) -> None:
        self.asked.append(("update", desc))

    async def refresh(self, desc: str) -> None:
        self.asked.append(("refresh", desc))


class Served:
    """The API of a controller, in a thread of its own."""

    def __init__(self) -> None:
        started = int(NOW.timestamp() * 1000)
        self.control = Control()
        self._objects, self._events = ObjectStore(started), ObjectStore(started)
        self.history = Remembered()
        self.agents = AskedAgents(nodes=frozenset())
        self._app = create_app(
            self._objects,
            self._events,
            self.control,
            fleet_version="0.1.0",
            history=self.history,
            asking=self.agents,
            clock=lambda: SHOWN_AT,
        )
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._task: asyncio.Task[None] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _run(self) -> None:
        def listening(port: int) -> None:
            self.port = port
            self._listening.set()

        async def serving() -> None:
            self._task = asyncio.create_task(serve(self._app, "127.0.0.1", self.port, listening=listening))
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

        self._loop.run_until_complete(serving())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def start(self) -> None:
        self._thread.start()
        assert self._listening.wait(patient(10))

    def stop(self) -> None:
        assert self._task is not None
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(patient(10))

    def put(self, *documents: dict[str, Any], events: tuple[dict[str, Any], ...] = ()) -> None:
        """Makes these the objects, all of them."""
        done = threading.Event()

        def replace() -> None:
            self._objects.replace(documents, NOW)
            self._events.replace(events, NOW)
            done.set()

        self._loop.call_soon_threadsafe(replace)
        assert done.wait(patient(5))


@pytest.fixture
def served() -> Iterator[Served]:
    """A server without any object."""
    server = Served()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def small_fleet(served: Served) -> Served:
    """A server with a node, an instance and two cameras, one of them without frames."""
    documents = (camera("dock", "False", area="yard"), camera("lobby", area="hall"), instance(), node())
    served.put(*documents, events=(event("dock", count=3),))
    return served


Run = Callable[..., Result]


@pytest.fixture
def run(served: Served) -> Run:
    """Runs `fleet` against the server."""
    return lambda *words: CliRunner().invoke(fleet, ["--server", served.url, *words])


@pytest.fixture
def run_offline() -> Run:
    """Runs `fleet` without any server."""
    return lambda *words: CliRunner().invoke(fleet, list(words))


@pytest.fixture
def nonsense() -> Iterator[Callable[[int, str, bytes], str]]:
    """Starts servers that give one answer to everything; returns their URLs."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(status: int, content_type: str, body: bytes) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


class Documents:
    """Makes documents, for tests that change the store."""

    camera = staticmethod(camera)
    instance = staticmethod(instance)
    node = staticmethod(node)
    event = staticmethod(event)


@pytest.fixture
def documents() -> type[Documents]:
    """Makes documents."""
    return Documents
