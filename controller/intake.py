"""Reads the topics and the manifests beside the loop: what comes makes the state another one, and wakes whoever decides."""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime

from bus.base import Bus, BusEvent, ConnectionChanged, MadeAnew
from controller import decide
from controller.inbox import SUBSCRIPTIONS, Inbox
from controller.knowledge import Knowledge
from controller.publish.published import UnderWay
from controller.rules import Rules
from controller.source.read.reader import Source
from ports.clock import Clock

_log = logging.getLogger(__name__)

# The rest of the program waits for so long at most, and for one more event, while events are taken in.
_SLICE_SECONDS = 0.005
# Of ten thousand agents one is heard every 0.4 ms. What comes meanwhile is taken in at once with it: some tables are copied
# each time. So long and no longer that takes, and as long as it took, times so much, where that is less.
_MOST_PAUSE_SECONDS = 0.02
_PAUSE_FACTOR = 9
# When so many wait, no more are read: they stay on the brokers.
_MOST_WAITING = 500


class Intake:
    """What comes in."""

    def __init__(
        self,
        *,
        bus: Bus,
        source: Source,
        knowledge: Knowledge,
        rules: Rules,
        clock: Clock,
        under_way: Mapping[str, UnderWay],
    ) -> None:
        """Has read nothing.

        Args:
            bus: the way from the agents.
            source: where manifests come from.
            knowledge: what becomes another one.
            rules: what stays the same while the controller runs.
            clock: tells when something came.
            under_way: what is being published, by node id.
        """
        self._bus = bus
        self._source = source
        self._knowledge = knowledge
        self._rules = rules
        self._clock = clock
        self._under_way = under_way
        self._came: deque[tuple[BusEvent, datetime]] = deque()
        self._has_room = asyncio.Event()
        self._not_before = 0.0

    async def read_topics(self) -> None:
        """Reads until cancelled. No record, of whatever content, ends it (S15)."""
        async with self._bus.subscribe(SUBSCRIPTIONS) as events:
            async for event in events:
                self._came.append((event, self._clock.now()))
                if len(self._came) == 1:
                    self._take_in_soon()
                if len(self._came) >= _MOST_WAITING:
                    self._has_room.clear()
                    await self._has_room.wait()

    def _take_in_soon(self) -> None:
        """With all that comes before the task that reads has to wait, or the pause is over."""
        loop, pause = asyncio.get_running_loop(), self._not_before - self._clock.monotonic()
        if pause > 0:
            loop.call_later(pause, self._take_in)
        else:
            loop.call_soon(self._take_in)

    def _take_in(self) -> None:
        """Takes in what came, in slices: between two of them the API answers, and what is due is sent."""
        begun = self._clock.monotonic()
        try:
            self._take_in_slice(until=begun + _SLICE_SECONDS)
        except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15): what came after it is taken in
            _log.exception("what came from the bus could not be taken in")
            self._knowledge.tell_of_bug()
        self._has_room.set()
        is_caught_up = self._knowledge.state.caught_up
        if self._came:
            asyncio.get_running_loop().call_soon(self._take_in)
        elif is_caught_up:
            ended = self._clock.monotonic()
            self._not_before = ended + min(_MOST_PAUSE_SECONDS, _PAUSE_FACTOR * (ended - begun))
        if not self._came or is_caught_up:  # before, nothing can be decided
            self._knowledge.wake.soon()

    def _take_in_slice(self, until: float) -> None:
        inbox = Inbox(self._knowledge.state, self._rules, self._under_way)
        while self._came:
            event, at = self._came.popleft()
            try:
                inbox.take(event, at)
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("an event of the bus could not be taken in")
            if isinstance(event, ConnectionChanged | MadeAnew):
                self._knowledge.topics_doubted.set()
            if self._clock.monotonic() >= until:
                break
        self._knowledge.become(*inbox.done())

    async def watch_source(self) -> None:
        """Reads the manifests whenever they may have changed: a repository that does not answer holds nothing up."""
        if (recalled := self._knowledge.state.gate.in_force) is not None:
            self._source.expect(recalled)
        async for _ in self._source.changes():
            reading = await self._source.read()
            self._knowledge.become(decide.has_read(self._knowledge.state, reading))
            self._knowledge.wake.set()

    async def fetch_on_demand(self) -> None:
        """Looks at the source when somebody wants that."""
        while True:
            await self._knowledge.fetch.wait()
            self._knowledge.fetch.clear()
            await self._source.refresh()
