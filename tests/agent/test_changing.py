"""Another generation changes what runs, and nothing else."""

import asyncio

from crds.messages import InstanceState
from nodeagent.operations import OpKind
from tests.agent.instances import HALL, UNTOLD, UNTOLD_LIMITED, YARD, YARD_NEWER, YARD_STRICTER, applied
from tests.agent.stand import Stand, WatchedDriver, run, until
from tests.differ.generations import generation


def test_a_threshold_is_changed_in_the_same_container_and_the_old_frames_prove_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = stand.running()
            stand.apps.silent.add("yard")
            stand.publish(generation([YARD_STRICTER], 2))
            await until(lambda: it.driver.changed[OpKind.START] == 2, "it was started again")
            await until(
                lambda: (one := stand.status("yard")) and one.digest == YARD_STRICTER.digest, "the new form is reported"
            )
            one = stand.status("yard")
            assert one is not None
            assert (one.state, one.cameras[0].ready, stand.applied()) == (InstanceState.STARTING, False, 1)
            stand.apps.silent.clear()
            await applied(stand, 2)
        assert stand.running() == before
        assert it.driver.changed[OpKind.STOP] == 1

    run(scenario())


def test_another_image_replaces_the_container(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = stand.running()
            stand.publish(generation([YARD_NEWER, HALL], 2))
            await applied(stand, 2)
        after = stand.running()
        assert before["hall"] == after["hall"]
        assert before["yard"] != after["yard"]
        assert it.driver.changed[OpKind.REMOVE] == 1

    run(scenario())


def test_limits_of_a_camera_touch_nothing_that_is_not_told_of_them(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([UNTOLD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = it.driver.mutations
            stand.publish(generation([UNTOLD_LIMITED], 2))
            await applied(stand, 2)
            assert it.driver.mutations == before
            looks = it.driver.looks
            stand.refresh()
            await until(lambda: it.driver.looks > looks, "a look after that")
            assert it.driver.mutations == before

    run(scenario())


def test_a_newer_generation_pre_empts_a_chain_that_is_stuck_in_retries(stand: Stand) -> None:
    stand.retry_after(1000)
    stand.engine.registry = {YARD_NEWER.image}

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await until(lambda: (one := stand.status("yard")) and one.reason == "Retrying", "the pull fails")
            stand.publish(generation([YARD_NEWER], 2))
            await applied(stand, 2)

    run(scenario())


def test_a_newer_generation_pre_empts_a_long_pull(stand: Stand) -> None:
    async def scenario() -> None:
        driver = WatchedDriver(stand.engine, stand.folders)
        driver.delay_next(OpKind.PULL_IMAGE, 1000)
        stand.publish(generation([YARD], 1))
        async with stand.agent(driver=driver):
            await until(lambda: driver.performed[OpKind.PULL_IMAGE], "the pull has begun")
            stand.publish(generation([YARD_NEWER], 2))
            await applied(stand, 2)

    run(scenario())


def test_generations_that_were_skipped_change_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        for number, form in enumerate((YARD, YARD_STRICTER, YARD_NEWER), start=1):
            stand.publish(generation([form], number))
        async with stand.agent() as it:
            await applied(stand, 3)
            await until(lambda: stand.status("yard"), "a status")
        assert it.driver.changed[OpKind.CREATE] == 1
        one = stand.status("yard")
        assert one is not None
        assert one.digest == YARD_NEWER.digest

    run(scenario())


def test_going_back_to_an_earlier_form_works(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            for number, form in enumerate((YARD, YARD_STRICTER, YARD_NEWER, YARD), start=1):
                stand.publish(generation([form], number))
                await applied(stand, number)

    run(scenario())


def test_a_look_that_is_older_than_what_was_done_meanwhile_does_nothing_twice(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            driver = it.driver
            await applied(stand, 1)
            driver.delay_next(OpKind.STOP, 1)
            stand.publish(generation([YARD_STRICTER], 2))
            await until(lambda: driver.performed[OpKind.STOP], "it is being stopped")
            # A look begins, sees the old form run, and ends when the new one does.
            driver.holds_next_look = True
            stand.refresh()
            await driver.at_a_look.wait()
            await until(
                lambda: (note := stand.folders.read_applied("yard")) and note.config == YARD_STRICTER,
                "the new form was started and noted",
            )
            await until(lambda: not it.agent._reconciler._chains.under_way, "its chain has ended")
            driver.let_it_end.set()
            await applied(stand, 2)
            assert (driver.performed[OpKind.STOP], driver.changed[OpKind.START]) == (1, 2)
            one = stand.status("yard")
            assert one is not None
            assert one.restarts == 0

    run(scenario())


def test_a_note_that_is_lost_after_a_restart_in_the_same_container_interrupts_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await applied(stand, 1)
            stand.publish(generation([YARD_STRICTER], 2))
            await applied(stand, 2)
        stand.folders.lose_note("yard")
        async with stand.agent() as it:
            await until(lambda: stand.folders.read_applied("yard"), "the note was written again")
            await asyncio.sleep(100)
            assert it.driver.performed[OpKind.STOP] == it.driver.performed[OpKind.START] == 0
            assert stand.folders.read_applied("yard").config == YARD_STRICTER
            stand.folders.lose_note("yard")
            stand.publish(generation([YARD], 3))
            await applied(stand, 3)
            assert it.driver.changed[OpKind.CREATE] == 0, "the short note tells a restart from a new container"

    run(scenario())
