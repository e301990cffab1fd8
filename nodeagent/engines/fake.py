"""A driver without an engine: instances are entries of a table, and failures come when they are asked for.

Its notes stand in the folders that it is given, as those of the other drivers do: on the disk, or in memory.
"""

import asyncio
import contextlib
import hashlib
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from crds.instance_config import InstanceConfig
from nodeagent.engines.counters import Counters, UsageCounters
from nodeagent.engines.fake_log import FakeLog
from nodeagent.engines.labels import (
    LABEL_DIGEST,
    LABEL_FLEET,
    LABEL_INSTANCE,
    by_node_and_instance,
    is_ours,
    labels_of,
    labels_of_owner,
    leftover,
    notes_of,
    observed,
)
from nodeagent.engines.last_lines import last_lines
from nodeagent.engines.log_lines import LogLine, LogPiece, LogRange, NoLog, ns_of
from nodeagent.engines.mailbox import Mailbox
from nodeagent.folders.base import InstanceFolders
from nodeagent.model import Applied, Leftover, ObservedInstance, Permanent, PortHolder, Transient
from nodeagent.operations import PAUSED, Adopt, Create, Drift, Op, OpKind, PullImage, Remove, SetBack, Start, Stop
from ports.clock import SystemClock


@dataclass(frozen=True)
class FakeContainer:
    """A container of the fake engine."""

    id: str
    labels: dict[str, str]
    running: bool = False
    started_at: datetime | None = None
    finished_at: datetime | None = None
    exit_code: int | None = None
    output: str = ""
    image_id: str | None = None
    paused: bool = False
    drift: tuple[Drift, ...] = ()
    """What somebody changed of it."""


@dataclass
class FakeEngine:
    """What outlives an agent: containers and images. Drivers that share it see each other's containers."""

    containers: list[FakeContainer] = field(default_factory=list)
    images: set[str] = field(default_factory=set)
    moved: dict[str, str] = field(default_factory=dict)
    """Ids of images whose tags somebody moved, by the references to them."""
    registry: set[str] | None = None
    """Images that can be pulled; None stands for all that exist."""
    created: int = 0
    holders: dict[int, PortHolder] = field(default_factory=dict)
    """Who listens on which port."""
    logs: dict[str, FakeLog] = field(default_factory=dict)
    """What containers have said, by their ids."""
    used: UsageCounters = field(default_factory=lambda: UsageCounters(Counters(0.0, 0)))
    """What is used of the machine."""

    def image_id(self, reference: str) -> str:
        """The id of the image that a reference means."""
        return self.moved.get(reference) or f"sha256:{hashlib.sha256(reference.encode()).hexdigest()}"


