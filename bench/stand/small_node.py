"""A node whose agent is the real program, on Apache Kafka, and whose instances are small: what is measured is the agent."""

import asyncio
import contextlib
import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil

from bench.stand import small_app
from bench.stand.fleet import until
from bus.base import PublishFailed, Topic
from bus.codec import encode_signed
from bus.kafka import KafkaBus, started_bus
from bus.kafka_options import KafkaOptions
from bus.signature import SigningKey
from crds.instance_config import InstanceConfig
from crds.messages import AgentCommand, CommandKind
from tests.differ.generations import generation
from tests.engines.stands import make_config
from tests.held_ports import hold_ports

_ROOT = Path(__file__).resolve().parents[2]
_CAMERAS = 5
_DAY_S = 24 * 3600
_ATTEMPTS = 5


def _small_instance(number: int, port: int, modules: Path) -> InstanceConfig:
    cameras = [f"camera-{number}-{one}" for one in range(_CAMERAS)]
    variables = {"PYTHONPATH": str(modules), small_app.CAMERAS: ",".join(cameras)}
    plain = make_config(f"small-{number:02d}", script="sleeps", rest_port=port, container={"env": variables})
    seen = [{"name": one, "camera_id": one, "slot": slot, "limits": {}} for slot, one in enumerate(cameras)]
    return InstanceConfig.of_content({**plain.model_dump(mode="json"), "cameras": seen})


@contextlib.contextmanager
def small_node(kafka: str, instances: int) -> Iterator[int]:
    """The pid of an agent with so many instances that run, of five cameras each.

    Args:
        kafka: address of Apache Kafka.
        instances: how many.
    """
    fleet, node, key = f"small-{uuid.uuid4().hex[:8]}", str(uuid.uuid4()), SigningKey.generate()
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as folder:
        modules = Path(folder, "modules")
        modules.mkdir()
        (modules / "pipeline.py").symlink_to(Path(small_app.__file__).resolve())
        first = hold_ports(instances)
        configs = [_small_instance(number, first + number, modules) for number in range(instances)]
        topics = KafkaOptions(kafka, f"{fleet}.")
        asyncio.run(_publish(topics, fleet, node, key, configs))
        command = [
            *(sys.executable, "-m", "cli", "agent", "--node-id", node, "--fleet-id", fleet, "--driver", "process"),
            *("--bootstrap-servers", kafka, "--topic-prefix", f"{fleet}.", "--controller-key", key.public_key_hex),
            *("--state-dir", f"{folder}/state", "--secrets-dir", f"{folder}/secrets", "--stop-instances-on-exit"),
        ]
        # As an agent is installed: where it may keep what it has compiled.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        with (
            Path(folder, "agent.log").open("wb") as log,
            subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=log, stderr=log) as agent,
        ):
            try:
                until(lambda: len(psutil.Process(agent.pid).children()) >= instances, "running")
                asyncio.run(_admit(topics, fleet, node, key))
                yield agent.pid
            finally:
                agent.terminate()


async def _publish(
    options: KafkaOptions, fleet: str, node: str, key: SigningKey, configs: list[InstanceConfig]
) -> None:
    """What a controller says to the node: what shall run."""
    bus = started_bus(options, client_id="bench", group_id="bench")
    desired = generation(configs, 1, node=node, fleet=fleet, approved=True, removed=())
    try:
        await bus.ensure_topics()
        await _said(bus, Topic.AGENT_CONFIG, node, encode_signed(desired, key))
    finally:
        await bus.aclose()


async def _admit(options: KafkaOptions, fleet: str, node: str, key: SigningKey) -> None:
    """What a controller answers to a greeting: that it takes heartbeats. Agents hear what is said while they are there."""
    bus = started_bus(options, client_id="bench", group_id="bench")
    admitted = AgentCommand(
        fleet_id=fleet,
        node_id=UUID(node),
        command=CommandKind.ADMITTED,
        epoch=1,
        sent_at=datetime.now(UTC),
        heartbeats_for_seconds=_DAY_S,
    )
    try:
        await _said(bus, Topic.AGENT_COMMAND, node, encode_signed(admitted, key))
    finally:
        await bus.aclose()


async def _said(bus: KafkaBus, topic: Topic, node: str, value: bytes) -> None:
    """Publishes it; the topics are new, and on a busy machine the first record may find no leader in time."""
    for _ in range(_ATTEMPTS):
        with contextlib.suppress(PublishFailed):
            return await bus.publish(topic, key=node, value=value)
    raise TimeoutError(f"nothing can be written to {topic}")
