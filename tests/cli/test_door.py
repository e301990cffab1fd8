"""The door of `fleet up` to its embedded broker: one port that stays, whatever port the broker has."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from bus.kafka_options import KafkaOptions
from bus.tail import TopicTail
from cli.up.layout import StateDirectory
from cli.up.parts import Parts, Settings
from tests.patience import patient

DEADLINE_S = patient(30)


class Broker:
    """`python -m cli.up.broker` with a door."""

    def __init__(self, folder: Path, port: int, wait_until: Callable[..., Any]) -> None:
        self.address, self.port, self.errors = folder / "address", port, folder / "errors"
        command = [sys.executable, "-m", "cli.up.broker", str(self.address), "", str(port)]
        with self.errors.open("wb") as errors:
            self._process = subprocess.Popen(command, stderr=errors)
        wait_until(self.address.exists, "the broker says where it listens", DEADLINE_S)

    @property
    def door(self) -> str:
        return f"localhost:{self.port}"

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(DEADLINE_S)
        finally:
            self._process.kill()
            self._process.wait()
            self.address.unlink(missing_ok=True)


@pytest.fixture
def start(
    tmp_path: Path, free_port: Callable[[], int], wait_until: Callable[..., Any]
) -> Iterator[Callable[..., Broker]]:
    started: list[Broker] = []

    def begin(port: int | None = None) -> Broker:
        started.append(Broker(tmp_path, free_port() if port is None else port, wait_until))
        return started[-1]

    yield begin
    for broker in started:
        broker.stop()


def values(door: str) -> list[bytes | None]:
    with TopicTail(KafkaOptions(door), "Analytics") as tail:
        return [message.value for message in tail.latest()]


def test_clients_find_the_broker_through_it_and_find_it_again_at_another_port(start: Callable[..., Broker]) -> None:
    first = start()
    producer = Producer({"bootstrap.servers": first.door})
    producer.produce("Analytics", value=b"one")
    assert producer.flush(DEADLINE_S) == 0
    assert values(first.door) == [b"one"]
    assert first.address.read_text(encoding="utf-8") != first.door
    assert first.stop() == 0

    second = start(first.port)
    producer.produce("Analytics", value=b"two")
    assert producer.flush(DEADLINE_S) == 0
    assert values(second.door) == [b"two"], "it keeps nothing on disk"


def test_a_port_that_is_taken_costs_the_door_alone(
    start: Callable[..., Broker], wait_until: Callable[..., Any]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        broker = start(taken.getsockname()[1])
        producer = Producer({"bootstrap.servers": broker.address.read_text(encoding="utf-8")})
        producer.produce("Analytics", value=b"one")
        assert producer.flush(DEADLINE_S) == 0
        said = f"no door to the broker at port {broker.port}: "
        wait_until(lambda: said in broker.errors.read_text(encoding="utf-8"), "it says so", DEADLINE_S)
    assert broker.stop() == 0


@pytest.mark.parametrize("wanted", [True, False])
def test_fleet_up_says_whose_port_it_is_and_goes_on(tmp_path: Path, wanted: bool) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(tmp_path, "127.0.0.1:1", "process", tmp_path, "up-1", kafka_port=port if wanted else 0)
        parts = Parts(settings, StateDirectory(tmp_path / "state"), said.append)
        assert parts._free_door() == 0
    sentence = (
        f"the embedded broker is not at port {port}: another program listens there; "
        f"what apps tell Kafka at localhost:{port} goes there"
    )
    assert said == ([sentence] if wanted else [])
    assert parts._free_door() == (port if wanted else 0)
    asyncio.run(parts.stop(asyncio.Event()))
