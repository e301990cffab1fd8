"""A whole fleet in one thread on a virtual clock: the real controller and agents, on ports and parts that are simulated.

What happens in it goes into a trace: every record on the topics and everything that was done to an engine, with its time.
"""

import asyncio
import hashlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bus.base import Record, Topic
from bus.codec import decode_signed
from bus.memory import MemoryBus, MemoryLog
from bus.signature import SigningKey
from bus.topics import SETTINGS, partition_of
from controller.answers import Answers
from controller.history.camera_file import CameraFile
from controller.loop import Controller
from controller.model import Revision
from controller.picture.store import ObjectStore
from controller.planner.planner import plan
from controller.source.read.reader import Loaded, Reading
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, AgentInfo, AgentResponse
from nodeagent.agent import Agent
from nodeagent.engines.fake import FakeDriver, FakeEngine
from nodeagent.engines.labels import LABEL_INSTANCE
from nodeagent.folders.memory import MemoryFolders
from nodeagent.ledger.ledger import Ledger
from nodeagent.model import Probe, StreamStats
from ports.simulated import BEGINNING, LoopClock, MemoryDisk, simulated_ports
from tests.agent.shown import ShownPictures
from tests.planner.short_manifests import ShortFleet, node_id, revision

FLEET = "simulated"
FPS = 25.0
# What a restart of the controller and one of an agent are given to be the same programs again.
_ROOT = Path("/state")


def key_of(name: str) -> SigningKey:
    """The same key in every run."""
    return SigningKey(Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest()))


class Trace:
    """What happened, line by line, as one digest."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, clock: LoopClock, text: str) -> None:
        """Something happened now."""
        self.lines.append(f"{clock.monotonic():.6f} {text}")

    @property
    def digest(self) -> str:
        """Equal for equal histories."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()


class TracedLog(MemoryLog):
    """A log that tells what is written to it."""

    def __init__(self, trace: Trace, clock: LoopClock) -> None:
        super().__init__(now=clock.now)
        self._trace = trace
        self._clock = clock
        self.values: dict[tuple[Topic, str], list[bytes]] = defaultdict(list)
        """All that was ever written at each key, compacted or not."""

    def append(self, topic: Topic, key: bytes | None, value: bytes | None, *, partition: int) -> Record:
        if key is not None and value is not None:
            self.values[topic, key.decode()].append(value)
        content = "tombstone" if value is None else hashlib.sha256(value).hexdigest()
        self._trace.add(self._clock, f"{topic} {key!r} {content}")
        return super().append(topic, key, value, partition=partition)


class TracedDriver(FakeDriver):
    """A driver that tells what it is asked to do."""

    def __init__(self, node_id: str, node: "Node", trace: Trace, clock: LoopClock) -> None:
        super().__init__(FLEET, node_id, node.folders, engine=node.engine, now=clock.now)
        self._trace = trace
        self._clock = clock
        self._name = node.name

    async def perform(self, op: Any) -> None:
        self._trace.add(self._clock, f"{self._name} {op}")
        await super().perform(op)


class Manifests:
    """A source that holds what was committed last."""

    revisions = None

    def __init__(self, short: ShortFleet) -> None:
        self._commits = 0
        self._changed = asyncio.Event()
        self.commit(short)

    def commit(self, short: ShortFleet) -> None:
        """Makes these the manifests."""
        self._commits += 1
        self.revision = revision(short, f"sha256:{self._commits:010d}")
        self._changed.set()

    async def read(self) -> Reading:
        """See `controller.source.read.reader.Source`."""
        return Loaded(self.revision)

    async def changes(self) -> AsyncIterator[None]:
        """See `controller.source.read.reader.Source`."""
        while True:
            self._changed.clear()
            yield
            await self._changed.wait()

    def expect(self, revision: Revision) -> None:
        """See `controller.source.read.reader.Source`."""

    async def refresh(self) -> None:
        """See `controller.source.read.reader.Source`."""
        self._changed.set()


