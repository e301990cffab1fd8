"""Whatever lies on the topics, and whatever the brokers do, the controller goes on (invariants S15 and S17)."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from securesystemslib.dsse import Envelope

from bus.base import Topic
from bus.codec import encode_signed
from bus.memory import MemoryLog
from bus.signature import SigningKey
from crds.messages import AgentCommand, AgentInfo, CommandKind
from ports.simulated import LoopClock
from tests.control_loop.stand import Stand, TalkingAgent, eventually, loaded, ref, uuid, write
from tests.planner.short_manifests import NOW, node_id

YARD = {"node/gate": {}, "dsinstance/yard": {"node": "gate"}}
EDITED = {"node/gate": {}, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}
GATE = node_id("gate").encode()
KEYS = (None, b"", b"\xff\xfe", b"x" * 5000, b"not-a-node", node_id("nobody").encode(), GATE)
VALUES = (
    None,
    b"",
    b"\x00\xff" * 50,
    b"{}",
    b"null",
    b"[" * 5000,
    b'{"payload":"e30=","payloadType":"application/vnd.dsfleet.AgentInfo+json","signatures":[]}',
    b'{"payload":"!","payloadType":1,"signatures":{"a":1}}',
    b"x" * 2_000_000,
    b'{"a":' + b"9" * 5000 + b"}",
)


async def still_works(stand: Stand) -> None:
    """An edit reaches the node, and a stranger is answered."""
    await stand.settled()
    before = stand.orders("gate")
    await stand.say(loaded(EDITED, "sha256:edited"))
    await eventually(lambda: len(stand.orders("gate")) == len(before) + 1, "the edit is published")
    await stand.settled()


@pytest.mark.parametrize("when", ["before", "while"])
def test_garbage_on_every_topic_is_survived_and_told(play: Callable[..., None], when: str) -> None:
    async def scenario(stand: Stand) -> None:
        def litter() -> None:
            for topic, key, value in itertools.product(Topic, KEYS, VALUES):
                write(stand.log, topic, key, value)

        stand.source.say_silently(loaded(YARD))
        if when == "before":
            litter()
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            if when == "while":
                stand.agent("gate").greet()
                litter()
            stand.agent("gate").greet()
            await eventually(lambda: stand.orders("gate") if when == "while" else True, "a generation")
            await stand.settled()
            told = await eventually(lambda: stand.told("RecordRefused"), "it is told")
            for topic in (Topic.AGENT_INFO, Topic.AGENT_CONFIG):
                assert any(topic in message for message in told)
            assert all(len(message) <= 1024 and message.isprintable() for message in told)

    play(scenario)


def signed(key: SigningKey, payload: Any, kind: str = "AgentInfo") -> bytes:
    """A well-signed envelope around anything."""
    text = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    envelope = Envelope(text, f"application/vnd.dsfleet.{kind}+json", {})
    envelope.sign(key.signer)
    return json.dumps(envelope.to_dict()).encode()


def greeting(agent: TalkingAgent, **changes: Any) -> dict[str, Any]:
    info = AgentInfo(
        fleet_id="test",
        node_id=uuid("gate"),
        hostname="gate",
        ip_address="10.0.0.1",
        agent_version="0",
        driver="fake",
        public_key=agent.key.public_key_hex,
        sent_at=NOW,
    )
    return {**info.model_dump(mode="json"), **changes}


LARGEST = int("9" * 4300)
"""One more digit, and Python does not write it as text any more."""

# Numbers and texts that a model takes, and that nobody would expect.
ODD_GREETINGS: list[dict[str, Any]] = [
    {"sent_at": 0},
    {"hostname": "x" * 10_000},
    {"hostname": "\x1b[31m\u202e\n\0"},
    {"ip_address": ""},
    {"capacity": -(10**30)},
    {"gpulist": ["x"] * 5000},
    {"public_key": "AB" * 32},
    {"node_id": "00000000-0000-0000-0000-000000000000"},
    {"highest": {"epoch": -1, "generation": 0}},
    {"highest": {"epoch": 1, "generation": 1, "digest": "x" * 10_000}},
    {"more": {"nested": [1, 2, 3]}},
]
ODD_STATUS = {"instance_name": "yard", "state": "Running", "since": "2026-03-01T12:00:00Z", "restarts": -5}
ODD_CAMERA = {"name": "dock", "ready": True, "reason": "", "since": "2026-03-01T12:00:00Z", "fps": 1e308}
ODD_REPORTS: list[dict[str, Any]] = [
    {"status": [{**ODD_STATUS, "cameras": [ODD_CAMERA] * 3, "exclusive_cameras": ["", "dock", "x" * 1000]}] * 3},
    {"status": [{**ODD_STATUS, "instance_name": "x" * 1000}] * 500},
    {"conditions": [{"type": "", "status": "True", "reason": "", "last_transition_time": "2026-03-01T12:00:00Z"}] * 9},
    {"observed": {"epoch": 10**40, "generation": 10**40}},
    {"sequence": 10**40},
]

# Times that a model takes, and that cannot be compared with others, or told in UTC.
TIMES = ("2026-03-01T12:00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59")
TIMED_GREETINGS: list[dict[str, Any]] = [{"sent_at": time} for time in TIMES]
TIMED_REPORTS: list[dict[str, Any]] = [
    report
    for time in TIMES
    for report in (
        {"sent_at": time},
        {"status": [{**ODD_STATUS, "since": time, "started_at": time, "cameras": [{**ODD_CAMERA, "since": time}]}]},
        {
            "conditions": [
                {"type": name, "status": "True", "reason": "x", "last_transition_time": time}
                for name in ("Ready", "Odd")
            ]
        },
    )
]


@pytest.mark.parametrize(
    "greetings", [pytest.param(ODD_GREETINGS, id="odd"), pytest.param(TIMED_GREETINGS, id="times")]
)
def test_well_signed_greetings_of_any_content_are_survived(
    play: Callable[..., None], greetings: list[dict[str, Any]]
) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            agent = stand.agent("gate")
            for first, second in itertools.pairwise([*greetings, *reversed(greetings)]):
                agent.write(Topic.AGENT_INFO, signed(agent.key, greeting(agent, **first)))
                agent.write(Topic.AGENT_INFO, signed(agent.key, greeting(agent, **second)))
                await stand.settled()
            await eventually(lambda: stand.shown("Node"), "the fleet is shown")
        async with stand.controller():
            await eventually(lambda: stand.shown("Node"), "the fleet is shown after a restart")
            await stand.settled()

    play(scenario)


def test_an_unknown_agent_has_no_say_in_the_numbers_of_others(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stray = stand.agent("stray")
        held = {"epoch": LARGEST, "generation": LARGEST, "digest": ""}
        stray.write(Topic.AGENT_INFO, signed(stray.key, greeting(stray, node_id=node_id("stray"), highest=held)))
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.orders("gate") == [(1, 1)], "a generation")
            await still_works(stand)

    play(scenario)


def test_an_agent_that_claims_absurd_numbers_harms_itself_alone(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        fleet = {**YARD, "node/hut": {}, "dsinstance/hall": {"node": "hut"}}
        stand.source.say_silently(loaded(fleet))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            hut = stand.agent("hut")
            held = {"epoch": LARGEST, "generation": LARGEST, "digest": ""}
            hut.write(Topic.AGENT_INFO, signed(hut.key, greeting(hut, node_id=node_id("hut"), highest=held)))
            stand.agent("gate").greet()
            await eventually(lambda: stand.orders("gate") == [(1, 1)], "a generation of the other")
            await stand.settled()
        async with stand.controller():
            await stand.say(loaded({**fleet, **EDITED}, "sha256:1"))
            await eventually(lambda: len(stand.orders("gate")) == 2, "the next one")

    play(scenario)


@pytest.mark.parametrize("reports", [pytest.param(ODD_REPORTS, id="odd"), pytest.param(TIMED_REPORTS, id="times")])
def test_well_signed_reports_of_any_content_are_survived(
    play: Callable[..., None], reports: list[dict[str, Any]]
) -> None:
    async def scenario(stand: Stand) -> None:
        fleet = {**YARD, "camera/dock": {"exclusive": True}, "dsinstance/yard": {"node": "gate", "cameras": ["dock"]}}
        stand.source.say_silently(loaded(fleet))
        async with stand.controller():
            agent = stand.agent("gate")
            agent.greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            for number, changes in enumerate([*reports, *reports]):
                plain = {
                    "fleet_id": "test",
                    "node_id": node_id("gate"),
                    "observed": None,
                    "applied": None,
                    "status": [],
                    "sequence": number,
                    "sent_at": f"2026-03-01T12:00:{number:02}Z",
                }
                agent.write(Topic.AGENT_RESPONSE, signed(agent.key, {**plain, **changes}, "AgentResponse"))
                shown = stand.looks
                await eventually(lambda: stand.looks > shown + 1, "it is shown")  # noqa: B023
        async with stand.controller():
            await eventually(lambda: stand.shown("Node"), "the fleet is shown after a restart")
            await stand.settled()

    play(scenario)


def test_records_under_the_key_of_another_node_are_refused(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded({**YARD, "node/hut": {}}))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            hut = stand.agent("hut")
            write(stand.log, Topic.AGENT_INFO, GATE, signed(hut.key, greeting(hut, node_id=node_id("hut"))))
            (message,) = await eventually(lambda: stand.told("RecordRefused"), "it is told")
            assert node_id("hut") in message
            await stand.settled()
            assert stand.count_configs() == 0

    play(scenario)


def test_commands_that_somebody_else_wrote_are_no_concern_of_the_controller(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            command = AgentCommand(
                fleet_id="test", node_id=uuid("gate"), command=CommandKind.REFUSED, epoch=9, sent_at=NOW
            )
            write(stand.log, Topic.AGENT_COMMAND, GATE, encode_signed(command, SigningKey.generate()))
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")

    play(scenario)


def test_tombstones_take_nothing_away(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            agent = stand.agent("gate")
            agent.greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            agent.report(config.ref, config.ref)
            for topic in Topic:
                write(stand.log, topic, GATE, None)
            await stand.settled()
            await eventually(lambda: stand.status("gate").get("instances") == 1, "it is shown")
            await still_works(stand)
        stand.log.compact()
        assert stand.orders("gate") == [(1, 2)]
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            await stand.settled()
        assert stand.orders("gate") == [(1, 2)]

    play(scenario)


@pytest.mark.parametrize("when", ["before", "while"])
def test_a_record_that_somebody_deleted_is_put_back(play: Callable[..., None], when: str) -> None:
    """Invariant S17: whoever reads the topic from its beginning finds what was published."""

    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            await stand.settled()
            if when == "while":
                write(stand.log, Topic.AGENT_CONFIG, GATE, None)
                await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 1)], "it is put back")
        if when == "before":
            write(stand.log, Topic.AGENT_CONFIG, GATE, None)
            stand.lose_disk()
        async with stand.controller() as controller:
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 1)], "it is put back")
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            await stand.settled()
            assert stand.orders("gate") == [(1, 1), (1, 1)]
        stand.log.compact()
        assert stand.orders("gate") == [(1, 1)]

    play(scenario)


def test_a_generation_that_is_too_large_is_told_and_harms_no_other_node(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        env = {f"A{number}": "x" * 32_000 for number in range(60)}
        fleet = {**YARD, "node/hut": {}, "dsinstance/hall": {"node": "hut", "container": {"env": env}}}
        stand.source.say_silently(loaded(fleet))
        async with stand.controller():
            stand.agent("gate").greet()
            stand.agent("hut").greet()
            (message,) = await eventually(lambda: stand.told("NotPublishable"), "it is told")
            assert "too large" in message
            await eventually(lambda: stand.newest("gate"), "the other node has its generation")
            await stand.settled()
            assert stand.orders("hut") == []

            await stand.say(loaded({**fleet, "dsinstance/hall": {"node": "hut"}}, "sha256:1"))
            await eventually(lambda: stand.orders("hut") == [(1, 1)], "the smaller one")

    play(scenario)


def test_a_failed_publication_is_told_and_repeated(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            await stand.settled()
            stand.bus.lose_records = True
            await stand.say(loaded(EDITED, "sha256:1"))
            await eventually(lambda: stand.bus.failures > 2, "it is tried again")
            await eventually(lambda: stand.told("PublishFailed"), "it is told")
            assert stand.orders("gate") == [(1, 1)]

            stand.bus.lose_records = False
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 2)], "the edit")
            await stand.settled()
            assert stand.orders("gate") == [(1, 1), (1, 2)]

    play(scenario)


def test_a_lost_acknowledgement_makes_no_second_generation(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            await stand.settled()
            stand.bus.lose_acknowledgements = True
            await stand.say(loaded(EDITED, "sha256:1"))
            await eventually(lambda: stand.orders("gate")[-1] == (1, 2), "the edit is written")
            await stand.say(loaded(YARD, "sha256:2"))
            await eventually(lambda: stand.orders("gate")[-1] == (1, 3), "the next edit is written")
            stand.bus.lose_acknowledgements = False
            await stand.settled()
            by_number = {
                one.ref.order: {two.digest for two in stand.configs("gate") if two.ref.order == one.ref.order}
                for one in stand.configs("gate")
            }
            assert sorted(by_number) == [(1, 1), (1, 2), (1, 3)]
            assert all(len(digests) == 1 for digests in by_number.values())

    play(scenario)


def test_brokers_that_go_and_come_back(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            stand.log.set_down()
            await eventually(lambda: not controller.status()["kafka"]["connected"], "it is noticed")
            await stand.say(loaded(EDITED, "sha256:1"))
            await eventually(lambda: stand.told("PublishFailed"), "it is told")
            assert controller.status()["revision"]["id"] == "sha256:1"
            (said,) = stand.told("KafkaAway")
            assert said == (
                "the brokers do not answer as they must (disconnected): what runs goes on, changes wait until they do"
            )
            stand.log.set_up()
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 2)], "the edit")

    play(scenario)


def test_a_message_that_was_delivered_twice_is_as_one(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.log = MemoryLog(now=LoopClock().now, copies=lambda _record: 2)
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            agent = stand.agent("gate")
            agent.greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            agent.report(config.ref, ref(1, 0))
            await stand.settled()
            assert set(stand.orders("gate")) == {(1, 1)}
            await stand.say(loaded(EDITED, "sha256:1"))
            await eventually(lambda: set(stand.orders("gate")) == {(1, 1), (1, 2)}, "the edit")

    play(scenario)


def test_a_record_of_another_format_is_told_as_that_with_both_numbers(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        write(stand.log, Topic.AGENT_CONFIG, GATE, signed(stand.key, {"format": 2}, "AgentConfig"))
        async with stand.controller():
            stand.agent("gate").greet()
            await still_works(stand)
            write(stand.log, Topic.UPDATE_CONFIG, None, b'{"format": 3}')
            told = await eventually(lambda: len(found := stand.told("UnknownFormat")) == 2 and found, "both are told")
            assert [message.split(": ", 1)[1] for message in sorted(told)] == [
                "AgentConfig is of format 2, and this version reads format 1",
                "UpdateConfig is of format 3, and this version reads format 1",
            ]
            assert stand.told("ControllerKeyNotTrusted") == []

    play(scenario)
