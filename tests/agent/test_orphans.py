"""What an earlier agent has left on the machine: told, taken over or ended, and never touched without a word."""

import uuid

from bus.base import Topic
from bus.codec import encode_signed
from crds.instance_config import InstanceConfig
from crds.messages import AgentCommand, CommandKind, InstanceState
from nodeagent.engines.fake import FakeContainer, FakeDriver
from nodeagent.folders.memory import MemoryFolders
from nodeagent.operations import OpKind
from tests.agent.stand import Stand, command, run, until
from tests.differ.generations import FLEET, generation, instance
from tests.differ.operations import operation

YARD = instance("yard", cameras=["dock"], image="app:1")
OTHER_FORM = instance("yard", cameras=["dock"], image="app:2")
OLD_NODE = str(uuid.uuid4())


async def leave_behind(stand: Stand, config: InstanceConfig = YARD) -> FakeContainer:
    """An agent of another node begins an instance, and is gone."""
    old = FakeDriver(FLEET, OLD_NODE, MemoryFolders(), engine=stand.engine)
    for kind in (OpKind.PULL_IMAGE, OpKind.CREATE, OpKind.START):
        await old.perform(operation(kind, config))
    stand.living = set()
    return stand.engine.containers[-1]


def order(stand: Stand, kind: CommandKind, *runtimes: str) -> None:
    said = AgentCommand.model_validate(command(kind, runtimes=runtimes))
    stand.write(Topic.AGENT_COMMAND, encode_signed(said, stand.controller))


async def told(stand: Stand) -> str:
    await until(lambda: stand.condition("NoOrphans")[0] == "False", "it is told")
    return stand.condition("NoOrphans")[1]


def test_an_orphan_is_told_with_what_it_holds_and_is_left_alone() -> None:
    stand = Stand()

    async def scenario() -> None:
        left = await leave_behind(stand)
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await until(lambda: stand.applied() == 1, "this node runs its own")
            assert stand.condition("NoOrphans") == ("", "")
            await until(lambda: stand.condition("NoOrphans")[0], "it is told", within_s=60)
            assert f"instance yard of node {OLD_NODE} still runs" in await told(stand)
            report = await until(lambda: stand.report and stand.report.orphans and stand.report, "it is reported")
            (orphan,) = report.orphans
            assert (orphan.runtime_id, orphan.node_id, orphan.cameras) == (left.id, OLD_NODE, ("dock",))
            assert left in stand.engine.containers
            assert it.driver.changed[OpKind.STOP] == 0
            stand.living = {OLD_NODE}
            await until(lambda: stand.condition("NoOrphans")[0] == "True", "its agent is back")
            await until(lambda: stand.report and not stand.report.orphans, "it is no orphan any more")

    run(scenario())


def test_where_its_agent_lives_or_nobody_can_know_there_are_no_orphans() -> None:
    for living in (None, {OLD_NODE}):
        stand = Stand()

        async def scenario(stand: Stand = stand, living: set[str] | None = living) -> None:
            left = await leave_behind(stand)
            stand.living = living
            stand.publish(generation([YARD], 1))
            async with stand.agent():
                await until(lambda: stand.applied() == 1, "this node runs its own")
                await until(lambda: stand.report and stand.report.sequence > 30, "much later", within_s=200)
                order(stand, CommandKind.CLEAN, left.id)
                await until(lambda: stand.report and stand.report.sequence > 40, "later", within_s=200)
                assert stand.condition("NoOrphans") == ("", "")
                assert left in stand.engine.containers

        run(scenario())


def test_it_is_ended_when_a_person_wants_that_and_only_the_very_one() -> None:
    stand = Stand()

    async def scenario() -> None:
        left = await leave_behind(stand)
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await until(lambda: stand.condition("NoOrphans")[0], "it is told", within_s=60)
            own = stand.running()["yard"]
            order(stand, CommandKind.CLEAN, "another", stand.engine.containers[-1].id)
            await until(lambda: stand.report and stand.report.sequence > 15, "nothing happens", within_s=60)
            assert left in stand.engine.containers
            order(stand, CommandKind.CLEAN, left.id)
            await until(lambda: stand.condition("NoOrphans")[0] == "True", "it is gone")
            assert left not in stand.engine.containers
            assert stand.running()["yard"] == own
            order(stand, CommandKind.CLEAN, left.id, own)
            await until(lambda: stand.report and stand.report.sequence > 25, "said again, it does nothing", within_s=60)
            assert stand.running()["yard"] == own

    run(scenario())


def test_it_is_taken_over_without_a_stop_in_the_place_of_what_cannot_run_beside_it() -> None:
    stand = Stand()
    stand.apps.silent.add("yard")

    async def scenario() -> None:
        left = await leave_behind(stand)
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await until(lambda: stand.condition("NoOrphans")[0], "it is told", within_s=60)
            order(stand, CommandKind.ADOPT, left.id)
            await until(lambda: it.driver.changed[OpKind.ADOPT] == 1, "it is taken over")
            stand.apps.silent.clear()
            await until(
                lambda: (
                    (one := stand.status("yard")) and one.runtime_id == left.id and one.state is InstanceState.RUNNING
                ),
                "it is this node's instance",
            )
            await until(lambda: stand.condition("NoOrphans")[0] == "True", "nothing is left")
            assert [one.id for one in stand.engine.containers] == [left.id]
            assert stand.engine.containers[0].started_at == left.started_at
            assert it.driver.changed[OpKind.STOP] == 1  # of its own, which did not run well
            await until(lambda: stand.applied() == 1, "the generation is applied")
        async with stand.agent() as it:
            await until(lambda: (one := stand.status("yard")) and one.runtime_id == left.id, "a later agent knows it")
            assert it.driver.mutations == {}

    run(scenario())


def test_what_cannot_be_taken_over_is_refused_with_the_reason() -> None:
    stand = Stand()

    async def scenario() -> None:
        left = await leave_behind(stand, OTHER_FORM)
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await until(lambda: stand.condition("NoOrphans")[0], "it is told", within_s=60)
            order(stand, CommandKind.ADOPT, left.id)
            await until(
                lambda: "not taken over: it was made from another form" in stand.condition("NoOrphans")[1],
                "the refusal is told",
                within_s=30,
            )
            assert it.driver.changed[OpKind.ADOPT] == 0
            assert left in stand.engine.containers

    run(scenario())
