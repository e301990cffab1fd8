"""Sees to it that the topics are there: at the start, when there is a doubt, and every minute."""

import asyncio
import contextlib
import logging

from bus.base import AdminBus, TopicsChecked
from bus.kafka_options import CannotStart
from controller import topic_loss
from controller.knowledge import Knowledge
from controller.timings import Timings
from ports.clock import Clock

_log = logging.getLogger(__name__)


class TopicCheck:
    """Has the bus make the topics that are missing, and says what was found."""

    def __init__(self, *, bus: AdminBus, knowledge: Knowledge, timings: Timings, clock: Clock) -> None:
        """Has looked at nothing.

        Args:
            bus: where the topics are.
            knowledge: is told what was found; says when the topics are in doubt.
            timings: how often it looks.
            clock: tells when something was found.
        """
        self._bus = bus
        self._knowledge = knowledge
        self._timings = timings
        self._clock = clock

    async def begin(self) -> None:
        """Looks for the first time, when the brokers answer. What was published before is known by then.

        Raises:
            CannotStart: an existing topic would not keep what is entrusted to it.
        """
        checked = await self._checked(logging.WARNING)
        if checked.differences:
            raise CannotStart("; ".join(checked.differences))
        if self._knowledge.state.published.by_node:
            self._tell_of_loss(checked)

    async def run(self) -> None:
        """Looks until cancelled."""
        doubted = self._knowledge.topics_doubted
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.topics_every_seconds):
                    await doubted.wait()
            doubted.clear()
            checked = await self._checked(logging.DEBUG)
            self._tell_of_loss(checked)
            self._knowledge.become(*topic_loss.found(self._knowledge.state, checked))

    def _tell_of_loss(self, checked: TopicsChecked) -> None:
        """What lay on topics that were missing is gone; the reader tells, too, if it had read any of that."""
        if checked.made:
            self._knowledge.become(*topic_loss.lost(self._knowledge.state, checked.made, self._clock.now()))
            self._knowledge.wake.set()

    async def _checked(self, level: int) -> TopicsChecked:
        while True:
            try:
                return await self._bus.ensure_topics()
            except ConnectionError as error:
                _log.log(level, "Kafka does not answer, trying again: %s", error)
                await asyncio.sleep(self._timings.broker_retry_seconds)
