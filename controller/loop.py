"""The loop of the controller: any wake-up means look at everything, then act.

Manifests and messages come in beside it (`intake`), and only make the state the next one and wake the loop. What is
decided stands in `decide`; here it is carried out. Nothing is published before the topics were read to their ends: what
was published before a restart is what the agents hold.
"""

import asyncio
import contextlib
import importlib.metadata
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from bus.base import AdminBus
from bus.signature import SigningKey
from controller import decide, holding
from controller.actions import Tell, Unacknowledged
from controller.answers import Answers
from controller.asking.agents import AgentAsking
from controller.carry_out import carry_out
from controller.held_file import HeldFile
from controller.history.camera_file import CameraFile, CameraPasts
from controller.history.camera_keeper import CameraKeeper
from controller.history.keeper import VersionKeeper
from controller.history.revision_file import RevisionFile
from controller.history.revision_keeper import RevisionKeeper
from controller.history.version_file import VersionFile, Versions
from controller.intake import Intake
from controller.kept_keys import FILE_NAME, KeyFile
from controller.key_keeper import KeyKeeper
from controller.knowledge import Knowledge
from controller.last_good_keeper import LastGoodKeeper
from controller.notifying.notifier import Notifier
from controller.picture.events import EventType
from controller.picture.picture import Picture
from controller.picture.store import ObjectStore
from controller.planner.guard import RemovalLimits
from controller.publish.publisher import Publisher
from controller.rest import Rest, rest
from controller.rules import Rules
from controller.source.last_good import LastGood
from controller.source.read.reader import Source
from controller.source.revisions import Revisions
from controller.timings import Timings
from controller.topic_check import TopicCheck
from controller.writing.bookkeeping import Bookkeeping, MemoryBookkeeping
from controller.writing.revision_answers import RevisionAnswers
from controller.writing.writer import Writer
from crds.messages import ControllerRun
from ports.ports import Ports

_log = logging.getLogger(__name__)

_COPIES_AT_ONCE = 5
"""Of the largest nodes, one takes 10 ms to verify and read."""


