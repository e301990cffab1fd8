"""An hour of a small fleet, with edits, crashes and outages; prints the digest of what happened at its beginning."""

import asyncio
import contextlib
import sys
from typing import Any

from controller.model import ApproveRefused
from ports.virtual_time import run_in_virtual_time
from tests.planner.short_manifests import ShortFleet, merged
from tests.simulation.world import World

HOUR_SECONDS = 3600.0
HEALING_SECONDS = 300.0
BEGINNING_SECONDS = 900.5
SETTLED_SECONDS = 60
FLEET: ShortFleet = {
    "node/gate": None,
    "node/yard": None,
    **{f"camera/{place}-{number}": None for place in ("gate", "yard") for number in range(6)},
    **{
        f"dsinstance/{place}-{number}": {
            "node": place,
            "cameras": [f"{place}-{number * 3 + camera}" for camera in range(3)],
            "app": {"kind": "reference"},
        }
        for place in ("gate", "yard")
        for number in range(2)
    },
}


async def started() -> World:
    """A world whose nodes are ready."""
    world = World(FLEET, seed=1)
    world.start_what_is_dead()
    await asyncio.sleep(SETTLED_SECONDS)
    assert world.status("gate")["phase"] == "Ready"
    return world


async def hour(seed: int, *, beginning_only: bool = False) -> tuple[World, str]:
    """Runs the hour, and leaves the fleet as it is a while after its last fault; with the digest of its beginning."""
    world = World(FLEET, seed=seed)
    world.start_what_is_dead()
    faults = [
        asyncio.create_task(one)
        for one in (
            _edits(world),
            _approvals(world),
            _crashes(world),
            _outages(world),
            _compactions(world),
            _losses(world),
        )
    ]
    await asyncio.sleep(BEGINNING_SECONDS)
    beginning = world.trace.digest
    await asyncio.sleep(0 if beginning_only else HOUR_SECONDS - HEALING_SECONDS - BEGINNING_SECONDS)
    for task in faults:
        task.cancel()
    for ended in await asyncio.gather(*faults, return_exceptions=True):
        assert isinstance(ended, asyncio.CancelledError), ended
    world.log.set_up()
    world.start_what_is_dead()
    await asyncio.sleep(HEALING_SECONDS / 2)
    await _approve(world)
    await asyncio.sleep(HEALING_SECONDS / 2)
    return world, beginning


async def _edits(world: World) -> None:
    """Every few minutes somebody changes what an instance does, or takes it away for a while."""
    short: Any = FLEET
    while True:
        await asyncio.sleep(world.dice.uniform(120, 240))
        name = world.dice.choice([key for key in FLEET if key.startswith("dsinstance/")])
        change: Any = {"image": f"retinaface:{world.dice.randrange(1, 9)}"} if name in short else FLEET[name]
        short = merged(short, {name: None if name in short and world.dice.random() < 0.2 else change})
        world.manifests.commit(short)


async def _approvals(world: World) -> None:
    """Now and then somebody looks, and approves of what waits for that: else one removal too many would end all edits."""
    while True:
        await asyncio.sleep(world.dice.uniform(60, 240))
        if world.controller.task is not None:
            await _approve(world)


async def _approve(world: World) -> None:
    with contextlib.suppress(ApproveRefused):
        await world.answers.approve(world.manifests.revision.id)


async def _crashes(world: World) -> None:
    """Agents and the controller are killed and started again, and apps crash."""
    while True:
        await asyncio.sleep(world.dice.uniform(60, 180))
        victim = world.dice.choice([*world.nodes, "controller"])
        running = sorted(world.nodes[victim].running) if victim in world.nodes else []
        if running and world.dice.random() < 0.5:
            world.nodes[victim].crash(world.dice.choice(running))
            continue
        await (world.controller if victim == "controller" else world.nodes[victim]).kill()
        await asyncio.sleep(world.dice.uniform(0, 30))
        world.start_what_is_dead()


async def _outages(world: World) -> None:
    """The brokers are away for a while."""
    while True:
        await asyncio.sleep(world.dice.uniform(200, 500))
        world.log.set_down()
        await asyncio.sleep(world.dice.uniform(1, 90))
        world.log.set_up()


async def _compactions(world: World) -> None:
    """Brokers keep the newest record of each key, whenever they come to it."""
    while True:
        await asyncio.sleep(world.dice.uniform(30, 300))
        world.log.compact()


async def _losses(world: World) -> None:
    """Topics are deleted, one or all, or a broker loses its disk."""
    while True:
        await asyncio.sleep(world.dice.uniform(150, 600))
        world.lose_topics()


def digest_of_the_beginning(seed: int) -> str:
    """Runs the first of it, with its end."""

    async def scenario() -> str:
        world, beginning = await hour(seed, beginning_only=True)
        await world.end()
        return beginning

    return run_in_virtual_time(scenario(), limit_seconds=2 * HOUR_SECONDS)


if __name__ == "__main__":
    print(digest_of_the_beginning(int(sys.argv[1])))  # noqa: T201 - it prints its result
