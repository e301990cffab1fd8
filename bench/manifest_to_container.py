#!/usr/bin/env python3
"""How long from a saved manifest to a running container, beside a bare loop over the engine's own API.

Each round saves the manifest of a new instance, waits for its generation on topic 210 and for the engine to say that the
container was started, and removes it again. In between, the same container is created and started by hand.
"""

import argparse
import sys
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import docker
from confluent_kafka import Consumer, TopicPartition

sys.path.insert(0, str(Path(__file__).resolve().parent))

from stand.fleet import fleet, percentile, print_row, print_verdict, until

from bus.base import Topic
from bus.topics import SETTINGS, partition_of, topic_name
from nodeagent.engines.labels import LABEL_FLEET, LABEL_INSTANCE
from tests.e2e.running_fleet import UpFleet, workloads
from tests.e2e.separate_fleet import SeparateFleet

_TARGET_ACKNOWLEDGED_MS = 100.0
_TARGET_OVER_ENGINE_MS = 300.0
_NODE = "node-a"
_INSTANCE = """\
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata: {{ name: {name} }}
spec:
  node: node-a
  image: dsfleet/pipeline:dev
  app: {{ kind: reference }}
  streammux: {{ width: 320, height: 240, batchSize: 2, bufferPool: 4, nvbufMemoryType: 0 }}
"""


class RecordTimes:
    """When records of a node came to a consumer on topic 210: they were acknowledged before."""

    def __init__(self, bootstrap: str, prefix: str, node_id: str) -> None:
        self.latest = 0.0
        self._ending = False
        settings = {"bootstrap.servers": bootstrap, "group.id": uuid.uuid4().hex, "fetch.wait.max.ms": 10}
        self._consumer = Consumer(settings)
        partitions = SETTINGS[Topic.AGENT_CONFIG].partitions
        place = TopicPartition(topic_name(prefix, Topic.AGENT_CONFIG), partition_of(node_id, partitions))
        # A known offset: to look for the end could take longer than the first record.
        _, place.offset = self._consumer.get_watermark_offsets(place, timeout=10)
        self._consumer.assign([place])
        self._node_id = node_id.encode()
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._ending:
            message = self._consumer.poll(0.2)
            if message is not None and message.error() is None and message.key() == self._node_id:
                self.latest = time.time()
        self._consumer.close()

    def close(self) -> None:
        """Ends the thread."""
        self._ending = True
        self._thread.join()


def started_container(running: SeparateFleet, name: str) -> float:
    """When the engine started the container of an instance; 0 before that."""
    labels = [f"{LABEL_FLEET}={running.fleet_id}", f"{LABEL_INSTANCE}={name}"]
    filters = {"event": "start", "label": labels, "type": "container"}
    now = time.time()
    for event in running.engine.api.events(since=now - 60, until=now, filters=filters, decode=True):
        return float(event["timeNano"]) / 1e9
    return 0.0


def started_process(running: UpFleet, name: str) -> float:
    """When the process of an instance was started; 0 before that."""
    found = workloads(running.fleet_id).get(name)
    return found.started_at.timestamp() if found else 0.0


def bare_container(client: docker.DockerClient, number: int) -> float:
    """Milliseconds to create and start such a container by hand."""
    begin = time.monotonic()
    made = client.api.create_container(
        "dsfleet/pipeline:dev",
        ["/workspace/configs/source_list.json"],
        name=f"fleet-bench-{uuid.uuid4().hex[:8]}-{number}",
        host_config=client.api.create_host_config(network_mode="host"),
    )
    client.api.start(made["Id"])
    took = (time.monotonic() - begin) * 1000
    client.api.remove_container(made["Id"], force=True)
    return took


def bare_process() -> float:
    """Milliseconds to start a process by hand."""
    import subprocess  # noqa: PLC0415 - only here

    begin = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    took = (time.monotonic() - begin) * 1000
    process.wait()
    return took


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=20, help="rounds (default: %(default)s)")
    rounds = parser.parse_args().n
    acknowledged, running_after, bare = [], [], []
    with fleet(instances=False) as running:
        started: Callable[[str], float]
        by_hand: Callable[[int], float]
        if isinstance(running, SeparateFleet):
            separate = running
            started, by_hand = (
                (lambda name: started_container(separate, name)),
                (lambda number: bare_container(separate.engine, number)),
            )
        else:
            up = running
            started, by_hand = (lambda name: started_process(up, name)), (lambda _: bare_process())
        times = RecordTimes(running.bootstrap, running.topic_prefix, running.manifests.node_ids[_NODE])
        try:
            for number in range(rounds + 1):
                took = by_hand(number)
                name = f"bench-{number}"
                saved = time.time()
                running.manifests.write(f"instances/{name}.yaml", _INSTANCE.format(name=name))
                until(lambda name=name: started(name), f"started: {name}")
                until(lambda saved=saved: times.latest > saved, "published")
                if number:  # the first round warms up
                    bare.append(took)
                    acknowledged.append((times.latest - saved) * 1000)
                    running_after.append((started(name) - saved) * 1000)
                running.manifests.remove(f"instances/{name}.yaml")
                until(lambda name=name: name not in running.runtimes(), "removed")
                until(lambda: not running.status()["instances"]["total"], "forgotten")
        finally:
            times.close()
    print(f"{rounds} rounds")
    print_row("manifest saved -> record with its generation read from 210", acknowledged)
    print_row("manifest saved -> running", running_after)
    print_row("the same by hand: create + start", bare)
    over = percentile(running_after, 50) - percentile(bare, 50)
    print(f"ratio of the medians: {percentile(running_after, 50) / percentile(bare, 50):.2f}")
    print_verdict("saved -> acknowledged, p50", percentile(acknowledged, 50), _TARGET_ACKNOWLEDGED_MS, "ms")
    print_verdict("saved -> running over the engine's own, p50", over, _TARGET_OVER_ENGINE_MS, "ms")


if __name__ == "__main__":
    main()
