"""What the controller answers to those who ask it through its API."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bus.base import Bus, Topic
from bus.codec import encode_plain
from controller import decide, evicting, holding, known_agents, starting
from controller.actions import Tell
from controller.evicting import Eviction
from controller.held_file import HeldFile
from controller.key_keeper import KeyKeeper
from controller.knowledge import Knowledge
from controller.model import EvictionRefused, Holds, ObjectRef, Position
from controller.picture.brief import Brief, brief
from controller.picture.events import EventType, FleetEvent
from controller.picture.picture import Picture
from controller.picture.placed import PlacedInstance, placed_instances
from controller.picture.store import ObjectStore
from controller.publish.publisher import Publisher
from controller.source.read.reader import Unreadable
from controller.source.read.where import where_stands
from controller.state import State
from controller.status.orphans import orphan_command
from crds.messages import CommandKind, Refresh, UpdateConfig
from ports.clock import Clock
from ports.threads import Threads

EVICTED_WITHIN_SECONDS: Final = 10.0
"""As long as somebody waits until an instance was published on another node."""
_LOOK_SECONDS: Final = 0.25


class Answers:
    """Implements `controller.api.control.FleetControl`.

    Args:
        knowledge: what the controller knows.
        picture: what is shown of it.
        bus: where requests go.
        keys: keeps on disk whom to believe.
        clock: tells the time.
        held_file: where it is kept what people hold.
        threads: where that is written.
        publisher: signs and sends commands.
        fleet_id: the fleet.
        objects: what is shown.
        webhooks: how those do who are told of events; None when nobody is.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        picture: Picture,
        bus: Bus,
        *,
        keys: KeyKeeper,
        clock: Clock,
        held_file: HeldFile,
        threads: Threads,
        publisher: Publisher,
        fleet_id: str,
        objects: ObjectStore,
        webhooks: Callable[[], Mapping[str, Any]] | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._picture = picture
        self._bus = bus
        self._keys = keys
        self._clock = clock
        self._held_file = held_file
        self._threads = threads
        self._one_at_a_time = asyncio.Lock()
        self._publisher = publisher
        self._fleet_id = fleet_id
        self._objects = objects
        self._webhooks = webhooks

    @property
    def why_not_ready(self) -> str:
        """Why this is no controller to be asked; empty when it is.

        What it shows is the whole fleet once the topics were read to their ends; and it leads until another one does.
        """
        state = self._knowledge.state
        if state.superseded is not None:
            return state.superseded.message
        return self.why_starting

    @property
    def why_starting(self) -> str:
        """What is still to be done before the fleet is shown; empty for good once it is."""
        if self._picture.shows_the_fleet:
            return ""
        return starting.progress(self._knowledge.state) or "making what is shown"

    async def make_whole(self) -> None:
        """Has all made that was put off until somebody asks for objects. Others have their turns meanwhile."""
        for _ in self._picture.make_whole():
            await asyncio.sleep(0)

    def status(self) -> dict[str, Any]:
        """The answer of `/fleet/v1/status`."""
        webhooks = {} if self._webhooks is None else {"webhooks": self._webhooks()}
        return {**self._picture.status(self._knowledge.state), "starting": self.why_starting, **webhooks}

    def brief(self) -> Brief:
        """The few words for whoever looks all the time."""
        return brief(self._knowledge.state, self.why_starting)

    def placed_instances(self) -> dict[str, PlacedInstance]:
        """Every instance as its node was told it last, or will be told, by name."""
        return placed_instances(self._knowledge.state.plan, self._knowledge.state.published.configs)

    def where(self, ref: ObjectRef) -> Position | None:
        """Where the manifest of an object begins, with the file relative to the source; None when it stands in none."""
        reading = self._knowledge.state.reading
        return None if reading is None or isinstance(reading, Unreadable) else where_stands(reading.files, ref)

    async def approve(self, revision: str) -> str:
        """Approves the parked revision, named by its id or the beginning of it.

        Raises:
            ApproveRefused: no such revision is parked.
        """
        state, notes, said = decide.approve(self._knowledge.state, revision)
        self._knowledge.become(state, notes)
        self._knowledge.wake.set()
        return said

    async def trust(self, node: str, key: str) -> str:
        """Has a node known by a key, named by its fingerprint or itself, from now on.

        Raises:
            TrustRefused: with the reason.
            OSError: it holds now, and will not after a restart: the disk does not take it.
        """
        state, notes, said = known_agents.trust(self._knowledge.state, node, key, self._clock.now())
        self._knowledge.become(state, notes)
        self._knowledge.wake.set()
        await self._keys.store(self._knowledge)
        return said

    async def hold(self, instance: str, reason: str) -> str:
        """Holds an instance, once that is kept on disk.

        Raises:
            HoldRefused: there is no such instance.
            OSError: it cannot be kept.
        """
        return await self._change_holds(lambda state: holding.hold(state, instance, reason))

    async def release(self, instance: str) -> str:
        """Releases an instance, once that is kept on disk.

        Raises:
            HoldRefused: nobody holds it by request.
            OSError: it cannot be kept.
        """
        return await self._change_holds(lambda state: holding.release(state, instance))

    async def _change_holds(self, ask: Callable[[State], tuple[Holds, Tell, str]]) -> str:
        async with self._one_at_a_time:
            holds, told, said = ask(self._knowledge.state)
            await self._threads.run(self._held_file.store, holds)
            state = self._knowledge.state  # meanwhile somebody may have asked for moves
            kept = replace(state.holds, held=holds.held, released=holds.released)
            self._knowledge.become(replace(state, holds=kept), (told,))
        self._knowledge.wake.set()
        return said

    async def evict(self, instance: str, *, dry_run: bool) -> Eviction:
        """Has an instance run on another node, and returns once it was published there, and that is shown.

        From then on it stays there: nothing but what lies on the topic is needed for that.

        Raises:
            EvictionRefused: it stays where it is.
        """
        holds, eviction = evicting.evict(self._knowledge.state, instance, self._clock.now())
        if dry_run:
            return eviction
        self._become_asked(holds)
        try:
            if not await self._becomes_so(lambda: evicting.has_left(self._knowledge.state, eviction)):
                why = f"{eviction.said}, and that was not published within {EVICTED_WITHIN_SECONDS:g} s"
                raise EvictionRefused(f"{why}: ask again", is_final=False)
        finally:
            self._become_asked(evicting.withdrawn(self._knowledge.state.holds, instance))
        self._knowledge.become(self._knowledge.state, (eviction.told,))
        await self._becomes_so(lambda: self._is_shown_elsewhere(eviction))
        return eviction

    def _become_asked(self, holds: Holds) -> None:
        self._knowledge.become(replace(self._knowledge.state, holds=holds))
        self._knowledge.wake.set()

    def _is_shown_elsewhere(self, eviction: Eviction) -> bool:
        shown = self._objects.source(("DsInstance", eviction.instance))
        return shown is None or shown["status"]["node"] != eviction.node

    async def _becomes_so(self, is_so: Callable[[], bool]) -> bool:
        """Waits until something is so; False when it takes too long. It is looked at whenever an instance is shown otherwise."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + EVICTED_WITHIN_SECONDS
        while not is_so():
            if loop.time() >= deadline:
                return False
            cursor = self._objects.cursor("DsInstance")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await cursor.wait()
        return True

    async def order(self, kind: CommandKind, node: str, instance: str) -> str:
        """Has a node take over, or end, what an earlier agent has left on its machine.

        Raises:
            OrderRefused: with the reason.
            PublishFailed: the brokers did not take it.
        """
        state = self._knowledge.state
        revision = state.gate.in_force
        command = orphan_command(
            kind,
            revision.node_by_name.get(node) if revision else None,
            node,
            instance,
            fleet=state.fleet,
            fleet_id=self._fleet_id,
            epoch=state.term,
            leads=state.leads,
            now=self._clock.now(),
        )
        await self._publisher.answer(command)
        word = "take over" if kind is CommandKind.ADOPT else "end"
        said = f"node {node} was asked to {word} {len(command.runtimes)} of what an earlier agent has left"
        self._picture.tell(
            FleetEvent(ObjectRef("Node", node), EventType.NORMAL, "OrphansOrdered", said, command.sent_at)
        )
        self._knowledge.wake.set()
        return f"{said}; fleet describe node {node} says what becomes of it"

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
