"""A person works on an instance: the agent leaves it alone, whatever happens to it."""

import asyncio
from collections.abc import Callable

import pytest

from crds.instance_config import Hold, InstanceConfig
from crds.messages import InstanceState
from nodeagent.operations import PAUSED, OpKind
from tests.agent.stand import Running, Stand, run, until
from tests.differ.generations import generation, instance

YARD = instance("yard", cameras=["dock"])
HALL = instance("hall")
HELD = YARD.with_hold(Hold(reason="cabling"))
A_LONG_TIME_S = 200.0


async def applied(stand: Stand, number: int) -> None:
    await until(lambda: stand.applied() == number, f"generation {number} is applied")


async def held(stand: Stand) -> None:
    await until(lambda: (one := stand.status("yard")) and "held by request" in one.message, "it is said to be held")


def crash(stand: Stand, it: Running) -> None:
    it.driver.crash("yard")


def vanish(stand: Stand, it: Running) -> None:
    it.driver.vanish("yard")


def drift(stand: Stand, it: Running) -> None:
    stand.folders.write(instance("yard", cameras=["dock"], app={"motConfidenceThreshold": 0.9}))


def pause(stand: Stand, it: Running) -> None:
    it.driver.change("yard", PAUSED)


def hang(stand: Stand, it: Running) -> None:
    stand.apps.silent.add("yard")


def nothing(stand: Stand, it: Running) -> None:
    pass


@pytest.mark.parametrize("meanwhile", [nothing, crash, vanish, drift, pause, hang])
def test_nothing_is_done_to_a_held_instance(stand: Stand, meanwhile: Callable[[Stand, Running], None]) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            stand.publish(generation([HELD], 2))
            await held(stand)
            before, mutations = stand.running(), it.driver.mutations
            meanwhile(stand, it)
            there = stand.running()
            await asyncio.sleep(A_LONG_TIME_S)
            assert it.driver.mutations == mutations
            assert stand.running() == there

            stand.publish(generation([HALL, HELD], 3))
            await until(lambda: "hall" in stand.running(), "its neighbour goes on")
            await applied(stand, 3)

            stand.apps.silent.clear()
            stand.publish(generation([HALL, YARD], 4))
            await applied(stand, 4)
            if meanwhile is nothing:
                assert stand.running()["yard"] == before["yard"]
                assert OpKind.STOP not in it.driver.mutations

    run(scenario())


def test_an_agent_that_starts_anew_does_not_start_what_is_held(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            stand.publish(generation([HELD, HALL], 2))
            await held(stand)
            it.driver.crash("yard")
        async with stand.agent() as it:
            await held(stand)
            await asyncio.sleep(A_LONG_TIME_S)
            assert "yard" not in stand.running()
            status = stand.status("yard")
            assert status is not None
            assert (status.state, status.reason) == (InstanceState.PENDING, "Held")
            assert status.message.endswith("and is not started")

    run(scenario())


def test_what_is_under_way_ends_when_the_instance_is_held(stand: Stand) -> None:
    newer: InstanceConfig = instance("yard", cameras=["dock"], image="retinaface:2")

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            it.driver.delay_next(OpKind.PULL_IMAGE, 60)
            stand.publish(generation([newer], 2))
            await until(lambda: (one := stand.status("yard")) and one.digest == YARD.digest and stand.report, "begun")
            await asyncio.sleep(1)
            stand.publish(generation([newer.with_hold(Hold())], 3))
            await held(stand)
            there = stand.running()
            await asyncio.sleep(A_LONG_TIME_S)
            assert stand.running() == there

            stand.publish(generation([newer], 4))
            await applied(stand, 4)

    run(scenario())


def test_what_is_stopped_while_it_is_held_has_not_left_by_itself(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([HELD], 1))
        async with stand.agent() as it:
            await held(stand)
            assert stand.running() == {}
            stand.publish(generation([YARD], 2))
            await applied(stand, 2)
            stand.publish(generation([HELD], 3))
            await held(stand)
            it.driver.crash("yard")
            await until(lambda: "yard" not in stand.running(), "it is stopped")
            await asyncio.sleep(A_LONG_TIME_S)
            stand.publish(generation([YARD], 4))
            await applied(stand, 4)
            status = stand.status("yard")
            assert status is not None
            assert status.restarts == 0

    run(scenario())
