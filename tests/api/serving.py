"""What the tests of the API serve, and how they ask for it."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

from bus.base import PublishFailed
from controller.api.server import serve
from controller.evicting import Eviction
from controller.model import (
    ApproveRefused,
    Change,
    EvictionRefused,
    FleetPlan,
    HoldRefused,
    ObjectRef,
    OrderRefused,
    Position,
    TrustRefused,
)
from controller.observed import Fleet
from controller.picture.brief import Brief
from controller.picture.placed import PlacedInstance, placed_instances
from crds.change import ChangeClass
from crds.messages import CommandKind
from tests.patience import patient
from tests.picture import fleets
from tests.picture.fleets import NOW, documents

REVISION = fleets.revision(
    fleets.camera("hq-1"),
    fleets.camera("hq-2"),
    fleets.camera("yard-1"),
    fleets.instance("door", "n1", ("hq-1", "hq-2")),
    fleets.node("n1", 1),
    fleets.node("n2", 2, unschedulable=True),
)


def fleet_documents(fleet: Fleet) -> tuple[dict[str, Any], ...]:
    return documents(REVISION, fleets.plan(REVISION), fleets.published(REVISION), fleet, NOW)


@dataclass
class Asked:
    """The part of a controller that remembers what people ask of nodes and instances: it has node n1, and instance yard."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    said: Brief = Brief("sha256:1")

    def brief(self) -> Brief:
        return self.said

    async def trust(self, node: str, key: str) -> str:
        if node != "n1":
            raise TrustRefused(f"no Node manifest in force is named {node}")
        self.asked.append(("trust", key))
        return f"node {node} is known by {key} from now on"

    async def hold(self, instance: str, reason: str) -> str:
        if instance != "yard":
            raise HoldRefused(f"there is no dsinstance {instance!r}")
        self.asked.append(("hold", reason))
        return f"dsinstance/{instance} is held"

    async def release(self, instance: str) -> str:
        if instance == "full":
            raise OSError(28, "No space left on device")
        self.asked.append(("release", instance))
        return f"dsinstance/{instance} is released"

    async def order(self, kind: CommandKind, node: str, instance: str) -> str:
        if node != "n1":
            raise OrderRefused(f"no manifest in force declares node {node}")
        self.asked.append((kind.value, instance))
        return f"node {node} was asked to {kind.value}"


@dataclass
class FakeControl(Asked):
    """A controller that remembers what it was asked, and fails when told to."""

    broker_is_down: bool = False
    why_not_evicted: str = ""
    is_refusal_final: bool = True

    def status(self) -> dict[str, Any]:
        return {"leader": True, "revision": {"id": "sha256:1"}}

    def placed_instances(self) -> dict[str, PlacedInstance]:
        return placed_instances(fleets.plan(REVISION), {})

    def where(self, ref: ObjectRef) -> Position | None:
        return Position("cameras.yaml", 3, 1) if ref == ObjectRef("Camera", "hq-1") else None

    async def approve(self, revision: str) -> str:
        if revision != "sha256:1":
            raise ApproveRefused(f"revision {revision} is not the one that waits")
        self.asked.append(("approve", revision))
        return "revision sha256:1 is approved"

    async def evict(self, instance: str, *, dry_run: bool) -> Eviction:
        if self.why_not_evicted:
            raise EvictionRefused(self.why_not_evicted, is_final=self.is_refusal_final)
        self.asked.append(("evict", f"{instance}{', dry run' if dry_run else ''}"))
        move = Change("move", instance, "n2", ChangeClass.RECREATE, ("node: n1 -> n2",), (), (), ("hq-1",), "n1")
        return Eviction(instance, "n1", "1", "n2", FleetPlan("sha256:1", {}, (), (move,)))

    async def update(self, desc: str) -> None:
        await self._publish("update", desc)

    async def refresh(self, desc: str) -> None:
        await self._publish("refresh", desc)

    async def _publish(self, what: str, desc: str) -> None:
        if self.broker_is_down:
            raise PublishFailed("no acknowledgement within 10 s")
        self.asked.append((what, desc))


class Http:
    """Requests to an application without a server."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def request() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
                return await client.request(method, path, **options)

        return asyncio.run(request())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self("GET", path, **options)

    def json(self, path: str, **options: Any) -> Any:
        answer = self.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class LiveServer:
    """The real server, on a thread and loop of its own."""

    url: str
    loop: asyncio.AbstractEventLoop
    stop: Callable[[], None]

    def run(self, action: Callable[[], Any]) -> Any:
        """Calls something where the store may be touched: on the loop of the server."""

        async def call() -> Any:
            return action()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(timeout=patient(10))


@contextlib.contextmanager
def running(app: FastAPI, **options: Any) -> Iterator[LiveServer]:
    """Serves an application on a free port while the context is open, with the options of `serve`."""
    listening = threading.Event()
    found: dict[str, Any] = {}

    async def run() -> None:
        task = asyncio.current_task()
        assert task is not None
        found.update(loop=asyncio.get_running_loop(), task=task)

        def on_listening(port: int) -> None:
            found["port"] = port
            listening.set()

        await serve(app, "127.0.0.1", 0, listening=on_listening, **options)

    def main() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(run())

    thread = threading.Thread(target=main)
    thread.start()
    assert listening.wait(patient(10))

    def stop() -> None:
        if thread.is_alive():
            found["loop"].call_soon_threadsafe(found["task"].cancel)
        thread.join(patient(10))
        assert not thread.is_alive()

    try:
        yield LiveServer(f"http://127.0.0.1:{found['port']}", found["loop"], stop)
    finally:
        stop()
