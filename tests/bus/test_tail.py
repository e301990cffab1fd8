"""The end of a topic that is not ours, on the embedded broker and on Apache Kafka."""

import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import bus.tail
from bus.embedded import EmbeddedBroker
from bus.kafka_options import KafkaOptions
from bus.tail import TailMessage, TopicTail, UnknownTopicError
from tests.patience import patient

DEADLINE_S = patient(20)


@dataclass
class Written:
    """A topic, and a way to write to it."""

    servers: str
    topic: str

    def __post_init__(self) -> None:
        self._producer = Producer({"bootstrap.servers": self.servers})

    def write(self, key: str | None, *values: bytes, milliseconds: int = 0) -> None:
        for value in values:
            self._producer.produce(self.topic, key=key, value=value, timestamp=milliseconds)
        assert self._producer.flush(DEADLINE_S) == 0


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    topic = f"tail-{uuid.uuid4().hex[:8]}"
    if request.param == "embedded":
        with EmbeddedBroker() as broker:
            yield Written(broker.bootstrap_servers, topic)
        return
    servers = request.getfixturevalue("kafka_bootstrap")
    admin = AdminClient({"bootstrap.servers": servers})
    for made in admin.create_topics([NewTopic(topic, num_partitions=4)], operation_timeout=DEADLINE_S).values():
        made.result(DEADLINE_S)
    yield Written(servers, topic)
    for deleted in admin.delete_topics([topic]).values():
        deleted.result(DEADLINE_S)


def values(messages: list[TailMessage]) -> list[bytes | None]:
    return [message.value for message in messages]


def test_the_latest_messages_of_all_partitions_in_the_order_of_their_times(written: Written) -> None:
    now = int(time.time() * 1000)
    for number in reversed(range(20)):
        written.write(f"camera-{number}", b"%d" % number, milliseconds=now + number)

    with TopicTail(KafkaOptions(written.servers), written.topic) as tail:
        found = tail.latest()

    assert values(found) == [b"%d" % number for number in range(20)]
    assert [message.key for message in found][:2] == [b"camera-0", b"camera-1"]


def test_of_a_long_topic_only_the_end_is_read(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bus.tail, "MOST_OF_A_PARTITION", 3)
    written.write("dock", *(b"%d" % number for number in range(10)))

    with TopicTail(KafkaOptions(written.servers), written.topic) as tail:
        assert values(tail.latest()) == [b"7", b"8", b"9"]


class WithoutLeader:
    """A consumer of a topic that has no leader yet."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer
        self.refused = 0

    def offsets_for_times(self, asked: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        if self.refused < 2:
            self.refused += 1
            raise KafkaException(KafkaError(KafkaError.NOT_LEADER_FOR_PARTITION))
        return self._consumer.offsets_for_times(asked, timeout=timeout)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)


def test_a_topic_that_has_no_leader_yet_is_asked_again(written: Written) -> None:
    written.write("dock", b"first")
    with TopicTail(KafkaOptions(written.servers), written.topic) as tail:
        tail._consumer = consumer = WithoutLeader(tail._consumer)  # type: ignore[assignment] # a double
        assert values(tail.latest()) == [b"first"]
    assert consumer.refused == 2


def test_what_comes_later_follows(written: Written) -> None:
    written.write("dock", b"old")
    with TopicTail(KafkaOptions(written.servers), written.topic) as tail:
        assert values(tail.latest()) == [b"old"]
        following = tail.following()
        written.write("dock", b"new", b"newer")
        assert [next(following).value, next(following).value] == [b"new", b"newer"]


def test_a_topic_that_is_not_there(written: Written) -> None:
    with (
        TopicTail(KafkaOptions(written.servers), "no-such-topic") as tail,
        pytest.raises(UnknownTopicError, match="no-such-topic"),
    ):
        tail.latest()


def test_an_outage_is_said_and_waited_out() -> None:
    said: list[str] = []
    with EmbeddedBroker() as broker:
        topic = Written(broker.bootstrap_servers, "Analytics")
        topic.write("dock", b"before")
        with TopicTail(KafkaOptions(topic.servers), topic.topic, say=said.append) as tail:
            tail.latest()
            following = tail.following()
            topic.write("dock", b"while it is there")
            assert next(following).value == b"while it is there"
            broker.set_down()
            deadline = time.monotonic() + DEADLINE_S
            while not said:
                assert time.monotonic() < deadline
                tail._read()
            broker.set_up()
            topic.write("dock", b"after")
            assert next(following).value == b"after"
    assert said[0].startswith(f"Kafka at {topic.servers} does not answer: ")


def test_brokers_that_are_not_there() -> None:
    with (
        TopicTail(KafkaOptions("127.0.0.1:9"), "Analytics") as tail,
        pytest.raises(ConnectionError, match=r"^Kafka at 127\.0\.0\.1:9: .*Connection refused"),
    ):
        tail.latest()


def test_settings_that_are_refused_are_named_without_their_values() -> None:
    with pytest.raises(ValueError, match="librdkafka refuses its settings") as refused:
        TopicTail(KafkaOptions("127.0.0.1:9", security={"security.protocol": "hunter2"}), "Analytics")
    assert "hunter2" not in str(refused.value)
