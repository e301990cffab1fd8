"""What a simulation asks of the bus in memory beyond the contract."""

import asyncio
from datetime import UTC, datetime

import pytest

from bus.base import ConnectionChanged, PublishFailed, Record, Start, Subscription, Topic
from bus.memory import MemoryBus, MemoryLog
from bus.timings import Timings
from tests.bus.stands import MemoryStand, Session


def stand_on(log: MemoryLog) -> MemoryStand:
    stand = MemoryStand()
    stand.log = log
    return stand


def test_compaction_keeps_the_newest_of_each_key_and_leaves_gaps(memory: MemoryStand) -> None:
    async def test(session: Session) -> None:
        for key, value in (("a", b"1"), ("a", b"2"), ("b", b"3"), ("b", None)):
            memory.raw(Topic.AGENT_CONFIG, 0, key.encode(), value)
        memory.raw(Topic.REFRESH, 0, b"a", b"1")
        memory.raw(Topic.REFRESH, 0, b"a", b"2")
        reading = await session.read(Subscription(Topic.AGENT_CONFIG, Start.BEGINNING))
        assert (await session.take(reading, 1))[0].value == b"1"
        memory.log.compact()
        assert [(record.offset, record.value) for record in await session.until_caught_up(reading)] == [(1, b"2")]
        assert [(record.offset, record.value) for record in await session.read_all(Topic.AGENT_CONFIG)] == [(1, b"2")]
        assert len(await session.read_all(Topic.REFRESH)) == 2
        await session.bus.publish(Topic.AGENT_CONFIG, key="c", value=b"5")
        assert (await session.take(reading, 1))[0].value == b"5"

    memory.run(test)


def test_records_can_be_duplicated() -> None:
    stand = stand_on(MemoryLog(copies=lambda record: 2 if record.value == b"twice more" else 0))

    async def test(session: Session) -> None:
        for value in (b"once", b"twice more", b"once"):
            await session.bus.publish(Topic.AGENT_CONFIG, key="node", value=value)
        records = await session.read_all(Topic.AGENT_CONFIG)
        assert [record.value for record in records] == [b"once", *[b"twice more"] * 3, b"once"]
        assert [record.offset for record in records] == [0, 1, 2, 3, 4]

    stand.run(test)


def test_time_is_whatever_the_simulation_says() -> None:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert MemoryLog(now=lambda: now).append(Topic.REFRESH, None, b"", partition=0).written_at is now


def test_a_log_that_lost_everything_is_read_from_its_new_beginning(memory: MemoryStand) -> None:
    async def test(session: Session) -> None:
        events = await session.read(Subscription(Topic.AGENT_CONFIG, Start.BEGINNING))
        for _ in range(3):
            await session.bus.publish(Topic.AGENT_CONFIG, key="node", value=b"old")
        await session.take(events, 3)
        memory.log.wipe()
        await session.bus.publish(Topic.AGENT_CONFIG, key="node", value=b"new")
        (record,) = await session.take(events, 1)
        assert (record.offset, record.value) == (0, b"new")

    memory.run(test)


def test_one_client_can_be_cut_off_while_others_go_on(memory: MemoryStand) -> None:
    async def test(session: Session) -> None:
        lonely = MemoryBus(memory.log, Timings(publish_seconds=0.01))
        events = await session.read(Subscription(Topic.AGENT_CONFIG, Start.BEGINNING), bus=lonely)
        await session.until_caught_up(events)
        lonely.disconnect()
        assert await anext(events) == ConnectionChanged(connected=False, message="disconnected")
        with pytest.raises(PublishFailed):
            await lonely.publish(Topic.AGENT_CONFIG, key="node", value=b"1")
        await session.bus.publish(Topic.AGENT_CONFIG, key="node", value=b"2")
        waiting = asyncio.create_task(anext(events))
        await asyncio.sleep(0)
        assert not waiting.done()
        lonely.reconnect()
        assert await waiting == ConnectionChanged(connected=True)
        event = await anext(events)
        assert isinstance(event, Record)
        assert event.value == b"2"

    memory.run(test)
