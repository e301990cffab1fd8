"""Agents that sign, greet, report and give signs of life like real ones, many in one process, and run nothing.

They accept every generation at once and say that all of it runs and every camera has frames. They check no signatures, since what
is measured is the controller.
"""

import argparse
import heapq
import sys
import time
import uuid
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Message, Producer, TopicPartition
from pydantic_core import from_json

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.stand.big_fleet import node_id
from bus.base import Topic
from bus.codec import encode_heartbeat, encode_signed
from bus.signature import SigningKey
from bus.topics import SETTINGS, partition_of, topic_name
from crds.camera_status import CameraStatus
from crds.heartbeat import Chain, Heartbeat, digest_of, heartbeat_key
from crds.messages import AgentInfo, AgentResponse, GenerationRef, InstanceState, InstanceStatus

_SIGN_OF_LIFE_EVERY_S = 5.0
_REPORT_EVERY_S = 60.0
_GREET_EVERY_S = 60.0


@dataclass
class Agent:
    """One of them."""

    node_id: str
    hostname: str
    key: SigningKey = field(default_factory=SigningKey.generate)
    boot_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    config: dict[str, Any] | None = None
    greetings: int = 0
    reports: int = 0
    reported_at: float = 0.0
    heartbeats_until: float = 0.0
    chain: Chain | None = None
    reported: str = ""
    accepted_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def ref(self) -> GenerationRef | None:
        """The generation that it holds."""
        if self.config is None:
            return None
        epoch, generation, digest = (self.config[name] for name in ("epoch", "generation", "digest"))
        return GenerationRef(epoch=epoch, generation=generation, digest=digest)

    def obey(self, envelope: bytes) -> None:
        """Takes a record of topic 201: whether the controller takes heartbeats."""
        command = from_json(b64decode(from_json(envelope)["payload"]))
        self.heartbeats_until = time.monotonic() + command.get("heartbeats_for_seconds", 0)

    def accept(self, envelope: bytes) -> bool:
        """Takes a record of topic 210; True when it is newer."""
        config = from_json(b64decode(from_json(envelope)["payload"]))
        known = self.ref
        if known is not None and (config["epoch"], config["generation"]) <= known.order:
            return False
        self.config, self.accepted_at = config, datetime.now(UTC)
        return True

    def greeting(self) -> bytes:
        """The value of a record on topic 200."""
        self.greetings += 1
        info = AgentInfo(
            fleet_id=FLEET,
            node_id=uuid.UUID(self.node_id),
            hostname=self.hostname,
            ip_address="10.0.0.1",
            agent_version="0.1.0",
            driver="docker",
            public_key=self.key.public_key_hex,
            highest=self.ref,
            boot_id=self.boot_id,
            starts=1,
            sequence=self.greetings,
            sent_at=datetime.now(UTC),
        )
        return encode_signed(info, self.key)

    def sign_of_life(self) -> tuple[str, bytes]:
        """Key and value of a record on topic 220: a heartbeat, or a report every minute."""
        until = min(self.heartbeats_until, self.reported_at + _REPORT_EVERY_S)
        link = self.chain.next() if self.chain and time.monotonic() < until else None
        if link is None:
            return self.node_id, self.report()
        heartbeat = Heartbeat(
            fleet_id=FLEET, report=self.reported, number=link[0], link=link[1], sent_at=datetime.now(UTC)
        )
        return heartbeat_key(self.node_id), encode_heartbeat(heartbeat)

    def report(self) -> bytes:
        """The value of a record on topic 220: all is well."""
        self.reports += 1
        self.reported_at = time.monotonic()
        self.chain = Chain(self.key.secret_for(f"{self.boot_id} {self.reports}"))
        response = AgentResponse(
            fleet_id=FLEET,
            node_id=uuid.UUID(self.node_id),
            observed=self.ref,
            applied=self.ref,
            status=tuple(map(self._status, self.config["node_config_list"] if self.config else ())),
            boot_id=self.boot_id,
            starts=1,
            sequence=self.reports,
            sent_at=datetime.now(UTC),
            heartbeat_anchor=self.chain.anchor,
        )
        value = encode_signed(response, self.key)
        self.reported = digest_of(value)
        return value

    def _status(self, instance: dict[str, Any]) -> InstanceStatus:
        return InstanceStatus(
            instance_name=instance["instance_name"],
            state=InstanceState.RUNNING,
            reason="Running",
            digest=instance["digest"],
            generation=self.config["generation"] if self.config else None,
            runtime_id=instance["digest"],
            started_at=self.accepted_at,
            since=self.accepted_at,
            image_id="sha256:" + "0" * 64,
            image_platform="linux/amd64",
            cameras=tuple(
                CameraStatus(
                    name=camera["name"],
                    ready=True,
                    reason="FramesProcessed",
                    fps=15.0,
                    frame_number=15 * self.reports,
                    since=self.accepted_at,
                )
                for camera in instance["cameras"]
            ),
        )


