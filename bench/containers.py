#!/usr/bin/env python3
"""How long until so many containers run: an agent, a bare loop over the engine's API, and `docker compose` where it is installed.

In each round all of them make the same containers from nothing, in turn, and with as many calls at the same time. When a
container was started is what the engine says of it. Then one container of the agent is killed, and one is removed by hand.
"""

import argparse
import asyncio
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from stand.fleet import percentile, print_row, print_verdict
from stand.node import Node, sleeping

from deploy import build_busybox_image
from nodeagent.engines.docker.container import create_arguments
from nodeagent.engines.labels import LABEL_FLEET, LABEL_INSTANCE, labels_of

_AT_ONCE = 4
_PATIENCE_S = 120.0
_GROWTH_ALLOWED = 2.0  # four times would be a cost of all for each; what goes by time weighs more where all is slow
_SETTLED_S = 2.0
_TARGET_RATIO, _TARGET_FIRST_LATER_MS, _TARGET_BACK_OVER_ENGINE_MS = 1.1, 100.0, 300.0


class Starts:
    """Hears from the engine when containers of a fleet are started."""

    def __init__(self, client: docker.DockerClient, fleet_id: str) -> None:
        self._since = time.time()
        self._changed = threading.Condition()
        self._times: list[tuple[float, str]] = []
        filters = {"type": ["container"], "event": ["start"], "label": [f"{LABEL_FLEET}={fleet_id}"]}
        self._stream = client.api.events(since=int(self._since), filters=filters, decode=True)
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for event in self._stream:
            with self._changed:
                name = event["Actor"]["Attributes"].get(LABEL_INSTANCE, "")
                self._times.append((event["timeNano"] / 1e9, name))
                self._changed.notify_all()

    def wait_for(self, count: int) -> list[float]:
        """When each of the first so many was started, in seconds since 1970, oldest first."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._times) >= count, timeout=_PATIENCE_S):
                raise TimeoutError(f"after {_PATIENCE_S:g} s {len(self._times)} of {count} containers were started")
            return sorted(at for at, _ in self._times)[:count]

    def wait_for_another(self, name: str, after: float) -> float:
        """When a container of an instance was started after a moment."""

        def found() -> float:
            return next((at for at, one in self._times if one == name and at > after), 0.0)

        with self._changed:
            if not self._changed.wait_for(found, timeout=_PATIENCE_S):
                raise TimeoutError(f"after {_PATIENCE_S:g} s {name} is not back")
            return found()

    def close(self) -> None:
        """Listens no more."""
        self._stream.close()


@dataclass(frozen=True)
class Took:
    """What it took from nothing to all containers running."""

    first_ms: float
    all_ms: float
    cpu_ms: float
    """Of this process, in which the agent and the bare loop run; 0 for others."""


def took(begun: float, cpu_before: float, times: list[float], cpu_after: float) -> Took:
    """The same, from the moments."""
    return Took((times[0] - begun) * 1000, (times[-1] - begun) * 1000, (cpu_after - cpu_before) * 1000)


def remove_all(client: docker.DockerClient, fleet_id: str) -> None:
    """Takes away what a round has made."""
    labels = [f"{LABEL_FLEET}={fleet_id}"]
    for one in client.api.containers(all=True, filters={"label": labels}):
        client.api.remove_container(one["Id"], force=True, v=True)


def bare_loop(client: docker.DockerClient, image: str, count: int, folder: Path) -> Took:
    """As many workers as the agent has, each of which creates and starts one container after another."""
    fleet_id = f"bench-{uuid.uuid4().hex[:8]}"
    starts = Starts(client, fleet_id)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for number in range(count):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            config = sleeping(number, image)
            arguments = create_arguments(
                config,
                name=f"{fleet_id}-{number}",
                labels=labels_of(fleet_id, "bare", config, 1),
                configs=folder,
                api_version=client.api.api_version,
            )
            client.api.start(client.api.create_container(**arguments)["Id"])

    begun, cpu = time.time(), time.process_time()
    workers = [threading.Thread(target=work) for _ in range(_AT_ONCE)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    found = took(begun, cpu, starts.wait_for(count), time.process_time())
    starts.close()
    remove_all(client, fleet_id)
    return found


async def agent(
    client: docker.DockerClient, image: str, count: int, root: Path, *, with_accidents: bool = True
) -> tuple[Took, list[tuple[float, float]]]:
    """The same by an agent, that has nothing to do before; and how long what is killed, and what is removed, stays away."""
    node = Node(root, os.environ.get("DOCKER_HOST"), _AT_ONCE)
    starts = Starts(client, node.fleet_id)
    instances = [sleeping(number, image) for number in range(count)]
    async with node.agent():
        await asyncio.sleep(_SETTLED_S)
        begun, cpu = time.time(), time.process_time()
        node.publish(instances)
        times = await asyncio.to_thread(starts.wait_for, count)
        found = took(begun, cpu, times, time.process_time())
        if not with_accidents:
            starts.close()
            remove_all(client, node.fleet_id)
            return found, []
        await asyncio.sleep(_SETTLED_S)
        back = [
            (
                await asyncio.to_thread(away, client, starts, node, instances[0].instance_name, "kill"),
                await asyncio.to_thread(away, client, starts, node, instances[-1].instance_name, "remove"),
            )
        ]
    starts.close()
    remove_all(client, node.fleet_id)
    return found, back


def away(client: docker.DockerClient, starts: Starts, node: Node, name: str, how: str) -> float:
    """Milliseconds from when a container was killed, or is gone, until there is one that runs."""
    labels = [f"{LABEL_FLEET}={node.fleet_id}", f"{LABEL_INSTANCE}={name}"]
    (there,) = client.api.containers(filters={"label": labels})
    begun = gone = time.time()
    if how == "kill":
        client.api.kill(there["Id"])
    else:
        client.api.remove_container(there["Id"], force=True)
        gone = time.time()
    return (starts.wait_for_another(name, begun) - gone) * 1000


def create_and_start(client: docker.DockerClient, image: str, folder: Path) -> tuple[float, float]:
    """Milliseconds to create, and to start, one such container by hand."""
    config = sleeping(0, image)
    arguments = create_arguments(
        config,
        name=f"bench-{uuid.uuid4().hex[:8]}",
        labels={},
        configs=folder,
        api_version=client.api.api_version,
    )
    begun = time.monotonic()
    made = client.api.create_container(**arguments)["Id"]
    created = time.monotonic()
    client.api.start(made)
    started = time.monotonic()
    client.api.remove_container(made, force=True)
    return (created - begun) * 1000, (started - created) * 1000


def compose_is_here() -> bool:
    """Whether `docker compose` is installed."""
    program = shutil.which("docker")
    return (
        program is not None
        and not subprocess.run([program, "compose", "version"], check=False, capture_output=True).returncode
    )


def compose(client: docker.DockerClient, image: str, count: int, folder: Path) -> Took:
    """The same by `docker compose up`."""
    fleet_id = f"bench-{uuid.uuid4().hex[:8]}"
    service: dict[str, Any] = {
        "image": image,
        "command": ["/bin/busybox", "sleep", "1000000"],
        "network_mode": "none",
        "labels": {LABEL_FLEET: fleet_id},
        "volumes": [{"type": "bind", "source": str(folder), "target": "/workspace/configs", "read_only": True}],
    }
    file = folder / "compose.yaml"
    file.write_text(json.dumps({"services": {f"bench-{number:03d}": service for number in range(count)}}))
    starts = Starts(client, fleet_id)
    begun = time.time()
    command = ["docker", "compose", "-p", fleet_id, "-f", str(file), "--parallel", str(_AT_ONCE), "up", "-d"]
    subprocess.run(command, capture_output=True, check=True)
    found = took(begun, 0.0, starts.wait_for(count), 0.0)
    starts.close()
    remove_all(client, fleet_id)
    return found


def print_kind(name: str, found: list[Took]) -> None:
    """Prints the rows of one way to do it."""
    print_row(f"{name}: first container running", [one.first_ms for one in found])
    print_row(f"{name}: all containers running", [one.all_ms for one in found])
    if any(one.cpu_ms for one in found):
        print_row(f"{name}: CPU of the process", [one.cpu_ms for one in found])


def folders(root: Path) -> Iterator[Path]:
    """Folders that nobody has used."""
    number = 0
    while True:
        folder = root / str(number)
        folder.mkdir()
        yield folder
        number += 1


def measure(client: docker.DockerClient, image: str, count: int, rounds: int, new_folder: Callable[[], Path]) -> None:
    """Measures with so many containers, and prints."""
    ours, bare, theirs, back = list[Took](), list[Took](), list[Took](), list[tuple[float, float]]()
    alone = list[tuple[float, float]]()
    with_compose = compose_is_here()
    for number in range(rounds + 1):
        by_loop = bare_loop(client, image, count, new_folder())
        by_agent, returned = asyncio.run(agent(client, image, count, new_folder()))
        by_compose = compose(client, image, count, new_folder()) if with_compose else None
        by_hand = create_and_start(client, image, new_folder())
        if number or not rounds:  # the first round warms up
            bare.append(by_loop)
            ours.append(by_agent)
            back += returned
            alone.append(by_hand)
            theirs += [by_compose] if by_compose else []
    print(f"{count} containers, {rounds} rounds, {_AT_ONCE} calls at once")
    print_kind("bare loop", bare)
    print_kind("agent", ours)
    if theirs:
        print_kind("docker compose", theirs)
    else:
        print("docker compose: not installed, skipped")
    ratios = [one.all_ms / other.all_ms for one, other in zip(ours, bare, strict=True)]
    later = [one.first_ms - other.first_ms for one, other in zip(ours, bare, strict=True)]
    create, start = (percentile([one[part] for one in alone], 50) for part in (0, 1))
    killed, removed = ([one[part] for one in back] for part in (0, 1))
    print_row("create + start by hand", [sum(one) for one in alone])
    print_row("agent: killed -> runs again", killed)
    print_row("agent: removed by hand -> runs again", removed)
    print_verdict("agent over bare loop, all running, p50", percentile(ratios, 50), _TARGET_RATIO, "times")
    print_verdict("agent's first container after the loop's, p50", percentile(later, 50), _TARGET_FIRST_LATER_MS, "ms")
    print_verdict("killed -> runs, over start, p50", percentile(killed, 50) - start, _TARGET_BACK_OVER_ENGINE_MS, "ms")
    over = percentile(removed, 50) - create - start
    print_verdict("removed -> runs, over create + start, p50", over, _TARGET_BACK_OVER_ENGINE_MS, "ms")


def growth_of_a_container(client: docker.DockerClient, image: str, new_folder: Callable[[], Path]) -> float:
    """How much more CPU of the agent one of 20 containers costs than one of 5: the short form."""
    costs = []
    for count in (2, 5, 20):  # the first ones warm up
        found, _ = asyncio.run(agent(client, image, count, new_folder(), with_accidents=False))
        costs.append(found.cpu_ms / count)
        print(f"{count} containers: {costs[-1]:.1f} ms of CPU for each")
    return costs[-1] / costs[-2]


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=3, help="rounds (default: %(default)s)")
    parser.add_argument("--containers", type=int, nargs="+", default=[8, 32, 100], help="(default: 8 32 100)")
    parser.add_argument("--short", action="store_true", help="the agent alone; fails when the CPU of a container grows")
    options = parser.parse_args()
    client = docker.from_env()
    try:
        client.ping()
        image = build_busybox_image.build(client)
    except (docker.errors.DockerException, OSError, build_busybox_image.BuildError) as error:
        print(f"skipped: {error}")
        return
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as root:
        new_folder = folders(Path(root)).__next__
        if options.short:
            growth = growth_of_a_container(client, image, new_folder)
            print(f"it grows by {growth:.2f}, allowed are {_GROWTH_ALLOWED}")
            sys.exit(growth > _GROWTH_ALLOWED)
        for count in options.containers:
            measure(client, image, count, options.n, new_folder)
    client.close()


if __name__ == "__main__":
    main()
