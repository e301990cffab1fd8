"""What only Kafka can do to a bus."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from bus.base import BusEvent, ConnectionChanged, MadeAnew, Record, Start, Subscription, Topic
from bus.kafka import KafkaBus
from bus.kafka_options import KafkaOptions
from bus.topics import SETTINGS, partition_of, topic_name
from tests.bus.stands import DEADLINE_S, KafkaStand, Session
from tests.e2e.separate_fleet import run_kafka
from tests.patience import in_time


@pytest.mark.kafka
def test_caught_up_needs_no_record_at_the_last_offset(kafka: KafkaStand) -> None:
    """The end of a transaction takes an offset that no reader ever sees, as compaction leaves them too."""
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "transactional.id": f"{kafka.prefix}t"})
    producer.init_transactions(DEADLINE_S)
    producer.begin_transaction()
    producer.produce(topic_name(kafka.prefix, Topic.AGENT_CONFIG), key=b"node", value=b"x", partition=5)
    producer.commit_transaction(DEADLINE_S)

    async def test(session: Session) -> None:
        (record,) = await session.read_all(Topic.AGENT_CONFIG)
        assert (record.partition, record.offset, record.value) == (5, 0, b"x")

    kafka.run(test)


@pytest.mark.kafka
def test_topics_that_were_made_anew_are_read_from_their_beginning(
    kafka: KafkaStand, wait_until: Callable[..., Any]
) -> None:
    name = topic_name(kafka.prefix, Topic.AGENT_RESPONSE)

    async def test(session: Session) -> None:
        events = await session.read(Subscription(Topic.AGENT_RESPONSE, Start.BEGINNING, key="node"))
        for _ in range(3):
            await session.bus.publish(Topic.AGENT_RESPONSE, key="node", value=b"old")
        await session.take(events, 3)
        admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
        await asyncio.to_thread(admin.delete_topics([name])[name].result, DEADLINE_S)
        await asyncio.to_thread(
            wait_until, lambda: name not in admin.list_topics(timeout=DEADLINE_S).topics, "topic deleted", DEADLINE_S
        )
        second = session.client()
        assert isinstance(second, KafkaBus)
        await second.ensure_topics()
        await second.publish(Topic.AGENT_RESPONSE, key="node", value=b"new")
        (record,) = await session.take(events, 1)
        assert (record.offset, record.value) == (0, b"new")

    kafka.run(test)


@pytest.mark.kafka
def test_a_broker_that_comes_back_with_an_empty_disk_is_read_and_written_again(
    kafka_bootstrap: str, tmp_path: Path, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consumer of librdkafka that knew the broker before stays deaf, without an error."""
    small = {topic: replace(settings, partitions=1) for topic, settings in SETTINGS.items()}
    monkeypatch.setattr("bus.kafka.SETTINGS", small)
    monkeypatch.setattr("bus.kafka_topics.SETTINGS", small)
    data, port = tmp_path / "kafka", str(free_port())
    address = run_kafka("start", data, "--port", port)

    async def scenario() -> None:
        bus, agent = (
            KafkaBus(KafkaOptions(address), client_id=name, group_id=name) for name in ("controller", "agent")
        )
        await bus.ensure_topics()
        async with agent.subscribe((Subscription(Topic.AGENT_CONFIG, Start.BEGINNING, key="n"),)) as events:
            await bus.publish(Topic.AGENT_CONFIG, key="n", value=b"old")
            await _until(events, b"old")
            await asyncio.to_thread(run_kafka, "stop", data)
            await asyncio.to_thread(shutil.rmtree, data)
            await asyncio.to_thread(run_kafka, "start", data, "--port", port)
            assert (await bus.ensure_topics()).made == tuple(Topic)
            await bus.publish(Topic.AGENT_CONFIG, key="n", value=b"new")
            told = await _until(events, b"new")
            assert {ConnectionChanged, MadeAnew} <= {type(event) for event in told}
        await asyncio.gather(bus.aclose(), agent.aclose())

    async def test() -> None:
        async with in_time(60):
            await scenario()

    try:
        asyncio.run(test())
    finally:
        run_kafka("stop", data)


async def _until(events: AsyncIterator[BusEvent], value: bytes) -> list[BusEvent]:
    found = []
    async for event in events:
        found.append(event)
        if isinstance(event, Record) and event.value == value:
            break
    return found


@pytest.mark.kafka
def test_many_large_records_at_once_do_not_outgrow_a_batch(kafka: KafkaStand) -> None:
    async def test(session: Session) -> None:
        values = [bytes([number]) * 50_000 for number in range(40)]
        await asyncio.gather(*(session.bus.publish(Topic.AGENT_INFO, key="node", value=value) for value in values))
        records = await session.read_all(Topic.AGENT_INFO)
        assert [record.value for record in records] == values

    kafka.run(test)


