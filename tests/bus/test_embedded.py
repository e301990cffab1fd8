import subprocess
import sys

import pytest

import bus.embedded
from bus.base import Topic
from bus.embedded import EmbeddedBroker
from tests.bus.stands import KafkaStand, Session
from tests.patience import patient

FOREIGN_PROCESS = """
import sys
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": sys.argv[1]})
producer.produce(sys.argv[2], value=b"from afar", partition=0)
assert producer.flush(30) == 0
"""


def test_other_processes_of_this_machine_can_use_it(embedded: KafkaStand) -> None:
    async def test(session: Session) -> None:
        arguments = [sys.executable, "-c", FOREIGN_PROCESS, embedded.bootstrap_servers, f"{embedded.prefix}Refresh"]
        subprocess.run(arguments, check=True, timeout=patient(20))  # noqa: ASYNC221 - nothing else goes on here
        (record,) = await session.read_all(Topic.REFRESH)
        assert record.value == b"from afar"

    assert embedded.bootstrap_servers.startswith("127.0.0.1:")
    embedded.run(test)


def test_starting_and_stopping_twice_is_no_error() -> None:
    broker = EmbeddedBroker()
    broker.stop()
    for _ in range(2):
        broker.start()
        address = broker.bootstrap_servers
        broker.start()
        assert broker.bootstrap_servers == address
        broker.stop()
        broker.stop()


def test_what_needs_a_running_broker_says_so() -> None:
    broker = EmbeddedBroker()
    for action in (lambda: broker.bootstrap_servers, broker.set_down, broker.set_up):
        with pytest.raises(RuntimeError) as error:
            action()
        assert str(error.value) == "the embedded broker is not running"


def test_a_librdkafka_without_the_mock_cluster_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bus.embedded._FUNCTIONS, "rd_kafka_mock_cluster_moon", (None, []))
    with pytest.raises(RuntimeError) as error:
        bus.embedded._call("rd_kafka_mock_cluster_moon")
    assert "lacks rd_kafka_mock_cluster_moon" in str(error.value)
