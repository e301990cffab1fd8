"""What is not wanted any more goes, and nothing else does."""

import asyncio
from dataclasses import replace

import pytest

from nodeagent.leaving import stop_instances
from nodeagent.model import Transient
from nodeagent.operations import OpKind
from tests.agent.instances import ATTIC, HALL, YARD, applied
from tests.agent.stand import Stand, run, until
from tests.differ.generations import generation


def test_a_drain_stops_everything(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL, ATTIC], 1))
        async with stand.agent():
            await applied(stand, 1)
            stand.publish(generation([], 2, removed=["yard", "hall", "attic"]))
            await applied(stand, 2)
        assert not stand.engine.containers
        assert stand.folders.orphans(()) == ()

    run(scenario())


def test_an_unexplained_mass_removal_is_refused_until_it_is_approved(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL, ATTIC], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            there, before = stand.running(), it.driver.mutations
            stand.publish(generation([YARD], 2))
            status, message = await until(
                lambda: (one := stand.condition("RecordsAccepted"))[0] == "False" and one, "it is refused"
            )
            assert "attic, hall" in message
            assert (stand.running(), it.driver.mutations, stand.applied(), status) == (there, before, 1, "False")

            stand.publish(generation([YARD], 3, approved=True))
            await applied(stand, 3)
            await until(lambda: stand.condition("RecordsAccepted")[0] == "True", "all is well again")
        assert set(stand.running()) == {"yard"}

    run(scenario())


def test_a_folder_without_a_container_is_removed_when_its_instance_is_not_desired(stand: Stand) -> None:
    async def scenario() -> None:
        stand.folders.write(HALL)
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await until(lambda: stand.folders.orphans(["yard"]) == (), "the folder is gone")

    run(scenario())


def test_containers_of_others_are_never_touched(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            foreign = next(iter(stand.engine.containers))
            labels = {**foreign.labels, "dsfleet.io/fleet": "other", "dsfleet.io/instance": "hall"}
            stand.engine.containers.append(replace(foreign, id="foreign", labels=labels))
            stand.publish(generation([], 2, approved=True))
            await applied(stand, 2)
            assert [one.id for one in stand.engine.containers] == ["foreign"]
            await stop_instances(it.driver)
            assert [one.id for one in stand.engine.containers] == ["foreign"]

    run(scenario())


def test_an_agent_that_leaves_with_its_instances_removes_all_that_it_can(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL, ATTIC], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            it.task.cancel()
            await asyncio.gather(it.task, return_exceptions=True)
            it.driver.fail_next(OpKind.STOP, Transient("it does not stop"))
            with pytest.raises(Transient, match="it does not stop"):
                await stop_instances(it.driver)
            assert len(stand.engine.containers) == 1

    run(scenario())
