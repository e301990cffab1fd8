"""The loop of the agent: any wake-up means look at everything, then act; no step depends on having seen every event.

Tasks beside each other, so that none waits for another: reading the bus, watching the engine, probing the apps,
reconciling, greeting, reporting. A chain of operations on one instance is a task of its own; a newer generation
cancels it, and the death of a neighbour never waits for a long pull.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime

from bus.base import Bus
from bus.signature import SigningKey
from crds.messages import (
    AgentConfig,
    AgentInfo,
    AgentResponse,
    GenerationRef,
    InstanceConfig,
    InstanceStatus,
)
from nodeagent.chains import Chains
from nodeagent.differ.diff import diff, superseded
from nodeagent.differ.history import after_observation, after_outcome
from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.inbox import Inbox
from nodeagent.ledger.ledger import Ledger
from nodeagent.model import (
    FilesState,
    InstanceHistory,
    Observed,
    ObservedInstance,
    Transient,
)
from nodeagent.operations import Outcome, OutcomeKind, Plan, Remove, Start, Stop
from nodeagent.reporter.app_probes import AppProbes, ProbeApp
from nodeagent.reporter.conditions import AGENT_HEALTHY, ENGINE_REACHABLE, Conditions
from nodeagent.reporter.greeter import Greeter
from nodeagent.reporter.sender import ReportSender
from nodeagent.reporter.status import Known, instance_statuses, is_applied

_log = logging.getLogger(__name__)

RESYNC_SECONDS = 60.0
"""The safety net under the engine's events."""
PROBE_EVERY_SECONDS = 1.0
_RETRY_SECONDS = 2.0
# A hundred containers that start at once are a few looks and not hundreds; and no mistake makes the loop a hot one.
_REST_SECONDS = 0.05
_OUTPUT_LINES = 5


