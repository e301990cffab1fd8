"""Says how the node is: in a report when something changed, and every five seconds, for which a heartbeat is enough.

A heartbeat says that all is as the last report said: docs/adr/0027-heartbeats.md.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

from bus.base import Bus, PublishFailed, Topic
from bus.codec import encode_heartbeat, encode_signed
from bus.signature import SigningKey
from crds.condition import Condition
from crds.heartbeat import heartbeat_key
from crds.messages import AgentResponse
from nodeagent.reporter.heartbeats import Heartbeats
from nodeagent.reporter.truncated import truncated
from ports.clock import Clock

_log = logging.getLogger(__name__)

S = TypeVar("S")


class ReportSender(Generic[S]):
    """Publishes reports and heartbeats on topic 220. Never waits with anything else: lost ones are followed by newer ones."""

    def __init__(
        self,
        *,
        bus: Bus,
        key: SigningKey,
        standing: Callable[[datetime], S],
        has_moved: Callable[[S, S], bool],
        build: Callable[[int, datetime], AgentResponse],
        clock: Clock,
        every_seconds: float,
        full_every_seconds: float,
        is_watched: Callable[[], bool] = lambda: True,
    ) -> None:
        """Makes a sender.

        Args:
            bus: where reports go.
            key: the key of this node.
            standing: what a report of this very moment would say, without the numbers that move all the time. It is asked for
                at every nudge; only when it is not equal to that of the last report, or one is due, a report is built. While
                the node is watched nothing of it, and nothing that `has_moved` looks at, changes without a nudge.
            has_moved: whether numbers have moved so far since the last report that a heartbeat does not say enough.
            build: makes the report, from its sequence number and the time.
            clock: the time.
            every_seconds: between two reports, or heartbeats, when nothing changes but numbers.
            full_every_seconds: between two reports then.
            is_watched: False while nobody would nudge, and time alone makes what is known old.
        """
        self._bus = bus
        self._key = key
        self._standing = standing
        self._has_moved = has_moved
        self._build = build
        self._clock = clock
        self._every_seconds = every_seconds
        self._full_every_seconds = full_every_seconds
        self._is_watched = is_watched
        self._changed = asyncio.Event()
        self._sequence = 0
        self._last_sent: S | None = None
        self._is_unmoved = False
        """True when the last look has shown that nothing has moved since the last report."""
        self._heartbeats: Heartbeats | None = None
        """Those that follow the last report, if that was acknowledged."""
        self._heartbeats_until = self._full_due_at = 0.0
        self._node_id = ""
        self._forced = False
        self._truncation: Condition | None = None

    def nudge(self) -> None:
        """Something may have changed: look, and report if it did."""
        self._changed.set()

    def force(self) -> None:
        """Report now, whether anything changed or not."""
        self._forced = True
        self._changed.set()

    def allow_heartbeats(self, for_seconds: float) -> None:
        """The controller takes heartbeats for so long from now on, whatever it said before."""
        self._heartbeats_until = self._clock.monotonic() + for_seconds

    async def run(self) -> None:
        """Reports until cancelled."""
        loop = asyncio.get_running_loop()
        due_at = loop.time() + self._every_seconds
        while True:
            # A deadline and no delay: somebody may nudge more often than every five seconds, for ever.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due_at):
                    await self._changed.wait()
            is_nudged = self._changed.is_set()
            self._changed.clear()
            if await self._speak(is_due=loop.time() >= due_at, is_nudged=is_nudged):
                due_at = loop.time() + self._every_seconds

    async def _speak(self, *, is_due: bool, is_nudged: bool) -> bool:
        """Says how the node is at this moment, if there is a reason to; True when it was tried."""
        now = self._clock.now()
        is_known = self._is_unmoved and not is_nudged and self._is_watched()
        heartbeat = self._next_heartbeat(now) if is_known and is_due else None
        try:
            if heartbeat is not None:
                await self._beat(heartbeat)
                return True
            standing = self._standing(now)
            is_news = self._forced or standing != self._last_sent
            if not is_news and not is_due:
                self._is_unmoved = False
                return False
            self._forced = False
            self._is_unmoved = (
                not is_news and self._last_sent is not None and not self._has_moved(self._last_sent, standing)
            )
            heartbeat = self._next_heartbeat(now) if self._is_unmoved else None
            if heartbeat is not None:
                await self._beat(heartbeat)
            else:
                await self._report(standing, now)
        except PublishFailed as error:
            self._last_sent = self._heartbeats = None
            self._is_unmoved = False
            _log.info("the report was not delivered, a newer one will follow: %s", error)
        return True

    # --- heartbeats --------------------------------------------------------------------------------------------------

    def _may_beat(self) -> bool:
        return self._clock.monotonic() < self._heartbeats_until

    def _next_heartbeat(self, now: datetime) -> bytes | None:
        """The heartbeat that is enough while nothing has moved; None when it must be a report."""
        if self._heartbeats is None or not self._may_beat() or self._clock.monotonic() >= self._full_due_at:
            return None
        heartbeat = self._heartbeats.next(now)
        with contextlib.suppress(ValueError):  # with a very long name of the fleet none can be sent
            return None if heartbeat is None else encode_heartbeat(heartbeat)
        return None

    async def _beat(self, heartbeat: bytes) -> None:
        await self._bus.publish(Topic.AGENT_RESPONSE, key=heartbeat_key(self._node_id), value=heartbeat)

    # --- reports -----------------------------------------------------------------------------------------------------

    async def _report(self, standing: S, now: datetime) -> None:
        """Sends the report of this moment.

        Raises:
            PublishFailed: no acknowledgement.
        """
        report = self._build(self._sequence, now)
        self._sequence += 1
        self._heartbeats, heartbeats = None, None
        if self._may_beat():
            heartbeats = Heartbeats(self._key.secret_for(f"heartbeats {report.boot_id} {report.sequence}"))
            report = report.model_copy(update={"heartbeat_anchor": heartbeats.anchor})
        try:
            record = await self._publish_what_fits(report)
        except ValueError as error:
            _log.error("the report cannot be sent: %s", error)
        else:
            if heartbeats is not None:
                heartbeats.follow(report, record)
            self._heartbeats, self._node_id = heartbeats, str(report.node_id)
            self._full_due_at = self._clock.monotonic() + self._full_every_seconds
        self._last_sent = standing  # one that cannot be sent, the same again would fail again
        self._is_unmoved = True

    async def _publish_what_fits(self, report: AgentResponse) -> bytes:
        """Publishes the report, or the fullest form of it that the topic allows; returns what was written.

        Raises:
            PublishFailed: no acknowledgement.
            ValueError: even the smallest form is too large.
        """
        try:
            record = await self._publish(report)
        except ValueError as error:
            too_large = error
        else:
            self._truncation = None
            return record
        for form in truncated(report):
            *others, condition = form.conditions
            lasting = condition.since((self._truncation,) if self._truncation else ())
            with contextlib.suppress(ValueError):
                record = await self._publish(form.model_copy(update={"conditions": (*others, lasting)}))
                if self._truncation is None or self._truncation.message != lasting.message:
                    _log.warning("the report is sent in part, %s: %s", lasting.message, too_large)
                self._truncation = lasting
                return record
        raise too_large

    async def _publish(self, report: AgentResponse) -> bytes:
        value = encode_signed(report, self._key)
        await self._bus.publish(Topic.AGENT_RESPONSE, key=str(report.node_id), value=value)
        return value
