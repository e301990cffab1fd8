"""Generations go before copies: whenever a controller ends, nothing that was published is taken back."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.planner.guard import RemovalLimit, RemovalLimits
from controller.source.last_good import LastGood
from controller.source.read.reader import Unreadable
from ports.simulated import MemoryDisk, NoThreads
from tests.control_loop.stand import LAST_GOOD, STATE_DIR, Stand, eventually, loaded

YARD = {"node/gate": {}, "camera/dock": {}, "dsinstance/yard": {"node": "gate", "cameras": ["dock"]}}
FIRST = loaded(YARD, "sha256:0000000001")
EDIT = loaded({**YARD, "dsinstance/more": {"node": "gate"}}, "sha256:0000000002")
FEW = loaded({"node/gate": {}, "camera/dock": {}}, "sha256:0000000003")
"""Takes more away than may go without approval."""
AWAY = Unreadable("the repository is away")


class SlowThreads(NoThreads):
    """Takes a minute for one thing."""

    def __init__(self, slow: str) -> None:
        self._slow = slow

    async def run(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(60 if function.__name__ == self._slow else 0)
        return await super().run(function, *args, **kwargs)


class DiskThatTells(MemoryDisk):
    """Tells when it was written to so often, and takes nothing from then on: the machine has no power."""

    def __init__(self) -> None:
        super().__init__()
        self.last: int | None = None
        self.is_off = asyncio.Event()

    def write(self, path: Path, content: bytes, *, private: bool = True) -> None:
        if self.is_off.is_set():
            return
        super().write(path, content, private=private)
        if self.writes == self.last:
            self.is_off.set()

    def ends_after(self, writes: int) -> None:
        self.last = self.writes + writes

    def begins_again(self) -> None:
        self.last = None
        self.is_off.clear()


async def begin(stand: Stand) -> None:
    stand.source.say_silently(FIRST)
    async with stand.controller():
        stand.agent("gate").greet()
        await eventually(lambda: stand.newest("gate"), "a generation")
        await stand.copied()


async def restart_without_a_source(stand: Stand) -> None:
    """Nothing is taken back, and the edit is there in the end."""
    published = stand.orders("gate")
    stand.threads = NoThreads()
    stand.source.say_silently(AWAY)
    async with stand.controller() as controller:
        await eventually(lambda: controller.status()["candidate"], "the source is away")
        await asyncio.sleep(10)
        assert stand.orders("gate") == published
        stand.source.say(EDIT)
        await eventually(lambda: len(stand.configs("gate")[-1].node_config_list) == 2, "the edit")
        await stand.settled()
        assert len(stand.orders("gate")) == 2


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_a_crash_at_any_write_takes_nothing_back(play: Callable[..., None], writes: int) -> None:
    """Of the mark, the copy of the record, a piece of the copy of the revision, and what names the pieces."""

    async def scenario(stand: Stand) -> None:
        stand.disk = disk = DiskThatTells()
        await begin(stand)
        async with stand.controller():
            await stand.settled()
            disk.ends_after(writes)
            stand.source.say(EDIT)
            await asyncio.wait_for(disk.is_off.wait(), 60)
        disk.begins_again()
        await restart_without_a_source(stand)

    play(scenario)


def test_an_edit_is_published_before_its_copy_is_written_and_an_older_copy_is_told(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.disk = disk = DiskThatTells()
        await begin(stand)
        stand.threads = SlowThreads("store")
        async with stand.controller():
            stand.source.say(EDIT)
            await eventually(lambda: len(stand.orders("gate")) == 2, "the edit is published")
            assert json.loads(stand.disk.read(LAST_GOOD))["revision"]["id"] == FIRST.revision.id
            disk.is_off.set()
        disk.begins_again()
        stand.source.say_silently(AWAY)
        async with stand.controller() as controller:
            (message,) = await eventually(lambda: stand.told("LastGoodOutdated"), "it is told")
            assert EDIT.revision.id in message
            await eventually(lambda: controller.status()["candidate"], "the source is away")
            assert controller.status()["revision"] is None
        await restart_without_a_source(stand)

    play(scenario)


def test_a_controller_that_ends_in_order_leaves_a_copy_of_what_it_published(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller():
            stand.source.say(EDIT)
            await eventually(lambda: len(stand.orders("gate")) == 2, "the edit is published")
            assert json.loads(stand.disk.read(LAST_GOOD))["revision"]["id"] == FIRST.revision.id
        assert stand.is_copied()
        stand.source.say_silently(AWAY)
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["candidate"], "the source is away")
            assert controller.status()["revision"]["id"] == EDIT.revision.id

    play(scenario)


def test_a_crash_before_a_revision_is_marked_leaves_the_one_before_in_force(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        stand.threads = SlowThreads("mark")
        async with stand.controller() as controller:
            stand.source.say(EDIT)
            await eventually(lambda: (controller.status()["revision"] or {}).get("id") == EDIT.revision.id, "in force")
            await stand.settled()
            assert len(stand.orders("gate")) == 1, "a disk that takes its time delays generations, and nothing else"
        await restart_without_a_source(stand)

    play(scenario)


@pytest.mark.parametrize("copied", [False, True])
@pytest.mark.parametrize("is_away", [False, True])
def test_what_was_approved_goes_on_after_a_crash_once_the_source_says_the_same(
    play: Callable[..., None], *, copied: bool, is_away: bool
) -> None:
    """It was marked, and nothing of it published: the brokers took nothing."""

    async def scenario(stand: Stand) -> None:
        stand.disk = disk = DiskThatTells()
        stand.limits = RemovalLimits(instances=RemovalLimit(percent=0, always_allowed=0))
        await begin(stand)
        async with stand.controller() as controller:
            await stand.settled()
            await stand.say(FEW)
            await eventually(lambda: (controller.status()["candidate"] or {}).get("state") == "Parked", "it is parked")
            stand.bus.lose_records = True
            disk.ends_after(10 if copied else 1)
            await controller.approve(FEW.revision.id)
            await eventually(lambda: in_force(stand) == FEW.revision.id, "the mark")
            await asyncio.sleep(10)
            disk.is_off.set()
        disk.begins_again()
        assert len(stand.orders("gate")) == 1

        stand.source.say_silently(AWAY if is_away else FEW)
        async with stand.controller() as controller:
            if is_away:
                await eventually(lambda: controller.status()["candidate"], "the source is away")
                await asyncio.sleep(10)
                assert controller.status()["candidate"]["state"] == ("Parked" if copied else "Unreadable")
                assert len(stand.orders("gate")) == 1, "a copy may be old: the source has to say the same"
                stand.source.say(FEW)
            config = await eventually(lambda: len(stand.orders("gate")) == 2 and stand.newest("gate"), "the removal")
            assert config.removals.approved
        for reading in (FEW, AWAY):
            stand.source.say_silently(reading)
            async with stand.controller() as controller:
                await eventually(
                    lambda: (controller.status()["revision"] or {}).get("id") == FEW.revision.id, "it stays"
                )
                await stand.settled()
                await stand.copied()
                assert len(stand.orders("gate")) == 2

    play(scenario)


def in_force(stand: Stand) -> str:
    return str(json.loads(stand.disk.read(STATE_DIR / "in-force.json"))["revision"])


def test_a_disk_that_is_full_after_the_mark_is_told_until_there_is_room(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller():
            await stand.settled()
            stand.source.say(EDIT)
            await eventually(lambda: len(stand.orders("gate")) == 2, "the edit is published")
            stand.disk.failure = OSError(28, "No space left on device")
            (message,) = await eventually(lambda: stand.told("LastGoodNotKept"), "it is told")
            assert "No space left on device" in message
            stand.disk.failure = None
            await eventually(
                lambda: json.loads(stand.disk.read(LAST_GOOD))["revision"]["id"] == EDIT.revision.id, "a copy"
            )
        await restart_without_a_source(stand)

    play(scenario)


def test_a_mark_that_the_disk_did_not_take_is_written_when_there_is_room(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller():
            await stand.settled()
            stand.disk.failure = OSError(28, "No space left on device")
            stand.source.say(EDIT)
            await eventually(lambda: len(stand.orders("gate")) == 2, "the edit is published all the same")
            await eventually(lambda: stand.told("LastGoodNotKept"), "it is told")
            stand.disk.failure = None
            await eventually(
                lambda: json.loads(stand.disk.read(LAST_GOOD))["revision"]["id"] == EDIT.revision.id, "a copy"
            )
            await eventually(lambda: in_force(stand) == EDIT.revision.id, "the mark")
        await restart_without_a_source(stand)

    play(scenario)


def test_of_edits_that_follow_each_other_the_newest_alone_is_copied(
    play: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = []
    store = LastGood.store
    monkeypatch.setattr(LastGood, "store", lambda self, revision: (stored.append(revision.id), store(self, revision)))

    async def scenario(stand: Stand) -> None:
        await begin(stand)
        stored.clear()
        async with stand.controller():
            await stand.settled()
            for number in range(5):
                edit = loaded({**YARD, "dsinstance/yard": {"node": "gate", "image": f"a:{number}"}}, f"sha256:{number}")
                await stand.say(edit)
            await eventually(lambda: len(stand.orders("gate")) == 6, "each edit is published")
            await stand.copied()
        assert stored == ["sha256:4"]
        assert "in-force.json" in stand.disk.names(STATE_DIR)

    play(scenario)
