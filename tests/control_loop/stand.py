"""The real controller with a bus in memory, a source that is scripted, and agents that only talk."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from bus.base import BusEvent, CaughtUp, PublishFailed, Record, Subscription, Topic
from bus.codec import Undecodable, decode_signed, encode_signed
from bus.memory import MemoryBus, MemoryLog
from bus.signature import SigningKey
from bus.topics import SETTINGS, partition_of
from controller.answers import Answers
from controller.loop import Controller
from controller.model import Revision
from controller.notifying.notifier import Notifier
from controller.notifying.post import Post
from controller.picture.store import ObjectStore
from controller.planner.guard import RemovalLimits
from controller.source.read.reader import Loaded, Reading
from controller.state import State
from controller.timings import Timings
from crds.messages import AgentCommand, AgentConfig, AgentInfo, AgentResponse, CommandKind, GenerationRef
from ports.ports import Ports
from ports.simulated import LoopClock, MemoryDisk, NoThreads, simulated_ports
from ports.threads import Threads
from tests.planner.short_manifests import ShortFleet, node_id, revision

FLEET = "test"
STATE_DIR = Path("/state")
LAST_GOOD = STATE_DIR / "last-good.json"
"""The copy of the last good revision."""
WEBHOOKS = STATE_DIR / "webhooks.yaml"
DEADLINE_S = 300.0
_POLL_S = 0.05

T = TypeVar("T")


class ScriptedSource:
    """A source that says what a test tells it to say."""

    revisions = None

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.reads = 0
        self.refreshes = 0
        self.expected: Revision | None = None
        self._changed = asyncio.Event()

    async def read(self) -> Reading:
        self.reads += 1
        return self.reading

    async def changes(self) -> AsyncIterator[None]:
        while True:
            yield
            await self._changed.wait()
            self._changed.clear()

    def expect(self, revision: Revision) -> None:
        self.expected = revision

    async def refresh(self) -> None:
        self.refreshes += 1
        self._changed.set()

    def say(self, reading: Reading) -> None:
        self.reading = reading
        self._changed.set()

    def say_silently(self, reading: Reading) -> None:
        """As when a change is not noticed."""
        self.reading = reading


class ShakyBus(MemoryBus):
    """A client of the log that can be late, and that can lose records or acknowledgements."""

    def __init__(self, log: MemoryLog) -> None:
        super().__init__(log)
        self.may_catch_up = asyncio.Event()
        self.may_catch_up.set()
        self.lose_records = False
        self.lose_acknowledgements = False
        self.failures = 0

    async def publish(self, topic: Topic, *, key: str | None, value: bytes | None) -> None:
        if not self.lose_records:
            await super().publish(topic, key=key, value=value)
        if self.lose_records or self.lose_acknowledgements:
            self.failures += 1
            raise PublishFailed(f"{topic}: no acknowledgement")

    def subscribe(
        self, subscriptions: tuple[Subscription, ...]
    ) -> AbstractAsyncContextManager[AsyncIterator[BusEvent]]:
        return self._late(subscriptions)

    @asynccontextmanager
    async def _late(self, subscriptions: tuple[Subscription, ...]) -> AsyncIterator[AsyncIterator[BusEvent]]:
        async with super().subscribe(subscriptions) as events:
            yield self._held_back(events)

    async def _held_back(self, events: AsyncIterator[BusEvent]) -> AsyncIterator[BusEvent]:
        async for event in events:
            if isinstance(event, CaughtUp):
                await self.may_catch_up.wait()
            yield event


class TalkingAgent:
    """An agent as the topics know it: it holds what a test says that it holds."""

    def __init__(self, log: MemoryLog, name: str, *, key: SigningKey | None = None, fleet_id: str = FLEET) -> None:
        self.node_id = node_id(name)
        self.name = name
        self.key = key or SigningKey.generate()
        self._log = log
        self._fleet_id = fleet_id
        self._sequence = count(1)
        self._clock = LoopClock()
        self._sent_at = self._clock.now()

    def greet(self, highest: GenerationRef | None = None, **changes: Any) -> None:
        fields: dict[str, Any] = {
            "fleet_id": self._fleet_id,
            "node_id": self.node_id,
            "hostname": self.name,
            "ip_address": "10.0.0.1",
            "agent_version": "0",
            "driver": "fake",
            "public_key": self.key.public_key_hex,
            "highest": highest,
            "sent_at": self._now(),
        }
        self.write(Topic.AGENT_INFO, encode_signed(AgentInfo(**{**fields, **changes}), self.key))

    def report(self, observed: GenerationRef | None, applied: GenerationRef | None = None, **changes: Any) -> None:
        fields: dict[str, Any] = {
            "fleet_id": self._fleet_id,
            "node_id": self.node_id,
            "observed": observed,
            "applied": applied,
            "status": (),
            "sequence": next(self._sequence),
            "sent_at": self._now(),
        }
        self.write(Topic.AGENT_RESPONSE, encode_signed(AgentResponse(**{**fields, **changes}), self.key))

    def write(self, topic: Topic, value: bytes) -> None:
        write(self._log, topic, self.node_id.encode(), value)

    def _now(self) -> datetime:
        """Later than any message before."""
        self._sent_at = max(self._clock.now(), self._sent_at + timedelta(microseconds=1))
        return self._sent_at


def write(log: MemoryLog, topic: Topic, key: bytes | None, value: bytes | None) -> None:
    """Writes anything at all where Kafka's partitioner would put it."""
    partition = 0 if key is None else partition_of(key.decode(errors="ignore"), SETTINGS[topic].partitions)
    log.append(topic, key, value, partition=partition)


