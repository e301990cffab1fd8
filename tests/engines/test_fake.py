from datetime import UTC, datetime, timedelta

import pytest

from nodeagent.engines.fake import FakeDriver
from nodeagent.folders.memory import MemoryFolders
from nodeagent.model import Permanent, Transient
from nodeagent.operations import OpKind
from tests.differ.operations import operation
from tests.engines.stands import FakeStand, Session


def test_failures_and_delays_come_once_and_in_order(fake_stand: FakeStand) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    async def test(_: Session) -> None:
        driver = FakeDriver("f", "n", MemoryFolders(), sleep=sleep)
        config = fake_stand.config()
        pull = operation(OpKind.PULL_IMAGE, config)
        driver.fail_next(OpKind.PULL_IMAGE, Transient("first"))
        driver.fail_next(OpKind.PULL_IMAGE, Permanent("second"))
        driver.delay_next(OpKind.PULL_IMAGE, 60)
        with pytest.raises(Transient, match="first"):
            await driver.perform(pull)
        with pytest.raises(Permanent, match="second"):
            await driver.perform(pull)
        assert driver.engine.images == set()
        await driver.perform(pull)
        await driver.perform(pull)
        assert waited == [60]
        assert (driver.performed[OpKind.PULL_IMAGE], driver.changed[OpKind.PULL_IMAGE]) == (4, 1)

    fake_stand.run(test)


def test_it_lives_by_the_clock_it_is_given(fake_stand: FakeStand) -> None:
    now = datetime(2025, 1, 1, tzinfo=UTC)

    async def test(_: Session) -> None:
        driver = FakeDriver("f", "n", MemoryFolders(), now=lambda: now)
        config = fake_stand.config()
        for kind in (OpKind.PULL_IMAGE, OpKind.CREATE, OpKind.START):
            await driver.perform(operation(kind, config))
        nonlocal_now(timedelta(hours=1))
        driver.crash("lobby", 139, "Segmentation fault")
        there = (await driver.observe())["lobby"]
        assert there.started_at is not None
        assert there.finished_at is not None
        assert there.finished_at - there.started_at == timedelta(hours=1)
        assert there.exit_code == 139
        assert await driver.output("lobby", 1) == "Segmentation fault"
        with pytest.raises(KeyError):
            driver.crash("lobby")
        await driver.perform(operation(OpKind.START, config))
        assert (await driver.observe())["lobby"].exit_code is None

    def nonlocal_now(step: timedelta) -> None:
        nonlocal now
        now += step

    fake_stand.run(test)


def test_what_somebody_removes_is_told_and_gone(fake_stand: FakeStand) -> None:
    async def test(session: Session) -> None:
        driver = fake_stand.drivers[-1]
        await session.begin(fake_stand.config())
        events = driver.events()
        driver.vanish("lobby")
        assert await anext(events) == "lobby"
        assert await driver.observe() == {}
        with pytest.raises(KeyError):
            driver.vanish("lobby")

    fake_stand.run(test)


def test_an_engine_that_comes_back_has_kept_everything(fake_stand: FakeStand) -> None:
    async def test(session: Session) -> None:
        there = await session.begin(fake_stand.config())
        driver = fake_stand.drivers[-1]
        driver.away = "the engine is away"
        with pytest.raises(Transient, match="the engine is away"):
            await driver.observe()
        driver.away = ""
        assert await session.find() == there

    fake_stand.run(test)


def test_names_wait_once_however_often_something_happens(fake_stand: FakeStand) -> None:
    async def test(session: Session) -> None:
        driver = fake_stand.drivers[-1]
        events = driver.events()
        for _ in range(1000):
            await session.begin(fake_stand.config())
            driver.crash("lobby")
        await driver.aclose()
        assert [name async for name in events] == ["lobby"]

    fake_stand.run(test)
