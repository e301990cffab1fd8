"""An agent that arrives: it greets, adopts what runs, and touches nothing before it knows what is wanted."""

import asyncio

from bus.codec import encode_signed
from crds.messages import InstanceState
from nodeagent.operations import OpKind
from tests.agent.instances import ATTIC, HALL, YARD, applied
from tests.agent.stand import Stand, WatchedDriver, run, until
from tests.differ.generations import NOW, generation
from tests.ledger.taking import take


def test_it_greets_at_the_start_with_the_highest_generation_that_it_holds(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            await until(lambda: stand.greetings, "a greeting")
        assert stand.greetings[-1].highest is None
        count = len(stand.greetings)
        take(stand.new_ledger(), encode_signed(generation([YARD], 4), stand.controller), NOW)
        async with stand.agent():
            await until(lambda: len(stand.greetings) > count, "another greeting")
        highest = stand.greetings[-1].highest
        assert highest is not None
        assert highest.order == (1, 4)

    run(scenario())


def test_a_generation_is_created_and_reported_as_applied_only_once_its_apps_are_ready(stand: Stand) -> None:
    stand.apps.silent.add("yard")

    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 3))
        async with stand.agent() as it:
            await until(lambda: set(stand.running()) == {"yard", "hall"}, "both run")
            await until(lambda: stand.report and stand.report.observed, "the generation is reported as observed")
            await until(lambda: (one := stand.status("hall")) and one.state == "Running", "the hall is ready")
            yard = await until(lambda: stand.status("yard"), "a status of the yard")
            assert (yard.state, yard.cameras[0].ready, stand.applied()) == (InstanceState.STARTING, False, 0)

            stand.apps.silent.clear()
            await applied(stand, 3)
            await until(
                lambda: (one := stand.status("yard")) and one.cameras[0].ready, "frames of the camera are processed"
            )
        assert it.driver.changed[OpKind.CREATE] == 2
        assert all(one.applied is None or one.observed is not None for one in stand.reports)

    run(scenario())


def test_the_same_generation_again_causes_no_operation(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before, looks = it.driver.mutations, it.driver.looks
            for _ in range(3):
                stand.publish(generation([YARD], 1))
            stand.refresh()
            await until(lambda: it.driver.looks > looks, "a look after that")
            await until(lambda: stand.condition("RecordsAccepted")[0] == "True", "all is well")
            assert it.driver.mutations == before

    run(scenario())


def test_an_agent_that_starts_again_adopts_what_runs(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent():
            await applied(stand, 1)
        there, reports = stand.running(), len(stand.reports)

        async with stand.agent() as it:
            await until(lambda: len(stand.reports) > reports, "a report of the second agent")
            await applied(stand, 1)
            await until(lambda: stand.status("yard") and stand.status("hall"), "both are reported")
            assert it.driver.mutations == {}
        assert stand.running() == there

    run(scenario())


def test_without_brokers_it_starts_from_its_ledger(stand: Stand) -> None:
    async def scenario() -> None:
        take(stand.new_ledger(), encode_signed(generation([YARD], 1), stand.controller), NOW)
        stand.log.set_down()
        async with stand.agent():
            await until(lambda: "yard" in stand.running(), "it runs")
            stand.log.set_up()
            await applied(stand, 1)
            await until(lambda: stand.greetings, "it greets when they are back")

    run(scenario())


def test_without_a_ledger_and_brokers_nothing_is_touched(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await applied(stand, 1)
        there = stand.running()
        stand.lose_ledger()
        stand.log.set_down()
        async with stand.agent() as it:
            await until(lambda: it.driver.looks > 0, "a look")
            assert it.driver.mutations == {}
        assert stand.running() == there

    run(scenario())


def test_without_a_ledger_the_generations_of_the_past_are_not_obeyed_while_they_are_read(stand: Stand) -> None:
    async def scenario() -> None:
        all_of_them = [YARD, HALL, ATTIC]
        for number in (1, 2, 3):
            stand.publish(generation(all_of_them[:number], number))
        async with stand.agent():
            await applied(stand, 3)
        there, reports = stand.running(), len(stand.reports)
        stand.lose_ledger()
        # Each record comes alone, and the agent has time to look in between.
        stand.log.pause = lambda: asyncio.sleep(0.1)
        async with stand.agent() as it:
            await until(lambda: it.ledger.current, "the ledger holds one again")
            assert it.ledger.current == generation(all_of_them, 3)
            await until(lambda: any(one.applied for one in stand.reports[reports:]), "it is applied")
            assert it.driver.mutations == {}
        assert stand.running() == there
        assert {one.observed.generation for one in stand.reports[reports:] if one.observed} == {3}

    run(scenario())


def test_an_agent_that_is_killed_while_it_reads_the_past_has_not_written_it_down(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        stand.publish(generation([YARD, HALL], 2))
        async with stand.agent():
            await applied(stand, 2)
        stand.lose_ledger()
        events = 0

        async def stop_after_the_first_record() -> None:
            nonlocal events
            events += 1
            if events > 2:
                await asyncio.Event().wait()

        stand.log.pause = stop_after_the_first_record
        async with stand.agent() as it:
            await until(lambda: events > 2, "one record was read")
            looks = it.driver.looks
            it.driver._tell("yard")
            await until(lambda: it.driver.looks > looks, "a look after that")
            assert it.driver.mutations == {}
        assert stand.new_ledger().current is None

    run(scenario())


def test_the_recalled_generation_is_in_force_while_the_topic_is_read(stand: Stand) -> None:
    async def scenario() -> None:
        take(stand.new_ledger(), encode_signed(generation([YARD], 1), stand.controller), NOW)
        stand.publish(generation([YARD, HALL], 2))
        stand.log.pause = asyncio.Event().wait  # type: ignore[assignment]
        async with stand.agent() as it:
            await applied(stand, 1)
            assert set(stand.running()) == {"yard"}
            assert it.ledger.current == generation([YARD], 1)

    run(scenario())


def test_a_generation_that_arrives_during_a_look_waits_for_the_next_one(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await applied(stand, 1)
        # Its ledger is lost: the first look knows of no files that could be right, and then the generation comes.
        stand.lose_ledger()
        stand.wipe()
        driver = WatchedDriver(stand.engine, stand.folders)
        driver.holds_next_look = True
        async with stand.agent(driver=driver) as it:
            await driver.at_a_look.wait()
            stand.publish(generation([YARD], 1))
            await until(lambda: it.ledger.current, "the generation is accepted")
            driver.let_it_end.set()
            await applied(stand, 1)
            assert driver.mutations == {}

    run(scenario())
