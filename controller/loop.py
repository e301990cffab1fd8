"""The loop of the controller: any wake-up means look at everything, then act.

Manifests and messages come in by tasks of their own, which only make the state the next one and wake the loop. What is
decided stands in `decide`; here it is carried out. Nothing is published before the topics were read to their ends: what
was published before a restart is what the agents hold.
"""

import asyncio
import contextlib
import importlib.metadata
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from bus.base import Bus, BusEvent, Topic
from bus.codec import encode_plain
from bus.signature import SigningKey
from controller import decide
from controller.actions import Fetch, KeepLastGood, Log, Note, Tell
from controller.carry_out import carry_out
from controller.inbox import SUBSCRIPTIONS, Inbox
from controller.model import Revision
from controller.picture.events import EventType, FleetEvent
from controller.picture.picture import Picture
from controller.picture.placed import PlacedInstance, placed_instances
from controller.picture.store import ObjectStore
from controller.planner.guard import RemovalLimit
from controller.publish.publisher import Publisher
from controller.rules import Rules
from controller.source.last_good import LastGood
from controller.source.read.reader import Source
from controller.state import State
from controller.timings import Timings
from crds.messages import Refresh, UpdateConfig
from ports.ports import Ports

_log = logging.getLogger(__name__)

# So many events are taken in at once at most: the rest of the program waits meanwhile.
_LARGEST_BATCH = 500

_UNEXPECTED = Tell(EventType.WARNING, "UnexpectedError", "the controller met an error: see its log")
_LEVELS = {EventType.NORMAL: logging.INFO, EventType.WARNING: logging.WARNING}


