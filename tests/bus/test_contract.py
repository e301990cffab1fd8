"""What every bus must do, whoever implements it."""

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator

import pytest

from bus.base import BusEvent, CaughtUp, ConnectionChanged, MadeAnew, PublishFailed, Record, Start, Subscription, Topic
from bus.timings import Timings
from bus.topics import SETTINGS, check_size
from tests.bus.stands import Session, Stand
from tests.patience import in_time

BEGINNING, END = Start.BEGINNING, Start.END


def values(records: list[Record]) -> list[bytes | None]:
    return [record.value for record in records]


def test_an_acknowledged_record_is_found_by_a_reader_from_the_beginning(stand: Stand) -> None:
    async def test(session: Session) -> None:
        for number in range(2):
            await session.bus.publish(Topic.AGENT_CONFIG, key=f"node-{number}", value=b"%d" % number)
            records = await session.read_all(Topic.AGENT_CONFIG, bus=session.client())
            assert sorted(values(records)) == [b"%d" % n for n in range(number + 1)]
        record = next(record for record in records if record.value == b"1")
        assert (record.topic, record.key, record.offset) == (Topic.AGENT_CONFIG, b"node-1", 0)
        assert record.partition == stand.partition("node-1")
        assert record.written_at.utcoffset().total_seconds() == 0

    stand.run(test)


@pytest.mark.parametrize("topic", [Topic.AGENT_RESPONSE, Topic.AGENT_ANSWER])
def test_records_of_a_key_keep_their_order(stand: Stand, topic: Topic) -> None:
    async def test(session: Session) -> None:
        events = await session.read(Subscription(topic, BEGINNING))
        sent = [b"%d" % number for number in range(300)]
        await asyncio.gather(*(session.bus.publish(topic, key="node", value=value) for value in sent))
        assert values(await session.take(events, 300)) == sent

    stand.run(test)


def test_a_reader_of_a_key_sees_its_partition_only(stand: Stand) -> None:
    mine = stand.partition("node")
    neighbour = next(f"n{n}" for n in range(1000) if stand.partition(f"n{n}") == mine)
    stranger = next(f"n{n}" for n in range(1000) if stand.partition(f"n{n}") != mine)

    async def test(session: Session) -> None:
        for key in (neighbour, stranger, "node"):
            await session.bus.publish(Topic.AGENT_CONFIG, key=key, value=key.encode())
        events = await session.read(Subscription(Topic.AGENT_CONFIG, BEGINNING, key="node"))
        assert values(await session.until_caught_up(events)) == [neighbour.encode(), b"node"]

    stand.run(test)


def test_a_reader_from_the_end_sees_all_that_is_written_once_it_is_open(stand: Stand) -> None:
    async def test(session: Session) -> None:
        await session.bus.publish(Topic.AGENT_COMMAND, key="node", value=b"old")
        for number in range(5):
            value = b"%d" % number
            async with session.bus.subscribe((Subscription(Topic.AGENT_COMMAND, END, key="node"),)) as events:
                await session.bus.publish(Topic.AGENT_COMMAND, key="node", value=value)
                assert values(await session.take(events, 1)) == [value]

    stand.run(test)


def test_caught_up_comes_once_also_for_empty_topics_and_from_the_end(stand: Stand) -> None:
    async def test(session: Session) -> None:
        await session.bus.publish(Topic.AGENT_COMMAND, key="node", value=b"old")
        events = await session.read(
            Subscription(Topic.AGENT_INFO, BEGINNING),
            Subscription(Topic.REFRESH, BEGINNING),
            Subscription(Topic.AGENT_COMMAND, END),
        )
        await session.until_connected(events, connected=True)
        assert await anext(events) == CaughtUp()
        await session.bus.publish(Topic.REFRESH, key=None, value=b"new")
        event = await anext(events)
        assert isinstance(event, Record)
        assert (event.value, event.key, event.partition) == (b"new", None, 0)

    stand.run(test)


def test_caught_up_comes_after_all_that_lay_there(stand: Stand) -> None:
    async def test(session: Session) -> None:
        keys = [f"node-{n}" for n in range(200)]
        for topic in (Topic.AGENT_INFO, Topic.AGENT_RESPONSE):
            await asyncio.gather(*(session.bus.publish(topic, key=key, value=b"x") for key in keys))
        events = await session.read(
            Subscription(Topic.AGENT_INFO, BEGINNING), Subscription(Topic.AGENT_RESPONSE, BEGINNING)
        )
        records = await session.until_caught_up(events)
        assert len(records) == 400
        assert {record.topic for record in records} == {Topic.AGENT_INFO, Topic.AGENT_RESPONSE}

    stand.run(test)


