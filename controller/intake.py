"""Reads the topics and the manifests beside the loop: what comes makes the state another one, and wakes whoever decides."""

import asyncio
import logging
from datetime import datetime

from bus.base import Bus, BusEvent, ConnectionChanged, MadeAnew
from controller import decide
from controller.inbox import SUBSCRIPTIONS, Inbox
from controller.knowledge import Knowledge
from controller.rules import Rules
from controller.source.read.reader import Source
from ports.clock import Clock

_log = logging.getLogger(__name__)

# So many events are taken in at once at most: the rest of the program waits meanwhile.
_LARGEST_BATCH = 500


class Intake:
    """What comes in."""

    def __init__(self, *, bus: Bus, source: Source, knowledge: Knowledge, rules: Rules, clock: Clock) -> None:
        """Has read nothing.

        Args:
            bus: the way from the agents.
            source: where manifests come from.
            knowledge: what becomes another one.
            rules: what stays the same while the controller runs.
            clock: tells when something came.
        """
        self._bus = bus
        self._source = source
        self._knowledge = knowledge
        self._rules = rules
        self._clock = clock
        self._came: list[tuple[BusEvent, datetime]] = []

    async def read_topics(self) -> None:
        """Reads until cancelled. No record, of whatever content, ends it (S15)."""
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
        inbox = Inbox(self._knowledge.state, self._rules)
        for event, at in came:
            try:
                inbox.take(event, at)
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("an event of the bus could not be taken in")
        self._knowledge.become(*inbox.done())
        self._knowledge.wake.set()
        if any(isinstance(event, ConnectionChanged | MadeAnew) for event, _ in came):
            self._knowledge.topics_doubted.set()

    async def watch_source(self) -> None:
        """Reads the manifests whenever they may have changed: a repository that does not answer holds nothing up."""
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
