"""A real agent over what format 1 left on its node, and over records of a newer version: it touches nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from bus.base import Topic
from nodeagent.engines.fake import FakeContainer
from nodeagent.reporter.conditions import RECORDS_ACCEPTED
from tests.agent.stand import NOW, Running, Stand, run, until
from tests.wire.golden import (
    CONTROLLER_KEY,
    NODE,
    golden,
    payload_of,
    runtime_id,
    sealed,
    with_right_digests,
    with_unknown_fields,
)

INSTANCES = ("hall", "plaza", "yard")


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    """A node on which the version of the golden files runs its three instances."""
    found = Stand(tmp_path)
    found.controller = CONTROLLER_KEY
    (found.secrets / "dock-camera").mkdir(parents=True)
    for file in ("username", "password"):
        (found.secrets / "dock-camera" / file).write_text(f"the {file}")
    ledger(found).parent.mkdir()
    lay(found, golden("ledger"), {name: golden(f"applied.{name}") for name in INSTANCES})
    labels = json.loads(golden("labels"))
    found.engine.containers += [
        FakeContainer(runtime_id(name), labels[name], running=True, started_at=NOW) for name in INSTANCES
    ]
    return found


def ledger(stand: Stand) -> Path:
    return stand.root / "ledger" / "current.record"


def note(stand: Stand, instance: str) -> Path:
    return stand.root / "instances" / instance / "applied.json"


def lay(stand: Stand, record: bytes, notes: dict[str, bytes]) -> None:
    """Puts a ledger and notes where the agent will find them, and the files that go with them."""
    ledger(stand).write_bytes(record)
    for config in payload_of(record)["node_config_list"]:
        name = config["instance_name"]
        note(stand, name).parent.mkdir(parents=True, exist_ok=True)
        note(stand, name).write_bytes(notes[name])
        applied = stand.folders.read_applied(name)
        assert applied is not None
        stand.folders.write(applied.config)


def newer(generation: int = 8, **more: Any) -> dict[str, Any]:
    """The golden generation as a newer version writes it; users ask for the same."""
    payload = {**payload_of(golden("AgentConfig")), "generation": generation}
    return with_right_digests({**with_unknown_fields(payload), **more})


async def settled(stand: Stand, running: Running, generation: int) -> None:
    await until(lambda: stand.applied() == generation, f"generation {generation} is applied")
    assert dict(running.driver.performed) == {}
    assert stand.running() == {name: runtime_id(name) for name in INSTANCES}


def test_what_the_version_of_the_golden_files_runs_is_taken_over(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as running:
            await settled(stand, running, 7)

    run(scenario())
    assert ledger(stand).read_bytes() == golden("ledger")
    assert {name: note(stand, name).read_bytes() for name in INSTANCES} == {
        name: golden(f"applied.{name}") for name in INSTANCES
    }


def test_a_generation_with_unknown_fields_is_accepted_unchanged_and_touches_nothing(stand: Stand) -> None:
    payload = newer()
    record = sealed("AgentConfig", payload, CONTROLLER_KEY)

    async def scenario() -> None:
        async with stand.agent() as running:
            await settled(stand, running, 7)
            stand.write(Topic.AGENT_CONFIG, record)
            await settled(stand, running, 8)
            assert stand.condition(RECORDS_ACCEPTED)[0] == "True"
        stand.wipe()
        async with stand.agent() as again:
            await settled(stand, again, 8)

    run(scenario())
    assert ledger(stand).read_bytes() == record
    noted = {name: json.loads(note(stand, name).read_bytes())["config"] for name in INSTANCES}
    assert noted == {one["instance_name"]: one for one in payload["node_config_list"]}


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"telemetry": {"enable": False}}, id="a section"),
        pytest.param({"priority": 0}, id="a value"),
        pytest.param({"schedule": []}, id="a list"),
        pytest.param({"tracing": None}, id="nothing"),
        pytest.param({"streammux": {"telemetry": {"enable": False}}}, id="a section of a section"),
    ],
)
def test_a_new_default_of_the_spec_is_noted_alone(stand: Stand, more: dict[str, Any]) -> None:
    """There and back: a controller that was upgraded, and one that was taken back."""
    newer = {**payload_of(golden("AgentConfig")), "generation": 8}
    for one in newer["node_config_list"]:
        one["settings"] |= more
    older = {**payload_of(golden("AgentConfig")), "generation": 9}

    async def scenario() -> None:
        async with stand.agent() as running:
            await settled(stand, running, 7)
            for payload in (newer, older):
                stand.write(Topic.AGENT_CONFIG, sealed("AgentConfig", with_right_digests(payload), CONTROLLER_KEY))
                await settled(stand, running, payload["generation"])

    run(scenario())


def test_an_older_agent_takes_over_all_that_a_newer_one_left(stand: Stand) -> None:
    """Also where the spec of the users has fields that it does not know."""
    payload = with_right_digests(with_unknown_fields(payload_of(golden("AgentConfig"))))
    record = sealed("AgentConfig", payload, CONTROLLER_KEY)
    notes = {
        one["instance_name"]: json.dumps(
            {"generation": 7, "runtime_id": runtime_id(one["instance_name"]), "config": one, "format": 1, "new": {}}
        ).encode()
        for one in payload["node_config_list"]
    }
    lay(stand, record, notes)

    async def scenario() -> None:
        async with stand.agent() as running:
            await settled(stand, running, 7)

    run(scenario())
    assert {name: note(stand, name).read_bytes() for name in INSTANCES} == notes


def test_a_newer_container_setting_that_this_agent_cannot_give_touches_nothing(stand: Stand) -> None:
    payload = newer()
    for one in payload["node_config_list"]:
        one["container"]["pids_limit"] = 100
        one["digests"]["container"] = "sha256:with that limit"

    async def scenario() -> None:
        async with stand.agent() as running:
            await settled(stand, running, 7)
            stand.write(Topic.AGENT_CONFIG, sealed("AgentConfig", with_right_digests(payload), CONTROLLER_KEY))
            await settled(stand, running, 8)

    run(scenario())


def test_a_generation_of_another_format_is_refused_with_both_numbers_and_touches_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as running:
            await settled(stand, running, 7)
            stand.write(Topic.AGENT_CONFIG, sealed("AgentConfig", newer(format=2), CONTROLLER_KEY))
            await until(lambda: stand.condition(RECORDS_ACCEPTED)[0] == "False", "it is refused")
            assert stand.report is not None
            (said,) = (one for one in stand.report.conditions if one.type == RECORDS_ACCEPTED)
            assert said.reason == "UnknownFormat"
            assert said.message == "AgentConfig is of format 2, and this version reads format 1"
            await settled(stand, running, 7)

    run(scenario())
    assert ledger(stand).read_bytes() == golden("ledger")


def test_a_ledger_of_another_format_is_said_where_people_look(stand: Stand) -> None:
    ledger(stand).write_bytes(sealed("AgentConfig", newer(format=2), CONTROLLER_KEY))

    async def scenario() -> None:
        async with stand.agent() as running:
            said = await until(
                lambda: (one := stand.condition(RECORDS_ACCEPTED))[0] == "False" and one[1], "it is said"
            )
            assert said == "the ledger cannot be used: AgentConfig is of format 2, and this version reads format 1"
            assert stand.running() == {name: runtime_id(name) for name in INSTANCES}
            stand.write(Topic.AGENT_CONFIG, sealed("AgentConfig", newer(), CONTROLLER_KEY))
            await settled(stand, running, 8)
            await until(lambda: stand.condition(RECORDS_ACCEPTED)[0] == "True", "all is well again")

    run(scenario())


def test_a_command_of_another_format_is_said_until_one_can_be_read(stand: Stand) -> None:
    def command(**more: Any) -> bytes:
        return sealed("AgentCommand", {**payload_of(golden("AgentCommand")), **more}, CONTROLLER_KEY)

    async def scenario() -> None:
        async with stand.agent() as running:
            await settled(stand, running, 7)
            greetings = len(stand.greetings)
            stand.write(Topic.AGENT_COMMAND, command(format=2))
            said = await until(
                lambda: (one := stand.condition(RECORDS_ACCEPTED))[0] == "False" and one[1], "it is said"
            )
            assert said == "AgentCommand is of format 2, and this version reads format 1"
            stand.write(Topic.AGENT_COMMAND, command(command="ask_info"))
            await until(lambda: stand.condition(RECORDS_ACCEPTED)[0] == "True", "all is well again")
            await until(lambda: len(stand.greetings) > greetings, "it greets")

            # What is wrong with a generation is not mended by a command.
            stand.write(Topic.AGENT_CONFIG, sealed("AgentConfig", newer(format=3), CONTROLLER_KEY))
            await until(lambda: "format 3" in stand.condition(RECORDS_ACCEPTED)[1], "the generation is refused")
            stand.write(Topic.AGENT_COMMAND, command(format=2))
            await until(lambda: "format 2" in stand.condition(RECORDS_ACCEPTED)[1], "so is the command")
            stand.write(Topic.AGENT_COMMAND, command(command="ask_info"))
            await until(lambda: "format 3" in stand.condition(RECORDS_ACCEPTED)[1], "the generation still is")
            await settled(stand, running, 7)

    run(scenario())


def test_the_node_of_the_golden_files_is_the_node_of_the_stand() -> None:
    assert payload_of(golden("ledger"))["node_id"] == NODE
