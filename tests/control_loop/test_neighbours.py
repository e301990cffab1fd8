"""One failure blocks only what depends on it, and no old knowledge passes for new."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from bus.base import PublishFailed, Topic
from bus.codec import encode_plain
from bus.signature import SigningKey
from controller import decide
from controller.source.last_good import LastGood
from controller.source.read.reader import Reading, Unreadable
from crds.messages import GenerationRef, UpdateConfig
from tests.control_loop.stand import ScriptedSource, ShakyBus, Stand, eventually, loaded, write
from tests.planner.short_manifests import ShortFleet, node_id


def fleet_of(instances: int) -> ShortFleet:
    return {
        "node/gate": {},
        "node/hut": {},
        "dsinstance/hall": {"node": "hut"},
        **{f"dsinstance/i{number}": {"node": "gate"} for number in range(instances)},
    }


def test_an_old_copy_of_the_last_good_revision_passes_the_guard_too(play: Callable[..., None]) -> None:
    """The state directory may come from a backup, and the source be away: ten instances must not become one."""

    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(fleet_of(1), "sha256:01d1111"))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            await stand.copied()
            saved = stand.disk.saved()
            await stand.say(loaded(fleet_of(10), "sha256:2222222"))
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 2)], "ten instances")
        stand.disk.restore(saved)
        stand.source.say_silently(Unreadable("git is away"))
        async with stand.controller() as controller:
            await eventually(lambda: stand.told("RevisionParked"), "it is parked")
            await eventually(lambda: stand.told("RevisionUnreadable"), "the source is away")
            assert controller.status()["revision"] is None
            assert stand.orders("gate") == [(1, 1), (1, 2)]
            stand.source.say(loaded(fleet_of(10), "sha256:2222222"))
            await eventually(lambda: controller.status()["revision"], "the source is back")
            await stand.settled()
            assert stand.orders("gate") == [(1, 1), (1, 2)]

    play(scenario)


@pytest.mark.parametrize("error", [PublishFailed("no leader for this partition"), KeyError("a bug")], ids=repr)
def test_a_node_that_cannot_be_published_to_keeps_nobody_from_being_admitted(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    publish = ShakyBus.publish

    async def leaderless(self: ShakyBus, topic: Topic, *, key: str | None, value: bytes | None) -> None:
        if topic is Topic.AGENT_CONFIG and key == node_id("gate"):
            raise error
        await publish(self, topic, key=key, value=value)

    async def scenario(stand: Stand) -> None:
        monkeypatch.setattr(ShakyBus, "publish", leaderless)
        stand.source.say_silently(loaded(fleet_of(1)))
        async with stand.controller():
            for name in ("gate", "hut", "newcomer"):
                stand.agent(name).greet()
            for name in ("gate", "hut", "newcomer"):
                await eventually(lambda one=name: stand.commands(one), f"{name} is answered")
            await eventually(lambda: stand.newest("hut"), "the neighbour's generation")
            assert stand.newest("gate") is None

    play(scenario)


def test_a_bug_ends_one_turn_and_not_the_controller(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    broken = iter([True, True])
    publish: Callable[..., Any] = decide.publish

    def sometimes(*arguments: Any) -> Any:
        if next(broken, False):
            raise KeyError("a bug")
        return publish(*arguments)

    async def scenario(stand: Stand) -> None:
        monkeypatch.setattr(decide, "publish", sometimes)
        stand.source.say_silently(loaded(fleet_of(1)))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.told("UnexpectedError"), "it is told")
            await eventually(lambda: stand.newest("gate"), "a generation after all")

    play(scenario)


def test_a_bug_in_reading_the_source_ends_nothing(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    read = ScriptedSource.read
    broken = iter([True, True])

    async def sometimes(self: ScriptedSource) -> Reading:
        if next(broken, False):
            raise KeyError("a bug")
        return await read(self)

    async def scenario(stand: Stand) -> None:
        monkeypatch.setattr(ScriptedSource, "read", sometimes)
        stand.source.say_silently(loaded(fleet_of(1)))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.told("UnexpectedError"), "it is told")
            await eventually(lambda: stand.newest("gate"), "a generation after all")

    play(scenario)


def test_a_bug_in_keeping_the_revision_ends_nothing(play: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: Any) -> None:
        raise KeyError("a bug")

    async def scenario(stand: Stand) -> None:
        monkeypatch.setattr(LastGood, "store", broken)
        stand.source.say_silently(loaded(fleet_of(1)))
        async with stand.controller():
            await eventually(lambda: stand.told("UnexpectedError"), "it is told")
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation all the same")

    play(scenario)


def test_a_controller_that_lost_its_key_says_so(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(fleet_of(1)))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
        stand.key = SigningKey.generate()
        stand.lose_disk()
        async with stand.controller():
            (message,) = await eventually(lambda: stand.told("ControllerKeyNotTrusted"), "it is told")
            assert "controller.key" in message

    play(scenario)


def test_a_stranger_does_not_raise_the_epoch(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(fleet_of(1)))
        stand.agent("stranger").greet(GenerationRef(epoch=2**52, generation=1, digest="sha256:x"))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.orders("gate") == [(1, 1)], "the first epoch")

    play(scenario)


def test_why_an_update_was_asked_for_stands_in_its_event(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(fleet_of(1)))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            write(stand.log, Topic.UPDATE_CONFIG, None, encode_plain(UpdateConfig(desc="shift change")))
            (message,) = await eventually(lambda: stand.told("UpdateRequested"), "it is told")
            assert message.endswith(": shift change")

    play(scenario)


def test_a_topic_that_was_wiped_under_a_running_controller_is_filled_again(play: Callable[..., None]) -> None:
    """Whoever reads from the beginning must find the generations, though every agent already has its own (L4, S17)."""

    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(fleet_of(1)))
        async with stand.controller():
            agent = stand.agent("gate")
            agent.greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            agent.report(config.ref, config.ref)
            await stand.settled()
            stand.log.wipe()
            await eventually(lambda: stand.orders("gate") == [config.ref.order], "the same generation again")

    play(scenario)


def test_nothing_is_decided_and_nothing_made_while_nothing_happens(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node that is lost is shown once; after that ticks are free."""
    decided: list[str] = []
    publish: Callable[..., Any] = decide.publish

    def counted(*arguments: Any) -> Any:
        decided.append("publish")
        return publish(*arguments)

    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(fleet_of(1)))
        async with stand.controller():
            agent = stand.agent("gate")
            agent.greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            agent.report(config.ref, config.ref)
            await stand.settled()
            await eventually(lambda: stand.told("NodeLost"), "it is lost")
            monkeypatch.setattr(decide, "publish", counted)
            shown, looks = (stand.store.version, stand.event_store.version), stand.looks
            await asyncio.sleep(200)
            assert stand.looks > looks + 100
            assert (stand.store.version, stand.event_store.version) == shown
            assert decided == []

    play(scenario)
