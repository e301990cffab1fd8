"""The same stand for every implementation of the bus, so that one suite holds all of them to one contract."""

import asyncio
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from confluent_kafka.admin import AdminClient

from bus.embedded import EmbeddedBroker
from bus.topics import SETTINGS
from tests.bus.stands import DEADLINE_S, KafkaStand, MemoryStand, Stand


@pytest.fixture
def memory() -> MemoryStand:
    return MemoryStand()


@pytest.fixture
def embedded() -> Iterator[KafkaStand]:
    prefix = f"t{uuid.uuid4().hex[:8]}."
    with EmbeddedBroker(topic_prefix=prefix) as broker:
        stand = KafkaStand(broker.bootstrap_servers, prefix=prefix, embedded=True)
        stand.down = broker.set_down
        stand.up = broker.set_up
        yield stand


@pytest.fixture
def kafka_without_topics(kafka_bootstrap: str) -> Iterator[KafkaStand]:
    stand = KafkaStand(kafka_bootstrap, prefix=f"t{uuid.uuid4().hex[:8]}.", embedded=False)
    yield stand
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    names = [name for name in admin.list_topics(timeout=DEADLINE_S).topics if name.startswith(stand.prefix)]
    for future in admin.delete_topics(names).values() if names else ():
        future.result(DEADLINE_S)


@pytest.fixture
def kafka(kafka_without_topics: KafkaStand, monkeypatch: pytest.MonkeyPatch) -> KafkaStand:
    """Apache Kafka with all topics, of fewer partitions: to make 258 of them for each test would take most of its time."""
    small = {topic: replace(settings, partitions=min(settings.partitions, 8)) for topic, settings in SETTINGS.items()}
    monkeypatch.setattr("bus.kafka.SETTINGS", small)
    monkeypatch.setattr("bus.kafka_topics.SETTINGS", small)
    kafka_without_topics.partitions = 8

    async def ensure() -> None:
        bus = kafka_without_topics.bus()
        await bus.ensure_topics()
        await bus.aclose()

    asyncio.run(ensure())
    return kafka_without_topics


@pytest.fixture(params=["memory", "embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def stand(request: pytest.FixtureRequest) -> Stand:
    chosen: Stand = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture(params=["memory", "embedded"])
def own_stand(request: pytest.FixtureRequest) -> Stand:
    """For what a test does to brokers that nobody else uses, and for what our client does whatever broker it has."""
    chosen: Stand = request.getfixturevalue(request.param)
    return chosen