class FakeDriver:
    """Does what a driver does, to a `FakeEngine`.

    Args:
        fleet_id: the fleet.
        node_id: this node.
        folders: the folders of the instances.
        engine: the engine, when it is to outlive the driver.
        now: the clock, virtual in a simulation.
        sleep: waits so many seconds, by the same clock.

    Attributes:
        engine: the engine.
        away: why the engine cannot be asked now; empty when it can.
        performed: how often each kind of operation was asked for.
        changed: how often one of them changed anything.
    """

    name = "fake"

    def __init__(
        self,
        fleet_id: str,
        node_id: str,
        folders: InstanceFolders,
        *,
        engine: FakeEngine | None = None,
        now: Callable[[], datetime] = SystemClock().now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.engine = FakeEngine() if engine is None else engine
        self.away = ""
        self.performed: Counter[OpKind] = Counter()
        self.changed: Counter[OpKind] = Counter()
        self._fleet_id = fleet_id
        self._node_id = node_id
        self._folders = folders
        self._owner = labels_of_owner(fleet_id, node_id)
        self._now = now
        self._sleep = sleep
        self._failures: defaultdict[OpKind, deque[Exception]] = defaultdict(deque)
        self._delays: defaultdict[OpKind, deque[float]] = defaultdict(deque)
        self._mailboxes: dict[Mailbox, None] = {}  # and no set, whose order is another one in each run
        self._closed = False

    # --- what tests and simulations do ---

    def fail_next(self, kind: OpKind, error: Exception) -> None:
        """Lets the next operation of that kind, that no earlier call is for, raise the error and change nothing."""
        self._failures[kind].append(error)

    def delay_next(self, kind: OpKind, seconds: float) -> None:
        """Lets the next operation of that kind, that no earlier call is for, take so long before it does anything."""
        self._delays[kind].append(seconds)

    def crash(self, name: str, exit_code: int = 1, output: str = "") -> None:
        """The running instance leaves by itself."""
        container = self._find(name)
        if container is None or not container.running:
            raise KeyError(f"instance {name} does not run")
        self._end(container, exit_code, output)

    def change(self, name: str, *drift: Drift) -> None:
        """Somebody changes the container, or pauses it."""
        container = self._find(name)
        if container is None:
            raise KeyError(f"instance {name} does not exist")
        others = tuple(one for one in drift if one != PAUSED)
        self._put(container, replace(container, paused=PAUSED in drift, drift=others))

    def say(self, name: str, *lines: str) -> None:
        """The running instance writes lines, now."""
        container = self._find(name)
        if container is None or not container.running:
            raise KeyError(f"instance {name} does not run")
        self.engine.logs[container.id].say(*(LogLine(one.encode(), ns_of(self._now())) for one in lines))

    def vanish(self, name: str) -> None:
        """Somebody removes the instance by hand."""
        container = self._find(name)
        if container is None:
            raise KeyError(f"instance {name} does not exist")
        self.engine.containers.remove(container)
        self._tell(name)

    # --- the port ---

    async def observe(self) -> dict[str, ObservedInstance]:
        """All containers of this fleet and node."""
        self._reach()
        return {
            container.labels[LABEL_INSTANCE]: observed(
                container.labels,
                runtime_id=container.id,
                running=container.running,
                notes=notes_of(container.labels[LABEL_INSTANCE], container.id, self._folders),
                started_at=container.started_at,
                finished_at=container.finished_at,
                exit_code=container.exit_code,
                image_id=container.image_id,
                image_platform="linux/fake",
                paused=container.paused,
            )
            for container in self.engine.containers
            if self._is_ours(container)
        }

    async def images(self, references: Collection[str]) -> dict[str, str]:
        """Ids of the images that were pulled."""
        self._reach()
        return {one: self.engine.image_id(one) for one in references if one in self.engine.images}

    async def drift(self, configs: Collection[InstanceConfig]) -> dict[str, tuple[Drift, ...]]:
        """What somebody changed by `change`."""
        self._reach()
        found = {one.instance_name: self._find(one.instance_name) for one in configs}
        return {name: one.drift for name, one in found.items() if one is not None and one.drift}

    async def perform(self, op: Op) -> None:
        """Does the operation, unless it was told to fail."""
        self.performed[op.kind] += 1
        if self._delays[op.kind]:
            await self._sleep(self._delays[op.kind].popleft())
        if self._failures[op.kind]:
            raise self._failures[op.kind].popleft()
        self._reach()
        match op:
            case PullImage(config=config):
                self._pull(config.image)
            case Create(config=config, generation=generation):
                self._create(config, generation)
            case Start(config=config, generation=generation):
                self._start(config, generation)
            case SetBack():
                self._set_back(op)
            case Adopt(config=config, generation=generation, runtime_id=runtime_id):
                self._adopt(Applied(config, generation, runtime_id))
            case Stop():
                self._stop(op)
            case Remove():
                self._remove(op)
            case _:
                raise Permanent(f"no driver does {op.kind}")

    async def leftovers(self, lives: Callable[[str], bool]) -> tuple[Leftover, ...]:
        """Containers of the fleet and other nodes."""
        self._reach()
        found = [leftover(one.labels, one.id, running=one.running) for one in self._of_others()]
        return tuple(sorted((one for one in found if not lives(one.node_id)), key=by_node_and_instance))

    async def clean(self, leftover: Leftover) -> None:
        """Removes the container."""
        self._reach()
        for one in self._of_others():
            if one.id == leftover.runtime_id:
                self.engine.containers.remove(one)

    async def port_holder(self, port: int, runtime_id: str | None = None) -> PortHolder | None:  # noqa: ARG002 - it knows
        """Who the engine says it is."""
        self._reach()
        return self.engine.holders.get(port)

    def events(self) -> AsyncIterator[str]:
        """Names of instances that this driver has changed."""
        mailbox = Mailbox()
        self._mailboxes[mailbox] = None
        if self._closed:
            mailbox.close()
        return self._events(mailbox)

    async def output(self, instance: str, lines: int) -> str:
        """The last lines of what `crash` was told to leave behind, without secrets."""
        self._reach()
        container = self._find(instance)
        text = "" if container is None else last_lines(container.output.encode(), lines)
        return self._folders.redacted(instance, text)

    async def log(self, instance: str, wanted: LogRange) -> AsyncIterator[LogPiece]:
        """What it was told to say."""
        self._reach()
        container = self._find(instance)
        if container is None:
            raise NoLog("it has no container")
        async with contextlib.aclosing(self.engine.logs.get(container.id, FakeLog()).read(wanted)) as pieces:
            async for piece in pieces:
                yield piece

    async def usage(self) -> UsageCounters:
        """What it was told."""
        self._reach()
        return self.engine.used

    async def aclose(self) -> None:
        """Ends the streams of events."""
        self._closed = True
        for mailbox in self._mailboxes:
            mailbox.close()

    async def _events(self, mailbox: Mailbox) -> AsyncIterator[str]:
        try:
            while (name := await mailbox.next()) is not None:
                yield name
        finally:
            self._mailboxes.pop(mailbox, None)

    def _reach(self) -> None:
        if self.away:
            raise Transient(self.away)

    def _find(self, name: str) -> FakeContainer | None:
        own = (one for one in self.engine.containers if one.labels[LABEL_INSTANCE] == name and self._is_ours(one))
        return next(own, None)

    def _is_ours(self, container: FakeContainer) -> bool:
        return is_ours(container.labels, container.id, self._owner, self._folders)

    def _meant(self, op: Stop | Remove) -> FakeContainer | None:
        container = self._find(op.instance)
        return container if container is not None and op.runtime_id in {None, container.id} else None

    def _put(self, old: FakeContainer, new: FakeContainer) -> None:
        self.engine.containers[self.engine.containers.index(old)] = new
        self._tell(new.labels[LABEL_INSTANCE])

    def _tell(self, name: str) -> None:
        for mailbox in self._mailboxes:
            mailbox.put(name)

    def _end(self, container: FakeContainer, exit_code: int, output: str) -> None:
        left = replace(
            container, running=False, finished_at=self._now(), exit_code=exit_code, output=output, paused=False
        )
        self._put(container, left)
        self.engine.logs.setdefault(container.id, FakeLog()).end()

    def _pull(self, image: str) -> None:
        if image in self.engine.images:
            return
        if self.engine.registry is not None and image not in self.engine.registry:
            raise Transient(f"image {image} is not in the registry")
        self.engine.images.add(image)
        self.changed[OpKind.PULL_IMAGE] += 1

    def _create(self, config: InstanceConfig, generation: int) -> None:
        labels = labels_of(self._fleet_id, self._node_id, config, generation)
        container = self._find(config.instance_name)
        if container is not None:
            if container.labels[LABEL_DIGEST] == config.digest:
                return
            raise Transient(f"an older container still holds the name of instance {config.instance_name}")
        if config.image not in self.engine.images:
            raise Transient(f"image {config.image} is not on this node")
        self.engine.created += 1
        self.engine.containers.append(
            FakeContainer(f"fake-{self.engine.created}", labels, image_id=self.engine.image_id(config.image))
        )
        self.changed[OpKind.CREATE] += 1
        self._tell(config.instance_name)

    def _start(self, config: InstanceConfig, generation: int) -> None:
        container = self._find(config.instance_name)
        if container is None:
            raise Transient(f"instance {config.instance_name} has no container to start")
        # Before the start, as an engine's driver does that cannot do both at once.
        self._folders.note_applied(Applied(config, generation, container.id))
        if container.running:
            return
        self.changed[OpKind.START] += 1
        self.engine.logs.setdefault(container.id, FakeLog()).begin()
        self._put(
            container,
            replace(container, running=True, started_at=self._now(), finished_at=None, exit_code=None, output=""),
        )

    def _set_back(self, op: SetBack) -> None:
        container = self._find(op.instance)
        if container is None or container.id != op.runtime_id:
            return
        left = tuple(one for one in container.drift if one not in op.drift)
        paused = container.paused and PAUSED not in op.drift
        if (left, paused) != (container.drift, container.paused):
            self.changed[OpKind.SET_BACK] += 1
            self._put(container, replace(container, drift=left, paused=paused))

    def _of_others(self) -> list[FakeContainer]:
        of_the_fleet = (one for one in self.engine.containers if one.labels[LABEL_FLEET] == self._fleet_id)
        return [one for one in of_the_fleet if not self._is_ours(one)]

    def _adopt(self, applied: Applied) -> None:
        if not any(one.id == applied.runtime_id for one in self._of_others()):
            raise Transient(f"what was to be adopted as instance {applied.config.instance_name} is not there")
        self.changed[OpKind.ADOPT] += 1
        self._folders.note_applied(applied)
        self._tell(applied.config.instance_name)

    def _stop(self, op: Stop) -> None:
        container = self._meant(op)
        if container is not None and container.running:
            self.changed[OpKind.STOP] += 1
            self._end(container, 0, container.output)

    def _remove(self, op: Remove) -> None:
        container = self._meant(op)
        if container is not None:
            self.changed[OpKind.REMOVE] += 1
            self.engine.containers.remove(container)
            self._tell(op.instance)
