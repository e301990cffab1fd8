"""Records whose writer has a wrong clock: the brokers' own time is taken, and a refusal is told with its cause."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from bus.base import PublishFailed, TimestampRefused, Topic
from bus.kafka import KafkaBus
from bus.kafka_writer import Writer
from bus.topics import topic_name
from tests.bus.stands import DEADLINE_S, KafkaStand, Session


def set_on(kafka: KafkaStand, name: str, **settings: str) -> None:
    """Sets what a topic says; `_` stands for `.`."""
    entries = [
        ConfigEntry(key.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
        for key, value in settings.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap_servers})
    admin.incremental_alter_configs([resource])[resource].result(DEADLINE_S)


@pytest.mark.kafka
def test_our_topics_take_records_of_any_time_and_give_them_the_brokers(kafka: KafkaStand) -> None:
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers})
    errors: list[KafkaError | None] = []
    name = topic_name(kafka.prefix, Topic.AGENT_RESPONSE)
    for years in (-20, 20):
        wrong = datetime.now(UTC) + timedelta(days=365 * years)
        milliseconds = int(wrong.timestamp() * 1000)
        producer.produce(
            name, b"x", b"node", partition=0, timestamp=milliseconds, on_delivery=lambda error, _: errors.append(error)
        )
    assert producer.flush(DEADLINE_S) == 0
    assert errors == [None, None]

    async def test(session: Session) -> None:
        for record in await session.read_all(Topic.AGENT_RESPONSE):
            assert abs(record.written_at - datetime.now(UTC)) < timedelta(hours=1)

    kafka.run(test)


async def publish_for_ever(session: Session) -> None:
    """What was set on a topic reaches its leaders a moment later."""
    while True:
        await session.bus.publish(Topic.AGENT_RESPONSE, key="node", value=b"x")
        await asyncio.sleep(0.05)


@pytest.mark.kafka
def test_a_topic_of_an_older_version_that_refuses_the_time_is_told_with_the_cause(kafka: KafkaStand) -> None:
    name = topic_name(kafka.prefix, Topic.AGENT_RESPONSE)
    set_on(kafka, name, message_timestamp_type="CreateTime", message_timestamp_before_max_ms="0")

    async def test(session: Session) -> None:
        with pytest.raises(TimestampRefused, match=r"INVALID_TIMESTAMP.*clock of this machine"):
            await publish_for_ever(session)

    kafka.run(test)


@pytest.mark.parametrize(
    ("code", "error"), [(KafkaError.INVALID_TIMESTAMP, TimestampRefused), (KafkaError._MSG_TIMED_OUT, PublishFailed)]
)
def test_a_refused_time_is_an_error_of_its_own(
    embedded: KafkaStand, monkeypatch: pytest.MonkeyPatch, code: int, error: type[PublishFailed]
) -> None:
    async def refuse(*_: object) -> None:
        raise KafkaException(KafkaError(code))

    async def test(session: Session) -> None:
        monkeypatch.setattr(Writer, "write", refuse)
        assert isinstance(session.bus, KafkaBus)
        with pytest.raises(PublishFailed) as failure:
            await session.bus.publish(Topic.AGENT_INFO, key="node", value=b"x")
        assert type(failure.value) is error

    embedded.run(test)
