"""A node with the real agent in virtual time, over a bus in memory, a fake engine, and, as a rule, ledger and folders in memory."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from bus.base import Topic
from bus.codec import decode_self_signed, decode_signed, encode_plain, encode_signed
from bus.memory import MemoryBus, MemoryLog
from bus.signature import SigningKey
from bus.topics import SETTINGS, partition_of
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, AgentInfo, AgentResponse, CommandKind, InstanceStatus, Refresh
from nodeagent.agent import Agent
from nodeagent.engines.fake import FakeDriver, FakeEngine
from nodeagent.folders.base import InstanceFolders
from nodeagent.folders.disk import DiskFolders
from nodeagent.folders.memory import MemoryFolders
from nodeagent.ledger.ledger import Ledger
from nodeagent.model import ObservedInstance, Probe, StreamStats
from nodeagent.operations import OpKind
from nodeagent.timings import Timings
from ports.disk import Disk, RealDisk
from ports.ports import Ports
from ports.simulated import LoopClock, MemoryDisk, NoThreads
from ports.virtual_time import run_in_virtual_time
from tests.agent.shown import ShownPictures
from tests.differ.generations import FLEET, NODE, NOW

DEADLINE_S = 10.0

T = TypeVar("T")


class WatchedDriver(FakeDriver):
    """Counts its looks, and a test can hold one."""

    def __init__(self, engine: FakeEngine, folders: InstanceFolders) -> None:
        super().__init__(FLEET, NODE, folders, engine=engine, now=LoopClock(NOW).now)
        self.looks = 0
        self.holds_next_look = False
        self.at_a_look = asyncio.Event()
        self.let_it_end = asyncio.Event()

    async def observe(self) -> dict[str, ObservedInstance]:
        found = await super().observe()
        self.looks += 1
        if self.holds_next_look:
            self.holds_next_look = False
            self.at_a_look.set()
            await self.let_it_end.wait()
        return found

    @property
    def mutations(self) -> dict[OpKind, int]:
        """How often each kind of operation was asked for."""
        return dict(self.performed)


@dataclass
class Apps:
    """What the apps of the node say: frames that grow, unless they are silent, their cameras still, or nobody comes back from them."""

    are_endless: bool = False
    silent: set[str] = field(default_factory=set)
    still: set[str] = field(default_factory=set)
    frames: int = 0

    async def __call__(
        self, config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool = False
    ) -> Probe:
        name = config.instance_name
        if self.are_endless:
            await asyncio.Event().wait()
        if name in self.silent:
            return Probe(name, runtime_id, now, answered=False, message="connection refused")
        self.frames += 1
        ids = [one.camera_id for one in config.cameras]
        streams = tuple(StreamStats(one, 25.0, 0 if one in self.still else self.frames) for one in ids)
        return Probe(name, runtime_id, now, answered=True, ready=True, streams=streams)


@dataclass
class Running:
    """One run of the agent."""

    agent: Agent
    task: asyncio.Task[None]
    driver: WatchedDriver
    bus: MemoryBus
    ledger: Ledger


class Stand:
    """What outlives an agent, and what a test does to it."""

    def __init__(self, root: Path | None = None) -> None:
        """With a root, ledger and folders are on the disk below it."""
        self.controller = SigningKey.generate()
        self.key = SigningKey.generate()
        self.clock = LoopClock(NOW)
        self.root = root
        self.secrets = root / "secrets" if root else None
        self.disk: Any = RealDisk() if root else MemoryDisk()
        self.ledger = (root or Path("/")) / "ledger" / "current.record"
        self.timings = Timings()
        self.log = MemoryLog(now=self.clock.now)
        self.engine = FakeEngine()
        self.apps = Apps()
        self.shown = ShownPictures()
        self.living: set[str] | None = None
        """Nodes that have an agent on the machine; None when nobody knows."""
        self.folders: Any = DiskFolders(root / "instances", self.secrets) if root else MemoryFolders()
        self._read: dict[tuple[Topic, str], tuple[list[bytes], int]] = {}
        self._reports: list[AgentResponse] = []

    # --- the agent ---

    def new_ledger(self, disk: Disk | None = None) -> Ledger:
        return Ledger(
            path=self.ledger,
            fleet_id=FLEET,
            node_id=NODE,
            controller_key=self.controller.public_key_hex,
            disk=disk or self.disk,
        )

    def lose_ledger(self) -> None:
        self.disk = MemoryDisk()

    def retry_after(self, seconds: float) -> None:
        """Sets the longest delay between two attempts at an operation, for agents that start from now on."""
        self.timings = replace(self.timings, first_attempt_delay_seconds=seconds, longest_attempt_delay_seconds=seconds)

    @asynccontextmanager
    async def agent(
        self,
        *,
        driver: WatchedDriver | None = None,
        folders: InstanceFolders | None = None,
        ledger: Ledger | None = None,
        concurrency: int = 4,
    ) -> AsyncIterator[Running]:
        """An agent that runs; one that ended by itself is left to the test."""
        folders = folders or self.folders
        driver = driver or WatchedDriver(self.engine, folders)
        bus = MemoryBus(self.log)
        ledger = ledger or self.new_ledger()
        agent = Agent(
            bus=bus,
            driver=driver,
            folders=folders,
            ledger=ledger,
            key=self.key,
            controller_key=self.controller.public_key_hex,
            probe=self.apps,
            identity=AgentInfo(
                fleet_id=FLEET,
                node_id=UUID(NODE),
                hostname="gate",
                ip_address="127.0.0.1",
                agent_version="1",
                driver="fake",
                public_key=self.key.public_key_hex,
                sent_at=NOW,
            ),
            concurrency=concurrency,
            ports=Ports(self.clock, random.Random(1), self.disk, NoThreads()),
            timings=self.timings,
            take_picture=self.shown,
            lives=lambda node_id: self.living is None or node_id in self.living,
        )
        task = asyncio.create_task(agent.run())
        try:
            yield Running(agent, task, driver, bus, ledger)
        finally:
            died = task.done()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await driver.aclose()
            await bus.aclose()
            if died and not task.cancelled() and task.exception() is None:
                raise AssertionError("the agent ended")

    # --- the controller ---

    def write(self, topic: Topic, value: bytes | None, *, key: str | None = NODE) -> None:
        """Lays anything on a topic."""
        partition = 0 if key is None else partition_of(key, SETTINGS[topic].partitions)
        self.log.append(topic, None if key is None else key.encode(), value, partition=partition)

    def publish(self, config: AgentConfig, signed_by: SigningKey | None = None) -> None:
        self.write(Topic.AGENT_CONFIG, encode_signed(config, signed_by or self.controller))

    def refresh(self) -> None:
        self.write(Topic.REFRESH, encode_plain(Refresh()), key=None)

    def wipe(self) -> None:
        """The brokers lose everything."""
        self.log.wipe()
        self._read.clear()
        self._reports.clear()

    # --- what the agent says ---

    def values(self, topic: Topic, key: str = NODE) -> list[bytes]:
        """All that lies at the key of this node, or another, oldest first."""
        place = (topic, partition_of(key, SETTINGS[topic].partitions))
        values, position = self._read.get((topic, key), ([], 0))
        while (record := self.log.at(place, position)) is not None:
            position = record.offset + 1
            if record.key == key.encode() and record.value is not None:
                values.append(record.value)
        self._read[topic, key] = (values, position)
        return values

    @property
    def greetings(self) -> list[AgentInfo]:
        return [decode_self_signed(value) for value in self.values(Topic.AGENT_INFO)]

    @property
    def reports(self) -> list[AgentResponse]:
        values = self.values(Topic.AGENT_RESPONSE)
        self._reports += [
            decode_signed(AgentResponse, value, [self.key.public_key_hex]) for value in values[len(self._reports) :]
        ]
        return self._reports

    @property
    def report(self) -> AgentResponse | None:
        return self.reports[-1] if self.reports else None

    def applied(self) -> int:
        """Number of the generation that is reported as applied; 0 for none."""
        return self.report.applied.generation if self.report and self.report.applied else 0

    def status(self, name: str) -> InstanceStatus | None:
        statuses = self.report.status if self.report else ()
        return next((one for one in statuses if one.instance_name == name), None)

    def condition(self, kind: str) -> tuple[str, str]:
        """Status and message; empty when it was never set."""
        conditions = self.report.conditions if self.report else ()
        return next(((one.status.value, one.message) for one in conditions if one.type == kind), ("", ""))

    def running(self) -> dict[str, str]:
        """What runs on the engine: image by name of the instance."""
        return {one.labels["dsfleet.io/instance"]: one.id for one in self.engine.containers if one.running}


async def until(predicate: Callable[[], T], what: str, within_s: float = DEADLINE_S) -> T:
    """The predicate's first true value."""
    value: Any = None
    try:
        async with asyncio.timeout(within_s):
            while not (value := predicate()):  # noqa: ASYNC110 - nothing tells of all that tests wait for
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"after {within_s:g} s still not: {what}; last value: {value!r}") from None
    return value  # type: ignore[no-any-return]


def run(scenario: Coroutine[Any, Any, T]) -> T:
    """Runs a scenario that must end."""
    return run_in_virtual_time(scenario, limit_seconds=300)


def command(kind: CommandKind, reason: str = "", **different: Any) -> dict[str, Any]:
    """The fields of a command for this node."""
    return {
        "fleet_id": FLEET,
        "node_id": UUID(NODE),
        "command": kind,
        "reason": reason,
        "epoch": 1,
        "sent_at": NOW,
        **different,
    }
