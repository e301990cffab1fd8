#!/usr/bin/env python3
"""Writes of cameras through the API while many watch, beside a bare FastAPI application that keeps a dict and streams the same.

The controller is whole but for its brokers: a bus in memory, and agents that only greet. Its manifests are files of a directory,
on the disk of the machine: each write is read, judged, planned, written and synced before it is answered.
"""

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import re
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stand.big_fleet import BigFleet, FleetSize, node_id
from stand.fleet import percentile, print_verdict

from bus.memory import MemoryBus, MemoryLog
from bus.signature import SigningKey
from controller.api.server import create_app, serve
from controller.loop import Controller
from controller.picture.store import ObjectStore
from controller.source.fetch.directory import DirectorySource
from ports.clock import SystemClock
from ports.memory import give_back_what_is_freed, looking_for_cycles_among_what_is_new
from ports.ports import Ports
from tests.control_loop.stand import FLEET, TalkingAgent

CAMERAS: Final = "/apis/dsfleet.io/v1/cameras"
_CAMERAS_OF_AN_INSTANCE: Final = 5
_INSTANCES_OF_A_NODE: Final = 10
_CONNECTIONS: Final = 64
_MARK: Final = re.compile(rb'"bench/write":"(\d+)"')
_TARGET_CPU_MS: Final = 15.0


@dataclass
class Figures:
    """What came of it; times in seconds."""

    answered: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    cpu_s: float = 0.0
    mebibytes: float = 0.0
    seconds: float = 0.0


def camera_names(size: FleetSize) -> list[str]:
    """As `BigFleet` has them: neighbours come far from each other, so that writes are of other files."""
    return [
        f"c{node:05}-{instance:02}-{camera:02}"
        for camera in range(size.cameras)
        for instance in range(size.instances)
        for node in range(size.nodes)
    ]


def patch_of(what: str, number: int) -> dict[str, Any]:
    """The body of a write: of a label, which touches nothing that runs, or of an address with it, which restarts a pipeline."""
    patch: dict[str, Any] = {"metadata": {"labels": {"bench/write": str(number)}}}
    return patch if what == "label" else {**patch, "spec": {"address": f"rtsp://10.9.{number % 250}.9:554/{number}"}}


# --- who serves -----------------------------------------------------------------------------------------------------------


async def serve_fleet(size: FleetSize, folder: Path, told: Connection) -> None:
    """The controller; the connection is told its port."""
    BigFleet(folder / "manifests", size)
    objects, events = ObjectStore(1), ObjectStore(1)
    log = MemoryLog(now=SystemClock().now)
    controller = Controller(
        fleet_id=FLEET,
        bus=MemoryBus(log),
        key=SigningKey.generate(),
        source=DirectorySource(folder / "manifests"),
        state_dir=folder / "state",
        store=objects,
        event_store=events,
        ports=Ports(),
    )
    answers = controller.answers
    app = create_app(objects, events, answers, writes=controller.writer, why_starting=lambda: answers.why_starting)
    for node in range(size.nodes):
        agent = TalkingAgent(log, f"node-{node:05}")
        agent.node_id = node_id(node)
        agent.greet()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(controller.run())
        tasks.create_task(serve(app, "127.0.0.1", 0, listening=told.send))


