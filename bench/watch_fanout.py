#!/usr/bin/env python3
"""Changes told to many who watch, beside a bare FastAPI application that streams the same bytes to as many."""

import argparse
import asyncio
import json
import multiprocessing
import resource
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stand.fleet import percentile, print_verdict

from controller.api.server import create_app, serve
from controller.picture.store import ObjectStore
from tests.api.serving import FakeControl

CAMERAS = "/apis/dsfleet.io/v1/cameras"
_TARGET_RATIO = 1.5


def camera(number: int, written_at: float) -> dict[str, Any]:
    """A camera whose status says when it became so, in seconds of the monotonic clock."""
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"name": f"camera-{number:05d}", "labels": {"site": "hq", "floor": str(number % 10)}},
        "spec": {"address": f"rtsp://10.0.0.9/{number}", "width": 1920, "height": 1080},
        "status": {
            "ready": True, "reason": "FramesProcessed", "message": "", "fps": 25.0, "nodes": ["n1"],
            "instances": [{"name": "door", "node": "n1", "ready": True, "reason": "FramesProcessed", "fps": 25.0}],
            "writtenAt": written_at,
        },
    }  # fmt: skip


class Store:
    """The store of the API, with cameras that change one after another."""

    def __init__(self, cameras: int) -> None:
        """All cameras, as they are first."""
        self.objects = ObjectStore(1)
        self._documents = [camera(number, 0) for number in range(cameras)]
        self._next = 0
        self.objects.replace(self._documents, datetime.now(UTC))
        self._cursor = self.objects.cursor("Camera")

    def change(self) -> bytes:
        """Another camera becomes another; gives the JSON of it."""
        self._next = (self._next + 1) % len(self._documents)
        self._documents[self._next] = camera(self._next, time.monotonic())
        self.objects.replace(self._documents, datetime.now(UTC))
        (changed,) = self._cursor.take()
        return changed.new.encoded if changed.new else b""


def bare_app(store: Store) -> FastAPI:
    """What streams the same lines and does nothing else: each is made once, by hand, and handed to a queue for each client."""
    app = FastAPI()
    queues: set[asyncio.Queue[bytes]] = set()
    change = store.change

    def changed() -> bytes:
        line = b'{"type":"MODIFIED","object":' + (shown := change()) + b"}\n"
        for queue in queues:
            queue.put_nowait(line)
        return shown

    store.change = changed  # type: ignore[method-assign]

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

    return app


def serve_one(which: str, cameras: int, per_second: float, told: Connection) -> None:
    """A process that serves; it is told for how many seconds objects change, and says what that took, before it is killed."""

    async def run() -> None:
        store = Store(cameras)
        if which == "bare":
            app = bare_app(store)
            server = uvicorn.Server(uvicorn.Config(app, port=0, http="h11", log_level="error", lifespan="off"))
            serving = asyncio.create_task(server.serve())
            while not server.started:  # noqa: ASYNC110 - uvicorn sets no event
                await asyncio.sleep(0.01)
            told.send(server.servers[0].sockets[0].getsockname()[1])
        else:
            app = create_app(store.objects, ObjectStore(1), FakeControl())
            serving = asyncio.create_task(serve(app, "127.0.0.1", 0, listening=told.send))
        seconds = await asyncio.to_thread(told.recv)
        loop, cpu, begin = asyncio.get_running_loop(), time.process_time(), time.monotonic()
        for number in range(int(seconds * per_second)):
            await asyncio.sleep(max(0.0, begin + number / per_second - loop.time()))
            store.change()
        await asyncio.sleep(1)
        told.send((time.process_time() - cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
        await serving

    asyncio.run(run())


async def watching(port: int, version: int, query: str, delays: list[float]) -> None:
    """One who watches; how long each change took to come."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    request = f"GET {CAMERAS}?watch=true&resourceVersion={version}{query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    writer.write(request.encode())
    mark = b'"writtenAt":'
    while line := await reader.readline():
        if (at := line.find(mark)) >= 0:
            delays.append(time.monotonic() - float(line[at + len(mark) :].split(b"}", 1)[0].split(b",", 1)[0]))
    writer.close()


async def measure(which: str, given: argparse.Namespace) -> tuple[list[float], float, float]:
    """Delays in seconds, CPU seconds and MiB of the process that serves."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_one, args=(which, given.cameras, given.per_second, theirs))
    process.start()
    try:
        port = await asyncio.to_thread(ours.recv)
        delays: list[float] = []
        query = "&labelSelector=site%3Dhq" if which == "selecting" else ""
        version = await newest(port) if which != "bare" else 0
        tasks = [asyncio.create_task(watching(port, version, query, delays)) for _ in range(given.watchers)]
        await asyncio.sleep(3)
        ours.send(given.seconds)
        cpu, mebibytes = await asyncio.to_thread(ours.recv)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return delays, cpu, mebibytes
    finally:
        process.kill()
        process.join(10)


async def newest(port: int) -> int:
    """The version of the list."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {CAMERAS}?labelSelector=none HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    body = (await reader.read()).split(b"\r\n\r\n", 1)[1]
    writer.close()
    return int(json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])["metadata"]["resourceVersion"])


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=500, help="who watch (default: %(default)s)")
    parser.add_argument("--per-second", type=float, default=50, help="changes (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=5, help="of changes (default: %(default)s)")
    parser.add_argument("--cameras", type=int, default=1000, help="in the store (default: %(default)s)")
    given = parser.parse_args()
    expected = int(given.seconds * given.per_second) * given.watchers
    per_event = {}
    for which in ("bare", "watch", "selecting"):
        delays, cpu, mebibytes = asyncio.run(measure(which, given))
        per_event[which] = cpu / max(1, len(delays)) * 1e6
        print(
            f"{which}: {len(delays)} of {expected} came, p50 {percentile(delays, 50) * 1000:.0f} ms, "
            f"p99 {percentile(delays, 99) * 1000:.0f} ms, CPU {per_event[which]:.1f} us for each, RSS {mebibytes:.0f} MiB"
        )
    for which in ("watch", "selecting"):
        print_verdict(f"{which}: CPU over the bare one", per_event[which] / per_event["bare"], _TARGET_RATIO, "x")


if __name__ == "__main__":
    main()
