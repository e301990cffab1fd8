"""Observe, decide, act: one turn of it, and what is remembered from turn to turn."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime

from crds.messages import AgentConfig
from nodeagent.applier import Applier
from nodeagent.apps.identity import held_by_another
from nodeagent.chains import Chains
from nodeagent.differ.diff import diff, seconds_to_next_look, superseded
from nodeagent.differ.history import after_look, after_outcome, exited
from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.ledger.ledger import Ledger
from nodeagent.look import KnownFiles, look
from nodeagent.model import InstanceHistory, Leftover, Observed, Transient
from nodeagent.operations import Outcome, OutcomeKind, Plan, Remove, Start, Stop
from nodeagent.reporter.app_probes import AppProbes
from nodeagent.reporter.conditions import ENGINE_REACHABLE, Conditions
from nodeagent.reporter.liveness import hung
from nodeagent.reporter.status import Known
from nodeagent.timings import Timings
from ports.ports import Ports

_log = logging.getLogger(__name__)

_OUTPUT_LINES = 5


class Reconciler:
    """Brings what runs to what the ledger wants. What is done is decided by the differ."""

    def __init__(
        self,
        *,
        driver: Driver,
        folders: InstanceFolders,
        ledger: Ledger,
        probes: AppProbes,
        adoptions: Callable[[], Mapping[str, Leftover]],
        conditions: Conditions,
        on_change: Callable[[], None],
        on_step: Callable[[], None],
        on_end: Callable[[], None],
        on_end_of_some: Callable[[], None],
        applier: Applier,
        ports: Ports,
        timings: Timings,
    ) -> None:
        """Makes one that has not looked yet.

        Args:
            driver: runs the instances.
            folders: their folders.
            ledger: the newest accepted generation.
            probes: what the apps say; they forget what a new run has to prove again.
            adoptions: what a person wants to be taken over, by name of the instance.
            conditions: where it is said whether the engine answers.
            on_change: told when there may be something new to report.
            on_step: told instead when a chain has got further, and a look will follow.
            on_end: told when a chain of operations has ended: what was observed before is old.
            on_end_of_some: told instead when all of it was done, and others go on: whoever looks then looks soon again.
            applier: performs operations.
            ports: the time and threads.
            timings: how long it waits for what.
        """
        self._driver = driver
        self._folders = folders
        self._ledger = ledger
        self._probes = probes
        self._adoptions = adoptions
        self._conditions = conditions
        self._tell_change = on_change
        self._tell_step = on_step
        self._tell_end = on_end
        self._tell_end_of_some = on_end_of_some
        self._ports = ports
        self._timings = timings
        self._chains = Chains(applier=applier, on_outcome=self._on_outcome, on_change=on_step, on_end=self._on_end)
        self._seen: Observed | None = None
        self._history: dict[str, InstanceHistory] = {}
        self._plan = Plan()
        self._files: KnownFiles = {}
        self._touched: set[str] = set()
        """Instances whose files may be other ones than at the last look."""
        self._all_read_at: datetime | None = None
        self._settled: AgentConfig | None = None
        """The generation that the last look found nothing to do for; None as soon as something is done."""

    @property
    def known(self) -> Known:
        """All that a report is made from, at this moment."""
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

    def heard_of(self, name: str) -> bool:
        """The engine tells of an instance; True when that is worth a look at once.

        What is done to an instance makes events of itself, and until it has ended nothing else is decided.
        """
        self._touched.add(name)
        under_way = self._chains.under_way.get(name)
        return under_way is None or under_way.fails

    def forget_files(self) -> None:
        """Has the next turn read all folders, as it does every minute by itself."""
        self._all_read_at = None

    async def turn(self) -> float:
        """Looks at everything, then acts; returns the seconds until the next turn, if nothing asks for it before."""
        # One generation for the whole turn, and what was under way when it began: a chain that ends while the engine is
        # asked may be half in the answer.
        desired, under_way = self._ledger.current, self._chains.under_way
        for cancellation in superseded(desired, under_way):
            self._chains.cancel(cancellation)
        begun = self._ports.clock.now()
        try:
            seen, self._files = await look(
                self._driver, self._folders, self._ports.threads, desired, self._files_that_are_known(under_way, begun)
            )
        except Transient as error:
            if self._conditions.set(ENGINE_REACHABLE, ok=False, reason="NoAnswer", message=str(error)):
                _log.warning("the engine does not answer: %s", error)
            self.forget_files()
            return self._timings.retry_seconds
        self._seen = replace(seen, adoptions=self._adoptions())
        self._conditions.set(ENGINE_REACHABLE, ok=True, reason="Answers")
        now = self._ports.clock.now()
        await self._remember(desired, self._seen, under_way.keys(), now)
        hangs = hung(desired, self._seen, self._probes.progress)
        told, self._plan = self._plan.told, diff(desired, self._seen, self._history, under_way, now, hangs)
        for name, text in self._plan.told.items():
            if text != told.get(name):
                _log.warning("%s: %s", name, text)
        for cancellation in self._plan.cancel:
            self._chains.cancel(cancellation)
        for chain in self._plan.begin:
            self._chains.begin(chain)
        self._settled = None if under_way or self._plan.begin else desired
        self._tell_change()
        read_again_in = self._timings.resync_seconds - (now - (self._all_read_at or now)).total_seconds()
        return min(seconds_to_next_look(self._plan, now, self._timings), max(0.0, read_again_in))

    def _files_that_are_known(self, under_way: Collection[str], now: datetime) -> KnownFiles:
        """All but those that something happened to since they were read; none when all are to be read again."""
        touched, self._touched = self._touched, set()
        read_at = self._all_read_at
        # A clock that was set back makes none of them newer.
        if read_at is None or not 0 <= (now - read_at).total_seconds() < self._timings.resync_seconds:
            self._all_read_at = now
            return {}
        return {name: one for name, one in self._files.items() if name not in touched and name not in under_way}

    async def aclose(self) -> None:
        """Ends what is under way, and waits for what it has begun. Instances go on."""
        await self._chains.aclose()

    async def _remember(
        self, desired: AgentConfig | None, seen: Observed, busy: Collection[str], now: datetime
    ) -> None:
        before, self._history = self._history, after_look(self._history, desired, seen, busy, now)
        self._probes.keep_only(self._history)
        for name in exited(before, self._history):
            self._probes.forget(name)
            output, holder = await self._last_output(name), await self._port_held_by(name, desired, seen)
            after = self._history[name] = replace(self._history[name], last_output=output, port_held_by=holder)
            _log.warning("%s left (code %s), for the %d. time in a row", name, after.last_exit_code, after.exits)

    async def _last_output(self, name: str) -> str:
        try:
            return self._folders.redacted(name, await self._driver.output(name, _OUTPUT_LINES))
        except Transient:
            return ""

    async def _port_held_by(self, name: str, desired: AgentConfig | None, seen: Observed) -> str:
        """Who keeps its port from it; apps say no more than that it is in use."""
        config = desired.instance(name) if desired else None
        if config is None:
            return ""
        there = seen.instances.get(name)
        try:
            holder = await self._driver.port_holder(config.rest_port)
        except Transient:
            return ""
        own = holder is not None and there is not None and holder.runtime_id == there.runtime_id
        return "" if holder is None or own else held_by_another(config.rest_port, holder)

    def _on_outcome(self, outcome: Outcome) -> None:
        name = outcome.op.instance
        self._touched.add(name)
        self._history[name] = after_outcome(self._history.get(name, InstanceHistory()), outcome)
        if outcome.kind is OutcomeKind.DONE and isinstance(outcome.op, Stop | Start | Remove):
            self._probes.forget(name)
        self._tell_step()

    def _on_end(self, name: str, is_done: bool) -> None:
        self._touched.add(name)
        if is_done and self._chains.under_way:
            self._tell_end_of_some()
        else:
            self._tell_end()