def test_caught_up_comes_while_others_go_on_writing(stand: Stand) -> None:
    async def test(session: Session) -> None:
        async def write_on() -> None:
            for number in range(1_000_000):
                await session.bus.publish(Topic.AGENT_RESPONSE, key="node", value=b"%d" % number)

        writing = asyncio.create_task(write_on())
        reading = await session.read(Subscription(Topic.AGENT_RESPONSE, END))
        await session.take(reading, 10)
        events = await session.read(Subscription(Topic.AGENT_RESPONSE, BEGINNING))
        assert len(await session.until_caught_up(events)) >= 10
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing

    stand.run(test)


def test_what_is_written_beside_a_key_is_read_in_the_order_of_writing_and_compacted_apart(stand: Stand) -> None:
    async def test(session: Session) -> None:
        written = [(f"node-{number % 3}{'/heartbeat' * (number % 2)}", b"%d" % number) for number in range(30)]
        for key, value in written:
            await session.bus.publish(Topic.AGENT_RESPONSE, key=key, value=value)
        records = [event for event in await session.read_all(Topic.AGENT_RESPONSE) if isinstance(event, Record)]
        for node in ("node-0", "node-1", "node-2"):
            of_node = [value for key, value in written if key.startswith(node)]
            assert [one.value for one in records if (one.key or b"").startswith(node.encode())] == of_node
        assert len({(one.partition, one.key) for one in records}) == 6

    stand.run(test)


def test_a_tombstone_is_delivered(stand: Stand) -> None:
    async def test(session: Session) -> None:
        await session.bus.publish(Topic.AGENT_RESPONSE, key="node", value=b"status")
        await session.bus.publish(Topic.AGENT_RESPONSE, key="node", value=None)
        assert values(await session.read_all(Topic.AGENT_RESPONSE)) == [b"status", None]

    stand.run(test)


def test_the_largest_values_pass_and_larger_ones_are_refused(stand: Stand) -> None:
    async def test(session: Session) -> None:
        for topic, settings in SETTINGS.items():
            noise = os.urandom(settings.max_value_bytes)
            with pytest.raises(ValueError) as refusal:
                await session.bus.publish(topic, key="node", value=noise + b"x")
            assert "too large" in str(refusal.value)
            # Several at once, since brokers limit batches and not records.
            await asyncio.gather(*(session.bus.publish(topic, key="node", value=noise) for _ in range(3)))
            assert values(await session.read_all(topic)) == [noise] * 3

    stand.run(test)


def test_values_that_are_far_too_large_take_little_room_and_are_still_too_large(stand: Stand) -> None:
    """Brokers count compressed bytes: anybody may write records that are large, and many of them wait to be read."""

    async def test(session: Session) -> None:
        for _ in range(3):
            stand.raw(Topic.AGENT_RESPONSE, 0, b"node", b" " * 1_900_000)
        found = values(await session.read_all(Topic.AGENT_RESPONSE))
        assert len(found) == 3
        for value in found:
            with pytest.raises(ValueError, match="too large"):
                check_size(Topic.AGENT_RESPONSE, value)

    stand.run(test)


def test_garbage_passes_through_untouched(stand: Stand) -> None:
    garbage = [(b"\xff\xfe", b""), (b"", b"\x00"), (b"k" * 5_000, b"[" * 50_000), (b"node", None), (b"node", b"\xf0")]

    async def test(session: Session) -> None:
        for key, value in garbage:
            stand.raw(Topic.AGENT_CONFIG, stand.partitions - 1, key, value)
        assert [(record.key, record.value) for record in await session.read_all(Topic.AGENT_CONFIG)] == garbage
        stand.raw(Topic.UPDATE_CONFIG, 0, None, b"?")
        (record,) = await session.read_all(Topic.UPDATE_CONFIG)
        assert (record.key, record.value) == (None, b"?")

    stand.run(test)


def test_an_iterator_that_is_waited_for_ends_when_the_bus_closes(own_stand: Stand) -> None:
    async def test(session: Session) -> None:
        events = await session.read(Subscription(Topic.AGENT_INFO, BEGINNING))
        await session.until_caught_up(events)
        waiting = asyncio.create_task(anext(events, None))
        await asyncio.sleep(0)
        await session.bus.aclose()
        assert await waiting is None

    own_stand.run(test)


