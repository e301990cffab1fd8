"""An agent that is asked for pictures: what it sends, how fast, what it does not send again, and why there is none."""

import asyncio

from bus.base import Topic
from crds.asking import PicturesAsked
from crds.secret import Secret
from nodeagent.answering.leases import MOST_OF_PICTURES
from nodeagent.model import PortHolder
from tests.agent.asking import answers, ask_pictures, pictures, problem, say, until_over
from tests.agent.shown import jpeg
from tests.agent.stand import Running, Stand, run, until
from tests.differ.generations import generation, instance

REFERENCE = {"kind": "reference"}
YARD = instance("yard", cameras=["dock"], image="app:1", app=REFERENCE)
CAMERAS = [f"c{number}" for number in range(60)]
DEADLINE = 60


async def begin(stand: Stand, *configs: object) -> None:
    stand.publish(generation(configs or [YARD], 1))  # type: ignore[arg-type] # instances
    await until(lambda: stand.applied() == 1, "it runs")


def idle(it: Running) -> bool:
    return it.agent._answering is None or it.agent._answering.is_idle


def nones(stand: Stand, number: int = 1) -> list[str]:
    return [one.told.none for one in pictures(stand, number) if one.told.none]


def test_a_picture_tells_its_frame_its_age_and_what_was_in_it(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            await begin(stand)
            camera_id = YARD.cameras[0].camera_id
            began = stand.clock.monotonic()
            await ask_pictures(stand, "dock")
            (seen,) = await until(lambda: pictures(stand), "a picture")
            told = seen.told
            assert stand.clock.monotonic() - began < 1
            assert seen.jpeg == jpeg(camera_id, 1)
            assert (told.camera, told.frame, told.same, told.none) == ("dock", 1, False, "")
            assert (told.width, told.height, told.objects) == (320, 180, ((1, 2, 30, 40, 7, "person"),))
            assert 40 <= told.age_ms < 1000
            assert abs(told.clock_ms / 1000 - stand.clock.monotonic()) < 1
            await until(lambda: len(pictures(stand)) == 4, "three more", within_s=40)
            assert stand.clock.monotonic() - began < 32
            assert [one.told.frame for one in pictures(stand)] == [1, 2, 3, 4]
            assert stand.shown.asked == [("yard", camera_id, 320, 12 * 1024)] * 4

    run(scenario())


def test_what_nobody_renews_ends_and_no_app_is_asked_any_more(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            lease = await ask_pictures(stand, "dock", seconds=20)
            await asyncio.sleep(15)
            say(stand, lease.model_copy(update={"begins": False, "pictures": None}))
            await until_over(stand, within_s=30)
            assert "renewed" in problem(stand)
            await until(lambda: idle(it), "nothing is left")
            asked = len(stand.shown.asked)
            assert asked in (3, 4)
            await asyncio.sleep(60)
            assert len(stand.shown.asked) == asked

    run(scenario())


def test_many_are_asked_one_after_another_and_all_of_sixty_within_ten_seconds(stand: Stand) -> None:
    yards = [
        instance(f"yard{number}", cameras=CAMERAS[number * 15 : number * 15 + 15], image="app:1", app=REFERENCE)
        for number in range(4)
    ]

    async def scenario() -> None:
        async with stand.agent():
            await begin(stand, *yards)
            began = stand.clock.monotonic()
            await ask_pictures(stand, *CAMERAS)
            await asyncio.sleep(1)
            assert 5 <= len(stand.shown.asked) <= 8, "not all in one instant"
            await until(lambda: {one.told.camera for one in pictures(stand)} == set(CAMERAS), "all", within_s=20)
            assert stand.clock.monotonic() - began < 10.5
            await asyncio.sleep(20)
            seconds = stand.clock.monotonic() - began
            assert len(stand.shown.asked) <= 6 * seconds + 2
            counts = [sum(one.told.camera == camera for one in pictures(stand)) for camera in CAMERAS]
            assert set(counts) <= {2, 3}

    run(scenario())


def test_a_frame_that_stays_is_sent_once_a_minute_and_said_to_be_the_same_in_between(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            camera_id = YARD.cameras[0].camera_id
            stand.shown.frames[camera_id] = 41
            stand.shown.still.add(camera_id)
            lease = await ask_pictures(stand, "dock")
            await asyncio.sleep(45)
            say(stand, lease.model_copy(update={"begins": False, "pictures": None}))
            await until(lambda: len(pictures(stand)) >= 8, "more than a minute of it", within_s=60)
            found = pictures(stand)[:8]
            assert [bool(one.jpeg) for one in found] == [True, *[False] * 6, True]
            assert [one.told.same for one in found] == [False, *[True] * 7]
            assert {one.told.frame for one in found} == {41}
            stand.shown.still.clear()
            await until(lambda: pictures(stand)[-1].told.frame == 42, "it goes on", within_s=20)
            assert pictures(stand)[-1].jpeg
            # Another run of the app counts its frames anew.
            stand.shown.still.add(camera_id)
            it.driver.crash("yard")
            say(stand, lease.model_copy(update={"begins": False, "pictures": None}))
            await until(lambda: pictures(stand)[-1].jpeg and pictures(stand)[-1].told.same is False, "anew", DEADLINE)

    run(scenario())


def test_other_cameras_are_looked_at_as_soon_as_a_renewal_names_them(stand: Stand) -> None:
    yard = instance("yard", cameras=["a", "b", "c"], image="app:1", app=REFERENCE)

    async def scenario() -> None:
        async with stand.agent():
            await begin(stand, yard)
            lease = await ask_pictures(stand, "a", "b")
            await until(lambda: len(pictures(stand)) == 2, "both")
            asked = PicturesAsked(cameras=("b", "c"), width=320, every_seconds=10.0)
            say(stand, lease.model_copy(update={"begins": False, "pictures": asked}))
            await until(lambda: pictures(stand)[-1].told.camera == "c", "the new one", within_s=2)
            await asyncio.sleep(21)
            assert [one.told.camera for one in pictures(stand)].count("a") == 1
            assert [one.told.camera for one in pictures(stand)].count("b") == 3

    run(scenario())


def test_why_there_is_no_picture_is_a_sentence(stand: Stand) -> None:
    yard = instance("yard", cameras=["dock", "gate"], image="app:1", app=REFERENCE)
    face = instance("face", cameras=["door"], image="app:1", app={"kind": "retinaface"})

    async def scenario() -> None:
        async with stand.agent():
            await begin(stand, yard, face)
            stand.shown.without_frame.add(yard.cameras[0].camera_id)
            await ask_pictures(stand, "dock", "door", "nowhere")
            await until(lambda: len(nones(stand)) == 3, "all three")
            assert sorted(nones(stand)) == [
                "an app of kind retinaface has no source of pictures",
                "its node was not told to watch it yet",
                "the app of instance yard says: no frame yet",
            ]
            stand.shown.silent.add("yard")
            await ask_pictures(stand, "dock", "gate", number=2)
            await until(lambda: len(nones(stand, 2)) == 2, "both")
            assert set(nones(stand, 2)) == {"the app of instance yard shows nothing: Connection refused"}

    run(scenario())


def test_secrets_in_what_an_app_says_stay_on_the_node(stand: Stand) -> None:
    config = instance(
        "yard",
        {"dock": {"address": "rtsp://10.0.0.7/live", "credentialsRef": {"name": "cam"}}},
        cameras=["dock"],
        image="app:1",
        app=REFERENCE,
    )
    stand.folders.secrets["cam"] = Secret("admin", "Geheim-4711")

    async def scenario() -> None:
        async with stand.agent():
            await begin(stand, config)
            stand.shown.without_frame.add(config.cameras[0].camera_id)
            for number, before in enumerate(range(150, 190, 4), start=1):
                stand.shown.says = "x" * before + " rtsp://admin:Geheim-4711@10.0.0.7/live Geheim-4711"
                await ask_pictures(stand, "dock", number=number)
                await until(lambda number=number: nones(stand, number), "the reason")  # type: ignore[misc]
                lease = await ask_pictures(stand, "dock", number=number)
                say(stand, lease.model_copy(update={"seconds": 0, "begins": False}))
                (said,) = set(nones(stand, number))
                assert "rtsp" in said or before > 160
                assert not any(part in said for part in ("Geh", "4711", "admin"))

    run(scenario())


def test_an_app_that_is_silent_holds_up_nobody(stand: Stand) -> None:
    dead = instance("dead", cameras=CAMERAS[:15], image="app:1", app=REFERENCE)
    well = instance("well", cameras=["gate"], image="app:1", app=REFERENCE)

    async def scenario() -> None:
        async with stand.agent():
            await begin(stand, dead, well)
            stand.shown.silent.add("dead")
            await ask_pictures(stand, *CAMERAS[:15], "gate")
            await until(lambda: any(one.jpeg for one in pictures(stand)), "the picture of another", within_s=4)
            await asyncio.sleep(8)
            assert sum(name == "dead" for name, *_ in stand.shown.asked) <= 5, "it is asked once for all its cameras"
            assert len(nones(stand)) >= 15

    run(scenario())


def test_who_else_listens_at_the_port_shows_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            await begin(stand)
            stand.engine.holders[YARD.rest_port] = PortHolder("other", "container other")
            await ask_pictures(stand, "dock")
            await until(lambda: nones(stand), "the reason")
            assert nones(stand) == [f"port {YARD.rest_port} is held by container other, and not by this instance"]
            stand.engine.holders[YARD.rest_port] = PortHolder(stand.running()["yard"], "itself")
            await until(lambda: pictures(stand)[-1].jpeg, "a picture", within_s=15)

    run(scenario())


def test_pictures_are_never_late_since_those_that_brokers_do_not_take_are_not_sent_again(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            await ask_pictures(stand, "dock")
            await until(lambda: pictures(stand), "the first")
            it.bus.disconnect()
            await asyncio.sleep(30)
            it.bus.reconnect()
            back = stand.clock.monotonic()
            count = len(pictures(stand))
            await until(lambda: len(pictures(stand)) > count, "the next", within_s=25)
            fresh = pictures(stand)[count]
            assert fresh.jpeg
            assert fresh.told.clock_ms / 1000 > back - 11
            sequences = [one.sequence for one in answers(stand)]
            assert sequences == list(range(len(sequences)))

    run(scenario())


def test_large_ones_fit_into_a_record_and_so_many_ask_at_a_time(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            stand.shown.size = 52 * 1024 - 4
            for number in range(1, MOST_OF_PICTURES + 1):
                await ask_pictures(stand, "dock", number=number, width=1280, every_seconds=2.0)
            await until(lambda: pictures(stand, MOST_OF_PICTURES), "large ones")
            assert stand.shown.asked[0][2:] == (1280, 52 * 1024)
            await ask_pictures(stand, "dock", number=9)
            await until_over(stand, 9)
            assert "at a time" in problem(stand, 9)
            await ask_pictures(stand, "dock", number=10, seconds=0)
            assert not idle(it)

    run(scenario())


def test_a_bug_in_it_takes_nothing_else_down_and_leaves_its_room(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            whole, stand.engine.holders = stand.engine.holders, None  # type: ignore[assignment]
            await ask_pictures(stand, "dock")
            await until_over(stand)
            assert "met an error" in problem(stand)
            stand.engine.holders = whole
            await ask_pictures(stand, "dock", number=2)
            await until(lambda: pictures(stand, 2), "a picture")
            answering = it.agent._answering
            assert answering is not None
            assert answering._pictures is not None
            await asyncio.sleep(0.1)
            assert answering._pictures.room._value == 4
            assert not it.task.done()

    run(scenario())


def test_no_lease_no_call(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            await ask_pictures(stand, seconds=10)
            await asyncio.sleep(9)
            assert stand.shown.asked == [], "no camera, no call"
            lease = await ask_pictures(stand, "dock", number=2)
            say(stand, lease.model_copy(update={"seconds": 0, "begins": False}))
            await until(lambda: idle(it), "nothing is left", within_s=20)
            asked = len(stand.shown.asked)
            await asyncio.sleep(120)
            assert len(stand.shown.asked) == asked
            assert len(stand.values(Topic.AGENT_ANSWER)) <= 4

    run(scenario())
