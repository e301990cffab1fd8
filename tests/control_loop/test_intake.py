"""Events are taken in in slices, in their order, and no more of them are read than can be taken in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime

import pytest

from bus.base import BusEvent, CaughtUp, Record, Subscription, Topic
from bus.codec import encode_plain
from bus.memory import MemoryBus, MemoryLog
from controller.actions import Note
from controller.inbox import Inbox
from controller.intake import Intake
from controller.knowledge import Knowledge
from controller.picture.picture import Picture
from controller.picture.store import ObjectStore
from controller.rules import Rules
from controller.state import State
from crds.messages import UpdateConfig
from ports.simulated import LoopClock
from ports.virtual_time import VirtualTimeLoop, run_in_virtual_time
from tests.control_loop.stand import ScriptedSource, loaded
from tests.planner.short_manifests import NOW

COUNT = 2000
RULES = Rules("test", "0" * 64)


class SlowMachine(LoopClock):
    """Each measuring of time takes a millisecond."""

    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        loop.pass_time(0.001)
        return loop.time()


class ManyAtOnce(MemoryBus):
    """Delivers without ever waiting, and counts what was delivered."""

    delivered = 0

    def subscribe(
        self, subscriptions: tuple[Subscription, ...]
    ) -> AbstractAsyncContextManager[AsyncIterator[BusEvent]]:
        return self._all(subscriptions)

    @asynccontextmanager
    async def _all(self, _subscriptions: tuple[Subscription, ...]) -> AsyncIterator[AsyncIterator[BusEvent]]:
        yield self._events()

    async def _events(self) -> AsyncIterator[BusEvent]:
        for number in range(COUNT):
            self.delivered += 1
            yield Record(Topic.UPDATE_CONFIG, 0, number, None, encode_plain(UpdateConfig(desc=str(number))), NOW)


class OneByOne(ManyAtOnce):
    """Delivers a record every two milliseconds, when all that is older was read."""

    async def _events(self) -> AsyncIterator[BusEvent]:
        yield CaughtUp()
        async for event in super()._events():
            await asyncio.sleep(0.002)
            yield event


class CountingKnowledge(Knowledge):
    became = 0

    def become(self, state: State, notes: tuple[Note, ...] = ()) -> None:
        self.became += 1
        super().become(state, notes)


class Told(Picture):
    def __init__(self) -> None:
        super().__init__(RULES, objects=ObjectStore(0), events=ObjectStore(0), monotonic=lambda: 0.0)
        self.messages: list[str] = []

    def tell(self, event: object) -> None:
        self.messages.append(str(getattr(event, "message", "")).rsplit(": ", 1)[1])


def test_others_have_their_turn_while_many_events_are_taken_in() -> None:
    async def scenario() -> None:
        bus, clock, told = ManyAtOnce(MemoryLog(now=lambda: NOW)), SlowMachine(), Told()
        knowledge = Knowledge(told, clock)
        intake = Intake(
            bus=bus, source=ScriptedSource(loaded({})), knowledge=knowledge, rules=RULES, clock=clock, under_way={}
        )
        loop = asyncio.get_running_loop()
        reading = asyncio.create_task(intake.read_topics())
        longest, before, most_ahead = 0.0, loop.time(), 0
        while len(told.messages) < COUNT:
            await asyncio.sleep(0)
            longest, before = max(longest, loop.time() - before), loop.time()
            most_ahead = max(most_ahead, bus.delivered - len(told.messages))
        await reading
        assert told.messages == [str(number) for number in range(COUNT)]
        assert longest < 0.02
        assert most_ahead <= 500

    run_in_virtual_time(scenario(), limit_seconds=60)


def test_what_comes_one_by_one_is_taken_in_together() -> None:
    async def scenario() -> None:
        bus, clock, told = OneByOne(MemoryLog(now=lambda: NOW)), SlowMachine(), Told()
        knowledge = CountingKnowledge(told, clock)
        intake = Intake(
            bus=bus, source=ScriptedSource(loaded({})), knowledge=knowledge, rules=RULES, clock=clock, under_way={}
        )
        await intake.read_topics()
        await asyncio.sleep(1)
        assert told.messages == [str(number) for number in range(COUNT)]
        assert knowledge.became < COUNT / 4

    run_in_virtual_time(scenario(), limit_seconds=60)


def test_a_bug_in_taking_in_does_not_keep_what_comes_after_it_out(monkeypatch: pytest.MonkeyPatch) -> None:
    done, calls = Inbox.done, iter([1])

    def failing_once(inbox: Inbox) -> tuple[State, tuple[Note, ...]]:
        if next(calls, None):
            raise ZeroDivisionError
        return done(inbox)

    async def scenario() -> None:
        bus, clock, told = ManyAtOnce(MemoryLog(now=lambda: NOW)), SlowMachine(), Told()
        knowledge = Knowledge(told, clock)
        intake = Intake(
            bus=bus, source=ScriptedSource(loaded({})), knowledge=knowledge, rules=RULES, clock=clock, under_way={}
        )
        monkeypatch.setattr(Inbox, "done", failing_once)
        await intake.read_topics()
        await asyncio.sleep(1)
        assert told.messages[-1] == str(COUNT - 1)

    run_in_virtual_time(scenario(), limit_seconds=60)
