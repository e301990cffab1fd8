"""Whoever may write to Kafka may greet as any node: the key of its first greeting, or a pinned one, decides."""

from collections.abc import Callable
from typing import Any

import pytest

from bus.signature import SigningKey
from controller.answers import Answers
from controller.kept_keys import FILE_NAME
from controller.model import TrustRefused
from crds.camera_status import CameraStatus
from crds.fingerprint import fingerprint
from crds.messages import CommandKind, InstanceState, InstanceStatus
from ports.simulated import BEGINNING
from tests.control_loop.stand import STATE_DIR, Stand, TalkingAgent, eventually, loaded, none_published, ref

YARD = {"node/gate": {}, "camera/dock": {}, "dsinstance/yard": {"node": "gate", "cameras": ["dock"]}}


def shows(stand: Stand, *, ready: bool) -> InstanceStatus:
    """What an agent says of the instance, with a camera that works or does not."""
    config = stand.configs("gate")[-1].node_config_list[0]
    reason = "FramesProcessed" if ready else "NoFrames"
    return InstanceStatus(
        instance_name="yard",
        state=InstanceState.RUNNING,
        digest=config.digest,
        since=BEGINNING,
        cameras=(CameraStatus(name="dock", ready=ready, reason=reason, since=BEGINNING),),
    )


async def begin(stand: Stand) -> TalkingAgent:
    """A node that greeted first, and whose camera is dead."""
    gate = stand.agent("gate")
    gate.greet()
    config = await eventually(lambda: stand.newest("gate"), "a generation")
    gate.report(config.ref, config.ref, status=(shows(stand, ready=False),))
    await eventually(lambda: camera(stand)["ready"] is False, "the dead camera is shown")
    return gate


def camera(stand: Stand) -> dict[str, Any]:
    found: dict[str, Any] = stand.shown("Camera").get("dock", {}).get("status", {"ready": "not shown"})
    return found


def forge(stand: Stand) -> TalkingAgent:
    """Somebody with a key of his own says that all is well, and that he holds much more than was published."""
    stranger = stand.agent("gate", key=SigningKey.generate())
    config = stand.newest("gate")
    assert config is not None
    stranger.greet(ref(99, 99), agent_version="forged", hostname="elsewhere\x1b[31m" + "x" * 500)
    stranger.report(config.ref, config.ref, status=(shows(stand, ready=True),))
    return stranger


def said(stand: Stand) -> list[tuple[CommandKind, str]]:
    return [(one.command, one.public_key) for one in stand.commands("gate")]


async def told(stand: Stand, count: int) -> list[str]:
    return (
        await eventually(lambda: found if len(found := stand.told("KeyRefused")) == count else None, "it is told") or []
    )


def test_a_forged_greeting_and_report_change_nothing_of_what_is_shown(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            gate = await begin(stand)
            before = stand.status("gate")
            with none_published(stand):
                stranger = forge(stand)
                (message,) = await told(stand, 1)
                await stand.settled()
            theirs, ours = fingerprint(stranger.key.public_key_hex), fingerprint(gate.key.public_key_hex)
            assert f"fleet node trust gate --key {theirs}" in message
            assert ours in message
            assert "\x1b" not in message
            assert camera(stand)["ready"] is False
            after = stand.status("gate")
            assert {**after, "conditions": after["conditions"][:2]} == {
                **before,
                "conditions": before["conditions"][:2],
            }
            (refused,) = controller.status()["refusedKeys"]
            assert (refused["object"], theirs in refused["message"]) == ("node/gate", True)
            assert said(stand) == [
                (CommandKind.ADMITTED, gate.key.public_key_hex),
                (CommandKind.REFUSED, stranger.key.public_key_hex),
            ]
            assert theirs in stand.commands("gate")[-1].reason

    play(scenario)


def test_who_greets_again_and_again_or_with_ever_new_keys_is_told_and_answered_a_few_times(
    play: Callable[..., None],
) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            await begin(stand)
            stranger = forge(stand)
            for _ in range(50):
                stranger.greet()
                forge(stand)
            await stand.settled()
            assert len(stand.told("KeyRefused")) <= 4
            assert len(stand.commands("gate")) <= 5

    play(scenario)


@pytest.mark.parametrize("lost", ["nothing", "the disk", "the file of keys", "the topics"])
def test_the_key_outlives_the_controller_its_disk_and_the_topics(play: Callable[..., None], lost: str) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            await begin(stand)
            forge(stand)  # the topic is compacted: the newest greeting and report of a node may be the forged ones
            await stand.settled()
        stand.log.compact()
        if lost == "the disk":
            stand.lose_disk()
        elif lost == "the file of keys":
            stand.disk.write(STATE_DIR / FILE_NAME, b'{"keys": {"a"')
        elif lost == "the topics":
            stand.log.wipe()
        async with stand.controller():
            if lost == "the topics":
                stand.agent("gate", key=SigningKey.generate()).greet(ref(1, 50))
            await told(stand, 1)
            await stand.settled()
            assert camera(stand)["ready"] is None
            config = await eventually(lambda: stand.newest("gate"), "its generation is there, or there again")
            gate = stand.agent("gate")
            gate.greet(config.ref)
            gate.report(config.ref, config.ref, status=(shows(stand, ready=False),))
            await eventually(lambda: camera(stand)["ready"] is False, "the agent itself is believed")
            assert set(stand.orders("gate")) == {(1, 1)}
            assert bool(stand.told("AgentKeysLost")) == (lost == "the file of keys")

    play(scenario)


@pytest.mark.parametrize("named", ["by its fingerprint", "by the key itself"])
def test_a_machine_with_a_new_key_is_believed_once_a_person_says_so(play: Callable[..., None], named: str) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        new = stand.agent("gate", key=SigningKey.generate())
        key = new.key.public_key_hex
        async with stand.controller() as controller:
            old = await begin(stand)
            new.greet()
            await told(stand, 1)
            await controller.trust("gate", fingerprint(key) if named == "by its fingerprint" else key)
            if named == "by its fingerprint":
                await eventually(lambda: (CommandKind.ASK_INFO, key) in said(stand), "it is asked to greet again")
            new.greet()
            await eventually(lambda: (CommandKind.ADMITTED, key) in said(stand), "it is admitted")
            shown = fingerprint(key)
            await eventually(lambda: stand.status("gate")["publicKeyFingerprint"] == shown, "its key is shown")
            (refused,) = controller.status()["refusedKeys"]
            assert fingerprint(old.key.public_key_hex) in refused["message"]
        async with stand.controller():
            old.report(None)
            await stand.settled()
            new.report(None)
            await eventually(lambda: stand.status("gate").get("phase") == "Ready", "the new one alone is believed")

    play(scenario)


@pytest.mark.parametrize(
    ("node", "key", "reason"),
    [
        ("hut", "ab" * 32, "no Node manifest in force is named hut"),
        ("gate", "sha256:" + "ab" * 32, "no agent that greeted as node gate lately has the key"),
        ("gate", "ab" * 31, "no agent that greeted as node gate lately has the key"),
        ("pinned", "ab" * 32, "pins another key: change spec.publicKey to abab"),
    ],
)
def test_what_cannot_be_trusted_is_said(play: Callable[..., None], node: str, key: str, reason: str) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded({**YARD, "node/pinned": {"publicKey": "cd" * 32}}))
        async with stand.controller() as controller:
            await begin(stand)
            with pytest.raises(TrustRefused, match=reason):
                await controller.trust(node, key)

    play(scenario)


