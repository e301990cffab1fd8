"""`fleet messages --decode` on an embedded broker."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import Producer

from bus.codec import encode_signed
from bus.embedded import EmbeddedBroker
from tests.bus.records_of_a_fleet import (
    CONFIG,
    CONTROLLER,
    HEARTBEAT_KEY,
    KEY,
    REPORT,
    STRANGER,
    config,
    greeting,
    heartbeat,
)
from tests.patience import patient

Run = Callable[..., Any]


class Topics:
    """A broker whose topics hold what is put there."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self.servers = broker.bootstrap_servers
        self._producer = Producer({"bootstrap.servers": self.servers})

    def put(self, topic: str, value: bytes | None, key: str = KEY) -> None:
        self._producer.produce(topic, value, key, partition=0)
        assert self._producer.flush(patient(30)) == 0


@pytest.fixture
def topics() -> Iterator[Topics]:
    with EmbeddedBroker() as broker:
        yield Topics(broker)


@pytest.fixture
def decode(topics: Topics, run_offline: Run) -> Run:
    """Runs the command with the key of the controller."""
    words = ("messages", "--decode", "--bootstrap-servers", topics.servers)
    return lambda *more: run_offline(*words, "--controller-key", CONTROLLER.public_key_hex, *more)


def test_the_newest_record_of_each_key_with_what_it_holds(topics: Topics, decode: Run) -> None:
    topics.put("AgentConfig", encode_signed(config(generation=6), CONTROLLER))
    topics.put("AgentConfig", CONFIG)
    result = decode("--topic", "210")
    assert result.exit_code == 0
    first, _, signature, *lines = result.stdout.splitlines()
    assert first == f"# AgentConfig of node-a, {KEY}: partition 0, offset 1"
    assert signature == "# signature: good - by the key of the controller"
    assert "generation: 7" in lines
    assert lines[-1] == "---"
    all_of_them = decode("--topic", "AgentConfig", "--since", "10m", "-o", "json").stdout.splitlines()
    assert [json.loads(line)["message"]["generation"] for line in all_of_them] == [6, 7]


def test_reports_and_heartbeats_are_checked_by_what_the_other_topics_say(topics: Topics, decode: Run) -> None:
    topics.put("AgentConfig", CONFIG)
    topics.put("AgentInfo", greeting())
    topics.put("AgentResponse", REPORT)
    topics.put("AgentResponse", heartbeat(0), HEARTBEAT_KEY)
    for topic, expected in (("220", {"AgentResponse": "good", "Heartbeat": "good"}), ("200", {"AgentInfo": "good"})):
        said = [json.loads(line) for line in decode("node-a", "--topic", topic, "-o", "json").stdout.splitlines()]
        assert {one["kind"]: one["signature"] for one in said} == expected
    assert decode("node-b", "--topic", "220").stderr == "No records of node-b on AgentResponse.\n"


def test_what_is_not_genuine_is_shown_and_ends_with_an_error(topics: Topics, decode: Run) -> None:
    topics.put("AgentConfig", encode_signed(config(hostname="rtsp://u:secret-word@h/\x1b[2J"), STRANGER))
    topics.put("AgentConfig", b"\xff\x00 no record", "\x1b[2J")
    result = decode("--topic", "210")
    assert result.exit_code == 1
    assert result.stderr == "error: 2 records are not genuine, or cannot be read: no part of the fleet acts on that\n"
    assert "# signature: WRONG - signed by none of the trusted keys; the controller has another one" in result.stdout
    assert "# signature: unreadable - not a DSSE envelope" in result.stdout
    assert "secret-word" not in result.stdout
    assert "\x1b" not in result.stdout


def test_sentences_for_what_cannot_be_read(topics: Topics, decode: Run, run_offline: Run) -> None:
    assert decode("--topic", "999").stderr.startswith(
        "error: --topic 999 is none of the fleet's own, which --decode reads: 200 AgentInfo, "
    )
    assert decode("--topic", "210", "--topic-prefix", "lab.").stderr == (
        f"error: {topics.servers} has no topic lab.AgentConfig: no controller has made it; --topic-prefix is what its name "
        "begins with\n"
    )
    topics.put("AgentConfig", CONFIG)
    bad = run_offline("messages", "--decode", "--topic", "210", "--controller-key", "/nowhere")
    assert bad.stderr.startswith("error: --controller-key: ")
    alone = run_offline(
        "--server",
        "http://127.0.0.1:9",
        "messages",
        "--decode",
        "--topic",
        "210",
        "--bootstrap-servers",
        topics.servers,
    )
    assert alone.exit_code == 0
    assert "signatures are not checked: --controller-key takes it" in alone.stderr
    assert "# signature: not checked - the key of the controller is not known" in alone.stdout
