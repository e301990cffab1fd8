"""What was written in format 1 is read, and means what it meant."""

import json
from pathlib import Path
from typing import Any

import pytest

from bus.codec import UnknownFormat, decode_plain, decode_self_signed, decode_signed
from bus.signature import SigningKey
from controller.actions import Log, Tell
from controller.decide import recall
from controller.publish.published import Copy, Sent, config_in, remembered
from controller.rules import Rules
from controller.source.last_good import LastGood
from controller.state import State
from crds.digest import digest
from crds.document import WireModel
from crds.messages import (
    AgentCommand,
    AgentConfig,
    AgentInfo,
    AgentResponse,
    CommandKind,
    ControllerRun,
    Refresh,
    UpdateConfig,
)
from nodeagent.folders.disk import DiskFolders
from nodeagent.ledger.acceptance import Verdict
from nodeagent.ledger.ledger import Ledger
from ports.disk import RealDisk
from tests.ledger.taking import take
from tests.planner.short_manifests import NOW
from tests.wire.golden import (
    AGENT_KEY,
    CONTROLLER_KEY,
    FLEET,
    NODE,
    OF_A_NEWER_VERSION,
    V1,
    golden,
    payload_of,
    runtime_id,
    sealed,
    with_right_digests,
    with_unknown_fields,
    without_added_fields,
)

SIGNED: dict[type[WireModel], SigningKey] = {
    AgentInfo: AGENT_KEY,
    AgentCommand: CONTROLLER_KEY,
    AgentConfig: CONTROLLER_KEY,
    AgentResponse: AGENT_KEY,
}
PLAIN = (UpdateConfig, Refresh)
INSTANCES = ("hall", "plaza", "yard")


def written(message: type[WireModel], payload: Any) -> bytes:
    """A message as another version puts it on its topic."""
    return sealed(message.__name__, payload, SIGNED[message]) if message in SIGNED else json.dumps(payload).encode()


def read(message: type[WireModel], value: bytes) -> WireModel:
    """A message as this version reads it from its topic."""
    if message is AgentInfo:
        return decode_self_signed(value)
    if message in SIGNED:
        return decode_signed(message, value, [SIGNED[message].public_key_hex])
    return decode_plain(message, value)


def ledger_at(path: Path) -> Ledger:
    return Ledger(path=path, fleet_id=FLEET, node_id=NODE, controller_key=CONTROLLER_KEY.public_key_hex)


def published(envelope: bytes) -> Sent:
    """The record as a controller knows it that finds it on its disk, or on the topic."""
    config = config_in(envelope, key=NODE, fleet_id=FLEET, public_key=CONTROLLER_KEY.public_key_hex)
    return remembered(None, config, envelope, NOW, on_topic=False)


def note_of(instance: str, folder: Path, content: bytes) -> DiskFolders:
    """The folders of a node that has that note about the instance."""
    (folder / "instances" / instance).mkdir(parents=True)
    (folder / "instances" / instance / "applied.json").write_bytes(content)
    return DiskFolders(folder / "instances", folder / "secrets")


@pytest.mark.parametrize("message", [*SIGNED, *PLAIN])
def test_every_message_is_read_and_every_field_of_it_kept(message: type[WireModel]) -> None:
    found = read(message, golden(message.__name__))

    payload = payload_of(golden(message.__name__))
    assert without_added_fields(json.loads(found.model_dump_json()), payload) == payload


@pytest.mark.parametrize("message", [*SIGNED, *PLAIN])
def test_a_field_of_a_newer_version_at_every_level_changes_nothing(message: type[WireModel]) -> None:
    payload = payload_of(golden(message.__name__))
    newer = with_unknown_fields(payload)
    if message is AgentConfig:
        newer = with_right_digests(newer)

    found = read(message, written(message, newer)).model_dump()

    assert _known(found) == _known(read(message, golden(message.__name__)).model_dump())


def _known(value: Any) -> Any:
    """Without the digests, and without what the resolved spec has of a newer version, which is kept for people."""
    if isinstance(value, dict):
        return {key: _known(one) for key, one in value.items() if key not in ("digest", OF_A_NEWER_VERSION)}
    return [_known(one) for one in value] if isinstance(value, list | tuple) else value