def test_a_timestamp_from_nowhere_is_no_obstacle(embedded: KafkaStand) -> None:
    producer = Producer({"bootstrap.servers": embedded.bootstrap_servers})
    for timestamp in (2**62, 1):
        producer.produce(topic_name(embedded.prefix, Topic.REFRESH), value=b"x", partition=0, timestamp=timestamp)
    assert producer.flush(DEADLINE_S) == 0

    async def test(session: Session) -> None:
        records = await session.read_all(Topic.REFRESH)
        assert [record.written_at.year for record in records] == [1970, 1970]

    embedded.run(test)


def test_librdkafka_speaks_through_our_log_and_not_on_stderr(
    embedded: KafkaStand, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async def test(session: Session) -> None:
        events = await session.read(Subscription(Topic.AGENT_CONFIG, Start.BEGINNING))
        await session.until_caught_up(events)
        embedded.down()
        await session.until_connected(events, connected=False)

    logging.getLogger("bus.kafka.librdkafka").filters.clear()  # what other tests provoked was said already
    with caplog.at_level(logging.DEBUG, logger="bus.kafka"):
        embedded.run(test)
    assert any("FAIL" in record.getMessage() for record in caplog.records)
    assert capfd.readouterr() == ("", "")


def test_foreign_settings_are_refused_by_name() -> None:
    with pytest.raises(ValueError) as refusal:
        KafkaBus(KafkaOptions("x:1", security={"acks": "0", "ssl.key.pem": "secret"}), client_id="c", group_id="g")
    assert str(refusal.value) == "not a security setting of Kafka clients: acks"


@pytest.mark.parametrize(
    "security",
    [
        {"security.protocol": "sekret-protocol"},
        {"security.protocol": "ssl", "ssl.key.pem": "sekret", "ssl.certificate.pem": "sekret"},
        {
            "security.protocol": "sasl_ssl",
            "sasl.mechanism": "PLAIN",
            "sasl.username": "u",
            "ssl.ca.location": "/sekret",
        },
    ],
)
def test_settings_that_librdkafka_refuses_are_named_without_their_values(
    security: dict[str, str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async def connect() -> list[str]:
        bus = KafkaBus(KafkaOptions("127.0.0.1:1", security=security), client_id="c", group_id="g")
        refusals = []
        with pytest.raises(ValueError) as refusal:
            async with bus.subscribe((Subscription(Topic.REFRESH, Start.END),)):
                pass
        refusals.append(str(refusal.value))
        with pytest.raises(ValueError) as refusal:
            await bus.publish(Topic.REFRESH, key=None, value=b"")
        refusals.append(str(refusal.value))
        with pytest.raises(ValueError) as refusal:
            await bus.ensure_topics()
        refusals.append(str(refusal.value))
        with pytest.raises(ValueError) as refusal:
            bus.check_settings()
        refusals.append(str(refusal.value))
        await bus.aclose()
        return refusals

    for text in (*asyncio.run(connect()), caplog.text, *capfd.readouterr()):
        assert "sekret" not in text


def test_one_reader_may_read_several_topics_in_several_ways(embedded: KafkaStand) -> None:
    async def test(session: Session) -> None:
        await session.bus.publish(Topic.AGENT_COMMAND, key="node", value=b"old command")
        await session.bus.publish(Topic.AGENT_CONFIG, key="node", value=b"config")
        events = await session.read(
            Subscription(Topic.AGENT_CONFIG, Start.BEGINNING, key="node"),
            Subscription(Topic.AGENT_COMMAND, Start.END, key="node"),
            Subscription(Topic.REFRESH, Start.END),
        )
        assert [record.value for record in await session.until_caught_up(events)] == [b"config"]
        await session.bus.publish(Topic.AGENT_COMMAND, key="node", value=b"command")
        await session.bus.publish(Topic.REFRESH, key=None, value=b"refresh")
        assert {record.value for record in await session.take(events, 2)} == {b"command", b"refresh"}

    embedded.run(test)


def test_a_failure_in_the_thread_is_raised_where_the_events_are_awaited(
    embedded: KafkaStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(_message: object) -> Record:
        raise ZeroDivisionError

    monkeypatch.setattr("bus.kafka_reader.written_at", explode)

    async def test(session: Session) -> None:
        await session.bus.publish(Topic.REFRESH, key=None, value=b"x")
        with pytest.raises(ZeroDivisionError):
            await session.read_all(Topic.REFRESH)

    embedded.run(test)


def test_a_producer_that_broke_is_replaced(embedded: KafkaStand) -> None:
    async def test(session: Session) -> None:
        bus = session.bus
        assert isinstance(bus, KafkaBus)
        await bus.publish(Topic.AGENT_CONFIG, key="node", value=b"1")
        first = bus._writer
        assert first is not None
        first.broken = True
        await bus.publish(Topic.AGENT_CONFIG, key="node", value=b"2")
        assert bus._writer is not first
        assert [record.value for record in await session.read_all(Topic.AGENT_CONFIG)] == [b"1", b"2"]
        assert {record.partition for record in await session.read_all(Topic.AGENT_CONFIG)} == {partition_of("node", 64)}

    embedded.run(test)
