#!/usr/bin/env python3
"""What one edit, the start and the reports cost as fleets grow, on real Kafka with simulated agents that really sign.

FLEET_TEST_KAFKA=host:port names the brokers. Prints for each size the figures, and from size to size by how much they grow. CPU is
that of the controller's process. With --beside CHECKOUT the controller of another checkout is measured in the same run.
"""

import argparse
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import psutil
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.stand.big_fleet import BigFleet, FleetSize, node_id
from bench.stand.fleet import percentile
from bus.base import Topic
from bus.topics import SETTINGS, topic_name
from deploy.owned_process import free_port

_HERE = Path(__file__).resolve().parents[1]
_GROWTH_ALLOWED = 1.5
_PATIENCE_S = 600.0
_QUIET_S = 1.5
"""After an edit, for what is done beside: copies and views follow within a second."""
_EDITS_IN_A_PAUSE = 4
"""While the agents are stopped, so that reports do not count for edits; after 15 s they would be lost."""
_REST_WINDOW_S = 1.0
_REST_TOLERANCE = 0.02
"""Of a core."""
_MOST_REST_WINDOWS = 5
"""What agents had sent before they were stopped is still to be read: of a thousand that takes seconds."""
_BETWEEN_PAUSES_S = 6.0
"""Each agent is heard within five seconds, so that none is lost in the next pause."""
_EDITS_WHEN_SHORT = 4
"""A busy machine takes its time for them."""
_TRIES_WHEN_SHORT = 3
"""A cost that grows does so each time; neighbours on the machine do not come each time."""


@dataclass(frozen=True)
class Figures:
    """What was measured of one size. Times in seconds unless the name says otherwise."""

    start_s: float
    start_cpu_s: float
    edit_p50_ms: float
    edit_p95_ms: float
    edit_cpu_ms: float
    no_change_cpu_ms: float
    reports_cpu_percent: float
    rss_mib: float
    list_cameras_ms: float
    watch_p50_ms: float


class ControllerUnderTest:
    """The controller of one checkout, and what its process used."""

    def __init__(self, checkout: Path, folder: Path, kafka: str, fleet: str) -> None:
        self.port = free_port()
        python = checkout / ".venv" / "bin" / "python"
        words = ["--manifests", str(folder / "manifests"), "--state-dir", str(folder / "state")]
        words += ["--bootstrap-servers", kafka, "--topic-prefix", fleet, "--fleet-id", fleet]
        words += ["--listen", f"127.0.0.1:{self.port}"]
        self._log = (folder / "controller.log").open("wb")
        self._program = subprocess.Popen(
            [python if python.exists() else sys.executable, "-m", "cli", "controller", *words],
            cwd=checkout,
            stdout=self._log,
            stderr=self._log,
        )

    def close(self) -> None:
        """Ends it."""
        self._program.terminate()
        self._program.wait()
        self._log.close()

    def cpu_s(self) -> float:
        """CPU time of all its threads since it began, to the nanosecond: clock_getcpuclockid(3)."""
        if self._program.poll() is not None:
            raise SystemExit(f"the controller left; see {self._log.name}")
        return time.clock_gettime((~self._program.pid << 3) | 2)

    def rss_mib(self) -> float:
        """Resident memory."""
        return float(psutil.Process(self._program.pid).memory_info().rss) / 2**20

    def get(self, path: str) -> bytes:
        """What its API answers; empty while it does not."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=120) as answer:
                content: bytes = answer.read()
                return content
        except (OSError, urllib.error.HTTPError):
            return b""


class Generations:
    """Reads topic 210."""

    def __init__(self, kafka: str, fleet: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": kafka, "group.id": "bench", "fetch.wait.max.ms": 5, "allow.auto.create.topics": False}
        )
        name, partitions = topic_name(fleet, Topic.AGENT_CONFIG), SETTINGS[Topic.AGENT_CONFIG].partitions
        self._consumer.assign([TopicPartition(name, partition, 0) for partition in range(partitions)])

    def next(self, timeout_s: float) -> str | None:
        """The node of the next record; None when there is none in time."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            message = self._consumer.poll(min(0.5, timeout_s))
            if message is not None and not message.error():
                key = message.key()
                return key.decode() if isinstance(key, bytes) else str(key)
        return None

    def close(self) -> None:
        """Leaves."""
        self._consumer.close()