async def serve_bare(size: FleetSize, told: Connection) -> None:
    """A dict, and a queue for each who watches."""
    app, queues = FastAPI(), set[asyncio.Queue[bytes]]()
    shown = {name: _bare_camera(name) for name in camera_names(size)}

    async def lines() -> AsyncIterator[bytes]:
        queue: asyncio.Queue[bytes] = asyncio.Queue()
        queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            queues.remove(queue)

    @app.get(CAMERAS)
    async def watch() -> StreamingResponse:
        return StreamingResponse(lines(), media_type="application/json")

    @app.patch(f"{CAMERAS}/{{name}}")
    async def write(name: str, request: Request) -> JSONResponse:
        patch, camera = json.loads(await request.body()), shown[name]
        camera["metadata"]["labels"] |= patch["metadata"]["labels"]
        camera["spec"] |= patch.get("spec", {})
        line = b'{"type":"MODIFIED","object":' + json.dumps(camera).encode() + b"}\n"
        for queue in queues:
            queue.put_nowait(line.replace(b'"bench/write": ', b'"bench/write":'))
        return JSONResponse(camera)

    server = uvicorn.Server(uvicorn.Config(app, port=0, http="h11", log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn sets no event
        await asyncio.sleep(0.01)
    told.send(server.servers[0].sockets[0].getsockname()[1])
    await serving


def _bare_camera(name: str) -> dict[str, Any]:
    condition = {"type": "Ready", "status": "False", "reason": "NotPublished", "message": "i will watch it soon"}
    return {
        "apiVersion": "dsfleet.io/v1", "kind": "Camera",
        "metadata": {"name": name, "labels": {"area": "a1"}, "uid": "5b0f6f0e-9c0b-4d0e-8a55-3c8f2f9a7d11",
                     "resourceVersion": "1767225600123456", "creationTimestamp": "2026-01-01T00:00:00Z", "generation": 1},
        "spec": {"address": f"rtsp://10.0.0.1:554/{name}"},
        "status": {"ready": False, "reason": "NotPublished", "message": "i will watch it as soon as that is published",
                   "fps": None, "instances": [], "nodes": [], "conditions": [condition]},
    }  # fmt: skip


def serve_one(which: str, size: FleetSize, told: Connection, asked: Connection) -> None:
    """A process that serves. Each time that it is asked it says how much CPU and memory it took until then."""

    async def run() -> None:
        async def say() -> None:
            while True:
                await asyncio.to_thread(asked.recv)
                asked.send((time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))

        with tempfile.TemporaryDirectory(prefix="fleet-writes-") as folder:
            saying = asyncio.create_task(say())
            await (serve_bare(size, told) if which == "bare" else serve_fleet(size, Path(folder), told))
            saying.cancel()

    with contextlib.suppress(EOFError, KeyboardInterrupt):
        give_back_what_is_freed()
        with looking_for_cycles_among_what_is_new():
            asyncio.run(run())


# --- who asks -------------------------------------------------------------------------------------------------------------


class Watcher(asyncio.Protocol):
    """One who watches; how long each write took to come."""

    def __init__(self, port: int, version: str, asked_at: dict[int, float], seen: list[float]) -> None:
        self._request = f"GET {CAMERAS}?watch=true&resourceVersion={version} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
        self._asked_at, self._seen = asked_at, seen
        self._newest, self._rest = -1, b""
        self._late = set[int]()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks."""
        transport.write(self._request.encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Looks which writes are seen in it for the first time."""
        now, text = time.monotonic(), self._rest + data
        for found in _MARK.finditer(text):
            number = int(found[1])
            if number not in self._late:
                self._late.add(number)
                self._seen.append(now - self._asked_at[number])
        cut = text.rfind(b"}\n") + 2
        self._rest = text[cut:] if cut > 1 else text


class Client:
    """A connection that stays, for one request after another."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __call__(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Status and body of the answer."""
        if self._streams and self._streams[0].at_eof():
            self._streams = None
        self._streams = self._streams or await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 26)
        reader, writer = self._streams
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/merge-patch+json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        content = await reader.readexactly(int(length[1])) if length else b""
        while not length:
            size = int(await reader.readline(), 16)
            content += (await reader.readexactly(size + 2))[:size]
            if size == 0:
                break
        return int(answer.split(b" ", 2)[1]), content


async def write_all(given: argparse.Namespace, port: int, names: list[str], figures: Figures) -> dict[int, float]:
    """Makes the writes, each at its time whether or not those before it are answered; when each was asked."""
    clients: asyncio.LifoQueue[Client] = asyncio.LifoQueue()
    for _ in range(_CONNECTIONS):
        clients.put_nowait(Client(port))
    asked_at: dict[int, float] = {}
    listed = Client(port)
    if given.version:
        _, body = await listed("GET", f"{CAMERAS}?limit=1")
        given.version = json.loads(body)["metadata"]["resourceVersion"]
    loop = asyncio.get_running_loop()
    for _ in range(given.watchers):
        await loop.create_connection(lambda: Watcher(port, given.version, asked_at, figures.seen), "127.0.0.1", port)
    await asyncio.sleep(2)

    async def one(number: int, due: float) -> None:
        client = await clients.get()
        body = json.dumps(patch_of(given.what, number)).encode()
        status, answer = await client("PATCH", f"{CAMERAS}/{names[number % len(names)]}", body)
        figures.answered.append(time.monotonic() - due)
        if status != 200:
            figures.failures.append(f"{status}: {answer[:200].decode(errors='replace')}")
        clients.put_nowait(client)

    given.begin()
    begin = time.monotonic() + 0.1
    async with asyncio.TaskGroup() as tasks:
        for number in range(int(given.seconds * given.per_second)):
            due = begin + number / given.per_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            asked_at[number] = due
            tasks.create_task(one(number, due))
    figures.seconds = time.monotonic() - begin
    await asyncio.sleep(1)
    return asked_at


async def measure(which: str, size: FleetSize, given: argparse.Namespace) -> Figures:
    """One of both."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    asking, asked = context.Pipe()
    process = context.Process(target=serve_one, args=(which, size, theirs, asked))
    process.start()
    figures, names = Figures(), camera_names(size)
    try:
        port = await asyncio.to_thread(ours.recv)
        given.version = "1" if which == "fleet" else ""
        if which == "fleet":
            await until_at_rest(port, asking)
        before: list[float] = []

        def begin() -> None:
            asking.send(None)
            before.append(asking.recv()[0])
            print(f"{which}: process {process.pid} is written to from now on", file=sys.stderr, flush=True)

        given.begin = begin
        await write_all(given, port, names, figures)
        asking.send(None)
        cpu, figures.mebibytes = await asyncio.to_thread(asking.recv)
        figures.cpu_s = cpu - before[0]
        return figures
    finally:
        process.terminate()
        process.join(20)


async def until_at_rest(port: int, asking: Any) -> None:
    """Returns when the fleet is shown and the controller does little."""
    client = Client(port)
    while (await client("GET", f"{CAMERAS}?limit=1"))[0] != 200:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.5)
    rate = 1.0
    while rate > 0.1:
        asking.send(None)
        begun, cpu = time.monotonic(), asking.recv()[0]
        await asyncio.sleep(2)
        asking.send(None)
        rate = (asking.recv()[0] - cpu) / (time.monotonic() - begun)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=10_000, help="in the fleet (default: %(default)s)")
    parser.add_argument("--watchers", type=int, default=500, help="who watch (default: %(default)s)")
    parser.add_argument("--per-second", type=float, default=50, help="writes (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="of writes (default: %(default)s)")
    parser.add_argument("--what", choices=("label", "address"), default="address", help="(default: %(default)s)")
    parser.add_argument("--only", choices=("bare", "fleet"), help="one of both")
    given = parser.parse_args()
    nodes = max(1, given.cameras // (_CAMERAS_OF_AN_INSTANCE * _INSTANCES_OF_A_NODE))
    size = FleetSize(nodes, _INSTANCES_OF_A_NODE, _CAMERAS_OF_AN_INSTANCE)
    found: dict[str, Figures] = {}
    for which in ("bare", "fleet") if given.only is None else (given.only,):
        one = found[which] = asyncio.run(measure(which, size, given))
        count = len(one.answered)
        print(
            f"{which}: {count / one.seconds:.1f} writes/s, asked -> answered p50 {percentile(one.answered, 50) * 1000:.0f} ms, "
            f"p99 {percentile(one.answered, 99) * 1000:.0f} ms; asked -> seen by {given.watchers} p50 "
            f"{percentile(one.seen, 50) * 1000:.0f} ms, p99 {percentile(one.seen, 99) * 1000:.0f} ms; "
            f"{len(one.seen)} of {count * given.watchers} came; CPU {one.cpu_s / count * 1000:.1f} ms a write, "
            f"RSS {one.mebibytes:.0f} MiB; {len(one.failures)} refused {one.failures[:2]}"
        )
    if "fleet" in found:
        print_verdict(
            "CPU a write, with its watchers",
            found["fleet"].cpu_s / len(found["fleet"].answered) * 1000,
            _TARGET_CPU_MS,
            "ms",
        )
    if len(found) > 1:
        bare, fleet = found["bare"], found["fleet"]
        print(
            f"over the bare one: CPU {fleet.cpu_s / bare.cpu_s:.1f} x, RSS {fleet.mebibytes / bare.mebibytes:.1f} x, "
            f"answered p50 {percentile(fleet.answered, 50) / percentile(bare.answered, 50):.0f} x, "
            f"seen p50 {percentile(fleet.seen, 50) / percentile(bare.seen, 50):.0f} x"
        )


if __name__ == "__main__":
    main()