def test_waiting_for_an_event_can_be_given_up_without_losing_one(own_stand: Stand) -> None:
    async def test(session: Session) -> None:
        events = await session.read(Subscription(Topic.AGENT_COMMAND, END))
        await session.until_caught_up(events)
        waiting = asyncio.create_task(anext(events))
        await asyncio.sleep(0)
        waiting.cancel()
        await session.bus.publish(Topic.AGENT_COMMAND, key="node", value=b"1")
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert values(await session.take(events, 1)) == [b"1"]

    own_stand.run(test)


def test_a_closed_bus_leaves_no_thread_behind(own_stand: Stand) -> None:
    before = set(threading.enumerate())

    async def test(session: Session) -> None:
        await session.bus.publish(Topic.AGENT_INFO, key="node", value=b"x")
        await session.read(Subscription(Topic.AGENT_INFO, BEGINNING))

    own_stand.run(test)
    assert [thread.name for thread in set(threading.enumerate()) - before] == []


def test_the_newest_record_of_a_quiet_key_outlives_its_busy_neighbours(
    request: pytest.FixtureRequest, stand: Stand
) -> None:
    if getattr(stand, "embedded", False):
        request.applymarker(
            pytest.mark.xfail(reason="the mock cluster is a ring of 5 MiB per partition, without regard to keys")
        )

    async def test(session: Session) -> None:
        await session.bus.publish(Topic.AGENT_CONFIG, key="node", value=b"quiet")
        partition = stand.partition("node")
        for _ in range(7):
            stand.raw(Topic.AGENT_CONFIG, partition, b"busy", os.urandom(900_000))
        assert b"quiet" in values(await session.read_all(Topic.AGENT_CONFIG))

    stand.run(test)


@pytest.mark.parametrize("start", Start)
def test_a_topic_that_was_made_anew_is_told_and_read_from_its_new_beginning(
    request: pytest.FixtureRequest, stand: Stand, start: Start
) -> None:
    if getattr(stand, "embedded", False):
        request.applymarker(pytest.mark.xfail(reason="the mock cluster cannot delete a topic", strict=True))

    async def test(session: Session) -> None:
        await session.bus.publish(Topic.AGENT_RESPONSE, key="a", value=b"old")
        events = await session.read(Subscription(Topic.AGENT_RESPONSE, start), Subscription(Topic.REFRESH, BEGINNING))
        await session.until_caught_up(events)
        for key in ("a", "b"):
            await session.bus.publish(Topic.AGENT_RESPONSE, key=key, value=b"old")
        await session.take(events, 2)
        await asyncio.to_thread(stand.wipe, Topic.AGENT_RESPONSE)
        told = [event async for event in _until_anew(events)]  # though nothing was written yet
        assert [event for event in told if isinstance(event, Record)] == []
        assert told[-1] == MadeAnew(Topic.AGENT_RESPONSE)
        await session.client().publish(Topic.AGENT_RESPONSE, key="a", value=b"new")
        (record,) = await session.take(events, 1)
        assert (record.offset, record.value) == (0, b"new")

    stand.run(test)


def _needs_deletion(request: pytest.FixtureRequest, stand: Stand) -> None:
    if getattr(stand, "embedded", False):
        request.applymarker(pytest.mark.xfail(reason="the mock cluster cannot delete a topic", strict=True))


def test_topics_that_were_deleted_are_made_again_and_those_who_read_and_write_come_back_by_themselves(
    request: pytest.FixtureRequest, stand: Stand
) -> None:
    _needs_deletion(request, stand)

    async def test(session: Session) -> None:
        controller = session.client()
        stand.timings = Timings(publish_seconds=1)
        hasty = session.client()
        assert (await controller.ensure_topics()).made == ()
        await session.bus.publish(Topic.AGENT_CONFIG, key="a", value=b"old")
        events = await session.read(Subscription(Topic.AGENT_CONFIG, BEGINNING), Subscription(Topic.REFRESH, END))
        await session.until_caught_up(events)
        await asyncio.to_thread(stand.delete)
        with pytest.raises(PublishFailed):  # and from now on the reader knows, too
            await hasty.publish(Topic.REFRESH, key=None, value=b"late, or never")
        async for event in events:
            if event == ConnectionChanged(connected=False, message=getattr(event, "message", "")):
                break
        assert (await controller.ensure_topics()).made == tuple(Topic)
        # As many records as were read of the old topic: the lengths do not tell it.
        await controller.publish(Topic.AGENT_CONFIG, key="a", value=b"new")
        told = [event async for event in _until_record(events, b"new")]
        assert MadeAnew(Topic.AGENT_CONFIG) in told
        await session.bus.publish(Topic.REFRESH, key=None, value=b"newer")
        assert [event async for event in _until_record(events, b"newer")]

    stand.run(test)


