"""What agents are asked for, between versions: golden files of all of it, and messages that know nothing of it."""

import json

import pytest

from bus.codec import decode_self_signed, decode_signed
from bus.signature import SigningKey
from crds.answers import AgentAnswer
from crds.asking import LOGS, USAGE
from crds.document import WireModel
from crds.messages import AgentCommand, AgentInfo, CommandKind
from tests.wire.golden import (
    AGENT_KEY,
    CONTROLLER_KEY,
    golden,
    payload_of,
    sealed,
    with_unknown_fields,
    without_added_fields,
)


def test_what_the_golden_files_say_is_understood() -> None:
    assert decode_self_signed(golden("AgentInfo.can-be-asked")).can_be_asked == (LOGS, USAGE)
    machine = decode_self_signed(golden("AgentInfo.machine"))
    assert (machine.processors, machine.memory_bytes) == (16, 64 * 2**30)
    command = decode_signed(AgentCommand, golden("AgentCommand.logs"), [CONTROLLER_KEY.public_key_hex])
    assert command.command is CommandKind.ASK
    assert command.lease is not None
    assert (command.lease.number, command.lease.seconds, command.lease.what) == (7, 30, LOGS)
    assert command.lease.logs is not None
    assert (command.lease.logs.instance, command.lease.logs.tail_lines) == ("hall", 100)
    lines = decode_signed(AgentAnswer, golden("AgentAnswer.logs"), [AGENT_KEY.public_key_hex])
    assert (lines.lease, lines.sequence, lines.lines, lines.ends) == (7, 1, "2026-03-01T12:00:00Z ready\n", True)
    usage = decode_signed(AgentAnswer, golden("AgentAnswer.usage"), [AGENT_KEY.public_key_hex]).usage
    assert usage is not None
    assert (usage.node.cpu_cores, usage.instances["hall"].memory_bytes) == (1.5, 2**28)


@pytest.mark.parametrize(
    ("model", "name", "signer"),
    [
        pytest.param(AgentInfo, "AgentInfo.can-be-asked", AGENT_KEY, id="a greeting"),
        pytest.param(AgentInfo, "AgentInfo.machine", AGENT_KEY, id="a greeting with what the machine has"),
        pytest.param(AgentCommand, "AgentCommand.logs", CONTROLLER_KEY, id="a lease of logs"),
        pytest.param(AgentCommand, "AgentCommand.usage", CONTROLLER_KEY, id="a lease of usage"),
        pytest.param(AgentAnswer, "AgentAnswer.logs", AGENT_KEY, id="lines"),
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


def test_agents_and_controllers_of_before_say_nothing_of_it() -> None:
    info = decode_self_signed(golden("AgentInfo"))
    assert info.can_be_asked == ()
    assert (info.processors, info.memory_bytes) == (0, 0)
    assert not {"can_be_asked", "processors", "memory_bytes"} & info.model_dump(mode="json").keys()
    command = decode_signed(AgentCommand, golden("AgentCommand"), [CONTROLLER_KEY.public_key_hex])
    assert command.lease is None
    assert "lease" not in command.model_dump_json()
