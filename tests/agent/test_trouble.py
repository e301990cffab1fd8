"""What crashes, goes, or fails is put right, and harms no neighbour."""

import pytest

from bus.base import Topic
from crds.instance_config import InstanceConfig
from crds.messages import InstanceState
from crds.secret import Secret
from nodeagent.model import Permanent, Transient
from nodeagent.operations import OpKind
from tests.agent.instances import HALL, YARD, YARD_NEWER, applied
from tests.agent.stand import Stand, WatchedDriver, run, until
from tests.differ.generations import generation, instance


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