def test_whoever_checks_the_topics_learns_of_those_that_others_made_anew_however_long_they_are(
    request: pytest.FixtureRequest, stand: Stand
) -> None:
    _needs_deletion(request, stand)

    async def test(session: Session) -> None:
        await session.bus.ensure_topics()
        await session.bus.publish(Topic.AGENT_INFO, key="a", value=b"old")
        events = await session.read(Subscription(Topic.AGENT_INFO, BEGINNING), Subscription(Topic.REFRESH, BEGINNING))
        await session.until_caught_up(events)
        await asyncio.to_thread(stand.delete)
        other = session.client()
        await other.ensure_topics()
        for value in (b"new", b"newer"):
            await other.publish(Topic.AGENT_INFO, key="a", value=value)
        assert (await session.bus.ensure_topics()).made == ()
        assert [event async for event in _until_anew(events)][-1] == MadeAnew(Topic.AGENT_INFO)
        assert values(await session.take(events, 2)) == [b"new", b"newer"]

    stand.run(test)


async def _until_record(events: AsyncIterator[BusEvent], value: bytes) -> AsyncIterator[BusEvent]:
    async for event in events:
        yield event
        if isinstance(event, Record) and event.value == value:
            return


async def _until_anew(events: AsyncIterator[BusEvent]) -> AsyncIterator[BusEvent]:
    async for event in events:
        yield event
        if isinstance(event, MadeAnew):
            return


# --- brokers that go and come back ---


def test_an_outage_is_told_and_loses_nothing(own_stand: Stand) -> None:
    async def test(session: Session) -> None:
        events = await session.read(Subscription(Topic.AGENT_RESPONSE, BEGINNING))
        await session.bus.publish(Topic.AGENT_RESPONSE, key="node", value=b"before")
        assert values(await session.take(events, 1)) == [b"before"]
        own_stand.down()
        async for event in events:
            if isinstance(event, ConnectionChanged) and not event.connected:
                assert event.message
                break
        publishing = asyncio.create_task(session.bus.publish(Topic.AGENT_RESPONSE, key="node", value=b"during"))
        await asyncio.sleep(0)
        assert not publishing.done()
        own_stand.up()
        await publishing
        await session.until_connected(events, connected=True)
        assert values(await session.take(events, 1)) == [b"during"]
        await session.bus.publish(Topic.AGENT_RESPONSE, key="node", value=b"after")
        assert values(await session.take(events, 1)) == [b"after"]

    own_stand.run(test)


@pytest.mark.parametrize("start", Start)
def test_a_reader_that_is_opened_during_an_outage_begins_after_it(own_stand: Stand, start: Start) -> None:
    async def test(session: Session) -> None:
        await session.bus.publish(Topic.AGENT_CONFIG, key="node", value=b"old")
        own_stand.down()
        client = session.client()
        events = await session.read(Subscription(Topic.AGENT_CONFIG, start), bus=client)
        await session.until_connected(events, connected=False)
        own_stand.up()
        await session.until_connected(events, connected=True)
        assert values(await session.until_caught_up(events)) == ([b"old"] if start is BEGINNING else [])
        await client.publish(Topic.AGENT_CONFIG, key="node", value=b"new")
        assert values(await session.take(events, 1)) == [b"new"]

    own_stand.run(test)


def test_without_brokers_a_publish_fails_in_time_and_closing_does_not_hang(own_stand: Stand) -> None:
    own_stand.timings = Timings(publish_seconds=0.3, flush_seconds=0.3)

    async def test(session: Session) -> None:
        own_stand.down()
        await session.read(Subscription(Topic.AGENT_CONFIG, BEGINNING))
        with pytest.raises(PublishFailed) as failure:
            await session.bus.publish(Topic.AGENT_CONFIG, key="node", value=b"x")
        assert "0.3 s" in str(failure.value)
        async with in_time():
            await session.bus.aclose()

    before = set(threading.enumerate())
    own_stand.run(test)
    assert [thread.name for thread in set(threading.enumerate()) - before] == []