class Controller:
    """Decides for the fleet. Everything it touches comes in through its arguments."""

    def __init__(
        self,
        *,
        fleet_id: str,
        bus: Bus,
        key: SigningKey,
        source: Source,
        state_dir: Path,
        store: ObjectStore,
        event_store: ObjectStore,
        limit: RemovalLimit = RemovalLimit(),
        timings: Timings = Timings(),
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
            limit: how many instances a revision may remove without approval.
            timings: how often it does what nothing wakes it for.
            ports: clock, disk and threads.
        """
        self._bus = bus
        self._source = source
        self._timings = timings
        self._clock = ports.clock
        self._threads = ports.threads
        self._last_good = LastGood(state_dir / "last-good.json", ports.disk)
        self._publisher = Publisher(bus=bus, key=key, directory=state_dir / "published", ports=ports)
        self._rules = Rules(fleet_id, key.public_key_hex, limit, timings)
        version = importlib.metadata.version("dsfleet")
        self._picture = Picture(self._rules, version, objects=store, events=event_store)
        self._state = State()
        self._rest: decide.Rest | None = None
        self._came: list[tuple[BusEvent, datetime]] = []
        self._to_keep: asyncio.Queue[Revision] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._fetch = asyncio.Event()

    async def run(self) -> None:
        """Runs until cancelled. Instances and agents go on when it ends."""
        copies = await self._threads.run(self._publisher.copies)
        recalled = await self._threads.run(self._last_good.load)
        self._become(*decide.recall(self._state, copies, recalled, self._rules, self._clock.now()))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read_topics())
            tasks.create_task(self._for_ever(self._watch_source))
            tasks.create_task(self._for_ever(self._fetch_on_demand))
            tasks.create_task(self._decide_and_act())
            tasks.create_task(self._keep_last_good())
            tasks.create_task(self._show_changes())

    async def _for_ever(self, part: Callable[[], Awaitable[None]]) -> None:
        """Begins a part again that met a bug: it may end neither the part nor the others (S15)."""
        while True:
            try:
                await part()
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("a part of the controller failed; it begins again")
                self._tell(_UNEXPECTED)
            await asyncio.sleep(self._timings.tick_seconds)

    def _become(self, state: State, notes: tuple[Note, ...] = ()) -> None:
        if state is not self._state:
            self._state = state
            self._changed.set()
        for note in notes:
            match note:
                case Tell():
                    self._tell(note)
                case Log(type=kind, message=message, error=error):
                    _log.log(_LEVELS[kind], "%s", message, exc_info=error)
                case KeepLastGood(revision=revision):
                    self._to_keep.put_nowait(revision)
                case Fetch():
                    self._fetch.set()

    def _tell(self, told: Tell) -> None:
        _log.log(_LEVELS[told.type], "%s: %s: %s", told.subject, told.reason, told.message)
        self._picture.tell(FleetEvent(told.subject, told.type, told.reason, told.message, self._clock.now()))
        self._changed.set()

    # --- what wakes the loop -------------------------------------------------------------------------------------

    async def _read_topics(self) -> None:
        call_soon = asyncio.get_running_loop().call_soon
        async with self._bus.subscribe(SUBSCRIPTIONS) as events:
            async for event in events:
                self._came.append((event, self._clock.now()))
                if len(self._came) == 1:
                    call_soon(self._take_in)  # with all that comes before this task has to wait
                elif len(self._came) == _LARGEST_BATCH:
                    self._take_in()

    def _take_in(self) -> None:
        came, self._came = self._came, []
        inbox = Inbox(self._state, self._rules)
        for event, at in came:
            try:
                inbox.take(event, at)
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("an event of the bus could not be taken in")
        self._become(*inbox.done())
        self._wake.set()

    async def _watch_source(self) -> None:
        """Reads beside the loop: a repository that does not answer must not hold up anything else."""
        async for _ in self._source.changes():
            reading = await self._source.read()
            self._become(decide.has_read(self._state, reading))
            self._wake.set()

    async def _fetch_on_demand(self) -> None:
        while True:
            await self._fetch.wait()
            self._fetch.clear()
            await self._source.refresh()

    # --- the loop ------------------------------------------------------------------------------------------------

    async def _decide_and_act(self) -> None:
        while True:
            try:
                await self._turn()
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("a turn of the loop failed; the next one comes")
                self._tell(_UNEXPECTED)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.tick_seconds):
                    await self._wake.wait()
            self._wake.clear()

    async def _turn(self) -> None:
        now = self._clock.now()
        if self._rest is not None and self._rest.lasts(self._state, now):
            return
        self._become(*decide.settle(self._state, self._rules, now))
        idle, errors = True, []
        for step in (decide.publish, decide.publish_again, decide.admit):
            try:
                idle = not await self._take(step) and idle
            except Exception as error:  # noqa: BLE001 - what fails in one step keeps no other from being done (S15)
                errors.append(error)
        self._rest = decide.rest(self._state, self._rules, now) if idle and not errors else None
        if errors:
            raise errors[0]

    async def _take(self, step: decide.Step) -> bool:
        """Takes a step; True when there was something to send."""
        state, sends, notes = step(self._state, self._rules, self._clock.now())
        self._become(state, notes)
        if not sends:
            return False
        outcomes, error = await carry_out(sends, self._publisher)
        self._become(*decide.after(self._state, outcomes, self._rules))
        if error is not None:
            raise error
        return True

    async def _keep_last_good(self) -> None:
        """Beside the loop: a slow disk holds up the generations of its revision, and nothing else."""
        while True:
            revision = await self._to_keep.get()
            try:
                await self._threads.run(self._last_good.store, revision)
            except OSError as error:
                text = f"the revision cannot be kept on disk: {error}"
                self._tell(Tell(EventType.WARNING, "LastGoodNotKept", text))
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("revision %s could not be kept on disk", revision.id)
                self._tell(_UNEXPECTED)
            self._become(decide.has_kept(self._state, revision))
            self._wake.set()

    # --- what the API shows and asks -----------------------------------------------------------------------------

    async def _show_changes(self) -> None:
        """Beside the loop that acts: brokers that do not answer must not keep people from seeing that."""
        while True:
            begun = self._clock.monotonic()
            try:
                self._picture.show(self._state, self._clock.now())
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("the fleet could not be shown; publishing goes on")
            # Showing a large fleet takes a while: it may take a fifth of the time, however many reports come in.
            took = self._clock.monotonic() - begun
            await asyncio.sleep(max(self._timings.show_every_seconds, 4 * took))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.tick_seconds):
                    await self._changed.wait()
            self._changed.clear()

    @property
    def caught_up(self) -> bool:
        """True when the topics were read to their ends: what the API shows is then the whole fleet."""
        return self._state.caught_up

    def status(self) -> dict[str, Any]:
        """The answer of `/fleet/v1/status`."""
        return self._picture.status(self._state)

    def placed_instances(self) -> dict[str, PlacedInstance]:
        """Every instance as its node was told it last, or will be told, by name."""
        return placed_instances(self._state.plan, self._state.published.configs)

    async def approve(self, revision: str) -> str:
        """Approves the parked revision, named by its id or the beginning of it.

        Raises:
            ApproveRefused: no such revision is parked.
        """
        state, notes, said = decide.approve(self._state, revision)
        self._become(state, notes)
        self._wake.set()
        return said

    async def update(self, desc: str) -> None:
        """Asks every controller, by topic 300, to reconcile now.

        Raises:
            PublishFailed: the brokers did not take it.
        """
        await self._bus.publish(Topic.UPDATE_CONFIG, key=None, value=encode_plain(UpdateConfig(desc=desc)))

    async def refresh(self, desc: str) -> None:
        """Asks every agent, by topic 301, to greet and report now.

        Raises:
            PublishFailed: the brokers did not take it.
        """
        await self._bus.publish(Topic.REFRESH, key=None, value=encode_plain(Refresh(desc=desc)))