def test_what_they_say_is_understood() -> None:
    info = decode_self_signed(golden("AgentInfo"))
    assert (info.hostname, info.capacity, info.gpulist) == ("gate", 4, ("GPU-1",))
    command = decode_signed(AgentCommand, golden("AgentCommand"), [CONTROLLER_KEY.public_key_hex])
    assert (command.command, command.epoch) == (CommandKind.REFUSED, 2)
    config = decode_signed(AgentConfig, golden("AgentConfig"), [CONTROLLER_KEY.public_key_hex])
    assert (config.ref.order, config.format) == ((2, 7), 1)
    assert tuple(one.instance_name for one in config.node_config_list) == INSTANCES
    (_, _, yard) = config.node_config_list
    assert (yard.container.memory_mib, yard.container.cpus, yard.cameras[0].limits.minimum_fps) == (512, 1.5, 2.5)
    response = decode_signed(AgentResponse, golden("AgentResponse"), [AGENT_KEY.public_key_hex])
    assert (response.observed, response.applied) == (config.ref, config.ref)
    assert decode_plain(UpdateConfig, golden("UpdateConfig")).desc == "shift change"
    assert decode_plain(Refresh, golden("Refresh")).desc == "a person"


def test_the_ledger_is_in_force_again(tmp_path: Path) -> None:
    (tmp_path / "current.record").write_bytes(golden("ledger"))

    held = ledger_at(tmp_path / "current.record").current

    assert held is not None
    assert held.ref.order == (2, 7)


def test_the_published_copy_goes_out_again_byte_for_byte() -> None:
    found = published(golden("published"))

    assert found.config.ref.order == (2, 7)
    assert found.envelope == golden("published")
    payload = payload_of(golden("published"))
    assert without_added_fields(json.loads(found.config.model_dump_json()), payload) == payload


@pytest.mark.parametrize("instance", INSTANCES)
def test_the_note_about_an_instance_is_read_and_written_with_all_that_another_version_put_there(
    instance: str, tmp_path: Path
) -> None:
    old = json.loads(golden(f"applied.{instance}"))
    (config,) = with_right_digests({"node_config_list": [with_unknown_fields(old["config"])]})["node_config_list"]
    for name, note in (("old", old), ("newer", {**old, "config": config, "more": 1})):
        directories = note_of(instance, tmp_path / name, json.dumps(note).encode())

        found = directories.read_applied(instance)

        assert found is not None
        assert (found.generation, found.runtime_id) == (7, runtime_id(instance))
        assert found.config.digest == note["config"]["digest"]
        directories.note_applied(found)
        again = json.loads((tmp_path / name / "instances" / instance / "applied.json").read_bytes())
        assert again["config"] == note["config"]


def test_the_last_good_revision_is_recalled(tmp_path: Path) -> None:
    (tmp_path / "last-good.json").write_bytes(golden("last-good"))

    recalled = LastGood(tmp_path / "last-good.json", RealDisk()).load()

    assert recalled.warning == ""
    assert recalled.revision is not None
    assert tuple(one.name for one in recalled.revision.instances) == INSTANCES
    in_pieces = LastGood(V1.with_name("last_good_2") / "last-good.json", RealDisk()).load()
    assert in_pieces == recalled


# --- formats of other versions ---


@pytest.mark.parametrize("message", [*SIGNED, *PLAIN])
def test_another_format_is_a_refusal_of_its_own_with_both_numbers(message: type[WireModel]) -> None:
    of_format_2 = {"format": 2, "all": "is different"}
    if message is AgentInfo:
        of_format_2["public_key"] = AGENT_KEY.public_key_hex

    with pytest.raises(UnknownFormat) as refusal:
        read(message, written(message, of_format_2))

    assert str(refusal.value) == f"{message.__name__} is of format 2, and this version reads format 1"


@pytest.mark.parametrize("number", [1, 2])
def test_the_number_of_the_format_stands_outside_of_every_digest(number: int) -> None:
    payload = payload_of(golden("AgentConfig"))
    newer = {**payload, "format": number}
    for one in newer["node_config_list"]:
        one |= {"format": number, "sealed": {"password": "other bytes each time"}}

    value = written(AgentConfig, newer)

    if number == 1:
        found = read(AgentConfig, value)
        assert isinstance(found, AgentConfig)
        assert found.digest == payload["digest"]
    else:
        with pytest.raises(UnknownFormat):
            read(AgentConfig, value)


