#!/usr/bin/env python3
"""Pages that are left open while cameras change, beside streams of which each writes its events by itself."""

import argparse
import asyncio
import gzip
import json
import multiprocessing
import sys
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stand.fleet import print_verdict

from controller.api.page import live_paths
from controller.api.page.rows import ROWS
from controller.api.page.seen import Sights
from controller.api.server import create_app, serve
from controller.picture.difference import Difference
from controller.picture.store import ObjectStore
from tests.api.serving import FakeControl
from tests.browser.many_cameras import camera

SNAPSHOT, STREAM = "/fleet/v1/snapshot", "/fleet/v1/stream"
_TARGET_PERCENT = 5.0


def serve_one(by_themselves: bool, cameras: int, per_second: int, told: Connection) -> None:
    """A process that serves; it is told for how many seconds objects change, and says what that took, before it is killed."""
    if by_themselves:
        live_paths.sights_of = lambda _caller: Sights(dict.fromkeys(ROWS), whole=False)

    async def run() -> None:
        objects = ObjectStore(1)
        documents = [camera(number, 0, ready=True) for number in range(cameras)]
        objects.replace(documents, datetime.now(UTC))
        app = create_app(objects, ObjectStore(1), FakeControl())
        serving = asyncio.create_task(serve(app, "127.0.0.1", 0, listening=told.send))
        seconds = await asyncio.to_thread(told.recv)
        loop, cpu, begin = asyncio.get_running_loop(), time.process_time(), time.monotonic()
        for turn in range(1, seconds * 10 + 1):
            differences = []
            for one in range(per_second // 10):
                number = (turn * per_second // 10 + one) % cameras
                old, documents[number] = documents[number], camera(number, turn, ready=turn % 2 == 0)
                differences.append(Difference(("Camera", f"camera-{number:05d}"), old, documents[number]))
            objects.apply(differences, datetime.now(UTC))
            await asyncio.sleep(max(0.0, begin + turn / 10 - loop.time()))
        told.send((time.process_time() - cpu) / (time.monotonic() - begin))
        await serving

    asyncio.run(run())


async def following(port: int, version: str, counts: list[int]) -> None:
    """One page; how many rows it was told."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    writer.write(f"GET {STREAM}?after={version} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    while line := await reader.readline():
        counts.append(line.count(b'["camera-'))
    writer.close()


async def snapshot(port: int) -> tuple[str, int]:
    """Its version, and how many bytes go over the wire."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = f"GET {SNAPSHOT} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    writer.write(request.encode())
    body = (await reader.read()).split(b"\r\n\r\n", 1)[1]
    writer.close()
    return json.loads(gzip.decompress(body))["version"], len(body)


async def measure(pages: int, by_themselves: bool, given: argparse.Namespace) -> tuple[float, int, int]:
    """Part of a core that the server takes, rows that pages were told, bytes of a snapshot."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_one, args=(by_themselves, given.cameras, given.per_second, theirs))
    process.start()
    try:
        port = await asyncio.to_thread(ours.recv)
        version, size = await snapshot(port)
        counts: list[int] = []
        tasks = [asyncio.create_task(following(port, version, counts)) for _ in range(pages)]
        await asyncio.sleep(2)
        ours.send(given.seconds)
        part = await asyncio.to_thread(ours.recv)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return part, sum(counts), size
    finally:
        process.kill()
        process.join(10)


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=100, help="that are open (default: %(default)s)")
    parser.add_argument("--per-second", type=int, default=200, help="changes (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=10, help="of changes (default: %(default)s)")
    parser.add_argument("--cameras", type=int, default=1000, help="in the store (default: %(default)s)")
    given = parser.parse_args()
    alone, _, size = asyncio.run(measure(0, False, given))
    print(f"nobody looks: {alone * 100:.1f} % of a core for the changes alone; a snapshot is {size} bytes")
    found = {}
    for which, by_themselves in (("written by each", True), ("written once", False)):
        part, rows, _ = asyncio.run(measure(given.pages, by_themselves, given))
        found[which] = (part - alone) * 100
        print(
            f"{which}: {found[which]:.1f} % of a core for {given.pages} pages, {rows / given.seconds:.0f} rows/s told"
        )
    print(
        f"ratio: {found['written once'] / found['written by each']:.2f} x of what it takes when each writes for himself"
    )
    print_verdict(f"{given.pages} pages that are open", found["written once"], _TARGET_PERCENT, "% of a core")


if __name__ == "__main__":
    main()