class Stand:
    """A fleet whose controller may come and go; the log, the disk and the key stay."""

    def __init__(self) -> None:
        self.log = MemoryLog(now=LoopClock().now)
        self.key = SigningKey.generate()
        self.source = ScriptedSource(loaded({}))
        self.bus = ShakyBus(self.log)
        self.event_store = ObjectStore(1)
        self.store = ObjectStore(1)
        self.limits = RemovalLimits()
        self.timings = Timings()
        self.disk = MemoryDisk()
        self.threads: Threads = NoThreads()
        self.webhooks: Post | None = None
        """Posts to the endpoints of the file of webhooks, when there is one."""
        self.looks = 0
        """How often the fleet was shown."""
        self._probes = count()
        self._keys: dict[str, SigningKey] = {}

    @asynccontextmanager
    async def controller(self, *, held_back: bool = False, name: str = "controller") -> AsyncIterator[Answers]:
        """Runs a new controller; one that ends by itself fails the test."""
        self.bus = ShakyBus(self.log)
        self.store, self.event_store = ObjectStore(1), ObjectStore(1)
        if held_back:
            self.bus.may_catch_up.clear()
        ports = replace(simulated_ports(0, self.disk), threads=self.threads)
        controller = Controller(
            fleet_id=FLEET,
            bus=self.bus,
            key=self.key,
            source=self.source,
            state_dir=STATE_DIR,
            name=name,
            store=self.store,
            event_store=self.event_store,
            limits=self.limits,
            timings=self.timings,
            notifier=self._notifier(ports) if self.webhooks else None,
            ports=ports,
        )
        self._count_looks(controller)
        async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(controller.run())
            notifying = tasks.create_task(controller.notify())
            yield controller.answers
            assert not running.done(), "the controller ended by itself"
            running.cancel()
            notifying.cancel()

    def _notifier(self, ports: Ports) -> Notifier:
        return Notifier(
            WEBHOOKS,
            fleet_id=FLEET,
            state_dir=STATE_DIR,
            objects=self.store,
            events=self.event_store,
            ports=ports,
            post=self.webhooks,
        )

    def _count_looks(self, controller: Controller) -> None:
        show = controller._picture.show

        def counted(state: State, now: datetime) -> Iterator[None]:
            yield from show(state, now)
            self.looks += 1

        controller._picture.show = counted

    def lose_disk(self) -> None:
        """The controller's own disk is gone, except for its key."""
        self.disk = MemoryDisk()

    def agent(self, name: str, **options: Any) -> TalkingAgent:
        """An agent that has the key of its machine, unless it is given another one."""
        key = self._keys.setdefault(name, SigningKey.generate())
        return TalkingAgent(self.log, name, **{"key": key, **options})

    async def say(self, reading: Reading) -> None:
        """A new reading, which the controller has read when this returns."""
        reads = self.source.reads
        self.source.say(reading)
        await eventually(lambda: self.source.reads > reads, "the source is read")

    async def settled(self) -> None:
        """Returns when the controller has acted on all that was written and read before.

        It answers greetings after it has published. So the second of two strangers is answered by a whole round that
        began after all that came before. Needs a revision in force.
        """
        for _ in range(2):
            stranger = self.agent(f"stranger-{next(self._probes)}")
            stranger.greet()
            await eventually(lambda one=stranger: self.commands(one.name), "a stranger is answered")

    async def copied(self) -> None:
        """Returns when copies of the revision in force, and of all that was published, are on the controller's disk."""
        await eventually(self.is_copied, "the copies are on disk")

    def is_copied(self) -> bool:
        """True when they are."""
        with contextlib.suppress(FileNotFoundError):
            marked = json.loads(self.disk.read(STATE_DIR / "in-force.json"))["revision"]
            newest = {record.key.decode(): record.value for record in self.records(Topic.AGENT_CONFIG) if record.key}
            return json.loads(self.disk.read(LAST_GOOD))["revision"]["id"] == marked and all(
                self.disk.read(STATE_DIR / "published" / f"{key}.record") == value for key, value in newest.items()
            )
        return False

    # --- what lies on the topics ---------------------------------------------------------------------------------

    def records(self, topic: Topic) -> Iterator[Record]:
        for partition in range(SETTINGS[topic].partitions):
            position = 0
            while (record := self.log.at((topic, partition), position)) is not None:
                position = record.offset + 1
                yield record

    def configs(self, node: str) -> list[AgentConfig]:
        """Every generation of a node as it lies on topic 210, signed by the controller."""
        found = []
        for record in self.records(Topic.AGENT_CONFIG):
            if record.key == node_id(node).encode():
                with contextlib.suppress(Undecodable):
                    found.append(decode_signed(AgentConfig, record.value, [self.key.public_key_hex]))
        return found

    def newest(self, node: str) -> AgentConfig | None:
        return max(self.configs(node), key=lambda one: one.ref.order, default=None)

    def orders(self, node: str) -> list[tuple[int, int]]:
        return [one.ref.order for one in self.configs(node)]

    def count_configs(self) -> int:
        return sum(1 for _ in self.records(Topic.AGENT_CONFIG))

    def commands(self, node: str) -> list[AgentCommand]:
        found = []
        for record in self.records(Topic.AGENT_COMMAND):
            if record.key == node_id(node).encode():
                with contextlib.suppress(Undecodable):
                    found.append(decode_signed(AgentCommand, record.value, [self.key.public_key_hex]))
        return found

    def kinds(self, node: str) -> list[CommandKind]:
        return [one.command for one in self.commands(node)]

    # --- what people see -----------------------------------------------------------------------------------------

    def told(self, reason: str) -> list[str]:
        """The messages of the events with a reason."""
        shown = (one.document for one in self.event_store.objects("Event"))
        return [str(one["message"]) for one in shown if one["reason"] == reason]

    def shown(self, kind: str) -> dict[str, Any]:
        return {one.document["metadata"]["name"]: one.document for one in self.store.objects(kind)}

    def status(self, node: str) -> dict[str, Any]:
        """What is said of a node; empty while it is not shown."""
        found: dict[str, Any] = self.shown("Node").get(node, {}).get("status", {})
        return found


def loaded(short: ShortFleet, revision_id: str = "sha256:0000000000") -> Loaded:
    return Loaded(revision(short, revision_id))


def ref(epoch: int, generation: int, digest: str = "sha256:unknown") -> GenerationRef:
    return GenerationRef(epoch=epoch, generation=generation, digest=digest)


async def eventually(predicate: Callable[[], T], what: str) -> T:
    """The first true value of a predicate; the deadline of the stand stands above all."""
    clock = asyncio.get_running_loop().time
    deadline = clock() + DEADLINE_S / 2
    while not (value := predicate()):
        assert clock() < deadline, f"still not: {what}; last value: {value!r}"
        await asyncio.sleep(_POLL_S)
    return value


@contextmanager
def none_published(stand: Stand) -> Iterator[None]:
    """Nothing is written to topic 210 meanwhile."""
    before = stand.count_configs()
    yield
    assert stand.count_configs() == before


def uuid(node: str) -> UUID:
    return UUID(node_id(node))
