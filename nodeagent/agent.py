"""The loop of the agent: any wake-up means look at everything, then act; no step depends on having seen every event.

Tasks beside each other, so that none waits for another: reading the bus, watching the engine, probing the apps,
reconciling, greeting, reporting. A chain of operations on one instance is a task of its own; a newer generation
cancels it, and the death of a neighbour never waits for a long pull.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bus.base import Bus, BusEvent, CaughtUp, ConnectionChanged, PublishFailed, Record, Start, Subscription, Topic
from bus.codec import Undecodable, decode_signed, encode_signed
from bus.signature import SigningKey
from crds.condition import Condition, ConditionStatus
from crds.messages import (
    AgentCommand,
    AgentInfo,
    AgentResponse,
    CommandKind,
    GenerationRef,
    InstanceConfig,
    InstanceStatus,
)
from nodeagent.applier import Applier
from nodeagent.differ.diff import diff
from nodeagent.differ.history import after_observation, after_outcome
from nodeagent.drivers.base import Driver
from nodeagent.drivers.instance_files import InstanceDirectories
from nodeagent.ledger.acceptance import Verdict
from nodeagent.ledger.ledger import Ledger
from nodeagent.model import InstanceHistory, Observed, Op, OpKind, Outcome, Plan, Probe, Transient
from nodeagent.reporter.frames import AppProgress, after_probe
from nodeagent.reporter.sender import ReportSender
from nodeagent.reporter.status import Known, instance_statuses, is_applied

_log = logging.getLogger(__name__)

RESYNC_SECONDS = 60.0
"""The safety net under the engine's events."""
PROBE_EVERY_SECONDS = 1.0
GREET_EVERY_SECONDS = 60.0
_ENGINE_RETRY_SECONDS = 2.0
_OUTPUT_LINES = 5

ProbeApp = Callable[[InstanceConfig, str, datetime], Awaitable[Probe]]


@dataclass
class _Chain:
    """A chain of operations under way on one instance."""

    task: asyncio.Task[None]
    digest: str | None
    """The digest that it works towards; None for a removal."""
    current: Op


