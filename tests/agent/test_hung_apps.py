"""Apps that hang: they run, and only a restart helps."""

import asyncio

from crds.messages import InstanceState
from nodeagent.operations import OpKind
from tests.agent.stand import Stand, WatchedDriver, run, until
from tests.differ.generations import generation, instance

YARD = instance("yard", cameras=["dock", "gate"])
HALL = instance("hall", cameras=["door"])
RESTARTED = {OpKind.STOP: 1, OpKind.START: 1}


async def well(stand: Stand) -> None:
    def all_ready() -> bool:
        status = stand.status("yard")
        return status is not None and status.state == "Running" and all(one.ready for one in status.cameras)

    await until(all_ready, "the yard runs and all its cameras are ready", 60)


def restarts(driver: WatchedDriver) -> dict[OpKind, int]:
    return {kind: driver.changed[kind] - (kind is OpKind.START) * 2 for kind in RESTARTED}


def test_an_app_that_answers_no_more_is_restarted_in_place_and_it_is_said_why(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent() as it:
            await well(stand)
            there = stand.running()
            stand.apps.silent.add("yard")
            await until(lambda: restarts(it.driver) == RESTARTED, "the yard is restarted", 60)
            stand.apps.silent.clear()
            await well(stand)

            yard = stand.status("yard")
            assert yard is not None
            assert stand.running() == there
            assert (yard.restarts, it.driver.changed[OpKind.CREATE]) == (1, 2)
            assert "restarted once because it hung: the app did not answer 16 times in a row" in yard.message
            assert "connection refused" in yard.message
            assert stand.applied() == 1

    run(scenario())


def test_an_app_in_which_everything_stands_still_is_restarted_and_one_dead_camera_changes_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent() as it:
            await well(stand)
            stand.apps.still.add("gate")
            await asyncio.sleep(100)
            assert restarts(it.driver) == {OpKind.STOP: 0, OpKind.START: 0}

            stand.apps.still.add("dock")
            await until(lambda: restarts(it.driver) == RESTARTED, "the yard is restarted", 60)
            stand.apps.still.clear()
            await well(stand)

    run(scenario())


def test_what_is_not_helped_by_a_restart_is_told_and_restarted_ever_more_rarely(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent() as it:
            await well(stand)
            stand.apps.still |= {"dock", "gate"}
            await until(lambda: restarts(it.driver)[OpKind.STOP] == 1, "a first restart", 60)
            await until(lambda: (one := stand.status("yard")) and one.reason == "Waiting", "it hangs again", 60)
            yard = stand.status("yard")
            assert yard is not None
            assert yard.state is InstanceState.UNHEALTHY
            assert "the last restart for that did not help, the next one waits" in yard.message
            await asyncio.sleep(200)
            assert restarts(it.driver)[OpKind.STOP] <= 3

    run(scenario())
