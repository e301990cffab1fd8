"""Sends the newest report: at once when something changed, and every five seconds; older ones are dropped."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime

from bus.base import Bus, PublishFailed, Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from crds.condition import Condition
from crds.messages import AgentResponse
from nodeagent.reporter.truncated import truncated
from ports.clock import Clock

_log = logging.getLogger(__name__)


class ReportSender:
    """Publishes reports on topic 220. Never waits with anything else: lost reports are followed by newer ones."""

    def __init__(
        self,
        *,
        bus: Bus,
        key: SigningKey,
        standing: Callable[[datetime], object],
        build: Callable[[int, datetime], AgentResponse],
        clock: Clock,
        every_seconds: float,
    ) -> None:
        """Makes a sender.

        Args:
            bus: where reports go.
            key: the key of this node.
            standing: what a report of this very moment would say, without the numbers that move all the time. It is asked for
                at every nudge; only when it is not equal to that of the last report, or one is due, a report is built.
            build: makes the report, from its sequence number and the time.
            clock: the time.
            every_seconds: between two reports when nothing changes but numbers.
        """
        self._bus = bus
        self._key = key
        self._standing = standing
        self._build = build
        self._clock = clock
        self._every_seconds = every_seconds
        self._changed = asyncio.Event()
        self._sequence = 0
        self._last_sent: object = None
        self._forced = False
        self._truncation: Condition | None = None

    def nudge(self) -> None:
        """Something may have changed: look, and report if it did."""
        self._changed.set()

    def force(self) -> None:
        """Report now, whether anything changed or not."""
        self._forced = True
        self._changed.set()

    async def run(self) -> None:
        """Reports until cancelled."""
        loop = asyncio.get_running_loop()
        due_at = loop.time() + self._every_seconds
        while True:
            # A deadline and no delay: somebody may nudge more often than every five seconds, for ever.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due_at):
                    await self._changed.wait()
            self._changed.clear()
            if await self._send(even_if_unchanged=self._forced or loop.time() >= due_at):
                due_at = loop.time() + self._every_seconds

    async def _send(self, *, even_if_unchanged: bool) -> bool:
        """Sends the report of this moment, if there is a reason to; True when it was tried."""
        self._forced = False
        now = self._clock.now()
        standing = self._standing(now)
        if standing == self._last_sent and not even_if_unchanged:
            return False
        report = self._build(self._sequence, now)
        self._sequence += 1
        try:
            await self._publish_what_fits(report)
        except PublishFailed as error:
            self._last_sent = None
            _log.info("the report was not delivered, a newer one will follow: %s", error)
        except ValueError as error:
            self._last_sent = standing  # the same again would fail again
            _log.error("the report cannot be sent: %s", error)
        else:
            self._last_sent = standing
        return True

    async def _publish_what_fits(self, report: AgentResponse) -> None:
        """Publishes the report, or the fullest form of it that the topic allows.

        Raises:
            PublishFailed: no acknowledgement.
            ValueError: even the smallest form is too large.
        """
        try:
            await self._publish(report)
        except ValueError as error:
            too_large = error
        else:
            self._truncation = None
            return
        for form in truncated(report):
            *others, condition = form.conditions
            lasting = condition.since((self._truncation,) if self._truncation else ())
            with contextlib.suppress(ValueError):
                await self._publish(form.model_copy(update={"conditions": (*others, lasting)}))
                if self._truncation is None or self._truncation.message != lasting.message:
                    _log.warning("the report is sent in part, %s: %s", lasting.message, too_large)
                self._truncation = lasting
                return
        raise too_large

    async def _publish(self, report: AgentResponse) -> None:
        value = encode_signed(report, self._key)
        await self._bus.publish(Topic.AGENT_RESPONSE, key=str(report.node_id), value=value)
