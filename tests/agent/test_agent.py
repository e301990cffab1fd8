"""The ways of an agent with its node: arriving, adopting, changing, leaving."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bus.base import Topic
from bus.codec import encode_signed
from crds.instance_config import InstanceConfig
from crds.messages import AgentCommand, CommandKind, InstanceState
from crds.secret import Secret
from nodeagent.agent import Agent
from nodeagent.leaving import stop_instances
from nodeagent.model import Permanent, Transient
from nodeagent.operations import OpKind
from tests.agent.stand import Stand, WatchedDriver, command, run, until
from tests.differ.generations import NOW, generation, instance
from tests.ledger.taking import take

YARD = instance("yard", cameras=["dock"])
YARD_STRICTER = instance("yard", cameras=["dock"], app={"motConfidenceThreshold": 0.9})
YARD_NEWER = instance("yard", cameras=["dock"], image="retinaface:2")
YARD_LIMITED = instance("yard", {"dock": {"limits": {"minimumFps": 5}}}, cameras=["dock"])
UNTOLD = instance("yard", cameras=["dock"], app={"kind": "retinaface"})
UNTOLD_LIMITED = instance("yard", {"dock": {"limits": {"minimumFps": 5}}}, cameras=["dock"], app={"kind": "retinaface"})
HALL = instance("hall")
ATTIC = instance("attic")


async def applied(stand: Stand, number: int) -> None:
    await until(lambda: stand.applied() == number, f"generation {number} is applied")


# --- arriving ---------------------------------------------------------------------------------------------------------


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


# --- changing ---------------------------------------------------------------------------------------------------------


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


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_what_crashes_is_started_again_at_once_with_its_last_words(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            it.driver.crash("yard", exit_code=139, output="rtsp://admin:pw@10.0.0.9/dock is away")
            await until(lambda: it.driver.changed[OpKind.START] == 2, "it runs again", within_s=1)
            await until(lambda: (one := stand.status("yard")) and one.restarts == 1, "the restart is reported")
            await until(lambda: (one := stand.status("yard")) and one.state == "Running", "it is well again")
        assert b"admin:pw" not in b"".join(stand.values(Topic.AGENT_RESPONSE))

    run(scenario())


def test_what_somebody_removed_is_made_again(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            it.driver.vanish("yard")
            await until(lambda: "yard" in stand.running(), "it is there again", within_s=1)

    run(scenario())


def test_a_long_pull_does_not_keep_a_neighbour_from_its_restart(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            it.driver.delay_next(OpKind.PULL_IMAGE, 1000)
            stand.publish(generation([YARD, HALL], 2))
            await until(lambda: it.driver.performed[OpKind.PULL_IMAGE] == 2, "the pull has begun")
            it.driver.crash("yard")
            await until(lambda: it.driver.changed[OpKind.START] == 2, "the neighbour runs again", within_s=1)
            await until(lambda: (one := stand.status("hall")) and one.state == "Pulling", "the pull is reported")

    run(scenario())


def test_a_chain_whose_container_is_gone_is_planned_anew(stand: Stand) -> None:
    stand.retry_after(1000)

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            it.driver.fail_next(OpKind.START, Transient("the engine is busy"))
            it.driver.crash("yard")
            await until(lambda: (one := stand.status("yard")) and one.reason == "Retrying", "the start fails")
            it.driver.vanish("yard")
            await until(lambda: it.driver.changed[OpKind.CREATE] == 2, "it is made again")
            await until(lambda: "yard" in stand.running(), "it runs again")

    run(scenario())


def test_what_crashes_while_its_successor_cannot_be_pulled_comes_back_as_it_was(stand: Stand) -> None:
    stand.retry_after(1000)
    stand.engine.registry = {YARD.image}

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = stand.running()
            stand.publish(generation([YARD_NEWER], 2))
            await until(lambda: (one := stand.status("yard")) and one.reason == "Retrying", "the pull fails")
            it.driver.crash("yard")
            await until(lambda: it.driver.changed[OpKind.START] == 2, "it runs again", within_s=1)
            await until(lambda: (one := stand.status("yard")) and one.reason == "Retrying", "the pull is tried again")
            assert (stand.running(), stand.applied()) == (before, 1)

            assert stand.engine.registry is not None
            stand.engine.registry.add(YARD_NEWER.image)
            stand.publish(generation([YARD_NEWER, HALL], 3))
            it.driver.crash("yard")
            await applied(stand, 3)

    run(scenario())


def test_what_failed_permanently_waits_for_another_generation(stand: Stand) -> None:
    async def scenario() -> None:
        driver = WatchedDriver(stand.engine, stand.folders)
        driver.fail_next(OpKind.PULL_IMAGE, Permanent("no such reference"))
        stand.publish(generation([YARD], 1))
        async with stand.agent(driver=driver):
            one = await until(
                lambda: (one := stand.status("yard")) and one.state == "Failed" and one, "the failure is reported"
            )
            assert one.message == "no such reference"
            stand.publish(generation([YARD, HALL], 2))
            await until(lambda: "hall" in stand.running(), "the neighbour runs")
            assert driver.performed[OpKind.PULL_IMAGE] == 2
            stand.publish(generation([YARD_NEWER, HALL], 3))
            await applied(stand, 3)

    run(scenario())


def test_an_instance_that_cannot_be_written_keeps_nobody_from_running(stand: Stand) -> None:
    content = YARD.model_dump(mode="json")
    content["files"][0]["path"] = "../outside"
    del content["digest"]
    broken = InstanceConfig.model_validate({**content, "digest": InstanceConfig.digest_of(content)})

    async def scenario() -> None:
        stand.publish(generation([broken, HALL], 1))
        async with stand.agent():
            await until(lambda: "hall" in stand.running(), "the neighbour runs")
            await until(lambda: (one := stand.status("yard")) and one.state == "Failed", "the failure is reported")
        async with stand.agent():
            await until(lambda: (one := stand.status("hall")) and one.state == "Running", "the next agent lives too")

    run(scenario())


def test_a_disk_that_does_not_answer_stops_nothing_that_runs(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before, looks = it.driver.mutations, it.driver.looks

            def fails(_config: InstanceConfig) -> None:
                raise Transient("Input/output error")

            monkeypatch.setattr(stand.folders, "files_state", fails)
            stand.refresh()
            await until(lambda: it.driver.looks > looks, "a look after that")
            await until(lambda: stand.condition("EngineReachable")[0] == "True", "the engine is well")
            assert it.driver.mutations == before

    run(scenario())


def test_edited_files_are_put_right_once_and_an_app_that_edits_them_itself_is_not_restarted_without_end(
    stand: Stand,
) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            for _ in range(20):
                stand.folders.trees["yard"] = {**stand.folders.trees["yard"], "cache.bin": b"x"}
                looks = it.driver.looks
                stand.refresh()
                await until(lambda looks=looks: it.driver.looks > looks, "it was looked at")  # type: ignore[misc]
            # Twice at once, and again after one second, two, four.
            assert 1 <= it.driver.changed[OpKind.STOP] <= 4
            one = await until(lambda: stand.status("yard"), "a status")
            assert one.restarts == 0

    run(scenario())


def test_a_missing_secret_that_is_no_cameras_is_waited_for(stand: Stand) -> None:
    yard = instance("yard", files={"broker.txt": "password=${secret:broker:password}\n"})

    async def scenario() -> None:
        stand.publish(generation([yard, HALL], 1))
        async with stand.agent():
            await until(lambda: "hall" in stand.running(), "the neighbour runs")
            one = await until(lambda: (one := stand.status("yard")) and one.message and one, "a reason")
            assert (one.state, one.reason) == (InstanceState.PENDING, "Waiting")
            assert "secret broker" in one.message
            stand.folders.secrets["broker"] = Secret("admin", "s3cr3t-pass")
            await applied(stand, 1)
        assert stand.folders.trees["yard"]["broker.txt"] == b"password=s3cr3t-pass\n"
        for topic in (Topic.AGENT_RESPONSE, Topic.AGENT_INFO):
            assert b"s3cr3t-pass" not in b"".join(stand.values(topic))

    run(scenario())


@pytest.mark.parametrize("kind", ["reference", "retinaface"])
def test_a_missing_secret_darkens_its_camera_and_no_neighbour(stand: Stand, kind: str) -> None:
    names = ("dock", "gate")
    cameras = {name: {"credentialsRef": {"name": name}} for name in names}
    yard = instance("yard", cameras, cameras=names, app={"kind": kind})
    evidence = True if kind == "reference" else None

    def seen() -> dict[str, tuple[bool | None, str]]:
        one = stand.status("yard")
        return {camera.name: (camera.ready, camera.reason) for camera in one.cameras} if one else {}

    def files() -> str:
        return str(stand.folders.trees["yard"]["source_list.json"])

    async def scenario() -> None:
        stand.folders.secrets["gate"] = Secret("admin", "s3cr3t-gate")
        stand.publish(generation([yard], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            await until(lambda: seen().get("gate", ("", ""))[0] is evidence, "the neighbour is served")
            assert seen()["dock"] == (False, "SecretNotFound")
            one = stand.status("yard")
            assert one is not None
            assert one.state == InstanceState.RUNNING
            assert "camera dock goes on without its login: secret 'dock' is missing" in one.message
            assert "admin:s3cr3t-gate@" in files()
            assert files().count("@") == 1

            # It comes: restarted once, and no more.
            stand.folders.secrets["dock"] = Secret("admin", "s3cr3t-dock")
            await until(lambda: seen()["dock"][0] is evidence, "it is served, too")
            assert "admin:s3cr3t-dock@" in files()
            await applied(stand, 1)
            assert it.driver.mutations[OpKind.STOP] == 1

            # It goes: what runs goes on, and says so.
            del stand.folders.secrets["dock"]
            it.driver.vanish("yard")
            await until(lambda: "with the login that it had" in getattr(stand.status("yard"), "message", ""), "told")
            await until(lambda: seen()["dock"][0] is evidence, "it is served after a crash, too")
            assert "admin:s3cr3t-dock@" in files()
            assert it.driver.mutations[OpKind.STOP] == 1
        for topic in (Topic.AGENT_RESPONSE, Topic.AGENT_INFO):
            assert b"s3cr3t" not in b"".join(stand.values(topic))

    run(scenario())


def test_a_tag_that_moved_is_told_and_restarts_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = stand.engine.image_id(YARD.image)
            stand.engine.moved[YARD.image] = "sha256:another"
            there = stand.running()
            it.driver.vanish("hall")  # it is made anew, of the other image
            text = f"image {YARD.image} is now sha256:another, what runs has {before[:19]}"
            await until(lambda: (one := stand.status("yard")) and one.message == text, "it is told")
            await applied(stand, 1)
            assert stand.running()["yard"] == there["yard"]
            assert [one.image_id for one in stand.engine.containers] == [before, "sha256:another"]
            await until(lambda: (one := stand.status("hall")) and one.state == "Running", "the other one runs too")
            one = stand.status("hall")
            assert one is not None
            assert one.message == ""

    run(scenario())


def test_an_engine_that_does_not_answer_is_said_and_removes_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            there, before = stand.running(), it.driver.mutations
            it.driver.away = "cannot connect to the Docker daemon"
            stand.refresh()
            await until(
                lambda: stand.condition("EngineReachable") == ("False", "cannot connect to the Docker daemon"),
                "the engine is said to be away",
            )
            stand.publish(generation([HALL, YARD], 2))
            it.driver.away = ""
            await applied(stand, 2)
            assert stand.condition("EngineReachable")[0] == "True"
            assert stand.running()["yard"] == there["yard"]
            assert it.driver.mutations[OpKind.CREATE] == before[OpKind.CREATE] + 1

    run(scenario())


# --- leaving ----------------------------------------------------------------------------------------------------------


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


# --- talking ----------------------------------------------------------------------------------------------------------


def test_a_refresh_lets_it_greet_and_report(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await applied(stand, 1)
            await until(
                lambda: (one := stand.status("yard")) and one.cameras[0].ready, "there is nothing more to report"
            )
            for _ in range(3):
                greetings, reports = len(stand.greetings), len(stand.reports)
                stand.refresh()
                await until(lambda count=greetings: len(stand.greetings) > count, "a greeting")  # type: ignore[misc]
                await until(lambda count=reports: len(stand.reports) > count, "a report")  # type: ignore[misc]

    run(scenario())


def test_the_controller_asks_for_a_greeting_and_says_who_is_welcome(stand: Stand) -> None:
    def say(kind: CommandKind, reason: str = "") -> None:
        message = AgentCommand.model_validate(command(kind, reason))
        stand.write(Topic.AGENT_COMMAND, encode_signed(message, stand.controller))

    async def scenario() -> None:
        async with stand.agent():
            await until(lambda: stand.greetings and stand.report, "it is there")
            count = len(stand.greetings)
            say(CommandKind.ASK_INFO)
            await until(lambda: len(stand.greetings) > count, "another greeting")
            say(CommandKind.REFUSED, "no manifest names it")
            await until(lambda: stand.condition("Admitted") == ("False", "no manifest names it"), "it is refused")
            say(CommandKind.ADMITTED)
            await until(lambda: stand.condition("Admitted")[0] == "True", "it is admitted")

    run(scenario())


@pytest.mark.parametrize("broken", ["observe", "events", "probe", "greeting", "report", "subscription"])
def test_no_unexpected_error_ends_the_agent(stand: Stand, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def breaks(*_arguments: object, **_named: object) -> Any:
        raise KeyError("State")

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        driver = WatchedDriver(stand.engine, stand.folders)
        async with stand.agent(driver=driver) as it:
            await applied(stand, 1)
            with monkeypatch.context() as patch:
                target: tuple[object, str] = {
                    "observe": (driver, "observe"),
                    "events": (driver, "events"),
                    "probe": (it.agent._probes, "_probe"),
                    "greeting": (it.agent._greeter, "_greet"),
                    "report": (it.agent._sender, "_build"),
                    "subscription": (it.bus, "subscribe"),
                }[broken]
                patch.setattr(*target, breaks)
                await driver.aclose()
                await it.bus.aclose()
                stand.refresh()
                it.agent._report_anew()
                it.agent._greeter.ask()
                await until(lambda: "KeyError" in unhealthy(it.agent), "the error is a condition")
            stand.publish(generation([YARD_STRICTER], 2))
            await applied(stand, 2)
            await until(lambda: stand.condition("AgentHealthy")[0] == "True", "it is well again")

    run(scenario())


def unhealthy(agent: Agent) -> str:
    return next((one.message for one in agent._conditions.all if one.type == "AgentHealthy"), "")


def test_a_generation_that_cannot_be_written_to_disk_is_not_acted_on_before_it_is(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = it.driver.mutations
            stand.disk.failure = OSError(28, "No space left on device")
            stand.publish(generation([YARD_NEWER], 2))
            await until(lambda: stand.condition("LedgerWritable")[0] == "False", "it cannot be written")
            # Neither rubbish nor an old record makes it forget what it could not write.
            stand.write(Topic.AGENT_CONFIG, b"rubbish")
            await until(lambda: stand.condition("RecordsAccepted")[0] == "False", "the rubbish is refused")
            stand.publish(generation([YARD], 1))
            stand.publish(generation([YARD_NEWER], 2))
            await until(lambda: stand.condition("RecordsAccepted")[0] == "True", "it is read once more")
            assert stand.condition("LedgerWritable")[0] == "False"
            assert (it.driver.mutations, stand.applied()) == (before, 1)
            stand.disk.failure = None
            await applied(stand, 2)
            assert stand.condition("LedgerWritable")[0] == "True"

    run(scenario())


def test_reports_never_claim_more_than_was_published_and_numbers_grow(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            for number, form in enumerate((YARD, YARD_STRICTER, YARD_LIMITED), start=1):
                stand.publish(generation([form], number))
                await applied(stand, number)
        orders = [(one.observed.generation if one.observed else 0) for one in stand.reports]
        reached = [(one.applied.generation if one.applied else 0) for one in stand.reports]
        sequences = [one.sequence for one in stand.reports]
        assert orders == sorted(orders)
        assert reached == sorted(reached)
        assert sequences == list(range(len(sequences)))
        assert all(done <= seen for done, seen in zip(reached, orders, strict=True))

    run(scenario())
