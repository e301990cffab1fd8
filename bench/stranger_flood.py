#!/usr/bin/env python3
"""Memory of a controller and an agent before and after 10,000 records of strangers on every topic of a real Kafka.

FLEET_TEST_KAFKA=host:port names the brokers. Every record is acknowledged before memory is looked at, and lies where Kafka's
own partitioner puts its key. A forged greeting and report are among them, which nothing that is shown may follow.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import psutil
from confluent_kafka import KafkaError, Producer

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bus.base import Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from bus.topics import SETTINGS, topic_name
from crds.messages import AgentInfo, AgentResponse, GenerationRef
from deploy.owned_process import free_port

_ALLOWED_MIB = 160.0  # the budget of 64 MiB, what waits between threads, and what Python does not give back
_PATIENCE_S = 90.0
_NODE = "c23cec31-1270-43a3-ad1d-cad29a99857d"
_MANIFEST = f"""\
apiVersion: dsfleet.io/v1
kind: Node
metadata: {{name: edge}}
spec: {{nodeId: {_NODE}, hostname: edge}}
"""


class Flood:
    """Writes as strangers do; a record that is not acknowledged ends the program."""

    def __init__(self, kafka: str, prefix: str) -> None:
        self._prefix = prefix
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "partitioner": "murmur2_random",
                "compression.type": "zstd",
                "message.max.bytes": 4_000_000,
                "queue.buffering.max.kbytes": 65_536,
            }
        )

    def write(self, topic: Topic, key: bytes, value: bytes) -> None:
        """Writes one record where Kafka's own clients would put it."""
        while True:
            try:
                self._producer.produce(topic_name(self._prefix, topic), key=key, value=value, on_delivery=_acknowledged)
            except BufferError:
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return

    def finish(self) -> None:
        """Returns when all of it is acknowledged."""
        if left := self._producer.flush(_PATIENCE_S):
            raise SystemExit(f"{left} records were not acknowledged")


def _acknowledged(error: KafkaError | None, _message: object) -> None:
    if error is not None:
        raise SystemExit(f"a record was not taken: {error}")


def greeting(fleet_id: str, node_id: str, key: SigningKey) -> bytes:
    """Of a machine that is in no manifest, or of one that pretends to be one that is."""
    info = AgentInfo(
        fleet_id=fleet_id,
        node_id=uuid.UUID(node_id),
        hostname="h" * 20_000,
        ip_address="10.0.0.1",
        gpulist=("GPU-" + "0" * 36,) * 300,
        agent_version="forged",
        driver="docker",
        public_key=key.public_key_hex,
        highest=GenerationRef(epoch=2**53 - 2, generation=2**53 - 2),
        sent_at=datetime.now(UTC),
    )
    return encode_signed(info, key)


def forged_report(fleet_id: str, key: SigningKey) -> bytes:
    """All is well, says somebody."""
    report = AgentResponse(
        fleet_id=fleet_id,
        node_id=uuid.UUID(_NODE),
        observed=GenerationRef(epoch=2**53 - 2, generation=2**53 - 2),
        applied=None,
        status=(),
        sequence=1,
        sent_at=datetime.now(UTC),
    )
    return encode_signed(report, key)


