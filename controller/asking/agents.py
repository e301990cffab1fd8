"""Asks agents, over the topics."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Collection, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final, TypeVar

from bus.base import Bus
from controller.asking.answer_reader import AnswerReader
from controller.asking.base import CannotAsk, NoSuchLog
from controller.asking.conversation import Conversation
from controller.asking.leases import AskingTimings, LeaseOffice
from controller.asking.pictures import Pictures
from controller.asking.series import SeriesQuestions, take_series
from controller.asking.snapshots import MOST_SNAPSHOTS, take_snapshot, watcher_to_ask
from controller.asking.usage_samples import UsageSamples
from controller.asking.wanted import (
    LogsWanted,
    NodeUsage,
    PictureAnswer,
    PictureWanted,
    Series,
    Snapshot,
    SnapshotWanted,
)
from controller.asking.whom import Whom, camera_at_app, config_of, name_at_agent, names_of, whom
from controller.knowledge import Knowledge
from controller.publish.publisher import Publisher
from crds.answers import AgentAnswer
from crds.asking import LOGS, PICTURES, SERIES, SNAPSHOT, USAGE, LogsAsked, SeriesAsked, SnapshotAsked
from ports.ports import Ports

T = TypeVar("T")
MOST_LOGS: Final = 200
"""So many are shown at the same time, 4 MiB of memory each at most."""


class AgentAsking:
    """Implements `controller.asking.base.Asking`. While nobody asks it has no task and no subscription.

    Args:
        knowledge: tells which agents there are, and what they were told to run.
        publisher: signs and sends leases.
        bus: where answers come from.
        fleet_id: the fleet.
        ports: the time, and dice for numbers.
        timings: how long it waits for what.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        publisher: Publisher,
        bus: Bus,
        *,
        fleet_id: str,
        ports: Ports,
        timings: AskingTimings = AskingTimings(),
    ) -> None:
        self._knowledge = knowledge
        self._clock = ports.clock
        self._timings = timings
        self._reader = AnswerReader(
            bus, fleet_id, linger_seconds=timings.linger_seconds, open_seconds=timings.answer_seconds
        )
        self._office = LeaseOffice(
            publisher=publisher,
            reader=self._reader,
            clock=ports.clock,
            dice=ports.dice,
            fleet_id=fleet_id,
            timings=timings,
        )
        self._samples = UsageSamples(
            self._office, self._reader, lambda one: names_of(knowledge.state, one), ports.clock, timings
        )
        self._pictures = Pictures(
            whom=lambda node: self._whom(node, PICTURES),
            config_of=lambda watcher: config_of(knowledge.state, watcher),
            office=self._office,
            reader=self._reader,
            clock=ports.clock,
            timings=timings,
        )
        self._series = SeriesQuestions()
        self._shown = 0
        self._snapshots = 0

    @property
    def is_subscribed(self) -> bool:
        """True while the topic of answers is read."""
        return self._reader.is_subscribed

    @asynccontextmanager
    async def logs(self, node: str, instance: str, wanted: LogsWanted) -> AsyncIterator[AsyncIterator[bytes]]:
        """See `Asking`."""
        agent = self._whom(node, LOGS)
        asked = LogsAsked(
            instance=name_at_agent(self._knowledge.state, agent, instance),
            tail_lines=wanted.tail_lines,
            since=wanted.since,
            previous=wanted.previous,
            follow=wanted.follow,
            timestamps=wanted.timestamps,
            limit_bytes=wanted.limit_bytes,
        )
        if self._shown >= MOST_LOGS:
            raise CannotAsk(f"{MOST_LOGS} logs are looked at already, and no more at a time: try again later")
        self._shown += 1
        try:
            async with self._office.lease(agent, LOGS, asked, lambda: self._whom(node, LOGS)) as conversation:
                first = await self._first(conversation)
                yield _lines(conversation, first)
        finally:
            self._shown -= 1

    async def usage(self, nodes: Collection[str]) -> Mapping[str, NodeUsage]:
        """See `Asking`."""
        agents = []
        for node in nodes:
            try:
                agents.append(self._whom(node, USAGE))
            except CannotAsk:  # what is missing is seen by that
                continue
        return await self._samples.of(agents)

    def look(self, caller: Hashable, wanted: Sequence[PictureWanted], width: int) -> Mapping[str, PictureAnswer]:
        """See `Asking`."""
        return self._pictures.look(caller, wanted, width)

    def picture(self, camera: str, width: int, version: str) -> bytes | None:
        """See `Asking`."""
        return self._pictures.picture(camera, width, version)

    async def snapshot(self, wanted: PictureWanted, how: SnapshotWanted) -> Snapshot:
        """See `Asking`."""
        state = self._knowledge.state
        watcher, agent = watcher_to_ask(
            wanted, partial(config_of, state), lambda node: whom(state, node, SNAPSHOT, self._clock.now())
        )
        asked = SnapshotAsked(
            instance=name_at_agent(state, agent, watcher.instance),
            camera=wanted.camera,
            width=how.width,
            overlay=how.overlay,
            at=how.at,
            max_age_ms=round(1000 * how.max_age_seconds),
        )
        if self._snapshots >= MOST_SNAPSHOTS:
            raise CannotAsk(
                f"{MOST_SNAPSHOTS} snapshots are taken already, and no more at a time: try again in a moment"
            )
        self._snapshots += 1
        try:
            still = partial(self._whom, watcher.node, SNAPSHOT)
            async with self._office.lease(agent, SNAPSHOT, None, still, snapshot=asked) as conversation:
                return await self._in_time(conversation, take_snapshot(conversation, watcher))
        finally:
            self._snapshots -= 1

    async def series(self, node: str, instance: str, camera: str) -> Series:
        """See `Asking`."""

        async def ask() -> Series:
            agent = self._whom(node, SERIES)
            asked = SeriesAsked(
                instance=name_at_agent(self._knowledge.state, agent, instance),
                camera_id=camera_at_app(self._knowledge.state, agent, instance, camera),
            )
            still = partial(self._whom, node, SERIES)
            async with self._office.lease(agent, SERIES, None, still, series=asked) as conversation:
                return await self._in_time(conversation, take_series(conversation, self._clock.now))

        return await self._series.of((node, instance, camera), ask)

    async def aclose(self) -> None:
        """Ends all of it; agents stop by themselves."""
        await self._series.aclose()
        await self._samples.aclose()
        await self._pictures.aclose()
        await self._office.aclose()
        await self._reader.aclose()

    def _whom(self, node: str, what: str) -> Whom:
        return whom(self._knowledge.state, node, what, self._clock.now())

    async def _first(self, conversation: Conversation) -> AgentAnswer:
        return _checked(await self._in_time(conversation, conversation.take()))

    async def _in_time(self, conversation: Conversation, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._timings.answer_seconds):
                return await answer
        except TimeoutError:
            raise CannotAsk(
                f"the agent of node {conversation.whom.node} did not answer within {self._timings.answer_seconds:g} s: "
                "may it write to the topic AgentAnswer?"
            ) from None


async def _lines(conversation: Conversation, first: AgentAnswer) -> AsyncIterator[bytes]:
    answer = first
    while True:
        if conversation.missed:
            yield b"[fleet] %d parts of the log were lost on their way here\n" % conversation.missed
        if answer.lines:
            yield answer.lines.encode()
        if answer.ends:
            return
        answer = _checked(await conversation.take())


def _checked(answer: AgentAnswer) -> AgentAnswer:
    if answer.problem:
        raise (NoSuchLog if answer.has_no_log else CannotAsk)(answer.problem)
    return answer
