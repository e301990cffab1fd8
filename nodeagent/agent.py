"""The loop of the agent: any wake-up means look at everything, then act; no step depends on having seen every event.

Tasks beside each other, so that none waits for another: reading the bus, watching the engine, probing the apps,
reconciling, greeting, reporting. A chain of operations on one instance is a task of its own; a newer generation
cancels it, and the death of a neighbour never waits for a long pull.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from bus.base import Bus
from bus.signature import SigningKey
from crds.asking import CAN_BE_ASKED
from crds.instance_config import InstanceConfig
from crds.messages import AgentCommand, AgentInfo, AgentResponse, GenerationRef, InstanceState
from nodeagent.applier import Applier
from nodeagent.apps.identity import of_the_very_runtime
from nodeagent.apps.probe import ProbeApp
from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.inbox import Inbox
from nodeagent.ledger.ledger import Ledger
from nodeagent.model import ObservedInstance, Transient
from nodeagent.orphans import Orphans
from nodeagent.reconciler import Reconciler
from nodeagent.reporter.app_probes import AppProbes
from nodeagent.reporter.conditions import Conditions
from nodeagent.reporter.frames import apps_to_probe
from nodeagent.reporter.greeter import Greeter
from nodeagent.reporter.heartbeats import has_moved
from nodeagent.reporter.liveness import hung
from nodeagent.reporter.pace import EVERY
from nodeagent.reporter.report import Standing, Told, after_report, report, standing
from nodeagent.reporter.sender import ReportSender
from nodeagent.reporter.time_watch import TimeWatch
from nodeagent.supervisor import Supervisor
from nodeagent.timings import Timings
from ports.ports import Ports

if TYPE_CHECKING:
    from nodeagent.answering.answering import Answering
    from nodeagent.apps.pictures import TakePicture

_log = logging.getLogger(__name__)


# Dice throw floats: more digits than these they have not.
_DICE_BITS = 53


def _new_run(ports: Ports) -> str:
    """The id of a run that begins now: no other has it, neither one before it nor one on a copied disk."""
    milliseconds = int(ports.clock.now().timestamp() * 1000)
    return f"{milliseconds:x}-{int(ports.dice.uniform(0, 2**_DICE_BITS)):014x}"


def _answering(**given: Any) -> "Answering":
    # Here, since few agents are ever asked, and what answers takes memory.
    from nodeagent.answering.answering import Answering  # noqa: PLC0415 - see above

    return Answering(**given)


def _nobody_knows(_node_id: str) -> bool:
    return True


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
        lives: Callable[[str], bool] = _nobody_knows,
        take_picture: "TakePicture | None" = None,
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
            identity: what the agent greets with; the run, its numbers, `highest` and `sent_at` are set here.
            concurrency: operations on the engine at the same time.
            ports: the time, dice and threads.
            timings: how long it waits for what.
            lives: whether a node, by its id, has an agent on this machine; where nobody can know it counts as one that has.
            take_picture: asks a running app what a camera shows; None for its REST interface.
        """
        self._driver = driver
        self._ledger = ledger
        self._identity = identity = identity.model_copy(
            update={"boot_id": _new_run(ports), "can_be_asked": CAN_BE_ASKED}
        )
        self._timings = timings
        self._wake = asyncio.Event()
        self._soon: asyncio.TimerHandle | None = None
        self._nudged_soon: asyncio.TimerHandle | None = None
        self._conditions = Conditions(ports.clock, on_change=self._nudge)
        bus = TimeWatch(bus, self._conditions)
        self._sender = ReportSender(
            bus=bus,
            key=key,
            standing=self._standing,
            has_moved=has_moved,
            build=self._report,
            clock=ports.clock,
            every_seconds=timings.report_every_seconds,
            full_every_seconds=timings.full_report_every_seconds,
            is_watched=self._are_apps_watched,
        )
        self._greeter = Greeter(
            bus=bus, key=key, identity=identity, observed=self._observed, ports=ports, timings=timings
        )
        self._supervisor = Supervisor(self._conditions, timings.retry_seconds)
        self._orphans = Orphans(
            driver=driver,
            lives=lives,
            desired=lambda: ledger.current,
            well=self._well,
            conditions=self._conditions,
            clock=ports.clock,
            on_order=self._wake.set,
        )
        self._answering: Answering | None = None
        self._new_answering = partial(
            _answering,
            bus=bus,
            key=key,
            identity=identity,
            driver=driver,
            folders=folders,
            take_picture=take_picture,
            ports=ports,
            timings=timings,
        )
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
            on_order=self._orphans.order,
            on_lease=self._answer,
            on_heartbeats=self._sender.allow_heartbeats,
        )
        self._probes = AppProbes(of_the_very_runtime(probe, driver.port_holder), ports.clock)
        self._reconciler = Reconciler(
            driver=driver,
            folders=folders,
            ledger=ledger,
            probes=self._probes,
            adoptions=lambda: self._orphans.adoptions,
            conditions=self._conditions,
            on_change=self._sender.nudge,
            on_step=self._nudge_soon,
            on_end=self._wake.set,
            on_end_of_some=self._wake_soon,
            applier=Applier(driver=driver, folders=folders, concurrency=concurrency, ports=ports, timings=timings),
            ports=ports,
            timings=timings,
        )
        self._told = Told()
        self._hung: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Runs until cancelled. Instances go on when it ends."""
        parts = {
            "reading the bus": self._read_bus,
            "watching the engine": self._watch_engine,
            "probing the apps": self._probe_apps,
            "looking for orphans": self._look_for_orphans,
            "greeting": self._greeter.run,
            "reporting": self._sender.run,
            "reconciling": self._reconcile,
        }
        try:
            await self._supervisor.run(parts)
        finally:
            if self._answering is not None:
                await self._answering.aclose()
            await self._reconciler.aclose()

    # --- what wakes the agent ------------------------------------------------------------------------------------

    async def _read_bus(self) -> None:
        await self._inbox.run()
        await asyncio.sleep(self._timings.retry_seconds)

    async def _watch_engine(self) -> None:
        try:
            async for name in self._driver.events():
                _log.debug("the engine says that something happened to %s", name)
                if self._reconciler.heard_of(name):
                    self._wake.set()
                else:
                    self._wake_soon()
        except Transient as error:
            _log.debug("%s", error)  # the loop says so once, when it looks
        await asyncio.sleep(self._timings.retry_seconds)
        self._reconciler.forget_files()
        self._wake.set()

    def _wake_soon(self) -> None:
        """For news that nothing hangs on: while a hundred containers start, each of them makes some."""
        if self._soon is None:
            self._soon = asyncio.get_running_loop().call_later(self._timings.settle_seconds, self._wake.set)

    async def _probe_apps(self) -> None:
        passed = await self._next_look_at_apps()
        desired, seen = self._ledger.current, self._reconciler.known.observed
        if not await self._probes.look(apps_to_probe(desired, seen), passed):
            return
        before, self._hung = self._hung, frozenset(hung(desired, seen, self._probes.progress))
        if self._hung - before:
            self._wake.set()
        self._sender.nudge()

    async def _next_look_at_apps(self) -> int:
        """Waits for the next look at which there is somebody to ask; returns how many looks later than the last it is."""
        every, loop = self._timings.probe_every_seconds, asyncio.get_running_loop()
        begun, looks = loop.time(), 1 + self._probes.rest
        if looks > 1:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(looks * every):
                    await self._probes.news.wait()
                looks = min(looks, 1 + int((loop.time() - begun) / every))
        await asyncio.sleep(begun + looks * every - loop.time())
        self._probes.news.clear()  # what comes during the look counts for the next one
        return looks

    def _are_apps_watched(self) -> bool:
        """False while a look at them does not come back, as when the engine hangs that is asked whose a port is."""
        return self._probes.seconds_since_look < (EVERY + 2) * self._timings.probe_every_seconds

    async def _look_for_orphans(self) -> None:
        await asyncio.sleep(self._timings.orphans_every_seconds)
        before = self._orphans.statuses
        await self._orphans.look()
        if self._orphans.statuses != before:
            self._nudge()

    async def _reconcile(self) -> None:
        self._wake.clear()
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        await self._inbox.retry_unwritten()
        delay = await self._reconciler.turn()
        self._probes.news.set()
        if self._inbox.holds_unwritten:
            delay = min(delay, self._timings.retry_seconds)
        await asyncio.sleep(self._timings.rest_seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._wake.wait()

    # --- what the agent says -------------------------------------------------------------------------------------

    def _nudge(self) -> None:
        self._sender.nudge()

    def _nudge_soon(self) -> None:
        """After a step of a chain; a hundred chains make hundreds."""
        if self._nudged_soon is None:
            self._nudged_soon = asyncio.get_running_loop().call_later(self._timings.settle_seconds, self._nudge_now)

    def _nudge_now(self) -> None:
        self._nudged_soon = None
        self._sender.nudge()

    def _well(self) -> frozenset[str]:
        return frozenset(name for name, one in self._told.statuses.items() if one.state is InstanceState.RUNNING)

    def _answer(self, command: AgentCommand) -> None:
        if self._answering is None:
            self._answering = self._new_answering(seen=self._seen, wanted=self._wanted, series=self._probes.series_of)
        self._answering.take(command)

    def _wanted(self) -> tuple[InstanceConfig, ...]:
        return () if self._ledger.current is None else tuple(self._ledger.current.node_config_list)

    def _seen(self, name: str) -> ObservedInstance | None:
        observed = self._reconciler.known.observed
        return None if observed is None else observed.instances.get(name)

    def _observed(self) -> GenerationRef | None:
        return self._ledger.current.ref if self._ledger.current else None

    def _report_anew(self) -> None:
        self._sender.force()
        self._reconciler.forget_files()
        self._wake.set()

    def _standing(self, now: datetime) -> Standing:
        return standing(self._reconciler.known, self._told, self._conditions.all, now, self._orphans.statuses)

    def _report(self, sequence: int, now: datetime) -> AgentResponse:
        known = self._reconciler.known
        self._probes.said()
        self._told = after_report(self._told, known, now)
        return report(self._told, known, self._conditions.all, self._identity, sequence, now, self._orphans.statuses)
