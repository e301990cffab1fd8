"""An agent that is asked for one picture: it comes whole, in parts; what is too old is waited for; why there is none is a sentence."""

from typing import Any

from bus.attached import check_attached, digest_of, split
from bus.base import Topic
from bus.codec import decode_signed
from crds.answers import LARGEST_PICTURE, LARGEST_SNAPSHOT, AgentAnswer, PictureTold
from crds.asking import SNAPSHOT, Lease, SnapshotAsked
from nodeagent.answering.leases import MOST_OF_SNAPSHOTS
from nodeagent.apps.pictures import PictureWish
from tests.agent.asking import answers, ask_pictures, problem, run_of, say, until_over
from tests.agent.shown import jpeg
from tests.agent.stand import Stand, run, until
from tests.differ.generations import generation, instance

REFERENCE = {"kind": "reference"}
YARD = instance("yard", cameras=["dock"], image="app:1", app=REFERENCE)
FACE = instance("face", cameras=["door"], image="app:1", app={"kind": "retinaface"})
DOCK = YARD.cameras[0].camera_id


async def begin(stand: Stand) -> None:
    stand.publish(generation([YARD, FACE], 1))
    await until(lambda: stand.applied() == 1, "it runs")


async def ask(stand: Stand, number: int = 1, camera: str = "dock", instance: str = "yard", **how: Any) -> None:
    asked = SnapshotAsked(instance=instance, camera=camera, **how)
    run = await run_of(stand)
    lease = Lease(number=number, boot_id=run, seconds=30, credit=64, begins=True, what=SNAPSHOT, snapshot=asked)
    say(stand, lease)


def parts(stand: Stand, number: int = 1) -> list[tuple[PictureTold, bytes]]:
    found = []
    for value in stand.values(Topic.AGENT_ANSWER):
        message, attached = split(value)
        answer = decode_signed(AgentAnswer, message, [stand.key.public_key_hex])
        assert len(value) <= 60 * 1024
        if answer.lease == number and answer.picture is not None:
            check_attached(attached, answer.picture.jpeg_sha256)
            found.append((answer.picture, attached))
    return found


def test_it_comes_whole_in_parts_that_fit_and_then_all_is_said(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            stand.shown.size = 3 * LARGEST_PICTURE + 3
            await ask(stand)
            await until_over(stand)
            found = parts(stand)
            assert [len(part) for _, part in found] == [LARGEST_PICTURE] * 3 + [7]
            assert b"".join(part for _, part in found) == jpeg(DOCK, 1, stand.shown.size)
            assert {(one.camera, one.frame, one.width, one.total_bytes) for one, _ in found} == {
                ("dock", 1, 1920, 3 * LARGEST_PICTURE + 7)
            }
            assert [one.jpeg_sha256 for one, _ in found] == [digest_of(part) for _, part in found]
            assert [one.sequence for one in answers(stand)] == [0, 1, 2, 3, 4]
            assert problem(stand) == ""
            assert stand.shown.wishes == [PictureWish(None, LARGEST_SNAPSHOT)]
            answering = it.agent._answering
            assert answering is not None
            await until(lambda: answering.is_idle, "nothing is left")

    run(scenario())


def test_what_is_wished_for_reaches_the_app_and_the_alert_is_named(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            await begin(stand)
            stand.shown.age_ms = 3_600_000
            await ask(stand, width=640, overlay=True, at="alert")
            await until_over(stand)
            ((told, _),) = parts(stand)
            assert (told.alert, told.width) == ("7f3c-1", 640)
            assert told.age_ms >= 3_600_000, "a frame that was kept may have any age, and says it"
            assert stand.shown.wishes == [PictureWish(640, LARGEST_SNAPSHOT, overlay=True, at="alert")]

    run(scenario())


def test_a_frame_that_is_too_old_is_waited_for_and_told_when_none_comes(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            await begin(stand)
            stand.shown.age_ms = 34_000
            began = stand.clock.monotonic()
            await ask(stand, 1)
            await until(lambda: len(stand.shown.wishes) >= 3, "it looks again")
            stand.shown.age_ms = 40
            await until_over(stand, 1)
            assert (len(parts(stand, 1)), problem(stand, 1)) == (1, "")
            stand.shown.age_ms = 34_000
            await ask(stand, 2)
            await until_over(stand, 2)
            assert problem(stand, 2) == "its newest frame is 34.0 s old, and none came within 6 s"
            assert stand.clock.monotonic() - began < 10
            await ask(stand, 3, max_age_ms=60_000)
            await until_over(stand, 3)
            assert len(parts(stand, 3)) == 1

    run(scenario())


def test_why_there_is_none_is_a_sentence(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            await begin(stand)
            await ask(stand, 1, camera="door", instance="face")
            await ask(stand, 2, camera="dock", instance="face")
            stand.shown.without_frame.add(DOCK)
            stand.shown.says = "no frame of this alert is kept"
            await ask(stand, 3, at="7f")
            for number in (1, 2, 3):
                await until_over(stand, number)
            assert problem(stand, 1) == FACE.app_kind.why_no_pictures
            assert problem(stand, 2) == "its node was not told to watch it yet"
            assert problem(stand, 3) == "the app of instance yard says: no frame of this alert is kept"
            stand.shown.silent.add("yard")
            await ask(stand, 4)
            await until_over(stand, 4)
            assert problem(stand, 4) == "the app of instance yard shows nothing: Connection refused"

    run(scenario())


def test_so_many_are_sent_at_a_time(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            await begin(stand)
            stand.shown.age_ms = 34_000
            for number in range(1, MOST_OF_SNAPSHOTS + 2):
                await ask(stand, number)
            await until_over(stand, MOST_OF_SNAPSHOTS + 1)
            assert "snapshots at a time" in problem(stand, MOST_OF_SNAPSHOTS + 1)

    run(scenario())


def test_those_that_wait_for_a_newer_frame_keep_nobody_from_looking(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            await begin(stand)
            stand.shown.age_ms = 34_000
            for number in range(1, MOST_OF_SNAPSHOTS + 1):
                await ask(stand, number)
            await until(lambda: len(stand.shown.wishes) >= MOST_OF_SNAPSHOTS, "all wait")
            await ask_pictures(stand, "dock", number=MOST_OF_SNAPSHOTS + 1)
            await until(lambda: parts(stand, MOST_OF_SNAPSHOTS + 1), "a picture comes")
            assert not any(problem(stand, number) for number in range(1, MOST_OF_SNAPSHOTS + 1))

    run(scenario())
