"""A real controller asks real agents, on a virtual clock: what is shown, what is refused and how soon, and what is left afterwards."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from bus.base import Topic
from bus.codec import decode_signed, encode_signed
from bus.topics import SETTINGS
from controller.asking import usage_samples
from controller.asking.base import CannotAsk, NoSuchLog
from controller.asking.wanted import LogsWanted
from crds.answers import AgentAnswer
from crds.messages import AgentCommand, CommandKind
from nodeagent.engines.counters import Counters, UsageCounters
from ports.virtual_time import run_in_virtual_time
from tests.asking.agents_of_before import becomes_older
from tests.control_loop.stand import write
from tests.planner.short_manifests import ShortFleet, node_id
from tests.simulation.world import FLEET, World, key_of

MANIFESTS: ShortFleet = {
    "node/gate": None,
    "node/yard": None,
    "camera/dock": None,
    "dsinstance/door": {"node": "gate", "cameras": ["dock"], "app": {"kind": "reference"}},
    "dsinstance/hall": {"node": "yard", "cameras": ["dock"], "app": {"kind": "reference"}},
}
ALL = LogsWanted(tail_lines=None, since=None, previous=False, follow=False, timestamps=False, limit_bytes=None)
FOLLOWED = replace(ALL, follow=True)


def play(scenario: Callable[[World], Awaitable[None]]) -> None:
    async def whole() -> None:
        world = World(MANIFESTS, seed=1)
        world.start_what_is_dead()
        await asyncio.sleep(60)
        assert world.status("gate")["phase"] == "Ready"
        await scenario(world)
        await world.end()

    run_in_virtual_time(whole(), limit_seconds=1000)


def leases(world: World, node: str = "gate") -> list[Any]:
    values = world.log.values[Topic.AGENT_COMMAND, node_id(node)]
    found = [decode_signed(AgentCommand, value, [world.key.public_key_hex]) for value in values]
    return [one.lease for one in found if one.command is CommandKind.ASK]


def readers_of_answers(world: World) -> int:
    places = [(Topic.AGENT_ANSWER, partition) for partition in range(SETTINGS[Topic.AGENT_ANSWER].partitions)]
    return sum(len(world.log._readers[place]) for place in places)


def is_quiet(world: World) -> bool:
    asking = world.asking
    return not (
        asking.is_subscribed or asking._samples._asked or asking._office._last_words or readers_of_answers(world)
    )


def say(world: World, *lines: str, node: str = "gate", instance: str = "door") -> None:
    driver = world.nodes[node].driver
    assert driver is not None
    driver.say(instance, *lines)


async def shown(world: World, wanted: LogsWanted, node: str = "gate", instance: str = "door") -> str:
    async with world.asking.logs(node, instance, wanted) as chunks:
        return b"".join([chunk async for chunk in chunks]).decode()


async def refusal(world: World, node: str = "gate", instance: str = "door", wanted: LogsWanted = ALL) -> str:
    with pytest.raises(CannotAsk) as refused:
        await shown(world, wanted, node, instance)
    assert isinstance(refused.value, NoSuchLog) is ("there is no log" in str(refused.value))
    return str(refused.value)


def test_nobody_looks_and_nothing_is_asked_or_read() -> None:
    async def scenario(world: World) -> None:
        await asyncio.sleep(120)
        assert leases(world) == []
        assert is_quiet(world)
        assert not world.log.values[Topic.AGENT_ANSWER, node_id("gate")]

    play(scenario)


def test_the_log_of_an_instance_is_shown_and_then_all_is_quiet_again() -> None:
    async def scenario(world: World) -> None:
        say(world, "one", "two", "three")
        assert await shown(world, ALL) == "one\ntwo\nthree\n"
        assert await shown(world, replace(ALL, tail_lines=1)) == "three\n"
        assert await shown(world, replace(ALL, limit_bytes=5)) == "one\nt"
        assert world.asking.is_subscribed, "whoever looks again makes no new subscription"
        await asyncio.sleep(20)
        assert is_quiet(world)
        assert len(leases(world)) == 6
        assert sum(one.seconds == 0 for one in leases(world)) == 3, "each was taken back"

    play(scenario)


def test_who_follows_is_shown_what_comes_for_as_long_as_he_looks_and_not_longer() -> None:
    async def scenario(world: World) -> None:
        async with world.asking.logs("gate", "door", FOLLOWED) as chunks:
            for number in range(10):
                say(world, f"line {number}")
                assert await anext(chunks) == b"line %d\n" % number
                await asyncio.sleep(20)
            world.nodes["gate"].crash("door")
            await asyncio.sleep(30)
            say(world, "again")
            assert await anext(chunks) == b"again\n"
        await asyncio.sleep(20)
        assert is_quiet(world)
        agent_tasks = [task for task in asyncio.all_tasks() if "Answering" in repr(task.get_coro())]
        assert agent_tasks == []

    play(scenario)


def test_several_who_look_get_their_own() -> None:
    async def scenario(world: World) -> None:
        say(world, "of door")
        say(world, "of hall", node="yard", instance="hall")
        found = await asyncio.gather(shown(world, ALL), shown(world, ALL, "yard", "hall"), shown(world, ALL))
        assert found == ["of door\n", "of hall\n", "of door\n"]

    play(scenario)


def test_a_slow_client_holds_no_more_than_its_room_and_is_told_what_was_left_out() -> None:
    async def scenario(world: World) -> None:
        async with world.asking.logs("gate", "door", FOLLOWED) as chunks:
            for number in range(300):
                say(world, f"line {number}")
                await asyncio.sleep(0.2)
            (conversation,) = world.asking._reader._conversations.values()
            assert len(conversation._came) <= 64
            text = b""
            async for chunk in chunks:
                text += chunk
                if b"line 299\n" in text or b"left out" in text:
                    break
            assert b"left out" in text
            say(world, "now")
            async for chunk in chunks:
                if b"now\n" in chunk:
                    break

    play(scenario)


def test_what_cannot_be_asked_is_said_at_once_and_in_words() -> None:
    async def scenario(world: World) -> None:
        assert await refusal(world, "nowhere") == "no manifest in force declares node nowhere"
        assert "was not told to run instance hall" in await refusal(world, "gate", "hall")
        assert "no earlier run" in await refusal(world, wanted=replace(ALL, previous=True))
        await world.nodes["gate"].kill()
        began = world.clock.monotonic()
        await refusal(world)
        assert world.clock.monotonic() - began < 11, "one that has just died is not known to be away"
        await asyncio.sleep(20)
        assert "is not heard since" in await refusal(world)
        await asyncio.sleep(20)
        assert is_quiet(world)

    play(scenario)


def test_who_follows_is_told_when_the_agent_goes_or_is_restarted() -> None:
    async def scenario(world: World) -> None:
        async def until_refused() -> str:
            with pytest.raises(CannotAsk) as refused:
                await shown(world, FOLLOWED)
            return str(refused.value)

        following = asyncio.create_task(until_refused())
        await asyncio.sleep(5)
        await world.nodes["gate"].kill()
        world.start_agent("gate")
        assert "was restarted" in await asyncio.wait_for(following, 30)
        following = asyncio.create_task(until_refused())
        await asyncio.sleep(5)
        await world.nodes["gate"].kill()
        assert "is not heard" in await asyncio.wait_for(following, 30)

    play(scenario)


def test_an_agent_of_before_is_never_asked_and_people_read_why() -> None:
    async def scenario(world: World) -> None:
        await becomes_older(world, "gate", "0.0.9", ())
        why = await refusal(world)
        assert why == ("the agent of node gate is of version 0.0.9, which cannot be asked for its logs: upgrade it")
        assert await world.asking.usage(["gate"]) == {}
        assert leases(world) == []

    play(scenario)


def test_whoever_looks_at_usage_for_weeks_is_told_the_newest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_samples, "_MANY_ANSWERS", 10)

    async def scenario(world: World) -> None:
        found = await world.asking.usage(["gate"])
        for _ in range(60):
            await asyncio.sleep(5)
            found = await world.asking.usage(["gate"])
        assert (world.clock.now() - found["gate"].at).total_seconds() < 30

    play(scenario)


def test_usage_is_asked_once_for_all_who_look_and_is_at_hand_for_a_while() -> None:
    async def scenario(world: World) -> None:
        for name in ("gate", "yard"):
            node = world.nodes[name]
            node.engine.used = UsageCounters(Counters(5.0, 4000), {})
        began = world.clock.monotonic()
        found = await world.asking.usage(["gate", "yard", "nowhere"])
        assert world.clock.monotonic() - began < 2
        assert set(found) == {"gate", "yard"}
        assert found["gate"].node.memory_bytes == 4000
        assert isinstance(found["gate"].at, datetime)
        began = world.clock.monotonic()
        again = await asyncio.gather(*(world.asking.usage(["gate"]) for _ in range(20)))
        assert world.clock.monotonic() - began < 0.01
        assert {id(one["gate"]) for one in again} == {id(found["gate"])}
        assert len(leases(world)) == 1
        for _ in range(10):
            await asyncio.sleep(4)
            assert set(await world.asking.usage(["gate"])) == {"gate"}
        assert len({one.number for one in leases(world)}) == 1
        await asyncio.sleep(60)
        assert is_quiet(world)
        answers = len(world.log.values[Topic.AGENT_ANSWER, node_id("gate")])
        await asyncio.sleep(60)
        assert len(world.log.values[Topic.AGENT_ANSWER, node_id("gate")]) == answers

    play(scenario)


def test_instances_are_called_as_their_manifests_call_them() -> None:
    async def scenario(world: World) -> None:
        renamed = {**MANIFESTS, "dsinstance/portal": MANIFESTS["dsinstance/door"]}
        del renamed["dsinstance/door"]
        world.manifests.commit(renamed)
        await asyncio.sleep(30)
        say(world, "under its new name")
        assert await shown(world, ALL, instance="portal") == "under its new name\n"
        world.nodes["gate"].engine.used = UsageCounters(Counters(5.0, 4000), {"door": ("x", Counters(1.0, 70))})
        usage = await world.asking.usage(["gate"])
        assert usage["gate"].instances["portal"].memory_bytes == 70

    play(scenario)


def test_those_who_do_not_answer_are_left_out_in_bounded_time() -> None:
    async def scenario(world: World) -> None:
        await world.nodes["yard"].kill()
        began = world.clock.monotonic()
        assert set(await world.asking.usage(["gate", "yard"])) == {"gate"}
        assert world.clock.monotonic() - began < 6

    play(scenario)


def test_brokers_that_are_away_are_an_answer_in_bounded_time() -> None:
    async def scenario(world: World) -> None:
        world.log.up = False
        world.log.notify()
        began = world.clock.monotonic()
        assert "Kafka" in await refusal(world)
        assert await world.asking.usage(["gate"]) == {}
        assert world.clock.monotonic() - began < 30

    play(scenario)


def test_more_than_so_many_are_refused_and_all_leave_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.asking.agents.MOST_LOGS", 3)

    async def scenario(world: World) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(world.asking.logs("gate", "door", FOLLOWED))
            assert "no more at a time" in await refusal(world)
        say(world, "again")
        assert await shown(world, ALL) == "again\n"
        await asyncio.sleep(30)
        assert is_quiet(world)

    play(scenario)


def test_answers_of_somebody_else_or_of_another_lease_are_never_shown() -> None:
    async def scenario(world: World) -> None:
        async with world.asking.logs("gate", "door", FOLLOWED) as chunks:
            lease = leases(world)[0]
            good = {
                "fleet_id": FLEET,
                "node_id": UUID(node_id("gate")),
                "boot_id": lease.boot_id,
                "lease": lease.number,
                "sequence": 1,
                "lines": "forged\n",
                "sent_at": world.clock.now(),
            }
            for changes, key in (
                ({}, key_of("yard")),
                ({"boot_id": "another"}, key_of("gate")),
                ({"lease": lease.number + 1}, key_of("gate")),
                ({"fleet_id": "another"}, key_of("gate")),
                ({"node_id": UUID(node_id("yard"))}, key_of("gate")),
            ):
                value = encode_signed(AgentAnswer.model_validate({**good, **changes}), key)
                write(world.log, Topic.AGENT_ANSWER, node_id("gate").encode(), value)
            for value in (None, b"", b"\xff", b"{}", b"x" * 10_000):
                write(world.log, Topic.AGENT_ANSWER, node_id("gate").encode(), value)
            write(world.log, Topic.AGENT_ANSWER, None, b"x")
            say(world, "true")
            assert await anext(chunks) == b"true\n"

    play(scenario)