def records(fleet_id: str, count: int) -> Iterator[tuple[Topic, bytes, bytes]]:
    """What strangers write: the largest that the brokers take, and much that looks right."""
    stranger = SigningKey.generate()
    for number in range(count):
        node_id = str(uuid.uuid4())
        for topic in Topic:
            size = SETTINGS[topic].max_value_bytes
            key = _NODE.encode() if number % 100 == 0 else node_id.encode()
            if topic is Topic.AGENT_INFO and number % 3 == 0:
                yield topic, key, greeting(fleet_id, key.decode(), stranger)
            elif topic is Topic.AGENT_RESPONSE and number % 3 == 0:
                yield topic, key, b"x" * size
            elif topic is Topic.AGENT_RESPONSE and key == _NODE.encode():
                yield topic, key, forged_report(fleet_id, stranger)
            else:
                yield topic, key, os.urandom(16) + b" " * (number % 7) * (size // 16)


def rss_mib(program: subprocess.Popen[bytes]) -> float:
    """Resident memory."""
    return float(psutil.Process(program.pid).memory_info().rss) / 2**20


def node_status(port: int) -> dict[str, object]:
    """What is shown of the node; empty while it is not."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/apis/dsfleet.io/v1/nodes/edge", timeout=10) as answer:
            found: dict[str, object] = json.load(answer)["status"]
            return found
    except OSError:
        return {}


def main() -> None:
    """Floods, measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--records", type=int, default=10_000, help="for each topic (default: %(default)s)")
    count = parser.parse_args().records
    kafka = os.environ.get("FLEET_TEST_KAFKA", "")
    if not kafka:
        print("no FLEET_TEST_KAFKA: nothing is measured")
        return
    prefix, port = f"flood-{uuid.uuid4().hex[:8]}.", free_port()
    with tempfile.TemporaryDirectory(prefix="fleet-flood-") as folder, ExitStack() as ends:
        root = Path(folder)
        (root / "manifests").mkdir()
        (root / "manifests" / "node.yaml").write_text(_MANIFEST, encoding="utf-8")
        common = ["--bootstrap-servers", kafka, "--topic-prefix", prefix, "--fleet-id", prefix]

        def start(name: str, *words: str) -> subprocess.Popen[bytes]:
            log = ends.enter_context((root / f"{name}.log").open("wb"))
            program = subprocess.Popen([sys.executable, "-m", "cli", name, *words, *common], stdout=log, stderr=log)
            ends.callback(program.wait)
            ends.callback(program.terminate)
            return program

        manifests, state = ["--manifests", str(root / "manifests")], str(root / "controller")
        controller = start("controller", *manifests, "--state-dir", state, "--listen", f"127.0.0.1:{port}")
        key_file = root / "controller" / "controller.pub"
        _wait(key_file.exists, "the controller starts")
        words = ["--node-id", _NODE, "--driver", "process", "--state-dir", str(root / "agent")]
        agent = start("agent", *words, "--secrets-dir", str(root), "--controller-key", str(key_file))
        _wait(lambda: '"applied": {' in json.dumps(node_status(port)), "the node has its generation")
        programs = {"controller": controller, "agent": agent}
        before = {name: rss_mib(program) for name, program in programs.items()}
        shown = node_status(port)

        flood, began = Flood(kafka, prefix), time.monotonic()
        for topic, key, value in records(prefix, count):
            flood.write(topic, key, value)
        flood.finish()
        print(f"{count} records on each of {len(Topic)} topics, all acknowledged, in {time.monotonic() - began:.0f} s")
        _wait(lambda: _is_read(root / "controller.log", controller), "the flood is read")
        after = node_status(port)
        for name in ("phase", "generation", "agentVersion", "publicKeyFingerprint"):
            if shown[name] != after[name]:
                raise SystemExit(f"{name} of the node is {after[name]}, and was {shown[name]}: a stranger was believed")
        for name, program in programs.items():
            now = rss_mib(program)
            print(f"{name:<12}{before[name]:6.1f} MiB before, {now:6.1f} MiB after: {now / before[name]:.2f} times")
            if now - before[name] > _ALLOWED_MIB:
                raise SystemExit(f"{name} grew by more than {_ALLOWED_MIB:g} MiB")


def _is_read(log: Path, program: subprocess.Popen[bytes]) -> bool:
    """True when the controller says nothing more, and its processor rests."""
    size = log.stat().st_size
    rests = psutil.Process(program.pid).cpu_percent(interval=3.0) < 20
    return rests and log.stat().st_size == size


def _wait(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S * 4
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"still not: {what}")
        time.sleep(0.3)


if __name__ == "__main__":
    main()
