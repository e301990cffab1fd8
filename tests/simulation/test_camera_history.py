"""A whole fleet remembers when its cameras were blind and which generation made them so."""

import asyncio

from controller.history.blind import blind_times
from crds.change import ChangeClass
from ports.virtual_time import run_in_virtual_time
from tests.planner.short_manifests import ShortFleet
from tests.simulation.world import World


def fleet(**limits: float) -> ShortFleet:
    return {
        "node/gate": None,
        "camera/dock": {"limits": limits} if limits else None,
        "dsinstance/door": {"node": "gate", "cameras": ["dock"], "app": {"kind": "reference"}},
    }


async def causes(world: World) -> list[str]:
    past = await world.cameras.of("dock", ["door"])
    return [one.cause for one in blind_times(past.conditions["dock"], past.rollouts["door"])]


def test_a_change_and_a_silent_node_are_told_apart_and_outlive_the_controller() -> None:
    async def scenario() -> None:
        world = World(fleet(), seed=1)
        world.start_what_is_dead()
        await asyncio.sleep(60)
        assert await causes(world) == []
        world.manifests.commit(fleet(minimumFps=5))
        await asyncio.sleep(60)
        restarted = "generation 2 of gate (restart)"
        assert await causes(world) == [restarted]
        measured = await world.cameras.measured_blind_seconds(["door", "nobody"])
        assert measured.keys() == {("door", ChangeClass.RESTART)}
        assert 0 < measured["door", ChangeClass.RESTART] < 30

        await world.controller.kill()
        world.start_controller()
        await asyncio.sleep(30)
        assert await causes(world) == [restarted]
        await world.nodes["gate"].kill()
        await asyncio.sleep(60)
        world.start_what_is_dead()
        await asyncio.sleep(60)
        assert await causes(world) == [restarted, "NodeLost"]
        past = await world.cameras.of("dock", ["door"])
        silent = blind_times(past.conditions["dock"])[-1]
        assert silent.to_ms is not None
        assert 30_000 < silent.to_ms - silent.from_ms < 60_000
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=1000)
