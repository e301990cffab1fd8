"""`fleet messages` on an embedded broker."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Producer

from bus.embedded import EmbeddedBroker
from bus.tail import TailMessage
from cli.commands.messages import camera_of, told
from tests.patience import patient

DEADLINE_S = patient(30)
EVENING = datetime(2026, 1, 2, 20, 4, 5, tzinfo=UTC)


class Kafka:
    """A broker, and a way to write to it."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self.servers = broker.bootstrap_servers
        self._producer = Producer({"bootstrap.servers": self.servers})

    def write(self, document: Any, topic: str = "Analytics", age_s: float = 0) -> None:
        written_at = int((time.time() - age_s) * 1000)
        self._producer.produce(topic, key=b"key", value=json.dumps(document), timestamp=written_at)
        assert self._producer.flush(DEADLINE_S) == 0


@pytest.fixture
def kafka() -> Iterator[Kafka]:
    with EmbeddedBroker() as broker:
        yield Kafka(broker)


def counts(camera: str, gate: int, current: int = 0) -> dict[str, Any]:
    return {
        "messageid": "b99617a2",
        "@timestamp": "2026-01-02T03:04:05.006Z",
        "deviceId": camera,
        "analyticsModule": {"stream_source_id": 0, "lc_curr_gate": current, "lc_cum_gate": gate, "roi_yard": 2},
    }


def test_an_alert_is_told_in_words() -> None:
    alert = {"rule": "no-helmet", "state": "began", "seen": "2 nohelmet", "region": "yard", "id": "a-1", "number": 3}
    for document, words in (
        ({"deviceId": "dock", "alert": alert, "objects": ["1|2|3|4|5|nohelmet"]}, "no-helmet began: 2 nohelmet in yard (a-1)"),
        ({"deviceId": "dock", "alert": {**alert, "region": None}}, "no-helmet began: 2 nohelmet (a-1)"),
        ({"deviceId": "dock", "alert": "loud"}, '{"alert":"loud"}'),
    ):  # fmt: skip
        assert told(TailMessage(b"dock", json.dumps(document).encode(), EVENING)) == words


def test_a_table_of_counts(kafka: Kafka, run_offline: Callable[..., Any]) -> None:
    kafka.write(counts("yard-north", 1, 1))
    kafka.write(counts("lobby", 5))

    result = run_offline("messages", "--bootstrap-servers", kafka.servers)

    assert result.exit_code == 0
    header, *lines = (line.split(None, 2) for line in result.stdout.splitlines())
    assert header == ["TIME", "CAMERA", "MESSAGE"]
    assert [line[1:] for line in lines] == [["yard-north", "gate 1 (+1)  roi_yard=2"], ["lobby", "gate 5  roi_yard=2"]]


def test_one_camera_one_topic_and_no_old_ones_as_json(kafka: Kafka, run_offline: Callable[..., Any]) -> None:
    kafka.write(counts("dock", 1), "Counts", age_s=3600)
    kafka.write(counts("dock", 2), "Counts", age_s=90)
    kafka.write(counts("lobby", 3), "Counts")
    command = ("messages", "dock", "--topic", "Counts", "--bootstrap-servers", kafka.servers, "-o", "json")

    assert run_offline(*command, "--since", "10m").stdout == json.dumps(counts("dock", 2)) + "\n"
    nothing = run_offline(*command)
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr == "No messages of dock on Counts in that time.\n"


def test_following_begins_before_there_is_a_topic(kafka: Kafka) -> None:
    command = [sys.executable, "-m", "cli", "messages", "-f", "-o", "json", "--bootstrap-servers", kafka.servers]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        for number in range(3):
            kafka.write(counts("dock", number))
            assert json.loads(following.stdout.readline()) == counts("dock", number)
        following.send_signal(2)
        assert following.wait(DEADLINE_S) == 130


def test_sentences_for_what_is_not_there(kafka: Kafka, run_offline: Callable[..., Any]) -> None:
    result = run_offline("messages", "--bootstrap-servers", kafka.servers)
    assert (result.exit_code, result.stderr) == (
        1,
        f"error: {kafka.servers} has no topic Analytics: no app has sent anything to it; -f waits for the first one\n",
    )
    result = run_offline("messages", "--bootstrap-servers", "127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: Kafka at 127.0.0.1:9: ")
    assert result.stderr.endswith("; --bootstrap-servers names another one\n")


@pytest.mark.parametrize(
    ("value", "camera", "words"),
    [
        (counts("dock", 3), "dock", "gate 3  roi_yard=2"),
        ({"sensorId": "dock", "version": "4.0", "id": "7", "objects": []}, "dock", '{"id":"7","objects":[]}'),
        ({"camera_id": "dock", "frame": "A" * 500}, "dock", '{"frame":"' + "A" * 149 + "…"),
        ({"deviceId": "dock", "state": "alive\x1b[2J"}, "dock", '{"state":"alive\\u001b[2J"}'),
        ({"analyticsModule": None}, "a-key", ""),
        ([1], "a-key", "3 bytes that are no JSON object"),
    ],
)
def test_what_is_said_of_a_message(value: Any, camera: str, words: str) -> None:
    message = TailMessage(b"a-key", json.dumps(value).encode(), EVENING)
    assert (camera_of(message), told(message)) == (camera, words)


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_said_to_be_none(value: bytes | None) -> None:
    message = TailMessage(None, value, EVENING)
    assert camera_of(message) == ""
    assert told(message) == f"{len(value or b''):,} bytes that are no JSON object"
