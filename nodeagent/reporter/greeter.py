"""Greets the controller: who this is, and which generation it holds."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime

from bus.base import Bus, PublishFailed, Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from crds.messages import AgentInfo, GenerationRef

_log = logging.getLogger(__name__)

GREET_EVERY_SECONDS = 60.0
_FIRST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 30.0


class Greeter:
    """Publishes greetings on topic 200: when asked to, and every minute."""

    def __init__(
        self, *, bus: Bus, key: SigningKey, identity: AgentInfo, held: Callable[[], GenerationRef | None]
    ) -> None:
        """Makes a greeter.

        Args:
            bus: where greetings go.
            key: the key of this node.
            identity: the greeting; `highest` and `sent_at` are set anew each time.
            held: the newest generation in the ledger.
        """
        self._bus = bus
        self._key = key
        self._identity = identity
        self._held = held
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Greet now."""
        self._asked.set()

    async def run(self) -> None:
        """Greets until cancelled."""
        delay = _FIRST_DELAY_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                # Spread over the fleet, so that a thousand agents do not greet in step after an outage.
                async with asyncio.timeout(GREET_EVERY_SECONDS * random.uniform(0.8, 1.2)):  # noqa: S311 - no secret
                    await self._asked.wait()
            self._asked.clear()
            if await self._greet():
                delay = _FIRST_DELAY_SECONDS
                continue
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY_SECONDS)
            self._asked.set()

    async def _greet(self) -> bool:
        info = self._identity.model_copy(update={"highest": self._held(), "sent_at": datetime.now(UTC)})
        try:
            await self._bus.publish(Topic.AGENT_INFO, key=str(info.node_id), value=encode_signed(info, self._key))
        except (PublishFailed, ValueError) as error:
            _log.info("the greeting was not delivered: %s", error)
            return False
        return True