@dataclass
class Program:
    """A program of the fleet that can be killed; what it had on disk and on its engine outlives it."""

    task: asyncio.Task[None] | None = None

    async def kill(self) -> None:
        """It ends wherever it is."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
            self.task = None


@dataclass
class Node(Program):
    """A machine with its agent.

    Attributes:
        name: its hostname.
        speaks_as: the node whose id and key it has; another than its name for a machine whose disk was copied.
        clock: the clock of the machine, which may be wrong.
    """

    name: str = ""
    speaks_as: str = ""
    clock: LoopClock = field(default_factory=LoopClock)
    engine: FakeEngine = field(default_factory=FakeEngine)
    disk: MemoryDisk = field(default_factory=MemoryDisk)
    folders: MemoryFolders = field(default_factory=MemoryFolders)
    driver: "TracedDriver | None" = None
    shown: ShownPictures = field(default_factory=ShownPictures)

    def crash(self, instance: str) -> None:
        """An app leaves by itself."""
        if self.driver is not None:
            self.driver.crash(instance)

    @property
    def running(self) -> dict[str, str]:
        """The digests of the instances that run, by name."""
        names = [one.labels[LABEL_INSTANCE] for one in self.engine.containers if one.running]
        notes = {name: self.folders.read_applied(name) for name in names}
        return {name: note.config.digest for name, note in notes.items() if note is not None}


class World:
    """A controller and the agents of some nodes. To be made inside of a virtual loop."""

    def __init__(self, short: ShortFleet, *, seed: int) -> None:
        self.seed = seed
        self.clock = LoopClock()
        self.trace = Trace()
        self.dice = random.Random(seed)
        self.log = TracedLog(self.trace, self.clock)
        self.manifests = Manifests(short)
        self.key = key_of("controller")
        self.disk = MemoryDisk()
        self.controller, self.rival = Program(), Program()
        names = [key.removeprefix("node/") for key in short if key.startswith("node/")]
        self.nodes = {name: Node(name=name, speaks_as=name) for name in names}
        self.store, self.events = ObjectStore(0), ObjectStore(0)
        self.camera_file = CameraFile()

    def start_controller(self) -> None:
        """Starts it, anew or for the first time."""
        started_ms = int(self.clock.now().timestamp() * 1000)
        self.store, self.events = ObjectStore(started_ms), ObjectStore(started_ms)
        controller = self._start(self.controller, "controller", self.manifests, self.disk, (self.store, self.events))
        self.answers, self.asking, self.cameras = controller.answers, controller.asking, controller.cameras

    def start_rival(self, short: ShortFleet) -> Answers:
        """Starts another controller of the fleet, with the same key, manifests of its own and an empty disk."""
        stores = (ObjectStore(1), ObjectStore(1))
        return self._start(self.rival, "rival", Manifests(short), MemoryDisk(), stores).answers

    def _start(
        self,
        program: Program,
        name: str,
        manifests: Manifests,
        disk: MemoryDisk,
        stores: tuple[ObjectStore, ObjectStore],
    ) -> Controller:
        controller = Controller(
            fleet_id=FLEET,
            bus=MemoryBus(self.log),
            key=self.key,
            source=manifests,
            state_dir=_ROOT,
            name=name,
            store=stores[0],
            event_store=stores[1],
            cameras=self.camera_file if program is self.controller else None,
            ports=simulated_ports(self.seed, disk),
        )
        program.task = asyncio.create_task(controller.run())
        return controller

    def start_agent(self, name: str) -> None:
        """Starts it, anew or for the first time."""
        node = self.nodes[name]
        identity, key = node_id(node.speaks_as), key_of(node.speaks_as)
        ports = replace(simulated_ports(self.seed + len(name), node.disk), clock=node.clock)
        node.driver = TracedDriver(identity, node, self.trace, self.clock)
        agent = Agent(
            bus=MemoryBus(self.log),
            driver=node.driver,
            folders=node.folders,
            ledger=Ledger(
                path=_ROOT / "ledger",
                fleet_id=FLEET,
                node_id=identity,
                controller_key=self.key.public_key_hex,
                disk=ports.disk,
            ),
            key=key,
            controller_key=self.key.public_key_hex,
            probe=self.probe,
            identity=AgentInfo(
                fleet_id=FLEET,
                node_id=UUID(identity),
                hostname=name,
                ip_address="10.0.0.1",
                agent_version="1",
                driver="fake",
                public_key=key.public_key_hex,
                sent_at=BEGINNING,
            ),
            concurrency=4,
            ports=ports,
            take_picture=node.shown,
        )
        node.task = asyncio.create_task(agent.run())

    def start_what_is_dead(self) -> None:
        """Starts all programs that do not run."""
        if self.controller.task is None:
            self.start_controller()
        for node in self.nodes.values():
            if node.task is None:
                self.start_agent(node.name)

    def lose_topics(self) -> None:
        """Somebody deletes topics, or a broker comes back with an empty disk while something else makes them anew."""
        kind = self.dice.choice(("one", "all", "wiped"))
        self.trace.add(self.clock, f"topics lost: {kind}")
        if kind == "wiped":
            self.log.wipe()
        else:
            self.log.delete_topics(*((self.dice.choice(tuple(Topic)),) if kind == "one" else ()))

    def lies_on_topic(self, topic: Topic, name: str) -> bytes | None:
        """The newest value at the key of a node, for whoever reads the topic now."""
        place, position, newest = (topic, partition_of(node_id(name), SETTINGS[topic].partitions)), 0, None
        while (record := self.log.at(place, position)) is not None:
            position = record.offset + 1
            newest = record.value if record.key == node_id(name).encode() else newest
        return newest

    def status(self, name: str) -> dict[str, Any]:
        """What is shown of a node."""
        stored = self.store.get("Node", name)
        return dict(stored.document["status"]) if stored else {}

    def told(self, reason: str) -> list[str]:
        """The messages of the events with a reason that this run of the controller told."""
        shown = (one.document for one in self.events.objects("Event"))
        return [str(one["message"]) for one in shown if one["reason"] == reason]

    async def probe(
        self, config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool = False
    ) -> Probe:
        """What an app says whose cameras all work: frames that grow with the time."""
        frames = int(self.clock.monotonic() * FPS)
        streams = tuple(StreamStats(camera.camera_id, FPS, frames) for camera in config.cameras)
        return Probe(config.instance_name, runtime_id, now, answered=True, ready=True, streams=streams)

    def wanted(self, name: str) -> set[str]:
        """The instances that the manifests ask for on a node."""
        state = plan(self.manifests.revision, {}).nodes[node_id(name)]
        return {one.instance_name for one in state.instances}

    def newest_record(self, name: str) -> AgentConfig:
        """The generation that was published last for a node."""
        value = self.log.values[Topic.AGENT_CONFIG, node_id(name)][-1]
        return decode_signed(AgentConfig, value, [self.key.public_key_hex])

    def reports(self, name: str) -> list[AgentResponse]:
        """All that the agent of a node ever reported."""
        values = self.log.values[Topic.AGENT_RESPONSE, node_id(name)]
        return [decode_signed(AgentResponse, value, [key_of(name).public_key_hex]) for value in values]

    def newest_report(self, name: str) -> AgentResponse:
        """What the agent of a node reported last."""
        return self.reports(name)[-1]

    async def end(self) -> None:
        """Ends all programs."""
        for program in (self.controller, self.rival, *self.nodes.values()):
            await program.kill()