@contextlib.contextmanager
def running(
    size: FleetSize, checkout: Path, kafka: str
) -> Iterator[tuple[ControllerUnderTest, BigFleet, Generations, subprocess.Popen[bytes], float]]:
    """Starts a fleet of that size; with it goes how many seconds passed until the last node had its generation."""
    fleet = f"scale-{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="fleet-scale-") as name, contextlib.ExitStack() as ends:
        folder = Path(name)
        ends.callback(_delete_topics, kafka, fleet)
        manifests = BigFleet(folder / "manifests", size)
        began = time.monotonic()
        controller = ControllerUnderTest(checkout, folder, kafka, fleet)
        ends.callback(controller.close)
        _wait(lambda: controller.get("/readyz"), "the controller is ready")
        command = [sys.executable, str(_HERE / "bench/stand/simulated_agents.py"), kafka, fleet, str(size.nodes)]
        agents = subprocess.Popen(command, cwd=_HERE)
        ends.callback(agents.wait)
        ends.callback(agents.kill)
        generations = Generations(kafka, fleet)
        ends.callback(generations.close)
        there: set[str] = set()
        while len(there) < size.nodes:
            found = generations.next(_PATIENCE_S)
            if found is None:
                raise SystemExit(
                    f"only {len(there)} of {size.nodes} nodes got a generation; see the log of the controller"
                )
            there.add(found)
        yield controller, manifests, generations, agents, time.monotonic() - began


def _delete_topics(kafka: str, fleet: str) -> None:
    """A broker looks at what lies there twice a second, for as long as it runs."""
    admin = AdminClient({"bootstrap.servers": kafka})
    for deleted in admin.delete_topics([topic_name(fleet, topic) for topic in Topic]).values():
        with contextlib.suppress(KafkaException):
            deleted.result(30)


def measure(size: FleetSize, checkout: Path, kafka: str, edits: int) -> Figures:
    """Starts a fleet of that size, and measures all."""
    with running(size, checkout, kafka) as (controller, manifests, generations, agents, start_s):
        start_cpu_s = controller.cpu_s()
        _wait(lambda: _ready_nodes(controller) == size.nodes, "all nodes are ready")
        _until_at_rest(controller)
        reporting = _cpu_rate(controller, 12.0)
        waits, costs, nothing = _edit(controller, manifests, generations, agents, edits)
        return Figures(
            start_s=start_s,
            start_cpu_s=start_cpu_s,
            edit_p50_ms=percentile(waits, 50) * 1000,
            edit_p95_ms=percentile(waits, 95) * 1000,
            edit_cpu_ms=percentile(costs, 50) * 1000,
            no_change_cpu_ms=percentile(nothing, 50) * 1000,
            reports_cpu_percent=reporting * 100,
            rss_mib=controller.rss_mib(),
            list_cameras_ms=_time_ms(lambda: controller.get("/apis/dsfleet.io/v1/cameras")),
            watch_p50_ms=percentile(list(_watch(controller, manifests)), 50),
        )


def growth_of_an_edit(kafka: str) -> float:
    """How much more CPU an edit costs at 100 nodes than at 10, of few instances each: the short form.

    The cheapest edits of both count: what else a machine does makes an edit dearer and never cheaper.
    """
    costs = []
    for nodes in (10, 100):
        with running(FleetSize(nodes, 4, 2), _HERE, kafka) as (controller, manifests, generations, agents, _):
            _wait(lambda nodes=nodes, one=controller: _ready_nodes(one) == nodes, "all nodes are ready")
            time.sleep(2 * _QUIET_S)
            costs.append(min(_edit(controller, manifests, generations, agents, _EDITS_WHEN_SHORT)[1]))
            print(f"{nodes} nodes: {costs[-1] * 1000:.1f} ms of CPU for an edit")
    return costs[1] / costs[0]


def _edit(
    controller: ControllerUnderTest,
    manifests: BigFleet,
    generations: Generations,
    agents: subprocess.Popen[bytes],
    edits: int,
) -> tuple[list[float], list[float], list[float]]:
    """Seconds from save to record of each edit of one field, its CPU seconds, and those of saving a file as it was."""
    waits: list[float] = []
    costs: list[float] = []
    nothing: list[float] = []
    for number in range(edits):
        node = number * 7919 % manifests.size.nodes

        def edit(node: int = node, number: int = number) -> None:
            saved = time.monotonic()
            manifests.edit(node, 0.4 + (number + 1) / 1000)
            found = generations.next(_PATIENCE_S)
            if found != node_id(node):
                raise SystemExit(f"a record of {found} instead of one of {node_id(node)} after one edit")
            waits.append(time.monotonic() - saved)

        if number % _EDITS_IN_A_PAUSE == 0:
            agents.send_signal(signal.SIGSTOP)
            rest = _rest(controller)
            nothing.append(_cost(controller, rest, lambda: manifests.touch(0)))
        costs.append(_cost(controller, rest, edit))
        if (number + 1) % _EDITS_IN_A_PAUSE == 0 or number + 1 == edits:
            agents.send_signal(signal.SIGCONT)
            time.sleep(_QUIET_S if number + 1 == edits else _BETWEEN_PAUSES_S)
    return waits, costs, nothing


