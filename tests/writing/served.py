"""A real controller with a bus in memory, whose API is served while a context is open."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx

from bus.memory import MemoryBus, MemoryLog
from bus.signature import SigningKey
from controller.api.access_control import AccessControl
from controller.api.server import create_app, serve
from controller.loop import Controller
from controller.picture.store import ObjectStore
from controller.planner.guard import RemovalLimits
from controller.source.read.reader import Source
from controller.status.fold import NODE_LOST_AFTER_SECONDS
from controller.timings import Timings
from controller.writing.bookkeeping import Bookkeeping
from ports.clock import SystemClock
from ports.ports import Ports
from ports.simulated import MemoryDisk
from tests.api.asked_agents import AskedAgents
from tests.control_loop.stand import FLEET, TalkingAgent
from tests.patience import patient, wait_until
from tests.picture.fleets import running

NODE = "edge-1"
"""The node whose agent greets."""
CAMERAS = "/apis/dsfleet.io/v1/cameras"
INSTANCES = "/apis/dsfleet.io/v1/dsinstances"
NODES = "/apis/dsfleet.io/v1/nodes"
MERGE = {"content-type": "application/merge-patch+json"}


class Served:
    """The API of a controller, and requests to it."""

    def __init__(
        self, url: str, controller: Controller, token: str = "", report: Callable[[], None] = lambda: None
    ) -> None:
        self.url = url
        self.report = report
        """Has the agent say that all it was told last runs, with frames of every camera."""
        self.controller = controller
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=patient(20))

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._client.request(method, path, **options)

    def get(self, path: str) -> dict[str, Any]:
        answer = self("GET", path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def patch(self, path: str, patch: Any, **options: Any) -> httpx.Response:
        return self("PATCH", path, json=patch, headers={**MERGE, **options.pop("headers", {})}, **options)

    def close(self) -> None:
        self._client.close()


@contextlib.contextmanager
def served(
    source: Source,
    *,
    bookkeeping: Bookkeeping | None = None,
    access: AccessControl | None = None,
    token: str = "",
    nodes: tuple[str, ...] = (),
) -> Iterator[Served]:
    """Serves the fleet of a source, to whoever has a token when there are some.

    The agent of `NODE` greets. Those of `nodes` go on to, and say what a test has them say of their instances.
    """
    found: dict[str, Any] = {}
    listening = threading.Event()
    objects, events = ObjectStore(1), ObjectStore(1)
    log = MemoryLog(now=SystemClock().now)
    controller = Controller(
        fleet_id=FLEET,
        bus=MemoryBus(log),
        key=SigningKey.generate(),
        source=source,
        state_dir=Path("/state"),
        store=objects,
        event_store=events,
        limits=RemovalLimits(),
        timings=Timings(show_every_seconds=0.02),
        bookkeeping=bookkeeping,
        ports=Ports(disk=MemoryDisk()),
    )
    answers = controller.answers
    app = create_app(
        objects,
        events,
        answers,
        writes=controller.writer,
        versions=controller.versions,
        past=controller.past,
        access=access,
        asking=AskedAgents(frozenset(nodes)),
        why_starting=lambda: answers.why_starting,
    )

    async def run() -> None:
        found["loop"], found["task"] = asyncio.get_running_loop(), asyncio.current_task()

        def on_listening(port: int) -> None:
            found["port"] = port
            listening.set()

        found["agent"] = TalkingAgent(log, NODE)
        found["agent"].greet()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(controller.run())
            tasks.create_task(serve(app, "127.0.0.1", 0, listening=on_listening))
            tasks.create_task(go_on_greeting(TalkingAgent(log, node) for node in nodes))

    async def go_on_greeting(agents: Iterable[TalkingAgent]) -> None:
        talking = tuple(agents)
        while talking:
            for agent in talking:
                agent.greet()
            await asyncio.sleep(NODE_LOST_AFTER_SECONDS / 3)

    def main() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(run())

    def report() -> None:
        config = controller.answers._knowledge.state.published.configs[found["agent"].node_id]
        status = tuple(running(one, generation=config.generation) for one in config.node_config_list)
        found["loop"].call_soon_threadsafe(lambda: found["agent"].report(config.ref, config.ref, status=status))

    thread = threading.Thread(target=main)
    thread.start()
    assert listening.wait(patient(10))
    fleet = Served(f"http://127.0.0.1:{found['port']}", controller, token, report)
    try:
        wait_until(lambda: fleet("GET", CAMERAS).status_code == 200, "the fleet is shown")
        wait_until(lambda: controller.answers._knowledge.state.published.configs, "a generation is published")
        yield fleet
    finally:
        fleet.close()
        found["loop"].call_soon_threadsafe(found["task"].cancel)
        thread.join(patient(10))
        assert not thread.is_alive()
