"""The loop of the agent: any wake-up means look at everything, then act; no step depends on having seen every event.

Tasks beside each other, so that none waits for another: reading the bus, watching the engine, probing the apps,
reconciling, greeting, reporting. A chain of operations on one instance is a task of its own; a newer generation
cancels it, and the death of a neighbour never waits for a long pull. What is done is decided elsewhere, by pure functions.
"""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bus.base import Bus
from bus.signature import SigningKey
from crds.messages import AgentConfig, AgentInfo, AgentResponse, GenerationRef
from nodeagent.chains import Chains
from nodeagent.differ.diff import diff, seconds_to_next_look, superseded
from nodeagent.differ.history import after_look, after_outcome, exited
from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.inbox import Inbox
from nodeagent.ledger.ledger import Ledger
from nodeagent.look import look
from nodeagent.model import InstanceHistory, Observed, Transient
from nodeagent.operations import Outcome, OutcomeKind, Plan, Remove, Start, Stop
from nodeagent.reporter.app_probes import AppProbes, ProbeApp
from nodeagent.reporter.conditions import ENGINE_REACHABLE, Conditions
from nodeagent.reporter.frames import apps_to_probe
from nodeagent.reporter.greeter import Greeter
from nodeagent.reporter.report import Standing, Told, after_report, report, standing
from nodeagent.reporter.sender import ReportSender
from nodeagent.reporter.status import Known
from nodeagent.supervisor import Supervisor
from nodeagent.timings import Timings
from ports.ports import Ports

_log = logging.getLogger(__name__)

_OUTPUT_LINES = 5


