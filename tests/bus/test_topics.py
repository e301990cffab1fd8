import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from bus.base import Topic, TopicsChecked
from bus.kafka import KafkaBus
from bus.kafka_options import KafkaOptions
from bus.kafka_topics import _why
from bus.timings import Timings
from bus.topics import SETTINGS, partition_of, topic_name
from tests.bus.stands import KafkaStand
from tests.patience import patient

# From Kafka's own test of its partitioner's hash: clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java
JAVA_MURMUR2 = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


@pytest.mark.parametrize("key", JAVA_MURMUR2)
@pytest.mark.parametrize("partitions", [1, 7, 64])
def test_a_key_falls_into_the_partition_that_java_clients_choose(key: str, partitions: int) -> None:
    assert partition_of(key, partitions) == (JAVA_MURMUR2[key] & 0x7FFFFFFF) % partitions


def test_what_is_said_beside_a_key_is_read_in_the_order_in_which_it_was_written() -> None:
    assert partition_of("foobar/heartbeat", 64) == partition_of("foobar", 64)


def test_names_carry_the_prefix() -> None:
    assert [topic_name("a.", topic) for topic in Topic] == [f"a.{topic.value}" for topic in Topic]


def test_every_topic_has_settings_that_kafka_can_hold() -> None:
    assert set(SETTINGS) == set(Topic)
    for settings in SETTINGS.values():
        assert settings.cleanup_policy in {"compact", "delete"}
        assert 0 < settings.max_value_bytes < settings.max_message_bytes


def with_bus(bus: KafkaBus, coroutine_of: Callable[[KafkaBus], Coroutine[Any, Any, TopicsChecked]]) -> TopicsChecked:
    async def whole() -> TopicsChecked:
        try:
            return await coroutine_of(bus)
        finally:
            await bus.aclose()

    return asyncio.run(whole())


@pytest.mark.kafka
def test_missing_topics_are_made_and_then_found_right(kafka_without_topics: KafkaStand) -> None:
    stand = kafka_without_topics
    assert with_bus(stand.bus(), KafkaBus.ensure_topics) == TopicsChecked(made=tuple(Topic))
    assert with_bus(stand.bus(), KafkaBus.ensure_topics) == TopicsChecked()
    made = AdminClient({"bootstrap.servers": stand.bootstrap_servers}).list_topics(timeout=patient(10)).topics
    found = {name: len(topic.partitions) for name, topic in made.items() if name.startswith(stand.prefix)}
    assert found == {topic_name(stand.prefix, topic): SETTINGS[topic].partitions for topic in Topic}


@pytest.mark.kafka
def test_a_topic_that_would_lose_records_is_named_with_what_is_wrong(kafka_without_topics: KafkaStand) -> None:
    stand = kafka_without_topics
    name = f"{stand.prefix}AgentConfig"
    admin = AdminClient({"bootstrap.servers": stand.bootstrap_servers})
    admin.create_topics([NewTopic(name, num_partitions=4, config={"cleanup.policy": "delete"})])[name].result(
        patient(10)
    )

    checked = with_bus(stand.bus(), KafkaBus.ensure_topics)
    assert set(checked.differences) == {
        f"{name}: partitions is 4, must be 64",
        f"{name}: cleanup.policy is delete, must be compact",
        f"{name}: max.message.bytes is 1048588, must be 1048576",
    }
    assert set(checked.made) == set(Topic) - {Topic.AGENT_CONFIG}


def test_the_embedded_broker_has_its_topics_from_birth(embedded: KafkaStand) -> None:
    with_bus(embedded.bus(), KafkaBus.ensure_topics)
    metadata = AdminClient({"bootstrap.servers": embedded.bootstrap_servers}).list_topics(timeout=patient(10))
    found = {name: len(topic.partitions) for name, topic in metadata.topics.items()}
    assert found == {topic_name(embedded.prefix, topic): SETTINGS[topic].partitions for topic in Topic}


def test_brokers_that_do_not_answer_are_an_error_of_the_connection(free_port: Callable[[], int]) -> None:
    timings = Timings(topics_seconds=0.3)
    nobody = f"127.0.0.1:{free_port()}"
    bus = KafkaBus(KafkaOptions(nobody), client_id="test", group_id="test", timings=timings)
    with pytest.raises(ConnectionError, match=f"^{nobody} did not say in time which topics there are"):
        with_bus(bus, KafkaBus.ensure_topics)


@pytest.mark.parametrize("error", [TimeoutError(), KafkaException(KafkaError(KafkaError._TIMED_OUT))])
def test_time_that_is_up_is_told_in_the_same_words_whoever_looks_first(error: KafkaException | TimeoutError) -> None:
    assert _why(error) == "did not say in time which topics there are, or whether it made them"
    assert _why(KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))).startswith("says: ")
