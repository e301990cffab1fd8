"""Reads topic 230 while somebody asks, and gives each answer to the conversation that it belongs to."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from bus.attached import check_attached, split
from bus.base import Bus, Record, Start, Subscription, Topic
from bus.codec import Undecodable, decode_signed
from controller.asking.base import CannotAsk
from controller.asking.conversation import Conversation
from crds.answers import AgentAnswer

_log = logging.getLogger(__name__)

_SUBSCRIPTION = (Subscription(Topic.AGENT_ANSWER, Start.END),)
_AGAIN_SECONDS = 1.0


class AnswerReader:
    """One reader for all conversations, there with the first of them, and for a while after the last.

    Args:
        bus: where answers come from.
        fleet_id: answers of other fleets are passed by.
        linger_seconds: how long it stays: whoever looks again and again makes no new subscription each time.
        open_seconds: how long it may take until it reads.
    """

    def __init__(self, bus: Bus, fleet_id: str, *, linger_seconds: float, open_seconds: float) -> None:
        self._bus = bus
        self._fleet_id = fleet_id
        self._linger_seconds = linger_seconds
        self._open_seconds = open_seconds
        self._conversations: dict[tuple[str, int], Conversation] = {}
        self._users = 0
        self._task: asyncio.Task[None] | None = None
        self._reads = asyncio.Event()
        self._leaving: asyncio.TimerHandle | None = None

    @property
    def is_subscribed(self) -> bool:
        """True while it reads, or begins to."""
        return self._task is not None

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """While this is open, what comes is read.

        Raises:
            CannotAsk: it cannot be read in time.
        """
        self._users += 1
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        if self._task is None:
            self._reads.clear()
            self._task = asyncio.create_task(self._read())
        try:
            try:
                async with asyncio.timeout(self._open_seconds):
                    await self._reads.wait()
            except TimeoutError:
                raise CannotAsk("Kafka does not answer: nobody can be asked now") from None
            yield
        finally:
            self._users -= 1
            if self._users == 0:
                self._leaving = asyncio.get_running_loop().call_later(self._linger_seconds, self._leave)

    @contextmanager
    def hearing(self, conversation: Conversation) -> Iterator[None]:
        """While this is open, a conversation gets its answers."""
        place = (conversation.whom.node_id, conversation.number)
        self._conversations[place] = conversation
        try:
            yield
        finally:
            del self._conversations[place]

    async def aclose(self) -> None:
        """Leaves now."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _leave(self) -> None:
        self._leaving = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _read(self) -> None:
        while True:
            try:
                async with self._bus.subscribe(_SUBSCRIPTION) as events:
                    self._reads.set()
                    async for event in events:
                        if isinstance(event, Record):
                            self._take(event)
            except Exception:  # noqa: BLE001 - no bug may end what others look at
                _log.exception("topic %s could not be read; it is read again", Topic.AGENT_ANSWER)
            await asyncio.sleep(_AGAIN_SECONDS)

    def _take(self, record: Record) -> None:
        """Whoever can write to the topic may write anything: only what a node that was asked has signed is looked at."""
        node_id = (record.key or b"").decode(errors="replace")
        asked = [one for (of, _), one in self._conversations.items() if of == node_id]
        if not asked:
            return
        try:
            message, attached = split(record.value or b"")
            answer = decode_signed(AgentAnswer, message, {one.whom.public_key for one in asked})
            check_attached(attached, answer.picture.jpeg_sha256 if answer.picture else "")
        except Undecodable as error:
            _log.warning("an answer of node %s is not looked at: %s", asked[0].whom.node, error)
            return
        conversation = self._conversations.get((node_id, answer.lease))
        if (
            conversation is not None
            and answer.fleet_id == self._fleet_id
            and str(answer.node_id) == node_id
            and answer.boot_id == conversation.whom.boot_id
        ):
            conversation.put(answer, attached)