class Controller:
    """Decides for the fleet. Everything it touches comes in through its arguments."""

    def __init__(
        self,
        *,
        fleet_id: str,
        bus: AdminBus,
        key: SigningKey,
        source: Source,
        state_dir: Path,
        store: ObjectStore,
        event_store: ObjectStore,
        limits: RemovalLimits = RemovalLimits(),
        timings: Timings = Timings(),
        name: str = "controller",
        bookkeeping: Bookkeeping | None = None,
        notifier: Notifier | None = None,
        versions: Versions | None = None,
        revisions: RevisionFile | None = None,
        cameras: CameraPasts | None = None,
        ports: Ports = Ports(),
    ) -> None:
        """Makes a controller.

        Args:
            fleet_id: the fleet.
            bus: the way to the agents.
            key: the controller's key.
            source: where manifests come from.
            state_dir: the folder of its own on the disk of `ports`.
            store: the objects that the API shows.
            event_store: the events that the API shows.
            limits: how many instances and cameras a revision may take away without approval.
            timings: how often it does what nothing wakes it for.
            name: its machine and process, by which people know it from another controller of the fleet.
            bookkeeping: keeps what clients keep beside the manifests; None: in memory.
            notifier: tells others of events; None when nobody is told.
            versions: keeps the versions of instances; None: in memory.
            revisions: keeps those of a source that keeps none itself; None: in memory.
            cameras: keeps what happens to cameras; None: in memory.
            ports: clock, disk and threads.
        """
        self._timings = timings
        self._notifier = notifier
        self._clock = ports.clock
        self._threads = ports.threads
        self._last_good = LastGood(state_dir / "last-good.json", ports.disk)
        self._keys = KeyKeeper(KeyFile(state_dir / FILE_NAME, ports.disk), ports.threads)
        self._publisher = Publisher(
            bus=bus,
            key=key,
            directory=state_dir / "published",
            ports=ports,
            copy_after_seconds=timings.copy_after_seconds,
        )
        run = ControllerRun(name=name, started_at=ports.clock.now())
        version = importlib.metadata.version("dsfleet")
        self._rules = Rules(fleet_id, key.public_key_hex, version, limits, timings, run=run)
        self._picture = Picture(
            self._rules,
            objects=store,
            events=event_store,
            monotonic=ports.clock.monotonic,
            notice=lambda *seen: self.cameras.notice(*seen),  # noqa: PLW0108 - it is made below
        )
        self._knowledge = Knowledge(self._picture, ports.clock)
        self.cameras = CameraKeeper(cameras or CameraFile(), self._knowledge, ports.threads, timings)
        """What happened to cameras."""
        self._keeper = LastGoodKeeper(self._last_good, self._knowledge, ports.threads, timings)
        self._intake = Intake(
            bus=bus,
            source=source,
            knowledge=self._knowledge,
            rules=self._rules,
            clock=ports.clock,
            under_way=self._publisher.under_way,
        )
        self._topics = TopicCheck(bus=bus, knowledge=self._knowledge, timings=timings, clock=ports.clock)
        self._rest: Rest | None = None
        self._decided_for_seconds = 0.0
        self._held_file = HeldFile(state_dir / "held.json", ports.disk)
        self.answers = Answers(
            self._knowledge,
            self._picture,
            bus,
            keys=self._keys,
            clock=ports.clock,
            held_file=self._held_file,
            threads=ports.threads,
            publisher=self._publisher,
            fleet_id=fleet_id,
            objects=store,
            webhooks=notifier.status if notifier else None,
        )
        """To those who ask through the API."""
        self.asking = AgentAsking(self._knowledge, self._publisher, bus, fleet_id=fleet_id, ports=ports)
        """Asks agents for what people look at."""
        self.writer = Writer(
            self._knowledge,
            source,
            self._rules,
            store,
            threads=ports.threads,
            bookkeeping=bookkeeping or MemoryBookkeeping(),
            blind_seconds=self.cameras.measured_blind_seconds,
        )
        """Writes what they ask for into the manifests."""
        self.versions = VersionKeeper(
            versions or VersionFile(), self._knowledge, ports.threads, timings, reasons=self.writer.reasons
        )
        """What instances were to be before."""
        self._revision_keeper = None
        if (past := source.revisions) is None:
            file, authorship = revisions or RevisionFile(), self.writer.authorship
            past = RevisionKeeper(file, self._knowledge, ports.threads, timings, ports.clock, authorship)
            self._revision_keeper = past
        self.revisions: Revisions = past
        """What all manifests were before."""
        self.past = RevisionAnswers(
            self._knowledge, source, self.revisions, ports.threads, self.cameras.measured_blind_seconds
        )
        """To those who ask for that through the API."""

    async def run(self) -> None:
        """Runs until cancelled. Instances and agents go on when it ends.

        Raises:
            CannotStart: an existing topic would not keep what is entrusted to it.
        """
        recalled = await self._threads.run(self._last_good.load)
        kept, now = await self._keys.load(), self._clock.now()
        self._knowledge.become(*decide.recall(self._knowledge.state, (), recalled, self._rules, now, kept))
        await self._recall_copies()
        await self.writer.recall()
        with contextlib.suppress(OSError):  # it is tried again, and told
            await self.versions.load()
        with contextlib.suppress(OSError):
            await self.cameras.load()
        self._knowledge.become(*holding.recall(self._knowledge.state, *await self._threads.run(self._held_file.load)))
        await self._topics.begin()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._for_ever(self._topics.run))
                tasks.create_task(self._intake.read_topics())
                tasks.create_task(self._for_ever(self._intake.watch_source))
                tasks.create_task(self._for_ever(self._intake.fetch_on_demand))
                tasks.create_task(self._decide_and_act())
                tasks.create_task(self._for_ever(self._keeper.mark))
                tasks.create_task(self._for_ever(self._keeper.copy))
                tasks.create_task(self._for_ever(self._publisher.keep_copies))
                tasks.create_task(self._for_ever(self._keep_keys))
                tasks.create_task(self._for_ever(self.versions.keep))
                tasks.create_task(self._for_ever(self.cameras.keep))
                tasks.create_task(self._show_changes())
                if self._revision_keeper is not None:
                    tasks.create_task(self._for_ever(self._revision_keeper.watch))
                    tasks.create_task(self._for_ever(self._revision_keeper.keep))
        finally:
            await self.asking.aclose()
            self._keeper.finish()
            self.cameras.finish()
            self._publisher.finish()

    async def notify(self) -> None:
        """Tells others of events until cancelled: beside `run`, since that brokers are away is worth telling, too."""
        if self._notifier is not None:
            await self._for_ever(partial(self._notifier.run, self._knowledge.note))

    async def _recall_copies(self) -> None:
        """A few at a time: the API answers meanwhile."""
        left = await self._threads.run(self._publisher.paths_of_copies)
        while left:
            some, left = left[:_COPIES_AT_ONCE], left[_COPIES_AT_ONCE:]
            copies, now = await self._threads.run(self._publisher.copies, some), self._clock.now()
            self._knowledge.become(
                *decide.recall_copies(self._knowledge.state, copies, self._rules, now, left=len(left))
            )

    async def _for_ever(self, part: Callable[[], Awaitable[None]]) -> None:
        """Begins a part again that met a bug: it may end neither the part nor the others (S15)."""
        while True:
            try:
                await part()
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("a part of the controller failed; it begins again")
                self._knowledge.tell_of_bug()
            await asyncio.sleep(self._timings.tick_seconds)

    async def _decide_and_act(self) -> None:
        while True:
            try:
                await self._turn()
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("a turn of the loop failed; the next one comes")
                self._knowledge.tell_of_bug()
            self._knowledge.wake.pause_after(self._decided_for_seconds)
            await self._knowledge.wake.wait(self._timings.tick_seconds)

    async def _turn(self) -> None:
        await self._plan_ahead()
        now, begun = self._clock.now(), self._clock.monotonic()
        self._decided_for_seconds = 0.0
        if self._rest is not None and self._rest.lasts(self._knowledge.state, now):
            return
        self._knowledge.become(*decide.settle(self._knowledge.state, self._rules, now))
        self._decided_for_seconds = self._clock.monotonic() - begun
        idle, errors = True, []
        for step in (decide.publish, decide.publish_again, decide.ask_agents, decide.admit):
            try:
                idle = not await self._take(step) and idle
            except Exception as error:  # noqa: BLE001 - what fails in one step keeps no other from being done (S15)
                errors.append(error)
        self._rest = rest(self._knowledge.state, self._rules, now) if idle and not errors else None
        if errors:
            raise errors[0]

    async def _plan_ahead(self) -> None:
        """Before a term begins the API answers while the whole fleet is planned."""
        if self._knowledge.state.term is None and self._knowledge.state.caught_up:
            ahead = await self._threads.run(decide.plan_ahead, self._knowledge.state)
            # It may be another state by now: a plan made for an older one is a good beginning.
            state = self._knowledge.state
            gate = replace(state.gate, in_the_end=ahead.gate.in_the_end)
            self._knowledge.become(replace(state, gate=gate))

    async def _take(self, step: decide.Step) -> bool:
        """Takes a step; True when there was something to send."""
        begun = self._clock.monotonic()
        state, sends, notes = step(self._knowledge.state, self._rules, self._clock.now())
        self._knowledge.become(state, notes)
        self._decided_for_seconds += self._clock.monotonic() - begun
        if not sends:
            return False
        outcomes, error = await carry_out(sends, self._publisher)
        self._knowledge.become(*decide.after(self._knowledge.state, outcomes, self._rules))
        self._publisher.under_way.clear()
        if any(isinstance(outcome, Unacknowledged) for outcome in outcomes):
            self._knowledge.topics_doubted.set()
        if error is not None:
            raise error
        return True

    async def _keep_keys(self) -> None:
        """Beside the loop: a record on topic 210 tells the key of its agent, too."""
        while True:
            await self._knowledge.keys_changed.wait()
            self._knowledge.keys_changed.clear()
            try:
                await self._keys.store(self._knowledge)
            except OSError as error:
                text = f"the keys of the agents cannot be kept on disk: {error}"
                told = Tell(EventType.WARNING, "AgentKeysNotKept", text)
                self._knowledge.become(self._knowledge.state, (told,))
                await asyncio.sleep(self._timings.keep_again_seconds)
                self._knowledge.keys_changed.set()

    async def _show_changes(self) -> None:
        """Beside the loop that acts: brokers that do not answer must not keep people from seeing that."""
        while True:
            took = 0.0
            try:
                begun = self._clock.monotonic()
                state = self._knowledge.state
                for _ in self._picture.show(state, self._clock.now()):
                    took += self._clock.monotonic() - begun
                    await asyncio.sleep(0)
                    begun = self._clock.monotonic()
                took += self._clock.monotonic() - begun
                self._knowledge.shown = state.gate.in_force
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("the fleet could not be shown; publishing goes on")
            # Showing many changes takes a while: it may take a fifth of the time, unless people would wait for it.
            await asyncio.sleep(min(max(self._timings.show_every_seconds, 4 * took), self._timings.show_within_seconds))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.tick_seconds):
                    await self._knowledge.changed.wait()
            self._knowledge.changed.clear()
