"""A node to measure: the real agent with the driver of a Docker Engine, over the bus in memory, and records for it."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import UUID

from bus.base import Topic
from bus.codec import encode_signed
from bus.memory import MemoryBus, MemoryLog
from bus.signature import SigningKey
from bus.topics import SETTINGS, partition_of
from crds.instance_config import InstanceConfig
from crds.messages import AgentInfo
from nodeagent.agent import Agent
from nodeagent.apps.probe import probe
from nodeagent.engines.docker.driver import DockerDriver
from nodeagent.folders.disk import DiskFolders
from nodeagent.ledger.ledger import Ledger
from ports.ports import Ports
from tests.differ.generations import generation
from tests.engines.stands import make_config

_FIRST_PORT = 21000


def sleeping(number: int, image: str) -> InstanceConfig:
    """An instance that does nothing, and leaves nothing to wait for."""
    return make_config(
        f"bench-{number:03d}",
        app_kind="retinaface",
        image=image,
        script="sleeps",
        container={"command": ["/bin/busybox", "sleep", "1000000"], "network": "none"},
        rest_port=_FIRST_PORT + number,
    )


class Node:
    """One node of a fleet of its own, and its controller's key."""

    def __init__(self, root: Path, docker_host: str | None, concurrency: int) -> None:
        self.fleet_id = f"bench-{uuid.uuid4().hex[:8]}"
        self.node_id = str(uuid.uuid4())
        self._root = root
        self._docker_host = docker_host
        self._concurrency = concurrency
        self._log = MemoryLog()
        self._controller = SigningKey.generate()
        self._generation = 0

    def publish(self, instances: Sequence[InstanceConfig]) -> None:
        """Lays the next generation on topic 210."""
        self._generation += 1
        config = generation(
            instances, self._generation, node=self.node_id, fleet=self.fleet_id, approved=True, removed=()
        )
        self._log.append(
            Topic.AGENT_CONFIG,
            self.node_id.encode(),
            encode_signed(config, self._controller),
            partition=partition_of(self.node_id, SETTINGS[Topic.AGENT_CONFIG].partitions),
        )

    @contextlib.asynccontextmanager
    async def agent(self) -> AsyncIterator[None]:
        """Its agent runs meanwhile; the instances go on after it."""
        ports, key = Ports(), SigningKey.generate()
        folders = DiskFolders(self._root / "instances", self._root / "secrets")
        driver = DockerDriver(self.fleet_id, self.node_id, folders, docker_host=self._docker_host)
        bus = MemoryBus(self._log)
        agent = Agent(
            bus=bus,
            driver=driver,
            folders=folders,
            ledger=Ledger(
                path=self._root / "ledger" / "current.record",
                fleet_id=self.fleet_id,
                node_id=self.node_id,
                controller_key=self._controller.public_key_hex,
                disk=ports.disk,
            ),
            key=key,
            controller_key=self._controller.public_key_hex,
            probe=probe,
            identity=AgentInfo(
                fleet_id=self.fleet_id,
                node_id=UUID(self.node_id),
                hostname="bench",
                ip_address="127.0.0.1",
                agent_version="1",
                driver=driver.name,
                public_key=key.public_key_hex,
                sent_at=ports.clock.now(),
            ),
            concurrency=self._concurrency,
            ports=ports,
        )
        task = asyncio.create_task(agent.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await driver.aclose()
            await bus.aclose()
