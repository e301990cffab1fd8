"""Says leases to agents, renews them while somebody looks, and takes them back."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from bus.base import PublishFailed
from controller.asking.answer_reader import AnswerReader
from controller.asking.base import CannotAsk
from controller.asking.conversation import Conversation
from controller.asking.whom import Whom
from controller.publish.publisher import Publisher
from crds.asking import Lease, LogsAsked, SeriesAsked, SnapshotAsked
from crds.messages import AgentCommand, CommandKind
from ports.clock import Clock
from ports.dice import Dice

_log = logging.getLogger(__name__)

_NUMBERS = 2**52


@dataclass(frozen=True)
class AskingTimings:
    """Seconds."""

    answer_seconds: float = 10.0
    """For the first answer, and for the topic to be read."""
    sample_seconds: float = 5.0
    """For what nodes use."""
    lease_seconds: int = 45
    """Of logs: agents stop so long after a controller that is gone."""
    renew_every_seconds: float = 15.0
    look_every_seconds: float = 3.0
    """Whether an agent that is asked is still there."""
    usage_lease_seconds: int = 15
    """Of usage: a sample of that age is an answer."""
    picture_lease_seconds: int = 30
    renew_pictures_seconds: float = 10.0
    look_for_pictures_seconds: float = 1.0
    """Who looks at other cameras waits so long for the first picture, and no agent is told more often."""
    seen_seconds: float = 12.0
    """A camera counts as looked at for so long: a page says it every five seconds."""
    again_seconds: float = 5.0
    """An agent that could not be asked for pictures is not asked again before."""
    linger_seconds: float = 15.0
    """How long the topic of answers is read after the last question."""


class LeaseOffice:
    """The way of leases to agents.

    Args:
        publisher: signs and sends.
        reader: reads the answers.
        clock: the time.
        dice: choose the first number; another controller chooses another.
        fleet_id: the fleet.
        timings: how long leases are.
    """

    def __init__(
        self,
        *,
        publisher: Publisher,
        reader: AnswerReader,
        clock: Clock,
        dice: Dice,
        fleet_id: str,
        timings: AskingTimings,
    ) -> None:
        self._publisher = publisher
        self._reader = reader
        self._clock = clock
        self._fleet_id = fleet_id
        self._timings = timings
        self._number = int(dice.uniform(1, _NUMBERS))
        self._last_words: set[asyncio.Task[None]] = set()

    def next_number(self) -> int:
        """The number of a new lease."""
        self._number += 1
        return self._number

    @asynccontextmanager
    async def lease(
        self,
        whom: Whom,
        what: str,
        logs: LogsAsked | None,
        still: Callable[[], Whom],
        *,
        series: SeriesAsked | None = None,
        snapshot: SnapshotAsked | None = None,
    ) -> AsyncIterator[Conversation]:
        """A lease that is renewed as long as this is open, and the answers to it.

        Args:
            whom: whom it is for.
            what: what is asked.
            logs: which lines.
            series: which camera.
            snapshot: which picture.
            still: whom the same question would go to now; raises CannotAsk.

        Raises:
            CannotAsk: it cannot be said.
        """
        conversation = Conversation(self.next_number(), whom)
        lease = Lease(
            number=conversation.number,
            boot_id=whom.boot_id,
            seconds=self._timings.lease_seconds,
            what=what,
            logs=logs,
            series=series,
            snapshot=snapshot,
        )
        async with self._reader.reading():
            with self._reader.hearing(conversation):
                await self.say(whom, lease.model_copy(update={"begins": True, "credit": conversation.told()}))
                renewing = asyncio.create_task(self._renew(conversation, lease, still))
                try:
                    yield conversation
                finally:
                    renewing.cancel()
                    self.take_back(whom, lease)

    async def say(self, whom: Whom, lease: Lease) -> None:
        """Says a lease.

        Raises:
            CannotAsk: the brokers do not take it.
        """
        command = AgentCommand(
            fleet_id=self._fleet_id,
            node_id=UUID(whom.node_id),
            command=CommandKind.ASK,
            public_key=whom.public_key,
            epoch=whom.epoch,
            sent_at=self._clock.now(),
            lease=lease,
        )
        try:
            await self._publisher.answer(command)
        except PublishFailed as error:
            raise CannotAsk(f"Kafka does not take the question for node {whom.node}: {error}") from None

    async def aclose(self) -> None:
        """Says what is still to be said, for a moment."""
        if self._last_words:
            await asyncio.wait(self._last_words, timeout=1)
        for task in self._last_words:
            task.cancel()

    async def _renew(self, conversation: Conversation, lease: Lease, still: Callable[[], Whom]) -> None:
        renewed_at = self._clock.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._timings.look_every_seconds):
                    await conversation.wants_renewal.wait()
            try:
                _must_be_of_the_same_run(conversation.whom, still())
                is_due = self._clock.monotonic() - renewed_at >= self._timings.renew_every_seconds
                if is_due or conversation.wants_renewal.is_set():
                    await self.say(
                        conversation.whom, lease.model_copy(update={"logs": None, "credit": conversation.told()})
                    )
                    renewed_at = self._clock.monotonic()
            except CannotAsk as why:
                conversation.fail(why)
                return

    def take_back(self, whom: Whom, lease: Lease) -> None:
        """Says that a lease is over. Nobody waits for that: unsaid, it ends by itself."""

        async def say() -> None:
            with contextlib.suppress(CannotAsk):
                await self.say(whom, lease.model_copy(update={"seconds": 0, "logs": None, "pictures": None}))

        task = asyncio.create_task(say())
        self._last_words.add(task)
        task.add_done_callback(self._last_words.discard)


def _must_be_of_the_same_run(whom: Whom, now: Whom) -> None:
    if whom.boot_id != now.boot_id:
        raise CannotAsk(f"the agent of node {whom.node} was restarted: ask again")
