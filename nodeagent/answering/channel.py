"""The way of the answers to one lease: numbered, signed, no more than there is room for at the other end."""

import asyncio
import logging

from bus.attached import with_attached
from bus.base import Bus, PublishFailed, Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from crds.answers import AgentAnswer, CameraSeries, PictureTold, UsageSample
from crds.asking import Lease
from crds.messages import AgentInfo
from ports.clock import Clock

_log = logging.getLogger(__name__)

_AGAIN_SECONDS = 1.0


class Channel:
    """Sends what is said to one lease, in order.

    Args:
        bus: where it goes.
        key: the key of this node.
        identity: who says it.
        lease: what it is about.
        clock: the time.
    """

    def __init__(self, *, bus: Bus, key: SigningKey, identity: AgentInfo, lease: Lease, clock: Clock) -> None:
        self._bus = bus
        self._key = key
        self._identity = identity
        self._number = lease.number
        self._clock = clock
        self._credit = lease.credit
        self._has_credit = asyncio.Event()
        self._sequence = 0

    def allow(self, credit: int) -> None:
        """Who asked has room for answers of lower numbers than this."""
        self._credit = max(self._credit, credit)
        self._has_credit.set()

    async def send(
        self,
        lines: str = "",
        usage: UsageSample | None = None,
        series: CameraSeries | None = None,
        picture: PictureTold | None = None,
        attached: bytes = b"",
    ) -> None:
        """Sends an answer, once there is room for it; returns when the brokers have it. They are asked again until they do."""
        while self._sequence >= self._credit:
            self._has_credit.clear()
            await self._has_credit.wait()
        value = with_attached(self._encoded(lines=lines, usage=usage, series=series, picture=picture), attached)
        while True:
            if await self._publish(value):
                break
            await asyncio.sleep(_AGAIN_SECONDS)
        self._sequence += 1

    async def send_once(self, picture: PictureTold, jpeg: bytes) -> bool:
        """Sends a picture if there is room for it and the brokers take it now: who looks wants the next one, and not this one late."""
        if self._sequence >= self._credit:
            return False
        is_sent = await self._publish(with_attached(self._encoded(picture=picture), jpeg))
        self._sequence += is_sent
        return is_sent

    async def end(self, problem: str = "", *, has_no_log: bool = False) -> None:
        """Sends the last answer: all is said, or cannot be for this reason. There is always room for it; it is tried once."""
        await self._publish(self._encoded(ends=True, problem=problem, has_no_log=has_no_log))

    def _encoded(self, **said: object) -> bytes:
        answer = {
            "fleet_id": self._identity.fleet_id,
            "node_id": self._identity.node_id,
            "boot_id": self._identity.boot_id,
            "lease": self._number,
            "sequence": self._sequence,
            "sent_at": self._clock.now(),
            **said,
        }
        return encode_signed(AgentAnswer.model_validate(answer), self._key)

    async def _publish(self, value: bytes) -> bool:
        try:
            await self._bus.publish(Topic.AGENT_ANSWER, key=str(self._identity.node_id), value=value)
        except PublishFailed as error:
            _log.info("an answer was not delivered: %s", error)
            return False
        return True