class Agents:
    """All of them, on one connection to the brokers."""

    def __init__(self, kafka: str, prefix: str, nodes: int) -> None:
        self._prefix = prefix
        self._producer = Producer({"bootstrap.servers": kafka, "linger.ms": 5, "message.max.bytes": 4_000_000})
        self._consumer = Consumer(
            {"bootstrap.servers": kafka, "group.id": "simulated-agents", "auto.offset.reset": "earliest"}
        )
        self._consumer.assign(
            [
                TopicPartition(topic_name(prefix, topic), partition, 0)
                for topic in (Topic.AGENT_CONFIG, Topic.AGENT_COMMAND)
                for partition in range(SETTINGS[topic].partitions)
            ]
        )
        self._by_id = {node_id(node): Agent(node_id(node), f"node-{node:05}") for node in range(nodes)}
        now, names = time.monotonic(), tuple(self._by_id)
        self._due = [(now + _SIGN_OF_LIFE_EVERY_S * (at / nodes), "report", name) for at, name in enumerate(names)]
        self._due += [(now + _GREET_EVERY_S * (1 + at / nodes), "greet", name) for at, name in enumerate(names)]
        heapq.heapify(self._due)
        for agent in self._by_id.values():
            self._write(Topic.AGENT_INFO, agent.node_id, agent.greeting())

    def run(self) -> None:
        """Goes on until it is killed."""
        while True:
            for message in self._consumer.consume(500, timeout=0.02):
                self._take(message)
            while self._due and self._due[0][0] <= time.monotonic():
                due_at, what, name = heapq.heappop(self._due)
                agent = self._by_id[name]
                if what == "greet":
                    self._write(Topic.AGENT_INFO, name, agent.greeting())
                    heapq.heappush(self._due, (due_at + _GREET_EVERY_S, what, name))
                    continue
                if agent.config is not None:
                    self._write(Topic.AGENT_RESPONSE, *agent.sign_of_life())
                heapq.heappush(self._due, (due_at + _SIGN_OF_LIFE_EVERY_S, what, name))
            self._producer.poll(0)

    def _take(self, message: Message) -> None:
        key, value = message.key(), message.value()
        agent = self._by_id.get(key.decode()) if key and not message.error() else None
        if agent is None or value is None:
            return
        if message.topic() == topic_name(self._prefix, Topic.AGENT_COMMAND):
            agent.obey(value)
        elif agent.accept(value):
            self._write(Topic.AGENT_RESPONSE, agent.node_id, agent.report())

    def _write(self, topic: Topic, key: str, value: bytes) -> None:
        partition = partition_of(key, SETTINGS[topic].partitions)
        self._producer.produce(topic_name(self._prefix, topic), value, key, partition)
        self._producer.poll(0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kafka")
    parser.add_argument("fleet")
    parser.add_argument("nodes", type=int)
    options = parser.parse_args()
    FLEET = options.fleet
    Agents(options.kafka, FLEET, options.nodes).run()
