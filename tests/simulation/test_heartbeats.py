"""Agents give signs of life to a controller that takes them, and report to one that does not."""

import asyncio
from itertools import pairwise

import pytest

from bus.base import Topic
from bus.codec import decode_heartbeat
from controller.publish import admission
from crds.heartbeat import HEARTBEAT_BYTES, heartbeat_key
from ports.virtual_time import run_in_virtual_time
from tests.planner.short_manifests import node_id
from tests.simulation.smoke import started
from tests.simulation.world import World

QUIET_SECONDS = 600
EVERY_SECONDS, FULL_EVERY_SECONDS = 5, 60
LOST_SECONDS = 15


def heartbeats(world: World, name: str) -> list[bytes]:
    return world.log.values[Topic.AGENT_RESPONSE, heartbeat_key(node_id(name))]


async def said_in(world: World, name: str, seconds: float) -> tuple[int, int]:
    """How many reports and heartbeats an agent sends from now on."""
    before = len(world.reports(name)), len(heartbeats(world, name))
    await asyncio.sleep(seconds)
    return len(world.reports(name)) - before[0], len(heartbeats(world, name)) - before[1]


def test_a_quiet_node_reports_once_a_minute_and_is_never_lost() -> None:
    async def scenario() -> None:
        world = await started()
        reports, signs = await said_in(world, "gate", QUIET_SECONDS)
        assert reports == QUIET_SECONDS // FULL_EVERY_SECONDS
        assert reports + signs == QUIET_SECONDS // EVERY_SECONDS
        assert all(len(value) < HEARTBEAT_BYTES for value in heartbeats(world, "gate"))
        numbers = [decode_heartbeat(value).number for value in heartbeats(world, "gate")]
        assert all(after in (before + 1, 1) for before, after in pairwise(numbers))
        assert world.told("NodeLost") == []
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=1000)


def test_an_agent_that_dies_is_lost_as_soon_as_with_reports_and_a_change_is_told_at_once() -> None:
    async def scenario() -> None:
        world = await started()
        await asyncio.sleep(2.5)
        before = len(world.reports("gate"))
        world.nodes["gate"].crash("gate-0")
        await asyncio.sleep(1)
        assert len(world.reports("gate")) > before
        await asyncio.sleep(4 * EVERY_SECONDS)
        await world.nodes["gate"].kill()
        await asyncio.sleep(LOST_SECONDS - EVERY_SECONDS - 1)
        assert world.status("gate")["reason"] == "AgentConnected"
        await asyncio.sleep(EVERY_SECONDS + 2)
        assert world.status("gate")["reason"] == "NodeLost"
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=1000)


@pytest.mark.parametrize("is_compacted", [False, True])
def test_a_controller_that_starts_between_two_reports_knows_who_is_alive(is_compacted: bool) -> None:
    async def scenario() -> None:
        world = await started()
        await asyncio.sleep(QUIET_SECONDS)
        await world.controller.kill()
        await world.nodes["yard"].kill()
        if is_compacted:
            world.log.compact()
        await asyncio.sleep(LOST_SECONDS + 1)
        world.start_controller()
        await asyncio.sleep(2)
        assert world.status("gate")["reason"] == "AgentConnected"
        assert world.status("yard")["reason"] == "NodeLost"
        before = len(world.reports("gate"))
        await asyncio.sleep(LOST_SECONDS)
        assert world.status("gate")["reason"] == "AgentConnected"
        assert world.told("NodeLost") == [] or all("yard" in one for one in world.told("NodeLost"))
        assert len(world.reports("gate")) - before <= 1, "it is known again without reports"
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=2000)


def test_a_controller_of_before_hears_reports_and_again_three_minutes_after_a_downgrade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    allowed = admission.HEARTBEATS_FOR_SECONDS

    async def scenario() -> None:
        monkeypatch.setattr(admission, "HEARTBEATS_FOR_SECONDS", 0)
        world = await started()
        assert heartbeats(world, "gate") == []
        assert await said_in(world, "gate", 120) == (24, 0)
        assert world.newest_report("gate").heartbeat_anchor == ""
        monkeypatch.setattr(admission, "HEARTBEATS_FOR_SECONDS", allowed)
        await asyncio.sleep(2 * FULL_EVERY_SECONDS)
        assert await said_in(world, "gate", 120) == (2, 22)
        await world.controller.kill()  # a controller of before says no more of heartbeats than one that is away
        await asyncio.sleep(allowed + EVERY_SECONDS)
        assert await said_in(world, "gate", 120) == (24, 0)
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=2000)
