"""The newest samples of what nodes use, for as long as somebody asks again and again."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controller.asking.answer_reader import AnswerReader
from controller.asking.base import CannotAsk
from controller.asking.conversation import Conversation
from controller.asking.leases import AskingTimings, LeaseOffice
from controller.asking.wanted import NodeUsage, Usage
from controller.asking.whom import Whom
from crds.answers import UsageSample, Used
from crds.asking import USAGE, Lease
from ports.clock import Clock

_log = logging.getLogger(__name__)

_SAID_AT_ONCE = 50
_MANY_ANSWERS = 1_000_000


@dataclass
class _Asked:
    """One node that is asked for what it uses."""

    conversation: Conversation
    until: float
    """When its lease ends, by the monotonic clock."""
    reading: asyncio.Task[None]
    has_answered: asyncio.Event
    newest: NodeUsage | None = None


class UsageSamples:
    """Asks each node once, whoever asks here.

    Args:
        office: says leases.
        reader: reads the answers.
        names: the names of instances for people, by those that an agent knows them by.
        clock: the time.
        timings: how long leases and samples last.
    """

    def __init__(
        self,
        office: LeaseOffice,
        reader: AnswerReader,
        names: Callable[[Whom], Mapping[str, str]],
        clock: Clock,
        timings: AskingTimings,
    ) -> None:
        self._office = office
        self._reader = reader
        self._names = names
        self._clock = clock
        self._timings = timings
        self._asked: dict[str, _Asked] = {}
        self._said_at_once = asyncio.Semaphore(_SAID_AT_ONCE)

    async def of(self, agents: list[Whom]) -> dict[str, NodeUsage]:
        """What these nodes use, by their names: of those that answered in time."""
        if not agents:
            return {}
        try:
            async with self._reader.reading():
                found = await asyncio.gather(*(self._of(one) for one in agents))
        except CannotAsk as error:
            _log.info("nobody was asked for usage: %s", error)
            return {}
        return {one.node: usage for one, usage in zip(agents, found, strict=True) if usage is not None}

    async def aclose(self) -> None:
        """Ends all of it."""
        tasks = [one.reading for one in self._asked.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _of(self, whom: Whom) -> NodeUsage | None:
        asked = self._asked.get(whom.node_id)
        if asked is None or asked.conversation.whom.boot_id != whom.boot_id:
            if asked is not None:
                asked.reading.cancel()
            asked = self._asked[whom.node_id] = self._begin(whom)
        try:
            async with asyncio.timeout(self._timings.sample_seconds):
                await self._say(asked)
                await asked.has_answered.wait()
        except (TimeoutError, CannotAsk) as error:
            _log.info("node %s does not say what it uses: %s", whom.node, error or "no answer in time")
            return None
        return asked.newest

    def _begin(self, whom: Whom) -> _Asked:
        conversation = Conversation(self._office.next_number(), whom)
        answered = asyncio.Event()
        reading = asyncio.create_task(self._read(whom, conversation))
        return _Asked(conversation, 0.0, reading, answered)

    async def _say(self, asked: _Asked) -> None:
        """Says the lease, or renews it while that is worth a message.

        Raises:
            CannotAsk: the brokers do not take it.
        """
        now, seconds = self._clock.monotonic(), self._timings.usage_lease_seconds
        if asked.until - now > seconds / 2:
            return
        conversation, is_first = asked.conversation, asked.until == 0.0
        asked.until = now + seconds
        lease = Lease(
            number=conversation.number,
            boot_id=conversation.whom.boot_id,
            seconds=seconds,
            credit=conversation.credit + _MANY_ANSWERS,
            begins=is_first,
            what=USAGE,
        )
        async with self._said_at_once:
            await self._office.say(conversation.whom, lease)

    async def _read(self, whom: Whom, conversation: Conversation) -> None:
        """Takes what comes until nobody has asked for a while."""
        try:
            async with self._reader.reading():
                with self._reader.hearing(conversation):
                    await self._take_answers(whom, conversation)
        except CannotAsk as error:
            _log.debug("node %s is not asked any more: %s", whom.node, error)
        finally:
            asked = self._asked.get(whom.node_id)
            if asked is not None and asked.conversation is conversation:
                del self._asked[whom.node_id]
                asked.has_answered.set()  # nobody waits for what will not come

    async def _take_answers(self, whom: Whom, conversation: Conversation) -> None:
        while True:
            asked = self._asked.get(whom.node_id)
            if asked is None or asked.conversation is not conversation:
                return
            rest = asked.until - self._clock.monotonic() if asked.until else self._timings.sample_seconds
            try:
                async with asyncio.timeout(max(0.0, rest)):
                    answer = await conversation.take()
            except TimeoutError:
                if asked.until > self._clock.monotonic():
                    continue  # it was renewed meanwhile
                return
            if answer.ends:
                raise CannotAsk(answer.problem or "all is said")
            if answer.usage is not None:
                asked.newest = self._usage(whom, answer.usage)
                asked.has_answered.set()

    def _usage(self, whom: Whom, sample: UsageSample) -> NodeUsage:
        names = self._names(whom)
        instances = {names.get(name, name): _plain(used) for name, used in sample.instances.items()}
        return NodeUsage(self._clock.now(), sample.window_seconds, _plain(sample.node), instances)


def _plain(used: Used) -> Usage:
    return Usage(used.cpu_cores, used.memory_bytes)
