"""What somebody does to containers while the agent runs: it is put right without a restart, or told."""

import asyncio

import pytest

from crds.condition import Condition
from crds.messages import InstanceState
from nodeagent.model import PortHolder
from nodeagent.operations import PAUSED, Drift, OpKind
from tests.agent.stand import Running, Stand, run, until
from tests.differ.generations import generation, instance

YARD = instance("yard", cameras=["dock"], image="app:1")
HALL = instance("hall", image="app:1")
CPUS = Drift("cpus", "none", "0.2", live=True)
PRIVILEGED = Drift("privileged", "no", "yes")


def said(stand: Stand, kind: str, name: str = "yard") -> Condition | None:
    status = stand.status(name)
    return next((one for one in status.conditions if one.type == kind), None) if status else None


async def all_is_well(stand: Stand) -> None:
    await until(
        lambda: (one := stand.status("yard")) and one.state is InstanceState.RUNNING and one.cameras[0].ready,
        "yard is ready",
    )


def only_set_back(it: Running, times: int) -> None:
    assert it.driver.changed[OpKind.SET_BACK] == times
    assert (it.driver.changed[OpKind.START], it.driver.changed[OpKind.STOP]) == (1, 0)


@pytest.mark.parametrize("what", [PAUSED, CPUS], ids=lambda one: one.field)
def test_what_can_be_set_back_is_and_stays_told(what: Drift) -> None:
    stand = Stand()

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await all_is_well(stand)
            assert said(stand, "AsRecorded") is None
            it.driver.change("yard", what)
            condition = await until(lambda: said(stand, "AsRecorded"), "it is told")
            condition = await until(
                lambda: (one := said(stand, "AsRecorded")) and one.status.value == "True" and one, "it is set back"
            )
            assert str(what) in condition.message
            assert "by hand" in condition.message
            await all_is_well(stand)
            only_set_back(it, 1)

    run(scenario())


def test_what_cannot_be_set_back_is_told_and_put_right_at_the_next_start() -> None:
    stand = Stand()

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await all_is_well(stand)
            it.driver.change("yard", PRIVILEGED, CPUS)
            condition = await until(
                lambda: (
                    (one := said(stand, "AsRecorded")) and one.reason == "Drifted" and "cpus" not in one.message and one
                ),
                "it is told",
            )
            assert condition.status.value == "False"
            assert "privileged: wanted no, found yes" in condition.message
            status = stand.status("yard")
            assert status is not None
            assert (status.state, "privileged" in status.message) == (InstanceState.RUNNING, True)
            only_set_back(it, 1)
            it.driver.crash("yard")
            await until(lambda: it.driver.changed[OpKind.CREATE] == 2, "it is made anew")
            await until(
                lambda: (one := said(stand, "AsRecorded")) and one.status.value == "True", "all is as it was made"
            )
            await all_is_well(stand)

    run(scenario())


def test_a_paused_container_that_cannot_go_on_is_said_to_be_paused() -> None:
    stand = Stand()

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await all_is_well(stand)
            it.driver.delay_next(OpKind.SET_BACK, 1000)
            it.driver.change("yard", PAUSED)
            status = await until(lambda: (one := stand.status("yard")) and one.reason == "Paused" and one, "it is told")
            assert (status.state, status.message) == (
                InstanceState.UNHEALTHY,
                "it is paused, by hand or by another tool: nothing is watched",
            )

    run(scenario())


def test_a_name_that_means_two_images_is_told_of_all_that_run_it() -> None:
    stand = Stand()

    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent() as it:
            await until(lambda: said(stand, "OneImage", "hall") and said(stand, "OneImage"), "both are told of")
            stand.engine.moved["app:1"] = f"sha256:{'b' * 64}"
            it.driver.vanish("hall")
            for name in ("yard", "hall"):
                condition = await until(
                    lambda name=name: (one := said(stand, "OneImage", name)) and "(hall, what" in one.message and one,  # type: ignore[misc]
                    f"{name} says so",
                )
                assert condition.status.value == "False"
                assert "sha256:bbbbbbbbbbbb (hall, what the name means now)" in condition.message
                assert "(yard)" in condition.message
            yard, hall = stand.status("yard"), stand.status("hall")
            assert yard is not None
            assert hall is not None
            assert yard.image_id != hall.image_id == stand.engine.moved["app:1"]

    run(scenario())


def test_frames_of_another_on_its_port_prove_nothing_and_the_holder_is_named() -> None:
    stand = Stand()
    stand.engine.holders[YARD.rest_port] = PortHolder("older", "instance yard of node n (process 7)")
    held = f"port {YARD.rest_port} is held by instance yard of node n (process 7), and not by this instance"

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await until(lambda: (one := stand.status("yard")) and held in one.message, "the holder is named")
            await asyncio.sleep(60)
            status = stand.status("yard")
            assert status is not None
            assert (status.state, status.cameras[0].ready) == (InstanceState.UNHEALTHY, False)
            for exits in (1, 2):
                it.driver.crash("yard", output="OSError: [Errno 98] Address already in use")
                await until(lambda exits=exits: stand.status("yard").restarts == exits, "it left")  # type: ignore[misc,union-attr]
            status = await until(
                lambda: (one := stand.status("yard")) and one.state is InstanceState.CRASH_LOOP and one, "it crashes"
            )
            assert status.message.startswith(held)
            stand.engine.holders.clear()
            await all_is_well(stand)

    run(scenario())