class Agent:
    """Makes one node match its ledger. Everything it touches comes in through its arguments."""

    def __init__(
        self,
        *,
        bus: Bus,
        driver: Driver,
        directories: InstanceDirectories,
        ledger: Ledger,
        key: SigningKey,
        controller_key: str,
        probe: ProbeApp,
        identity: AgentInfo,
        concurrency: int,
    ) -> None:
        """Makes an agent.

        Args:
            bus: the way to the controller.
            driver: runs the instances.
            directories: their folders.
            ledger: the newest accepted generation.
            key: the key of this node.
            controller_key: public key of the controller.
            probe: asks a running app how its cameras do.
            identity: what the agent greets with; `highest` and `sent_at` are set anew each time.
            concurrency: operations on the engine at the same time.
        """
        self._bus = bus
        self._driver = driver
        self._directories = directories
        self._ledger = ledger
        self._key = key
        self._controller_key = controller_key
        self._probe = probe
        self._identity = identity
        self._node_id = str(identity.node_id)
        self._applier = Applier(
            driver=driver,
            directories=directories,
            on_begin=self._on_begin,
            on_outcome=self._on_outcome,
            concurrency=concurrency,
        )
        self._sender = ReportSender(bus=bus, key=key, build=self._report)
        self._wake = asyncio.Event()
        self._greet = asyncio.Event()
        self._observed: Observed | None = None
        self._history: dict[str, InstanceHistory] = {}
        self._progress: dict[str, AppProgress] = {}
        self._chains: dict[str, _Chain] = {}
        self._plan = Plan()
        self._statuses: dict[str, InstanceStatus] = {}
        self._reached: GenerationRef | None = None
        self._conditions: dict[str, Condition] = {}
        self._unwritten: bytes | None = None

    async def run(self) -> None:
        """Runs until cancelled. Instances go on when it ends."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read_bus())
                tasks.create_task(self._watch_engine())
                tasks.create_task(self._probe_apps())
                tasks.create_task(self._greet_controller())
                tasks.create_task(self._sender.run())
                tasks.create_task(self._reconcile())
        finally:
            for chain in self._chains.values():
                chain.task.cancel()
            await asyncio.gather(*(chain.task for chain in self._chains.values()), return_exceptions=True)

    # --- what wakes the agent ------------------------------------------------------------------------------------

    async def _read_bus(self) -> None:
        subscriptions = (
            Subscription(Topic.AGENT_CONFIG, Start.BEGINNING, self._node_id),
            Subscription(Topic.AGENT_COMMAND, Start.END, self._node_id),
            Subscription(Topic.REFRESH, Start.END),
        )
        async with self._bus.subscribe(subscriptions) as events:
            self._greet.set()
            async for event in events:
                self._take(event)

    def _take(self, event: BusEvent) -> None:
        match event:
            case Record(topic=Topic.AGENT_CONFIG):
                if event.key == self._node_id.encode() and event.value is not None:
                    self._take_config(event.value)
            case Record(topic=Topic.AGENT_COMMAND):
                if event.key == self._node_id.encode() and event.value is not None:
                    self._take_command(event.value)
            case Record(topic=Topic.REFRESH):
                _log.info("asked to greet and report again")
                self._greet.set()
                self._sender.force()
                self._wake.set()
            case ConnectionChanged(connected=connected, message=message):
                _log.info("Kafka is %s %s", "reachable" if connected else "away; everything goes on", message)
                if connected:
                    self._greet.set()
                    self._sender.force()
            case CaughtUp():
                held = self._ledger.current
                _log.info("read topic 210 to its end; holding %s", held.ref.order if held else "no generation")
            case _:
                pass

    def _take_config(self, envelope: bytes) -> None:
        try:
            decision = self._ledger.take(envelope, datetime.now(UTC))
        except OSError as error:
            # Not on disk, so not acted on; the loop tries again at every resync.
            self._unwritten = envelope
            self._condition("LedgerWritable", ok=False, reason="WriteFailed", message=str(error))
            _log.error("cannot persist a new generation, the old one stays in force: %s", error)
            return
        self._unwritten = None
        self._condition("LedgerWritable", ok=True, reason="Written")
        if decision.verdict is Verdict.ACCEPTED:
            _log.info("accepted %s", decision.message)
            self._condition("RecordsAccepted", ok=True, reason="Accepted")
            self._wake.set()
        elif decision.verdict is Verdict.UNCHANGED:
            self._condition("RecordsAccepted", ok=True, reason="Accepted")
        else:
            _log.warning("%s: %s", decision.verdict, decision.message)
            # An older record lies before a newer one whenever a topic is read anew: no fault of anybody.
            if decision.verdict is not Verdict.STALE:
                self._condition("RecordsAccepted", ok=False, reason=decision.verdict, message=decision.message)
        self._sender.nudge()

    def _take_command(self, envelope: bytes) -> None:
        try:
            command = decode_signed(AgentCommand, envelope, [self._controller_key])
        except Undecodable as error:
            _log.warning("a record on topic 201 is not for us: %s", error)
            return
        if command.fleet_id != self._identity.fleet_id or str(command.node_id) != self._node_id:
            return
        if command.command is CommandKind.ASK_INFO:
            self._greet.set()
            return
        admitted = command.command is CommandKind.ADMITTED
        reason = "Admitted" if admitted else "Refused"
        if self._condition("Admitted", ok=admitted, reason=reason, message=command.reason):
            _log.info("the controller says: %s %s", reason, command.reason)

    async def _watch_engine(self) -> None:
        while True:
            try:
                async for name in self._driver.events():
                    _log.debug("the engine says that something happened to %s", name)
                    self._wake.set()
            except Transient as error:
                _log.info("cannot watch the engine: %s", error)
            await asyncio.sleep(_ENGINE_RETRY_SECONDS)
            self._wake.set()

    async def _probe_apps(self) -> None:
        while True:
            await asyncio.sleep(PROBE_EVERY_SECONDS)
            await asyncio.gather(*(self._probe_one(config, runtime) for config, runtime in self._apps_to_probe()))
            self._sender.nudge()

    def _apps_to_probe(self) -> list[tuple[InstanceConfig, str]]:
        desired, observed = self._ledger.current, self._observed
        if desired is None or observed is None:
            return []
        return [
            (config, there.runtime_id)
            for config in desired.node_config_list
            if config.app_kind.has_metrics
            and (there := observed.instances.get(config.instance_name)) is not None
            and there.running
        ]

    async def _probe_one(self, config: InstanceConfig, runtime_id: str) -> None:
        probe = await self._probe(config, runtime_id, datetime.now(UTC))
        name = config.instance_name
        self._progress[name] = after_probe(self._progress.get(name), probe)

    # --- observe, decide, act ------------------------------------------------------------------------------------

    async def _reconcile(self) -> None:
        while True:
            if self._unwritten is not None:
                self._take_config(self._unwritten)
            delay = await self._look_and_act()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._wake.wait()
            self._wake.clear()

    async def _look_and_act(self) -> float:
        """One turn of the loop; returns the seconds until the next one, if nothing wakes it before."""
        await self._cancel_superseded()
        try:
            self._observed = await self._observe()
        except Transient as error:
            if self._condition("EngineReachable", ok=False, reason="NoAnswer", message=str(error)):
                _log.warning("the engine does not answer: %s", error)
            self._sender.nudge()
            return _ENGINE_RETRY_SECONDS
        self._condition("EngineReachable", ok=True, reason="Answers")
        now = datetime.now(UTC)
        await self._remember(self._observed, now)
        self._plan = diff(self._ledger.current, self._observed, self._history, now, self._chains.keys())
        for chain in self._plan.chains:
            self._begin(chain)
        self._sender.nudge()
        wake_in = (self._plan.wake_at - now).total_seconds() if self._plan.wake_at else RESYNC_SECONDS
        return min(max(wake_in, 0.05), 2.0 if self._plan.waiting and not self._plan.wake_at else RESYNC_SECONDS)

    async def _observe(self) -> Observed:
        instances = await self._driver.observe()
        desired = self._ledger.current.node_config_list if self._ledger.current else ()
        files = await asyncio.to_thread(
            lambda: {config.instance_name: self._directories.files_state(config) for config in desired}
        )
        return Observed(instances, files)

    async def _remember(self, observed: Observed, now: datetime) -> None:
        wanted = {one.instance_name for one in self._ledger.current.node_config_list} if self._ledger.current else set()
        for name in list(self._history.keys() - wanted - observed.instances.keys() - self._chains.keys()):
            del self._history[name]
            self._progress.pop(name, None)
        for name in wanted | observed.instances.keys():
            before = self._history.get(name, InstanceHistory())
            there = observed.instances.get(name)
            after = after_observation(before, there, being_changed=name in self._chains, now=now)
            if after.restarts > before.restarts:
                after = replace(after, last_output=await self._last_output(name))
                _log.warning("%s left (code %s), for the %d. time in a row", name, after.last_exit_code, after.exits)
            self._history[name] = after

    async def _last_output(self, name: str) -> str:
        try:
            return self._directories.redacted(name, await self._driver.output(name, _OUTPUT_LINES))
        except Transient:
            return ""

    def _begin(self, chain: tuple[Op, ...]) -> None:
        name, config = chain[0].instance, chain[0].config
        task = asyncio.create_task(self._applier.run(chain), name=f"chain-{name}")
        self._chains[name] = _Chain(task, config.digest if config else None, chain[0])
        task.add_done_callback(lambda done: self._end(name, done))

    def _end(self, name: str, task: asyncio.Task[None]) -> None:
        chain = self._chains.get(name)
        if chain is not None and chain.task is task:
            del self._chains[name]
        if not task.cancelled() and task.exception() is not None:
            _log.error("the chain on %s ended unexpectedly", name, exc_info=task.exception())
        self._wake.set()

    def _on_outcome(self, outcome: Outcome) -> None:
        name = outcome.op.instance
        self._history[name] = after_outcome(self._history.get(name, InstanceHistory()), outcome)
        self._sender.nudge()

    def _on_begin(self, op: Op) -> None:
        chain = self._chains.get(op.instance)
        if chain is not None:
            chain.current = op
        self._sender.nudge()

    async def _cancel_superseded(self) -> None:
        """Pre-empts chains that work towards something which is not desired any more."""
        desired = self._ledger.current
        if desired is None:
            return
        wanted = {one.instance_name: one.digest for one in desired.node_config_list}
        old = [chain for name, chain in self._chains.items() if chain.digest != wanted.get(name)]
        for chain in old:
            _log.info("%s: what is under way is no longer wanted", chain.current.instance)
            chain.task.cancel()
        await asyncio.gather(*(chain.task for chain in old), return_exceptions=True)

    # --- what the agent says -------------------------------------------------------------------------------------

    async def _greet_controller(self) -> None:
        delay = 1.0
        while True:
            with contextlib.suppress(TimeoutError):
                # Spread over the fleet, so that a thousand agents do not greet in step after an outage.
                async with asyncio.timeout(GREET_EVERY_SECONDS * random.uniform(0.8, 1.2)):  # noqa: S311 - no secret
                    await self._greet.wait()
            self._greet.clear()
            held = self._ledger.current.ref if self._ledger.current else None
            info = self._identity.model_copy(update={"highest": held, "sent_at": datetime.now(UTC)})
            try:
                await self._bus.publish(Topic.AGENT_INFO, key=self._node_id, value=encode_signed(info, self._key))
                delay = 1.0
            except PublishFailed as error:
                _log.info("the greeting was not delivered: %s; again in %.0f s", error, delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 30.0)
                self._greet.set()

    def _report(self, sequence: int, now: datetime) -> AgentResponse:
        desired = self._ledger.current
        known = Known(
            desired=desired,
            observed=self._observed,
            history=self._history,
            waiting=self._plan.waiting,
            working_on={name: chain.current for name, chain in self._chains.items()},
            progress=self._progress,
        )
        statuses = instance_statuses(known, self._statuses, now)
        self._statuses = {one.instance_name: one for one in statuses}
        observed = desired.ref if desired else None
        if is_applied(desired, statuses):
            self._reached = observed
        return AgentResponse(
            fleet_id=self._identity.fleet_id,
            node_id=self._identity.node_id,
            observed=observed,
            applied=self._reached,
            status=statuses,
            conditions=tuple(self._conditions.values()),
            sequence=sequence,
            sent_at=now,
        )

    def _condition(self, kind: str, *, ok: bool, reason: str, message: str = "") -> bool:
        """Sets a condition; True when that changed anything but the time."""
        before = self._conditions.get(kind)
        now = Condition(
            type=kind,
            status=ConditionStatus.TRUE if ok else ConditionStatus.FALSE,
            reason=reason,
            message=message,
            last_transition_time=datetime.now(UTC),
        )
        after = now.since((before,) if before else ())
        self._conditions[kind] = after
        if before == after:
            return False
        self._sender.nudge()
        return True

    async def stop_instances(self) -> None:
        """Stops and removes every instance of this node: for agents that leave together with their instances."""
        for there in (await self._driver.observe()).values():
            cause = "the agent leaves with its instances"
            stop = Op(OpKind.STOP, there.name, cause, runtime_id=there.runtime_id, stop_timeout_seconds=5)
            await self._driver.perform(stop)
            await self._driver.perform(replace(stop, kind=OpKind.REMOVE))
