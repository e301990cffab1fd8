"""An instance got another name, and nothing else: what runs goes on, and says so under the name that it began with."""

import asyncio

from crds.instance_config import Hold
from nodeagent.operations import OpKind
from tests.agent.stand import Stand, run, until
from tests.differ.generations import generation, instance

YARD = instance("yard", cameras=["dock"])
COURT = YARD.with_manifest_name("court")


async def applied(stand: Stand, number: int) -> None:
    await until(lambda: stand.applied() == number, f"generation {number} is applied")


def test_nothing_is_done_to_what_was_renamed(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            there, before = stand.running(), it.driver.mutations
            stand.publish(generation([COURT], 2))
            await applied(stand, 2)
            await asyncio.sleep(100)
            assert stand.running() == there
            assert it.driver.mutations == before
            status = stand.status("yard")
            assert status is not None
            assert (status.digest, status.cameras[0].ready) == (COURT.digest, True)

            it.driver.crash("yard")
            await until(lambda: stand.running().get("yard") not in (None, ""), "it is started again")
            stand.publish(generation([YARD], 3))
            await applied(stand, 3)
            assert it.driver.mutations[OpKind.CREATE] == before[OpKind.CREATE]

    run(scenario())


def test_nothing_is_done_to_what_was_renamed_and_is_held(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = it.driver.mutations
            stand.publish(generation([COURT.with_hold(Hold())], 2))
            await applied(stand, 2)
            stand.publish(generation([COURT], 3))
            await applied(stand, 3)
            assert it.driver.mutations == before

    run(scenario())
