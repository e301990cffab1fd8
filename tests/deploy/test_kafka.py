import socket
import struct
import uuid
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.kafka import run_kafka
from tests.patience import patient


def oldest_fetch_version(address: str) -> int:
    """Asks with ApiVersions, version 0: the one request that every Kafka answers."""
    host, _, port = address.rpartition(":")
    request = struct.pack(">hhih", 18, 0, 1, -1)
    with socket.create_connection((host, int(port)), timeout=patient(5)) as connection:
        connection.sendall(struct.pack(">i", len(request)) + request)
        with connection.makefile("rb") as stream:
            answer = stream.read(struct.unpack(">i", stream.read(4))[0])
    _, error, count = struct.unpack_from(">ihi", answer)
    assert error == 0
    versions = {key: oldest for key, oldest, _ in struct.iter_unpack(">hhh", answer[10 : 10 + 6 * count])}
    return versions[1]


@pytest.mark.kafka
def test_it_is_kafka_4_or_later(kafka_bootstrap: str) -> None:
    # 4.0 removed Fetch 0 to 3 (KIP-896); the broker inside librdkafka still has them.
    assert oldest_fetch_version(kafka_bootstrap) >= 4


@pytest.mark.kafka
def test_it_says_how_many_brokers_it_has(kafka_bootstrap: str) -> None:
    assert run_kafka.count_brokers(kafka_bootstrap) >= 1


@pytest.mark.kafka
def test_what_is_written_to_a_compacted_topic_is_read_back(kafka_bootstrap: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    topic = f"deploy-{uuid.uuid4().hex}"
    admin.create_topics([NewTopic(topic, 1, 1, config={"cleanup.policy": "compact"})])[topic].result(patient(10))
    producer = Producer({"bootstrap.servers": kafka_bootstrap, "enable.idempotence": True})
    producer.produce(topic, key=b"node", value=b"generation 1")
    assert producer.flush(10) == 0
    consumer = Consumer({"bootstrap.servers": kafka_bootstrap, "group.id": topic})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(10)
        assert message is not None
        assert (message.error(), message.key(), message.value()) == (None, b"node", b"generation 1")
    finally:
        consumer.close()
        admin.delete_topics([topic])[topic].result(patient(10))


def test_nobody_answering_is_no_broker(free_port: Callable[[], int]) -> None:
    assert run_kafka.count_brokers(f"127.0.0.1:{free_port()}") == 0


@pytest.mark.parametrize("address", ["", "nowhere", "127.0.0.1:", "127.0.0.1:x"])
def test_what_is_no_address_is_no_broker(address: str) -> None:
    assert run_kafka.count_brokers(address) == 0
