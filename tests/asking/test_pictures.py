"""A real controller asks real agents for pictures, on a virtual clock: what is shown, what it costs, and what is left afterwards."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any
from uuid import UUID

import pytest

from bus.attached import digest_of, with_attached
from bus.base import Topic
from bus.codec import decode_signed, encode_signed
from bus.topics import SETTINGS
from controller.asking import picture_round
from controller.asking.wanted import NoPicture, PictureAnswer, PictureSeen, PictureWanted, Watcher
from crds.answers import AgentAnswer, PictureTold
from crds.messages import AgentCommand, CommandKind
from ports.virtual_time import run_in_virtual_time
from tests.agent.shown import jpeg
from tests.asking.agents_of_before import becomes_older
from tests.control_loop.stand import write
from tests.planner.short_manifests import ShortFleet, node_id
from tests.simulation.world import FLEET, World, key_of

REFERENCE = {"kind": "reference"}
MANIFESTS: ShortFleet = {
    "node/gate": None,
    "node/yard": None,
    "camera/dock": None,
    "camera/lane": None,
    "camera/face": None,
    "dsinstance/door": {"node": "gate", "cameras": ["dock"], "app": REFERENCE},
    "dsinstance/hall": {"node": "yard", "cameras": ["lane"], "app": REFERENCE},
    "dsinstance/gallery": {"node": "yard", "cameras": ["face"], "app": {"kind": "retinaface"}},
}
DOCK = PictureWanted("dock", (Watcher("door", "gate"),), "")
LANE = PictureWanted("lane", (Watcher("hall", "yard"),), "")
FACE = PictureWanted("face", (Watcher("gallery", "yard"),), "")


def play(scenario: Callable[[World], Awaitable[None]]) -> None:
    async def whole() -> None:
        world = World(MANIFESTS, seed=1)
        world.start_what_is_dead()
        await asyncio.sleep(60)
        assert world.status("gate")["phase"] == "Ready"
        await scenario(world)
        await world.end()

    run_in_virtual_time(whole(), limit_seconds=2000)


def leases(world: World, node: str = "gate") -> list[Any]:
    values = world.log.values[Topic.AGENT_COMMAND, node_id(node)]
    found = [decode_signed(AgentCommand, value, [world.key.public_key_hex]) for value in values]
    return [one.lease for one in found if one.command is CommandKind.ASK]


def is_quiet(world: World) -> bool:
    asking = world.asking
    places = [(Topic.AGENT_ANSWER, partition) for partition in range(SETTINGS[Topic.AGENT_ANSWER].partitions)]
    readers = sum(len(world.log._readers[place]) for place in places)
    return not (asking.is_subscribed or readers or asking._office._last_words or not asking._pictures.is_idle)


async def look(
    world: World, seconds: float, *wanted: PictureWanted, width: int = 320, caller: Hashable = "alice"
) -> dict[str, PictureAnswer]:
    """What is told at the end of so many seconds, in which a page asks again and again."""
    found = world.asking.look(caller, wanted, width)
    for _ in range(int(seconds / 5)):
        await asyncio.sleep(5)
        found = world.asking.look(caller, wanted, width)
    return dict(found)


def picture(found: PictureAnswer) -> PictureSeen:
    assert isinstance(found, PictureSeen), found
    return found


def why(found: PictureAnswer) -> str:
    assert isinstance(found, NoPicture), found
    return found.why


def test_nobody_looks_and_no_app_is_asked_nothing_is_subscribed_and_nothing_is_said() -> None:
    async def scenario(world: World) -> None:
        await asyncio.sleep(300)
        assert leases(world) == []
        assert is_quiet(world)
        assert world.nodes["gate"].shown.asked == []
        assert not world.log.values[Topic.AGENT_ANSWER, node_id("gate")]
        assert world.asking.picture("dock", 320, "") is None

    play(scenario)


def test_pictures_come_within_a_moment_for_as_long_as_somebody_looks_and_then_all_is_quiet_and_forgotten() -> None:
    async def scenario(world: World) -> None:
        assert await look(world, 0, DOCK, LANE) == {"dock": None, "lane": None}
        await asyncio.sleep(2)
        found = world.asking.look("alice", (DOCK, LANE), 320)
        seen = picture(found["dock"])
        assert seen.age_seconds < 2.5
        assert (seen.frame, seen.is_frozen, seen.width, seen.height) == (1, False, 320, 180)
        assert seen.objects == ((1, 2, 30, 40, 7, "person"),)
        shown = world.asking.picture("dock", 320, seen.version)
        assert shown is not None
        assert shown.startswith(b"\xff\xd8\xff")
        assert picture(found["lane"]).frame == 1
        found = await look(world, 60, DOCK, LANE)
        assert picture(found["dock"]).age_seconds < 11
        assert 6 <= picture(found["dock"]).frame <= 8
        assert {one.number for one in leases(world)} == {leases(world)[0].number}
        assert len(leases(world)) <= 9, "it is renewed as seldom as will do"
        asked = len(world.nodes["gate"].shown.asked)
        await asyncio.sleep(40)
        assert leases(world)[-1].seconds == 0, "it is taken back"
        assert len(world.nodes["gate"].shown.asked) <= asked + 3
        assert world.asking.picture("dock", 320, "") is not None
        await asyncio.sleep(90)
        assert world.asking.picture("dock", 320, "") is None
        assert is_quiet(world)
        count = len(world.nodes["gate"].shown.asked)
        await asyncio.sleep(60)
        assert len(world.nodes["gate"].shown.asked) == count

    play(scenario)


def test_several_who_look_make_one_lease_of_all_their_cameras_which_follows_the_screen() -> None:
    manifests: ShortFleet = {
        **MANIFESTS,
        "camera/a": None,
        "camera/b": None,
        "camera/c": None,
        "dsinstance/plaza": {"node": "gate", "cameras": ["a", "b", "c"], "app": REFERENCE},
    }

    async def scenario(world: World) -> None:
        world.manifests.commit(manifests)
        await asyncio.sleep(30)
        a, b, c = (PictureWanted(name, (Watcher("plaza", "gate"),), "") for name in "abc")
        for _ in range(6):
            world.asking.look("alice", (a, b), 320)
            world.asking.look("bob", (b, DOCK), 320)
            await asyncio.sleep(5)
        assert set(leases(world)[-1].pictures.cameras) == {"a", "b", "dock"}
        assert len({one.number for one in leases(world)}) == 1
        # Alice scrolls on.
        world.asking.look("alice", (c,), 320)
        await asyncio.sleep(2)
        assert set(leases(world)[-1].pictures.cameras) >= {"c", "b", "dock"}
        assert picture(world.asking.look("alice", (c,), 320)["c"]).frame == 1
        for _ in range(6):
            world.asking.look("alice", (c,), 320)
            await asyncio.sleep(5)
        assert set(leases(world)[-1].pictures.cameras) == {"c"}
        # The editor's is another lease, beside it.
        found = await look(world, 10, c, width=1280)
        assert picture(found["c"]).width == 1280
        assert picture(found["c"]).age_seconds < 3
        assert len({one.number for one in leases(world)}) == 2

    play(scenario)


def test_a_frozen_camera_is_said_to_be_one_and_an_agent_that_is_gone_too() -> None:
    async def scenario(world: World) -> None:
        shown = world.nodes["gate"].shown
        found = await look(world, 15, DOCK)
        assert not picture(found["dock"]).is_frozen
        shown.still |= set(shown.frames)
        found = await look(world, 30, DOCK)
        frozen = picture(found["dock"])
        assert frozen.is_frozen
        assert world.asking.picture("dock", 320, frozen.version) is not None
        shown.still.clear()
        found = await look(world, 15, DOCK)
        assert not picture(found["dock"]).is_frozen
        await world.nodes["gate"].kill()
        found = await look(world, 40, DOCK)
        assert picture(found["dock"]).is_frozen
        assert picture(found["dock"]).age_seconds >= 30
        found = await look(world, 60, DOCK)
        assert "is not heard since" in why(found["dock"])
        world.start_agent("gate")
        found = await look(world, 60, DOCK)
        assert not picture(found["dock"]).is_frozen, "another run of the agent is asked anew"

    play(scenario)


def test_why_there_is_no_picture_is_said_in_words() -> None:
    async def scenario(world: World) -> None:
        nobody = PictureWanted("dock", (), "No running instance names or selects this camera")
        other = PictureWanted("dock", (Watcher("hall", "gate"),), "")
        found = await look(world, 0, FACE)
        assert why(found["face"]) == "an app of kind retinaface has no source of pictures"
        assert leases(world, "yard") == [], "its agent need not be asked"
        assert why((await look(world, 0, nobody))["dock"]) == "No running instance names or selects this camera"
        assert "not published" in why((await look(world, 0, other))["dock"])
        both = PictureWanted("dock", (Watcher("gallery", "yard"), Watcher("door", "gate")), "")
        assert picture((await look(world, 5, both))["dock"]).frame >= 1
        world.nodes["yard"].shown.silent.add("hall")
        assert "shows nothing: Connection refused" in why((await look(world, 5, LANE))["lane"])
        world.log.up = False
        world.log.notify()
        assert why((await look(world, 60, LANE))["lane"])

    play(scenario)


def test_an_agent_of_before_is_never_asked_and_people_read_why() -> None:
    async def scenario(world: World) -> None:
        await becomes_older(world, "gate", "0.1.0", ("logs", "usage"))
        found = why((await look(world, 0, DOCK))["dock"])
        assert found == "the agent of node gate is of version 0.1.0, which cannot be asked for pictures: upgrade it"
        assert leases(world) == []

    play(scenario)


def test_what_is_looked_at_is_bounded_and_those_beyond_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.asking.pictures.MOST_OF_CALLER", 1)
    monkeypatch.setattr("controller.asking.pictures.MOST_CALLERS", 2)

    async def scenario(world: World) -> None:
        found = await look(world, 5, DOCK, LANE)
        assert picture(found["dock"])
        assert why(found["lane"]) == "you look at 1 cameras already, and no more at a time"
        assert picture((await look(world, 5, LANE, caller="bob"))["lane"])
        assert "2 look at pictures already" in why((await look(world, 0, DOCK, caller="carol"))["dock"])
        await asyncio.sleep(15)
        assert (await look(world, 0, DOCK, caller="carol"))["dock"] is not None
        monkeypatch.setattr("controller.asking.pictures.MOST_LOOKED_AT", 0)
        await asyncio.sleep(100)
        assert "no more at a time" in why((await look(world, 0, LANE, caller="carol"))["lane"])
        await asyncio.sleep(150)
        assert is_quiet(world)

    play(scenario)


def test_pictures_of_somebody_else_or_of_another_camera_are_never_shown() -> None:
    async def scenario(world: World) -> None:
        world.nodes["gate"].shown.silent.add("door")
        found = await look(world, 5, DOCK)
        assert "shows nothing" in why(found["dock"])
        lease = leases(world)[0]
        forged = jpeg("forged", 1)

        def say(key: str, attached: bytes = forged, camera: str = "dock", **changes: Any) -> None:
            told = PictureTold(camera=camera, frame=1, width=320, height=180, jpeg_sha256=digest_of(forged))
            answer = {
                "fleet_id": FLEET,
                "node_id": UUID(node_id("gate")),
                "boot_id": lease.boot_id,
                "lease": lease.number,
                "sequence": 100,
                "picture": told,
                "sent_at": world.clock.now(),
                **changes,
            }
            value = with_attached(encode_signed(AgentAnswer.model_validate(answer), key_of(key)), attached)
            write(world.log, Topic.AGENT_ANSWER, node_id("gate").encode(), value)

        world.asking.look("alice", (DOCK, LANE), 320)
        say("yard")
        say("gate", attached=forged + b"x")
        say("gate", attached=b"")
        say("gate", camera="lane")
        say("gate", camera="nowhere", sequence=101)
        say("gate", boot_id="another", sequence=102)
        say("gate", lease=lease.number + 1, sequence=103)
        await asyncio.sleep(0.5)
        assert world.asking.picture("dock", 320, "") is None
        assert world.asking.picture("lane", 320, "") != forged
        say("gate", sequence=104)
        await asyncio.sleep(0.5)
        assert world.asking.picture("dock", 320, "") == forged, "and what its agent signed is"

    play(scenario)


def test_whoever_looks_for_days_is_shown_pictures_to_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture_round, "_MANY_ANSWERS", 20)

    async def scenario(world: World) -> None:
        found = await look(world, 600, DOCK)
        assert picture(found["dock"]).age_seconds < 11
        assert not picture(found["dock"]).is_frozen

    play(scenario)
