"""Says whether the brokers accept the time of this machine: without that, nobody hears of it why."""

import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

from bus.base import Bus, BusEvent, Subscription, TimestampRefused, Topic
from nodeagent.reporter.conditions import TIME_ACCEPTED, Conditions

_log = logging.getLogger(__name__)

_REFUSED = (
    "the brokers refuse records with the time of this machine: synchronise its clock with a time server, and theirs"
)


class TimeWatch:
    """A bus that remembers what became of the time stamps on what it publishes.

    Args:
        bus: does it.
        conditions: where it is said. A machine whose time was never refused says nothing of it.
    """

    def __init__(self, bus: Bus, conditions: Conditions) -> None:
        self._bus = bus
        self._conditions = conditions
        self._was_refused = False

    async def publish(self, topic: Topic, *, key: str | None, value: bytes | None) -> None:
        """See `bus.base.Bus`."""
        try:
            await self._bus.publish(topic, key=key, value=value)
        except TimestampRefused as error:
            self._was_refused = True
            if self._conditions.set(TIME_ACCEPTED, ok=False, reason="TimestampRefused", message=_REFUSED):
                _log.error("%s", error)
            raise
        if self._was_refused:
            self._was_refused = False
            self._conditions.set(TIME_ACCEPTED, ok=True, reason="Accepted")
            _log.info("the brokers accept the time of this machine again")

    def subscribe(
        self, subscriptions: tuple[Subscription, ...]
    ) -> AbstractAsyncContextManager[AsyncIterator[BusEvent]]:
        """See `bus.base.Bus`."""
        return self._bus.subscribe(subscriptions)

    async def aclose(self) -> None:
        """See `bus.base.Bus`."""
        await self._bus.aclose()
