import logging

import pytest
from confluent_kafka import KafkaError, KafkaException

from tasks.kafka_settings import BrokerLink


class Client:
    """A client of brokers that may be away."""

    def __init__(self) -> None:
        self.answers, self.asked = False, 0

    def list_topics(self, *, timeout: float) -> None:
        assert timeout <= 1
        self.asked += 1
        if not self.answers:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))


@pytest.fixture
def link() -> BrokerLink:
    return BrokerLink("a worker")


def test_who_has_nothing_to_do_notices_that_the_brokers_are_back(
    link: BrokerLink, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client = Client()
    link.on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    link.look(client)  # type: ignore[arg-type]
    assert link.is_away
    client.answers = True
    link.look(client)  # type: ignore[arg-type]
    assert not link.is_away
    assert [record.getMessage() for record in caplog.records] == [
        "a worker: no Kafka broker answers; trying on",
        "a worker: Kafka answers again",
    ]


def test_brokers_that_are_there_are_not_asked(link: BrokerLink) -> None:
    client = Client()
    link.look(client)  # type: ignore[arg-type]
    assert client.asked == 0
