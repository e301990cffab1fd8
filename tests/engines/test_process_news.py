"""What the kernel tells of processes, so that nobody has to look for it."""

import asyncio
import signal
import sys

import pytest

from nodeagent.engines.process import driver as process_driver
from nodeagent.engines.process.exits import hearing_of_children
from nodeagent.model import ObservedInstance
from nodeagent.operations import PAUSED, OpKind
from tests.engines.stands import ProcessStand, Session

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found by Linux's /proc")


def test_a_child_that_is_frozen_is_told_between_two_looks_and_that_it_goes_on_too(
    process_stand: ProcessStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process_driver, "_TICK_S", 3600.0)

    async def test(session: Session) -> None:
        config = process_stand.config()
        there = await session.begin(config)
        await session.until_says("sleeping")
        events = session.driver.events()

        async def told() -> ObservedInstance | None:
            assert await anext(events) == "lobby"
            return await session.find()

        hearing = asyncio.ensure_future(told())
        await asyncio.sleep(0)
        process_stand.freeze(there)
        frozen = await hearing
        assert frozen is not None
        assert frozen.paused
        await session.do(OpKind.SET_BACK, config, runtime_id=there.runtime_id, drift=(PAUSED,))
        assert await told() == there

    process_stand.run(test)


def test_news_of_children_that_come_together_are_told_once() -> None:
    async def test() -> None:
        told = asyncio.Semaphore(0)
        with hearing_of_children(told.release):
            for _ in range(5):
                signal.raise_signal(signal.SIGCHLD)
                await asyncio.sleep(0)
            await told.acquire()
            signal.raise_signal(signal.SIGCHLD)
            await told.acquire()
            assert told.locked(), "one for five"
        assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL

    asyncio.run(test())


def test_beside_the_main_thread_children_are_not_heard_of() -> None:
    async def test() -> None:
        with hearing_of_children(lambda: None):
            assert signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL

    async def beside() -> None:
        await asyncio.to_thread(lambda: asyncio.run(test()))

    asyncio.run(beside())