def test_a_key_that_the_disk_does_not_take_counts_and_is_said(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            await begin(stand)
            stand.disk.failure = OSError(28, "No space left on device")
            await _trust_fails(controller, "ab" * 32)
            shown = fingerprint("ab" * 32)
            await eventually(lambda: stand.status("gate")["publicKeyFingerprint"] == shown, "it counts")
            await eventually(lambda: stand.told("AgentKeysNotKept"), "it is told")
            stand.disk.failure = None
            await eventually(lambda: b"abab" in stand.disk.read(STATE_DIR / FILE_NAME), "it is written later")

    play(scenario)


async def _trust_fails(controller: Answers, key: str) -> None:
    with pytest.raises(OSError, match="No space"):
        await controller.trust("gate", key)


def test_who_greets_first_is_believed_and_the_machine_itself_refused_until_a_person_decides(
    play: Callable[..., None],
) -> None:
    """What trust on first use cannot do: `spec.publicKey` can."""

    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            stand.agent("gate", key=SigningKey.generate()).greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            machine = stand.agent("gate")
            machine.greet()
            (message,) = await told(stand, 1)
            await controller.trust("gate", message.partition("--key ")[2].partition("`")[0])
            machine.greet()
            machine.report(None)
            await eventually(lambda: stand.status("gate")["phase"] == "Ready", "the machine is believed")

    play(scenario)


def test_a_pin_counts_before_what_was_kept_and_stays_when_it_leaves_the_manifest(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        pinned = SigningKey.generate()
        async with stand.controller():
            old = await begin(stand)
            await stand.say(loaded({**YARD, "node/gate": {"publicKey": pinned.public_key_hex}}, "sha256:1"))
            await eventually(lambda: stand.status("gate")["reason"] == "KeyRefused", "the old key counts no more")
            new = stand.agent("gate", key=pinned)
            new.greet()
            new.report(None)
            await eventually(lambda: stand.status("gate")["phase"] == "Ready", "the pinned one is believed")
            await stand.say(loaded(YARD, "sha256:2"))
            old.greet()
            await stand.settled()
            assert stand.status("gate")["publicKeyFingerprint"] == fingerprint(pinned.public_key_hex)

    play(scenario)


def test_a_manifest_that_is_away_for_a_minute_opens_no_door(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded({**YARD, "node/hut": {}}))
        async with stand.controller():
            hut = stand.agent("hut")
            hut.greet()
            await eventually(lambda: stand.newest("hut"), "a generation")
            await stand.say(loaded(YARD, "sha256:1"))
            await eventually(lambda: "hut" not in stand.shown("Node"), "its manifest is gone")
            stand.agent("hut", key=SigningKey.generate()).greet()
            await stand.settled()
            await stand.say(loaded({**YARD, "node/hut": {}}, "sha256:2"))
            await eventually(lambda: stand.status("hut"), "it is there again")
            await stand.settled()
            assert stand.status("hut")["publicKeyFingerprint"] == fingerprint(hut.key.public_key_hex)
            assert stand.told("KeyRefused")

    play(scenario)
