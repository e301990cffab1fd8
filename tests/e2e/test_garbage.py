import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from bus.base import Topic
from bus.codec import decode_self_signed, decode_signed, encode_signed
from bus.signature import SigningKey
from bus.topics import SETTINGS
from crds.messages import AgentCommand, AgentConfig, AgentInfo, AgentResponse, CommandKind, GenerationRef, Removals
from tests.e2e.raw_topics import RawWriter, records
from tests.e2e.running_fleet import RunningFleet

pytestmark = pytest.mark.e2e

SIGNED = {
    Topic.AGENT_INFO: AgentInfo,
    Topic.AGENT_COMMAND: AgentCommand,
    Topic.AGENT_CONFIG: AgentConfig,
    Topic.AGENT_RESPONSE: AgentResponse,
}


def garbage(topic: Topic) -> Iterator[bytes | None]:
    """Values that are no message of the topic."""
    largest = SETTINGS[topic].max_value_bytes
    yield None
    yield b""
    yield b"\xff\xfe\x00 garbage \x1b[2J"
    yield b"[" * 50_000
    yield b'{"a":' * 10_000
    yield b'{"desc": 1e999999999, "payload": NaN}'
    yield b'{"desc": "' + b"\\ud800" * 100 + b'"}'
    yield json.dumps({"payload": "!", "payloadType": 7, "signatures": [{"keyid": None, "sig": {}}]}).encode()
    yield b"\0" * largest
    yield b'{"desc": "' + b"x" * (largest - 20) + b'"}'
    # Far beyond every limit of ours, and within the broker's: that one counts compressed bytes.
    yield b" " * (8 * 1024 * 1024)


def held(fleet: RunningFleet, topic: Topic, node_id: str) -> bytes:
    """The newest true record of a node."""
    found = [value for place, key, value in records(fleet) if topic in place and key == node_id.encode() and value]
    return found[-1]


def forgeries(fleet: RunningFleet, node_id: str) -> Iterator[tuple[Topic, bytes]]:
    """Well-formed messages that must not be believed."""
    stranger, controller = SigningKey.generate(), SigningKey.load_or_create(fleet.controller_state / "controller.key")
    envelope = held(fleet, Topic.AGENT_CONFIG, node_id)
    config = decode_signed(AgentConfig, envelope, [controller.public_key_hex])
    newer = config.model_copy(update={"generation": config.generation + 1000})
    drain = newer.model_copy(
        update={
            "node_config_list": (),
            "drain": True,
            "digest": AgentConfig.content_digest(()),
            "removals": Removals(count=9, approved=True),
        }
    )
    yield Topic.AGENT_CONFIG, encode_signed(newer, stranger)
    yield Topic.AGENT_CONFIG, encode_signed(drain, stranger)
    yield Topic.AGENT_CONFIG, encode_signed(drain.model_copy(update={"fleet_id": "foreign"}), controller)
    yield (
        Topic.AGENT_CONFIG,
        encode_signed(drain.model_copy(update={"node_id": UUID(int=4 << 76 | 8 << 60)}), controller),
    )
    expired = drain.model_copy(update={"expires_at": datetime(2020, 1, 1, tzinfo=UTC)})
    yield Topic.AGENT_CONFIG, encode_signed(expired, controller)
    # Altered after it was signed; and the true one once more, which is no news to anybody.
    yield Topic.AGENT_CONFIG, envelope.replace(b'"payload":"', b'"payload":"AAAA', 1)
    yield Topic.AGENT_CONFIG, envelope
    # A true record of another kind in the wrong place.
    yield Topic.AGENT_COMMAND, envelope
    yield Topic.AGENT_RESPONSE, envelope
    refusal = AgentCommand(
        fleet_id=fleet.fleet_id,
        node_id=config.node_id,
        command=CommandKind.REFUSED,
        epoch=config.epoch + 1,
        sent_at=datetime.now(UTC),
    )
    yield Topic.AGENT_COMMAND, encode_signed(refusal, stranger)
    report = AgentResponse(
        fleet_id=fleet.fleet_id,
        node_id=config.node_id,
        observed=newer.ref,
        applied=newer.ref,
        status=(),
        sequence=10**9,
        sent_at=datetime.now(UTC),
    )
    greeting = decode_self_signed(held(fleet, Topic.AGENT_INFO, node_id))
    claim = GenerationRef(epoch=2**53 - 2, generation=2**53 - 2)
    forged = {"public_key": stranger.public_key_hex, "highest": claim, "sent_at": datetime.now(UTC)}
    yield Topic.AGENT_INFO, encode_signed(greeting.model_copy(update=forged), stranger)
    yield Topic.AGENT_RESPONSE, encode_signed(report, stranger)
    yield Topic.AGENT_RESPONSE, encode_signed(report.model_copy(update={"fleet_id": "foreign"}), stranger)


def test_whatever_lies_on_the_topics_nothing_is_touched(fleet: RunningFleet) -> None:
    before, epoch = fleet.state(), fleet.epoch()
    node_id = fleet.manifests.node_ids["node-a"]
    writer = RawWriter(fleet)
    keys = [node_id.encode(), None, b"", b"\xff\x00", node_id.upper().encode(), b"../../etc", b"k" * 5000]
    for topic, value in forgeries(fleet, node_id):
        writer.write(topic, node_id.encode(), value, near=node_id)
    for topic in Topic:
        values = list(garbage(topic))
        for number, value in enumerate(values):
            # A compacted topic takes no record without a key.
            usable = [key for key in keys if key is not None or SETTINGS[topic].cleanup_policy != "compact"]
            writer.write(topic, usable[number % len(usable)], value, near=node_id)
            writer.write(topic, node_id.encode(), value, near=node_id)
    assert writer.finish() == []

    # Read after all of that, because it lies behind it.
    fleet.manifests.change_threshold("gate")
    assert before.differences(fleet.settle()) == {"dsinstance/gate", "node/node-a"}
    assert fleet.epoch() == epoch, "the controller was not started anew"
    assert "Traceback" not in fleet.logs()
