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
from typing import NamedTuple

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.stand.fleet import fleet, print_verdict
from bench.stand.small_node import small_node
from tests.e2e.separate_fleet import SeparateFleet

_TARGET_RSS_MIB, _TARGET_CPU_PERCENT = 45.0, 0.3
_STARTED_AFTER_S = 70.0
"""An agent gives back what its start needed after a minute: `nodeagent/app.py`."""
_KINDS = ("the loop", "threads beside it", "librdkafka")
_CPU_CLOCK = 2
"""Of another process: CPUCLOCK_SCHED in the kernel's posix-timers.h."""
_BARE = "import confluent_kafka, docker, time; print('imported', flush=True); time.sleep(3600)"


def memory(pid: int) -> dict[str, float]:
    """Resident and proportional memory in MiB, from the kernel."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kib = {key.rstrip(":"): int(value) for key, value, *_ in map(str.split, lines)}
    return {name: kib[name] / 1024 for name in ("Rss", "Pss")}


class Spent(NamedTuple):
    """What the threads of one kind have used."""

    seconds: float
    """Of CPU, as the scheduler counts it: to the nanosecond, where the times of a process are in hundredths of a second."""
    wakeups: int
    """How often they had waited for something. Other work on the machine makes each dearer, and not more of them."""


def spent(pid: int) -> dict[str, Spent]:
    """By kind of thread: the one of the event loop, those of librdkafka, and all others, also such as have ended."""
    found = dict.fromkeys(_KINDS, Spent(0.0, 0))
    total = time.clock_gettime((~pid << 3) | _CPU_CLOCK)
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it ended meanwhile
            is_kafka = (task / "comm").read_text(encoding="ascii").startswith("rdk:")
            kind = _KINDS[0] if task.name == str(pid) else _KINDS[2] if is_kafka else _KINDS[1]
            status = dict(line.split(":", 1) for line in (task / "status").read_text(encoding="ascii").splitlines())
            ran = int((task / "schedstat").read_text(encoding="ascii").split()[0])
            before = found[kind]
            found[kind] = Spent(before.seconds + ran / 1e9, before.wakeups + int(status["voluntary_ctxt_switches"]))
    known = found[_KINDS[0]].seconds + found[_KINDS[2]].seconds
    return {**found, _KINDS[1]: Spent(total - known, found[_KINDS[1]].wakeups)}


def measure(pids: dict[str, int], seconds: float) -> None:
    """Prints some lines for each process; CPU and wake-ups over the given time."""
    before = {name: spent(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    found = {}
    for name, pid in pids.items():
        used = {
            kind: (100 * (now.seconds - before[name][kind].seconds), now.wakeups - before[name][kind].wakeups)
            for kind, now in spent(pid).items()
        }
        cpu = sum(one for one, _ in used.values()) / seconds
        found[name] = (memory(pid), cpu)
        size = found[name][0]
        print(
            f"{name:<44}RSS {size['Rss']:6.1f} MiB   PSS {size['Pss']:6.1f} MiB   CPU {cpu:5.3f} %   "
            f"threads {psutil.Process(pid).num_threads()}"
        )
        for kind, (percent, wakeups) in used.items():
            print(f"  {kind:<42}CPU {percent / seconds:5.3f} %   wake-ups {wakeups / seconds:5.1f}/s")
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
    parser.add_argument("--seconds", type=float, default=60.0, help="how long CPU is measured (default: %(default)s)")
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
