"""Greets the controller: who this is, and which generation it holds."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from bus.base import Bus, PublishFailed, Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from crds.messages import AgentInfo, GenerationRef
from nodeagent.timings import Timings
from ports.ports import Ports

_log = logging.getLogger(__name__)


class Greeter:
    """Publishes greetings on topic 200: when asked to, and every minute."""

    def __init__(
        self,
        *,
        bus: Bus,
        key: SigningKey,
        identity: AgentInfo,
        observed: Callable[[], GenerationRef | None],
        ports: Ports,
        timings: Timings,
    ) -> None:
        """Makes a greeter.

        Args:
            bus: where greetings go.
            key: the key of this node.
            identity: the greeting; `highest`, `sequence` and `sent_at` are set anew each time.
            observed: the newest generation in the ledger.
            ports: the time, and dice that spread greetings over a fleet.
            timings: how often it greets, and how soon again after a failure.
        """
        self._bus = bus
        self._key = key
        self._identity = identity
        self._observed = observed
        self._ports = ports
        self._timings = timings
        self._asked = asyncio.Event()
        self._sequence = 0

    def ask(self) -> None:
        """Greet now."""
        self._asked.set()

    async def run(self) -> None:
        """Greets until cancelled."""
        timings = self._timings
        delay = timings.first_greeting_delay_seconds
        while True:
            with contextlib.suppress(TimeoutError):
                # Spread over the fleet, so that a thousand agents do not greet in step after an outage.
                async with asyncio.timeout(timings.greet_every_seconds * self._ports.dice.uniform(0.8, 1.2)):
                    await self._asked.wait()
            self._asked.clear()
            if await self._greet():
                delay = timings.first_greeting_delay_seconds
                continue
            await asyncio.sleep(delay)
            delay = min(delay * 2, timings.longest_greeting_delay_seconds)
            self._asked.set()

    async def _greet(self) -> bool:
        now = {"highest": self._observed(), "sequence": self._sequence, "sent_at": self._ports.clock.now()}
        info = self._identity.model_copy(update=now)
        self._sequence += 1
        try:
            await self._bus.publish(Topic.AGENT_INFO, key=str(info.node_id), value=encode_signed(info, self._key))
        except (PublishFailed, ValueError) as error:
            _log.info("the greeting was not delivered: %s", error)
            return False
        return True
