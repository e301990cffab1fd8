#!/usr/bin/env python3
"""Memory and CPU of an agent whose instances run and of whom nobody wants anything, beside an idle bare program.

With `--instances` so many small programs stand for the apps, so that a machine has room for them; that needs FLEET_TEST_KAFKA.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.stand.fleet import fleet, print_verdict
from bench.stand.small_node import small_node
from tests.e2e.separate_fleet import SeparateFleet

_TARGET_RSS_MIB, _TARGET_CPU_PERCENT = 45.0, 0.3
_STARTED_AFTER_S = 70.0
"""An agent gives back what its start needed after a minute: `nodeagent/app.py`."""
_BARE = "import confluent_kafka, docker, time; print('imported', flush=True); time.sleep(3600)"


def memory(pid: int) -> dict[str, float]:
    """Resident and proportional memory in MiB, from the kernel."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kib = {key.rstrip(":"): int(value) for key, value, *_ in map(str.split, lines)}
    return {name: kib[name] / 1024 for name in ("Rss", "Pss")}


def measure(pids: dict[str, int], seconds: float) -> None:
    """Prints a line for each process; CPU over the given time."""
    before = {name: sum(psutil.Process(pid).cpu_times()[:2]) for name, pid in pids.items()}
    time.sleep(seconds)
    found = {}
    for name, pid in pids.items():
        cpu = (sum(psutil.Process(pid).cpu_times()[:2]) - before[name]) / seconds * 100
        found[name] = (memory(pid), cpu)
        size = found[name][0]
        print(
            f"{name:<44}RSS {size['Rss']:6.1f} MiB   PSS {size['Pss']:6.1f} MiB   CPU {cpu:5.2f} %   "
            f"threads {psutil.Process(pid).num_threads()}"
        )
    size, cpu = found["agent"]
    print(f"RSS over the bare program: {size['Rss'] / found['bare program'][0]['Rss']:.2f} times")
    print_verdict("agent RSS", size["Rss"], _TARGET_RSS_MIB, "MiB")
    print_verdict("agent CPU", cpu, _TARGET_CPU_PERCENT, "%")


@contextlib.contextmanager
def agent_of_a_fleet() -> Iterator[int]:
    """The pid of an agent of the example fleet."""
    with fleet(instances=True) as running:
        count = sum(one.node == "node-a" for one in running.state().instances.values())
        print(f"the agent looks after {count} instances")
        yield running.programs["node-a"].pid if isinstance(running, SeparateFleet) else running.agent("node-a")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long CPU is measured (default: %(default)s)")
    parser.add_argument("--instances", type=int, help="how many small instances; default: those of the example fleet")
    options = parser.parse_args()
    kafka = os.environ.get("FLEET_TEST_KAFKA", "")
    if options.instances and not kafka:
        parser.error("--instances needs Apache Kafka: set FLEET_TEST_KAFKA=host:port")
    with small_node(kafka, options.instances) if options.instances else agent_of_a_fleet() as agent:
        time.sleep(_STARTED_AFTER_S)
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen([sys.executable, "-c", _BARE], stdout=subprocess.PIPE, env=environment) as bare:
            assert bare.stdout is not None  # noqa: S101 - it was asked for
            bare.stdout.readline()
            try:
                measure({"agent": agent, "bare program": bare.pid}, options.seconds)
            finally:
                bare.terminate()


if __name__ == "__main__":
    main()