def test_a_wrong_signature_is_found_before_the_format(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "current.record")

    strange = take(ledger, sealed("AgentConfig", {"format": 2}, SigningKey.generate()), NOW)
    newer = take(ledger, sealed("AgentConfig", {"format": 2}, CONTROLLER_KEY), NOW)

    assert strange.verdict is Verdict.REFUSED
    assert newer.verdict is Verdict.UNKNOWN_FORMAT
    assert newer.message == "AgentConfig is of format 2, and this version reads format 1"
    assert ledger.current is None


@pytest.mark.parametrize("number", [True, "2", 1.5, None, [], -1, 10**400, 10**4000])
def test_what_is_no_number_of_a_format_is_merely_not_valid(number: Any, tmp_path: Path) -> None:
    payload = {**payload_of(golden("AgentConfig")), "format": number}

    decision = take(ledger_at(tmp_path / "current.record"), written(AgentConfig, payload), NOW)

    assert decision.verdict in (Verdict.REFUSED, Verdict.ACCEPTED)
    assert decision.verdict is (Verdict.ACCEPTED if number is True else Verdict.REFUSED)
    assert len(decision.message) < 200


def test_a_ledger_of_another_format_counts_as_absent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "current.record"
    path.write_bytes(sealed("AgentConfig", {"format": 2}, CONTROLLER_KEY))

    assert ledger_at(path).current is None
    assert "AgentConfig is of format 2, and this version reads format 1" in caplog.text


def test_a_note_of_another_format_counts_as_lost_and_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directories = note_of("yard", tmp_path, json.dumps({"format": 2}).encode())

    assert [directories.read_applied("yard") for _ in range(3)] == [None, None, None]
    (record,) = caplog.records
    assert "is of format 2, and this version reads format 1" in record.getMessage()


def test_a_last_good_revision_of_another_format_is_told_with_both_numbers(tmp_path: Path) -> None:
    path = tmp_path / "last-good.json"
    content = {"format": 3}
    path.write_text(json.dumps({"digest": digest(content), "revision": content}))

    recalled = LastGood(path, RealDisk()).load()

    assert recalled.revision is None
    assert "it is of format 3, and this version reads format 2" in recalled.warning


# --- the controller ---


def test_the_controller_takes_its_own_record_with_fields_of_a_newer_version_and_loses_none_of_them() -> None:
    newer = with_right_digests(with_unknown_fields(payload_of(golden("published"))))

    found = published(sealed("AgentConfig", newer, CONTROLLER_KEY)).config

    assert found.digest == newer["digest"]
    assert json.loads(found.model_dump_json())["node_config_list"] == newer["node_config_list"]


def test_copies_and_a_last_good_revision_of_another_format_are_told_as_events_with_both_numbers(tmp_path: Path) -> None:
    content = {"format": 3}
    (tmp_path / "last-good.json").write_text(json.dumps({"digest": digest(content), "revision": content}))
    recalled = LastGood(tmp_path / "last-good.json", RealDisk()).load()
    copies = (
        Copy(tmp_path / f"{NODE}.record", sealed("AgentConfig", {"format": 3}, CONTROLLER_KEY)),
        Copy(tmp_path / "other.record", b"rubbish"),
    )
    rules = Rules(FLEET, CONTROLLER_KEY.public_key_hex, run=ControllerRun(name="test", started_at=NOW))

    state, notes = recall(State(), copies, recalled, rules, NOW)

    assert (state.gate.in_force, dict(state.published.by_node)) == (None, {})
    told = [note for note in notes if isinstance(note, Tell)]
    assert {note.reason for note in told} == {"UnknownFormat"}
    assert [note.message.rsplit(": ", 1)[1] for note in told] == [
        "AgentConfig is of format 3, and this version reads format 1",
        "it is of format 3, and this version reads format 2",
    ]
    assert [type(note) for note in notes] == [Tell, Log, Tell]
