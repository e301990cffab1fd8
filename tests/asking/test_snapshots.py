"""A real controller asks real agents for one picture, on a virtual clock."""

import asyncio
from dataclasses import replace

import pytest

from controller.asking.base import AgentTooOld, CannotAsk
from controller.asking.wanted import PictureWanted, SnapshotWanted, Watcher
from crds.answers import LARGEST_PICTURE
from tests.agent.shown import jpeg
from tests.asking.agents_of_before import becomes_older
from tests.asking.test_pictures import DOCK, FACE, is_quiet, leases, play
from tests.simulation.world import World

NOW = SnapshotWanted(width=None, overlay=False, at="", max_age_seconds=10)
"""The newest frame in full."""


async def why(world: World, wanted: PictureWanted) -> str:
    with pytest.raises(CannotAsk) as refused:
        await world.asking.snapshot(wanted, NOW)
    return str(refused.value)


def test_it_comes_whole_and_then_all_is_quiet() -> None:
    async def scenario(world: World) -> None:
        shown = world.nodes["gate"].shown
        shown.size = 4 * LARGEST_PICTURE + 1
        found = await world.asking.snapshot(DOCK, NOW)
        (camera_id,) = shown.frames
        assert found.jpeg == jpeg(camera_id, 1, shown.size)
        assert (found.instance, found.node, found.frame, found.width) == ("door", "gate", 1, 1920)
        assert found.age_seconds == pytest.approx(0.04, abs=0.5)
        of_alert = await world.asking.snapshot(DOCK, replace(NOW, width=640, overlay=True, at="alert"))
        assert (of_alert.alert, of_alert.width) == ("7f3c-1", 640)
        assert shown.wishes[-1].query == "width=640&max_bytes=524288&overlay=1&at=alert"
        assert leases(world)[-1].seconds in (0, 45)
        await asyncio.sleep(60)
        assert is_quiet(world)

    play(scenario)


def test_why_there_is_none() -> None:
    async def scenario(world: World) -> None:
        with pytest.raises(AgentTooOld, match="the app of instance gallery has no pictures"):
            await world.asking.snapshot(FACE, NOW)
        assert await why(world, PictureWanted("dock", (), "no instance watches it")) == "no instance watches it"
        assert "not published" in await why(world, PictureWanted("dock", (Watcher("none", "gate"),), ""))
        world.nodes["gate"].shown.age_ms = 34_000
        assert "34.0 s old" in await why(world, DOCK)

    play(scenario)


def test_of_several_that_watch_it_the_first_that_can_is_asked() -> None:
    async def scenario(world: World) -> None:
        found = await world.asking.snapshot(
            PictureWanted("dock", (Watcher("gallery", "yard"), Watcher("door", "gate")), ""), NOW
        )
        assert found.instance == "door"

    play(scenario)


def test_an_agent_of_before_is_not_asked_and_people_read_why() -> None:
    async def scenario(world: World) -> None:
        await becomes_older(world, "gate", "0.1.0", ("logs", "pictures"))
        with pytest.raises(AgentTooOld, match=r"node gate is of version 0\.1\.0, which cannot be asked for snapshots"):
            await world.asking.snapshot(DOCK, NOW)
        assert leases(world) == []

    play(scenario)
