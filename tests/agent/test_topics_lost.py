"""Topics are lost under a running agent: it says anew what was lost with them, and touches nothing."""

import asyncio
from collections.abc import Callable

import pytest

from tests.agent.instances import HALL, YARD, applied
from tests.agent.stand import Stand, run, until
from tests.differ.generations import generation


def deleted(stand: Stand) -> None:
    stand.log.delete_topics()
    stand.wipe()


@pytest.mark.parametrize("lose", [Stand.wipe, deleted])
def test_an_agent_greets_and_reports_again_on_topics_that_were_made_anew(
    stand: Stand, lose: Callable[[Stand], None]
) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before, running = it.driver.mutations, stand.running()
            lose(stand)
            await until(lambda: stand.greetings, "a greeting", within_s=5)
            assert stand.greetings[-1].highest == generation([YARD], 1).ref
            await until(lambda: stand.report, "a report", within_s=5)
            assert (it.driver.mutations, stand.running()) == (before, running)
            stand.publish(generation([YARD, HALL], 2))
            await applied(stand, 2)

    run(scenario())


def test_an_agent_whose_topics_are_away_for_two_minutes_comes_back_by_itself(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = it.driver.mutations
            stand.log.delete_topics()
            await asyncio.sleep(120)
            assert it.driver.mutations == before
            stand.wipe()
            stand.publish(generation([YARD, HALL], 2))
            await applied(stand, 2)
            assert stand.running().keys() == {"yard", "hall"}
            await until(lambda: stand.greetings, "a greeting", within_s=40)

    run(scenario())