class Agent:
    """Makes one node match its ledger. Everything it touches comes in through its arguments."""

    def __init__(
        self,
        *,
        bus: Bus,
        driver: Driver,
        directories: InstanceFolders,
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
        self._driver = driver
        self._directories = directories
        self._ledger = ledger
        self._identity = identity
        self._wake = asyncio.Event()
        self._sender = ReportSender(bus=bus, key=key, build=self._report)
        self._greeter = Greeter(bus=bus, key=key, identity=identity, held=self._held)
        self._conditions = Conditions(on_change=self._sender.nudge)
        self._inbox = Inbox(
            bus=bus,
            ledger=ledger,
            identity=identity,
            controller_key=controller_key,
            conditions=self._conditions,
            on_generation=self._wake.set,
            on_greeting_wanted=self._greeter.ask,
            on_report_wanted=self._report_anew,
        )
        self._chains = Chains(
            driver=driver,
            directories=directories,
            on_outcome=self._on_outcome,
            on_change=self._sender.nudge,
            on_end=self._wake.set,
            concurrency=concurrency,
        )
        self._probes = AppProbes(probe)
        self._observed: Observed | None = None
        self._history: dict[str, InstanceHistory] = {}
        self._plan = Plan()
        self._settled: AgentConfig | None = None
        """The generation that the last look found nothing to do for; None as soon as something is done."""
        self._statuses: dict[str, InstanceStatus] = {}
        self._reached: GenerationRef | None = None
        self._broken: dict[str, str] = {}
        """The parts of the agent that met an unexpected error, and which."""

    async def run(self) -> None:
        """Runs until cancelled. Instances go on when it ends."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._for_ever("reading the bus", self._read_bus))
                tasks.create_task(self._for_ever("watching the engine", self._watch_engine))
                tasks.create_task(self._for_ever("probing the apps", self._probe_apps))
                tasks.create_task(self._for_ever("greeting", self._greeter.run))
                tasks.create_task(self._for_ever("reporting", self._sender.run))
                tasks.create_task(self._for_ever("reconciling", self._reconcile))
        finally:
            await self._chains.aclose()

    async def _for_ever(self, part: str, turn: Callable[[], Awaitable[None]]) -> None:
        """Takes one turn after the other, whatever they meet: an agent that ends helps no camera."""
        while True:
            # Some turns never end: they count as well again once they last.
            lasts = asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._is_well, part)
            try:
                await turn()
            except Exception as error:  # noqa: BLE001 - what nobody foresaw is said, and tried again
                lasts.cancel()
                _log.exception("%s met an unexpected error", part)
                self._broken[part] = f"{part}: {type(error).__name__}: {error}"
                self._tell_health()
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                self._is_well(part)
            finally:
                lasts.cancel()

    def _is_well(self, part: str) -> None:
        if self._broken.pop(part, None) is not None:
            self._tell_health()

    def _tell_health(self) -> None:
        message = "; ".join(self._broken.values())
        reason = "UnexpectedError" if self._broken else "AsExpected"
        self._conditions.set(AGENT_HEALTHY, ok=not self._broken, reason=reason, message=message)

    async def _read_bus(self) -> None:
        await self._inbox.run()
        await asyncio.sleep(_RETRY_SECONDS)

    # --- what wakes the agent ------------------------------------------------------------------------------------

    async def _watch_engine(self) -> None:
        try:
            async for name in self._driver.events():
                _log.debug("the engine says that something happened to %s", name)
                self._wake.set()
        except Transient as error:
            _log.debug("%s", error)  # the loop says so once, when it looks
        await asyncio.sleep(_RETRY_SECONDS)
        self._wake.set()

    async def _probe_apps(self) -> None:
        await asyncio.sleep(PROBE_EVERY_SECONDS)
        await self._probes.look(self._apps_to_probe())
        self._sender.nudge()

    def _apps_to_probe(self) -> dict[str, tuple[InstanceConfig, str]]:
        desired, observed = self._ledger.current, self._observed
        if desired is None or observed is None:
            return {}
        return {
            config.instance_name: (config, there.runtime_id)
            for config in desired.node_config_list
            if config.app_kind.has_metrics
            and (there := observed.instances.get(config.instance_name)) is not None
            and there.running
        }

    # --- observe, decide, act ------------------------------------------------------------------------------------

    async def _reconcile(self) -> None:
        self._wake.clear()
        await self._inbox.retry_unwritten()
        delay = await self._look_and_act()
        if self._inbox.holds_unwritten:
            delay = min(delay, _RETRY_SECONDS)
        await asyncio.sleep(_REST_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()

    async def _look_and_act(self) -> float:
        """One turn of the loop; returns the seconds until the next one, if nothing wakes it before."""
        # One generation for the whole turn, and what was busy when it began: a chain that ends while the engine is
        # asked may be half in the answer.
        desired = self._ledger.current
        wanted = {one.instance_name for one in desired.node_config_list} if desired else set()
        under_way = self._chains.under_way
        for cancellation in superseded(desired, under_way):
            self._chains.cancel(cancellation)
        try:
            self._observed = await self._observe(desired)
        except Transient as error:
            if self._conditions.set(ENGINE_REACHABLE, ok=False, reason="NoAnswer", message=str(error)):
                _log.warning("the engine does not answer: %s", error)
            return _RETRY_SECONDS
        self._conditions.set(ENGINE_REACHABLE, ok=True, reason="Answers")
        now = datetime.now(UTC)
        await self._remember(wanted, self._observed, under_way.keys(), now)
        self._plan = diff(desired, self._observed, self._history, under_way, now)
        for cancellation in self._plan.cancel:
            self._chains.cancel(cancellation)
        for chain in self._plan.begin:
            self._chains.begin(chain)
        self._settled = None if under_way or self._plan.begin else desired
        self._sender.nudge()
        if self._plan.wake_at is not None:
            return max(0.0, min((self._plan.wake_at - now).total_seconds(), RESYNC_SECONDS))
        return _RETRY_SECONDS if self._plan.waiting else RESYNC_SECONDS

    async def _observe(self, desired: AgentConfig | None) -> Observed:
        instances = await self._driver.observe()
        configs = desired.node_config_list if desired else ()
        return await asyncio.to_thread(
            lambda: Observed(instances, {one.instance_name: self._files_state(one) for one in configs}, self._folders())
        )

    def _files_state(self, config: InstanceConfig) -> FilesState:
        try:
            return self._directories.files_state(config)
        except Transient as error:
            # A disk that does not answer is no evidence of other files: what runs is left alone.
            _log.warning("%s", error)
            return FilesState(current=True)

    def _folders(self) -> tuple[str, ...]:
        try:
            return self._directories.orphans(())
        except Transient as error:
            _log.warning("%s", error)
            return ()

    async def _remember(
        self, wanted: AbstractSet[str], observed: Observed, busy: AbstractSet[str], now: datetime
    ) -> None:
        known = wanted | observed.instances.keys()
        for name in self._history.keys() - known - busy:
            del self._history[name]
        self._probes.keep_only(known)
        for name in known:
            before = self._history.get(name, InstanceHistory())
            there = observed.instances.get(name)
            after = after_observation(before, there, being_changed=name in busy, now=now)
            if after.restarts > before.restarts:
                self._probes.forget(name)
                after = replace(after, last_output=await self._last_output(name))
                _log.warning("%s left (code %s), for the %d. time in a row", name, after.last_exit_code, after.exits)
            self._history[name] = after

    async def _last_output(self, name: str) -> str:
        try:
            return self._directories.redacted(name, await self._driver.output(name, _OUTPUT_LINES))
        except Transient:
            return ""

    def _on_outcome(self, outcome: Outcome) -> None:
        name = outcome.op.instance
        self._history[name] = after_outcome(self._history.get(name, InstanceHistory()), outcome)
        if outcome.kind is OutcomeKind.DONE and isinstance(outcome.op, Stop | Start | Remove):
            self._probes.forget(name)
        self._sender.nudge()

    # --- what the agent says -------------------------------------------------------------------------------------

    def _held(self) -> GenerationRef | None:
        return self._ledger.current.ref if self._ledger.current else None

    def _report_anew(self) -> None:
        self._sender.force()
        self._wake.set()

    def _report(self, sequence: int, now: datetime) -> AgentResponse:
        desired = self._ledger.current
        known = Known(
            desired=desired,
            observed=self._observed,
            history=self._history,
            waiting=self._plan.waiting,
            working_on=self._chains.working_on,
            progress=self._probes.progress,
        )
        statuses = instance_statuses(known, self._statuses, now)
        self._statuses = {one.instance_name: one for one in statuses}
        if self._settled is desired and is_applied(desired, statuses):
            self._reached = self._held()
        return AgentResponse(
            fleet_id=self._identity.fleet_id,
            node_id=self._identity.node_id,
            observed=self._held(),
            applied=self._reached,
            status=statuses,
            conditions=self._conditions.all,
            sequence=sequence,
            sent_at=now,
        )

    async def stop_instances(self) -> None:
        """Stops and removes every instance of this node: for agents that leave together with their instances.

        Raises:
            Transient: one of them could not be; the others were.
        """
        there = (await self._driver.observe()).values()
        for failure in await asyncio.gather(*map(self._stop_instance, there), return_exceptions=True):
            if isinstance(failure, BaseException):
                raise failure

    async def _stop_instance(self, there: ObservedInstance) -> None:
        cause = "the agent leaves with its instances"
        await self._driver.perform(Stop(there.name, cause, there.runtime_id, timeout_seconds=5))
        await self._driver.perform(Remove(there.name, cause, there.runtime_id))