def _cost(controller: ControllerUnderTest, rest: float, do: Callable[[], None]) -> float:
    """CPU seconds of what follows from something, with a while for what is done beside, less what it uses anyway."""
    before, began = controller.cpu_s(), time.monotonic()
    do()
    time.sleep(_QUIET_S)
    return controller.cpu_s() - before - rest * (time.monotonic() - began)


def _rest(controller: ControllerUnderTest) -> float:
    """What it uses anyway, once it has worked off what came before: a rate in the midst of that made costs negative."""
    last = _cpu_rate(controller, _REST_WINDOW_S)
    for _ in range(_MOST_REST_WINDOWS - 1):
        rate = _cpu_rate(controller, _REST_WINDOW_S)
        if abs(rate - last) <= max(_REST_TOLERANCE, last / 10):
            return min(rate, last)
        last = rate
    return last


def _cpu_rate(controller: ControllerUnderTest, for_s: float) -> float:
    before, began = controller.cpu_s(), time.monotonic()
    time.sleep(for_s)
    return (controller.cpu_s() - before) / (time.monotonic() - began)


def _until_at_rest(controller: ControllerUnderTest) -> None:
    """Waits until the start is over: two windows cost nearly the same."""
    last = _cpu_rate(controller, 5.0)
    for _ in range(20):
        rate = _cpu_rate(controller, 5.0)
        if abs(rate - last) <= max(_REST_TOLERANCE, last / 10):
            return
        last = rate


def _watch(controller: ControllerUnderTest, manifests: BigFleet) -> Iterator[float]:
    """Milliseconds from save to the event that a watch of the instance has."""
    path = "/apis/dsfleet.io/v1/dsinstances?watch=true&fieldSelector=metadata.name%3Di00000-00"
    with urllib.request.urlopen(f"http://127.0.0.1:{controller.port}{path}", timeout=120) as events:
        events.readline()
        for number in range(5):
            wanted = f"0.{600 + number}"
            saved = time.monotonic()
            manifests.edit(0, 0.6 + number / 1000)
            while wanted.rstrip("0") not in events.readline().decode():
                pass
            yield (time.monotonic() - saved) * 1000
            time.sleep(1)


def _ready_nodes(controller: ControllerUnderTest) -> int:
    content = controller.get("/fleet/v1/status")
    return int(json.loads(content)["nodes"]["ready"]) if content else 0


def _time_ms(do: Callable[[], object]) -> float:
    times = []
    for _ in range(5):
        began = time.monotonic()
        do()
        times.append((time.monotonic() - began) * 1000)
    return percentile(times, 50)


def _wait(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"still not: {what}")
        time.sleep(0.1)


def main() -> None:
    """Measures all sizes, and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--fleets", default="10x10x5,100x10x5,1000x10x5,10000x1x1", help="(default: %(default)s)")
    parser.add_argument("--edits", type=int, default=15)
    parser.add_argument("--beside", type=Path, help="another checkout, with its own .venv")
    parser.add_argument("--short", action="store_true", help="10 and 100 nodes; fails when the CPU of an edit grows")
    options = parser.parse_args()
    kafka = os.environ.get("FLEET_TEST_KAFKA", "")
    if not kafka:
        print("no FLEET_TEST_KAFKA: nothing is measured")
        return
    if options.short:
        for _ in range(_TRIES_WHEN_SHORT):
            growth = growth_of_an_edit(kafka)
            print(f"it grows by {growth:.2f}, allowed are {_GROWTH_ALLOWED}")
            if growth <= _GROWTH_ALLOWED:
                return
        sys.exit(1)
    sizes = [FleetSize.parsed(text) for text in options.fleets.split(",")]
    for checkout in (options.beside, _HERE) if options.beside else (_HERE,):
        print(f"\n{'beside: ' + str(checkout.name) if checkout != _HERE else 'this checkout'}")
        found: dict[FleetSize, Figures] = {}
        for size in sizes:
            found[size] = measure(size, checkout, kafka, options.edits)
            print(
                f"  {size}: " + ", ".join(f"{one.name} {getattr(found[size], one.name):.1f}" for one in fields(Figures))
            )
        for (small, before), (large, after) in itertools.pairwise(found.items()):
            growth = {
                one.name: getattr(after, one.name) / max(getattr(before, one.name), 0.1) for one in fields(Figures)
            }
            print(f"  {small} -> {large}: " + ", ".join(f"{name} x {value:.1f}" for name, value in growth.items()))


if __name__ == "__main__":
    main()