class Agent:
    """Makes one node match its ledger. Everything it touches comes in through its arguments."""

    def __init__(
        self,
        *,
        bus: Bus,
        driver: Driver,
        folders: InstanceFolders,
        ledger: Ledger,
        key: SigningKey,
        controller_key: str,
        probe: ProbeApp,
        identity: AgentInfo,
        concurrency: int,
        ports: Ports = Ports(),
        timings: Timings = Timings(),
    ) -> None:
        """Makes an agent.

        Args:
            bus: the way to the controller.
            driver: runs the instances.
            folders: the folders of the instances.
            ledger: the newest accepted generation.
            key: the key of this node.
            controller_key: public key of the controller.
            probe: asks a running app how its cameras do.
            identity: what the agent greets with; `highest` and `sent_at` are set anew each time.
            concurrency: operations on the engine at the same time.
            ports: the time, dice and threads.
            timings: how long it waits for what.
        """
        self._driver = driver
        self._folders = folders
        self._ledger = ledger
        self._identity = identity
        self._ports = ports
        self._timings = timings
        self._wake = asyncio.Event()
        self._sender = ReportSender(
            bus=bus,
            key=key,
            standing=self._standing,
            build=self._report,
            clock=ports.clock,
            every_seconds=timings.report_every_seconds,
        )
        self._greeter = Greeter(
            bus=bus, key=key, identity=identity, observed=self._observed, ports=ports, timings=timings
        )
        self._conditions = Conditions(ports.clock, on_change=self._sender.nudge)
        self._supervisor = Supervisor(self._conditions, timings.retry_seconds)
        self._inbox = Inbox(
            bus=bus,
            ledger=ledger,
            identity=identity,
            controller_key=controller_key,
            conditions=self._conditions,
            ports=ports,
            on_generation=self._wake.set,
            on_greeting_wanted=self._greeter.ask,
            on_report_wanted=self._report_anew,
        )
        self._chains = Chains(
            driver=driver,
            folders=folders,
            on_outcome=self._on_outcome,
            on_change=self._sender.nudge,
            on_end=self._wake.set,
            concurrency=concurrency,
            ports=ports,
            timings=timings,
        )
        self._probes = AppProbes(probe, ports.clock)
        self._seen: Observed | None = None
        self._history: dict[str, InstanceHistory] = {}
        self._plan = Plan()
        self._settled: AgentConfig | None = None
        """The generation that the last look found nothing to do for; None as soon as something is done."""
        self._told = Told()

    async def run(self) -> None:
        """Runs until cancelled. Instances go on when it ends."""
        parts = {
            "reading the bus": self._read_bus,
            "watching the engine": self._watch_engine,
            "probing the apps": self._probe_apps,
            "greeting": self._greeter.run,
            "reporting": self._sender.run,
            "reconciling": self._reconcile,
        }
        try:
            await self._supervisor.run(parts)
        finally:
            await self._chains.aclose()

    # --- what wakes the agent ------------------------------------------------------------------------------------

    async def _read_bus(self) -> None:
        await self._inbox.run()
        await asyncio.sleep(self._timings.retry_seconds)

    async def _watch_engine(self) -> None:
        try:
            async for name in self._driver.events():
                _log.debug("the engine says that something happened to %s", name)
                self._wake.set()
        except Transient as error:
            _log.debug("%s", error)  # the loop says so once, when it looks
        await asyncio.sleep(self._timings.retry_seconds)
        self._wake.set()

    async def _probe_apps(self) -> None:
        await asyncio.sleep(self._timings.probe_every_seconds)
        await self._probes.look(apps_to_probe(self._ledger.current, self._seen))
        self._sender.nudge()

    # --- observe, decide, act ------------------------------------------------------------------------------------

    async def _reconcile(self) -> None:
        self._wake.clear()
        await self._inbox.retry_unwritten()
        delay = await self._look_and_act()
        if self._inbox.holds_unwritten:
            delay = min(delay, self._timings.retry_seconds)
        await asyncio.sleep(self._timings.rest_seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()

    async def _look_and_act(self) -> float:
        """One turn of the loop; returns the seconds until the next one, if nothing wakes it before."""
        # One generation for the whole turn, and what was under way when it began: a chain that ends while the engine is
        # asked may be half in the answer.
        desired, under_way = self._ledger.current, self._chains.under_way
        for cancellation in superseded(desired, under_way):
            self._chains.cancel(cancellation)
        try:
            self._seen = await look(self._driver, self._folders, self._ports.threads, desired)
        except Transient as error:
            if self._conditions.set(ENGINE_REACHABLE, ok=False, reason="NoAnswer", message=str(error)):
                _log.warning("the engine does not answer: %s", error)
            return self._timings.retry_seconds
        self._conditions.set(ENGINE_REACHABLE, ok=True, reason="Answers")
        now = self._ports.clock.now()
        await self._remember(desired, self._seen, under_way.keys(), now)
        told = self._plan.told
        self._plan = diff(desired, self._seen, self._history, under_way, now)
        for name, text in self._plan.told.items():
            if text != told.get(name):
                _log.warning("%s: %s", name, text)
        for cancellation in self._plan.cancel:
            self._chains.cancel(cancellation)
        for chain in self._plan.begin:
            self._chains.begin(chain)
        self._settled = None if under_way or self._plan.begin else desired
        self._sender.nudge()
        return seconds_to_next_look(self._plan, now, self._timings)

    async def _remember(
        self, desired: AgentConfig | None, seen: Observed, busy: Collection[str], now: datetime
    ) -> None:
        before, self._history = self._history, after_look(self._history, desired, seen, busy, now)
        self._probes.keep_only(self._history)
        for name in exited(before, self._history):
            self._probes.forget(name)
            output = await self._last_output(name)
            after = self._history[name] = replace(self._history[name], last_output=output)
            _log.warning("%s left (code %s), for the %d. time in a row", name, after.last_exit_code, after.exits)

    async def _last_output(self, name: str) -> str:
        try:
            return self._folders.redacted(name, await self._driver.output(name, _OUTPUT_LINES))
        except Transient:
            return ""

    def _on_outcome(self, outcome: Outcome) -> None:
        name = outcome.op.instance
        self._history[name] = after_outcome(self._history.get(name, InstanceHistory()), outcome)
        if outcome.kind is OutcomeKind.DONE and isinstance(outcome.op, Stop | Start | Remove):
            self._probes.forget(name)
        self._sender.nudge()

    # --- what the agent says -------------------------------------------------------------------------------------

    def _observed(self) -> GenerationRef | None:
        return self._ledger.current.ref if self._ledger.current else None

    def _report_anew(self) -> None:
        self._sender.force()
        self._wake.set()

    def _known(self) -> Known:
        desired = self._ledger.current
        return Known(
            desired=desired,
            observed=self._seen,
            history=self._history,
            waiting=self._plan.waiting,
            told=self._plan.told,
            working_on=self._chains.working_on,
            progress=self._probes.progress,
            settled=self._settled is desired,
        )

    def _standing(self, now: datetime) -> Standing:
        return standing(self._known(), self._told, self._conditions.all, now)

    def _report(self, sequence: int, now: datetime) -> AgentResponse:
        known = self._known()
        self._told = after_report(self._told, known, now)
        return report(self._told, known, self._conditions.all, self._identity, sequence, now)
