"""Heartbeats between versions: golden files of all of them, and messages that know nothing of heartbeats."""

import json
from datetime import timedelta

import pytest

from bus.base import Record, Topic
from bus.codec import decode_heartbeat, decode_signed
from bus.signature import SigningKey
from controller.observed import Fleet, ObservedNode
from controller.status.fold import heard_at
from controller.status.hearing import Heard, Hearing
from crds.document import WireModel
from crds.heartbeat import digest_of, first_link, follows, heartbeat_key
from crds.messages import AgentCommand, AgentResponse, CommandKind
from tests.planner.short_manifests import NOW
from tests.wire.golden import (
    AGENT_KEY,
    CONTROLLER_KEY,
    FLEET,
    NODE,
    golden,
    payload_of,
    sealed,
    with_unknown_fields,
    without_added_fields,
)

KNOWN = Heard(Fleet({NODE: ObservedNode(NODE)}, {NODE: AGENT_KEY.public_key_hex}))
LATER = NOW + timedelta(seconds=20)


def heard_after(*values: tuple[str, bytes]) -> Fleet:
    """What a controller knows after records of topic 220, with their keys, at NOW and LATER."""
    hearing = Hearing(KNOWN, fleet_id=FLEET, members={NODE})
    for (key, value), at in zip(values, (NOW, LATER), strict=False):
        hearing.take(Record(Topic.AGENT_RESPONSE, 0, 0, key.encode(), value, at), at)
    return hearing.done().fleet


def test_a_heartbeat_that_was_written_in_format_1_is_a_sign_of_life_after_its_report() -> None:
    fleet = heard_after((NODE, golden("AgentResponse.anchored")), (heartbeat_key(NODE), golden("Heartbeat")))

    assert heard_at(fleet.nodes[NODE], fleet.pulses[NODE]) == LATER


def test_it_is_read_with_fields_of_a_newer_version() -> None:
    newer = json.dumps({"more": 1, **json.loads(golden("Heartbeat"))}).encode()

    assert decode_heartbeat(newer) == decode_heartbeat(golden("Heartbeat"))


def test_what_the_golden_files_say_is_understood() -> None:
    report = decode_signed(AgentResponse, golden("AgentResponse.anchored"), [AGENT_KEY.public_key_hex])
    heartbeat = decode_heartbeat(golden("Heartbeat"))
    assert heartbeat.report == digest_of(golden("AgentResponse.anchored"))
    assert heartbeat.number == 3
    assert follows(heartbeat, 0, first_link(report.heartbeat_anchor))
    command = decode_signed(AgentCommand, golden("AgentCommand.heartbeats"), [CONTROLLER_KEY.public_key_hex])
    assert (command.command, command.heartbeats_for_seconds) == (CommandKind.ADMITTED, 180)


@pytest.mark.parametrize(
    ("model", "name", "signer"),
    [
        pytest.param(AgentResponse, "AgentResponse.anchored", AGENT_KEY, id="a report"),
        pytest.param(AgentCommand, "AgentCommand.heartbeats", CONTROLLER_KEY, id="a command"),
    ],
)
def test_every_field_is_kept_and_those_of_a_newer_version_change_nothing(
    model: type[WireModel], name: str, signer: SigningKey
) -> None:
    payload = payload_of(golden(name))
    found = decode_signed(model, golden(name), [signer.public_key_hex])
    assert without_added_fields(json.loads(found.model_dump_json()), payload) == payload
    newer = sealed(model.__name__, with_unknown_fields(payload), signer)
    assert decode_signed(model, newer, [signer.public_key_hex]) == found


def test_an_agent_and_a_controller_of_before_say_nothing_of_heartbeats_and_none_count_for_them() -> None:
    command = decode_signed(AgentCommand, golden("AgentCommand"), [CONTROLLER_KEY.public_key_hex])
    assert command.heartbeats_for_seconds == 0
    assert "heartbeats_for_seconds" not in command.model_dump_json()
    response = decode_signed(AgentResponse, golden("AgentResponse"), [AGENT_KEY.public_key_hex])
    assert response.heartbeat_anchor == ""
    assert "heartbeat_anchor" not in response.model_dump_json()
    of_it = decode_heartbeat(golden("Heartbeat")).model_copy(update={"report": digest_of(golden("AgentResponse"))})

    fleet = heard_after((NODE, golden("AgentResponse")), (heartbeat_key(NODE), of_it.model_dump_json().encode()))

    assert heard_at(fleet.nodes[NODE], None) == NOW
    assert fleet.pulses == {}
