"""Controllers come and go, disks and topics are lost: no generation goes back, and none is made without need."""

import json
from collections.abc import Callable

import pytest

from bus.base import Topic
from bus.codec import encode_plain
from controller.model import Position, Problem
from controller.source.read.reader import Reading, Rejected, Unreadable
from controller.timings import Timings
from crds.messages import CommandKind, UpdateConfig
from tests.control_loop.stand import Stand, eventually, loaded, none_published, ref, write

YARD = {
    "node/gate": {},
    "node/hut": {},
    "camera/dock": {},
    "dsinstance/hall": {"nodeSelector": {}, "cameras": ["dock"]},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock"]},
}
EDITED = {**YARD, "camera/dock": {"encodeType": "h265"}}
PROBLEM = Problem(Position("yard.yaml", 3, 1), "spec.image", "is missing")
BAD: list[Reading] = [
    Rejected("sha256:bad", "a mistake", (PROBLEM,)),
    Unreadable("no file holds a manifest"),
]


async def begin(stand: Stand) -> None:
    """Both nodes hold and run generation 1."""
    stand.source.say_silently(loaded(YARD))
    async with stand.controller():
        for name in ("gate", "hut"):
            agent = stand.agent(name)
            agent.greet()
            config = await eventually(lambda name=name: stand.newest(name), "a generation")
            agent.greet(config.ref)
            agent.report(config.ref, config.ref)
        await stand.settled()
        await stand.copied()


@pytest.mark.parametrize("disk", ["kept", "lost"])
def test_a_restart_changes_nothing(play: Callable[..., None], disk: str) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        if disk == "lost":
            stand.lose_disk()
        for _ in range(2):
            with none_published(stand):
                async with stand.controller() as controller:
                    await eventually(lambda: stand.shown("DsInstance"), "the loop went round")
                    await stand.settled()
                    assert controller.status()["epoch"] == 2
        assert (stand.orders("gate"), stand.orders("hut")) == ([(1, 1)], [(1, 1)])
        assert CommandKind.REFUSED not in (*stand.kinds("gate"), *stand.kinds("hut"))

    play(scenario)


def test_what_was_in_force_is_what_the_source_is_expected_to_say(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        assert stand.source.expected is None
        async with stand.controller():
            await stand.settled()
        assert stand.source.expected == loaded(YARD).revision

    play(scenario)


def test_an_edit_made_while_the_controller_was_away_is_published_in_its_new_epoch(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        stand.source.say_silently(loaded(EDITED, "sha256:1"))
        async with stand.controller():
            await eventually(lambda: stand.orders("gate") == [(1, 1), (2, 2)], "the edit")
            await stand.settled()

    play(scenario)


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_source_keeps_the_last_good_revision(play: Callable[..., None], bad: Reading) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD, "sha256:good"))
        async with stand.controller() as controller:
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            with none_published(stand):
                await stand.say(bad)
                await eventually(lambda: controller.status()["candidate"], "the candidate is shown")
                await stand.settled()
                status = controller.status()
                assert status["revision"]["id"] == "sha256:good"
                assert status["candidate"]["state"] == type(bad).__name__
                await eventually(lambda: stand.told(f"Revision{type(bad).__name__}"), "it is told")
                assert stand.kinds("gate") == [CommandKind.ADMITTED]

    play(scenario)


@pytest.mark.parametrize("bad", BAD)
def test_the_last_good_revision_is_in_force_after_a_restart_with_a_bad_source(
    play: Callable[..., None], bad: Reading
) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        stand.source.say_silently(bad)
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["candidate"], "the candidate is shown")
            with none_published(stand):
                await stand.settled()
                assert controller.status()["revision"]["id"] == "sha256:0000000000"
                await eventually(lambda: set(stand.shown("DsInstance")) == {"hall", "yard"}, "they are shown")

            # It is still worked with: a node that comes late gets its generation.
            await stand.say(loaded(YARD))
            await eventually(lambda: stand.told("RevisionRestored"), "the manifests are as before")
            assert controller.status()["candidate"] is None

    play(scenario)


def test_problems_are_shown_with_their_places(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        stand.source.say_silently(BAD[0])
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["candidate"], "the candidate is shown")
            candidate = controller.status()["candidate"]
            assert candidate["problems"] == ["yard.yaml:3:1: spec.image: is missing"]
            assert candidate["message"] == "it has 1 error"
            json.dumps(controller.status())

    play(scenario)


def test_wiped_topics_are_filled_again_from_the_disk(play: Callable[..., None]) -> None:
    """Invariant L4: with the very same bytes, so that agents have nothing to do."""

    async def scenario(stand: Stand) -> None:
        await begin(stand)
        before = {record.key: record.value for record in stand.records(Topic.AGENT_CONFIG)}
        refs = {name: stand.configs(name)[0].ref for name in ("gate", "hut")}
        stand.log.wipe()
        async with stand.controller():
            await eventually(lambda: stand.count_configs() == 2, "the records are there again")
            for name, held in refs.items():
                stand.agent(name).greet(held)
            await stand.settled()
            assert {record.key: record.value for record in stand.records(Topic.AGENT_CONFIG)} == before

    play(scenario)


def test_wiped_topics_and_a_lost_disk_take_no_generation_back(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        held = stand.configs("gate")[0].ref
        stand.log.wipe()
        stand.lose_disk()
        stand.source.say_silently(loaded(EDITED, "sha256:1"))
        async with stand.controller():
            stand.agent("gate").greet(ref(7, 40, held.digest))
            stand.agent("hut").greet(ref(3, 9))
            gate = await eventually(lambda: stand.newest("gate"), "a generation of one node")
            hut = await eventually(lambda: stand.newest("hut"), "a generation of the other node")
            assert gate.ref.order > (7, 40)
            assert hut.ref.order > (3, 9)
            assert (gate.generation, hut.generation) == (41, 10)

    play(scenario)


def test_an_agent_that_still_runs_what_is_wanted_keeps_its_number(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate"}}))
        async with stand.controller():
            stand.agent("gate").greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
        stand.log.wipe()
        stand.lose_disk()
        async with stand.controller():
            stand.agent("gate").greet(ref(7, 40, config.digest))
            await eventually(lambda: stand.orders("gate") == [(7, 40)], "the same generation again")
            await stand.settled()
            assert stand.orders("gate") == [(7, 40)]

    play(scenario)


def test_what_an_agent_lacks_is_sent_again(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.timings = Timings(resend_after_seconds=5)
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            agent = stand.agent("gate")
            agent.greet()
            await eventually(lambda: len(stand.configs("gate")) > 1, "it is sent again")
            config = stand.configs("gate")[0]
            agent.report(config.ref)
            await stand.settled()
            with none_published(stand):
                await eventually(lambda: stand.status("gate")["generation"]["observed"], "shown")
            assert set(stand.orders("gate")) == {(1, 1)}

    play(scenario)


def test_two_contents_under_one_number_are_healed(play: Callable[..., None]) -> None:
    """A record that was written without an acknowledgement is found out when the agent tells of it."""

    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller():
            agent = stand.agent("gate")
            agent.greet()
            agent.report(ref(1, 1, "sha256:other"))
            config = await eventually(
                lambda: (one := stand.newest("gate")) and one.ref.order > (1, 1) and one, "a generation above both"
            )
            assert config.digest == stand.configs("gate")[0].digest

    play(scenario)


def test_an_update_makes_the_controller_read_its_source(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            stand.source.say_silently(loaded(EDITED, "sha256:1"))
            await stand.settled()
            assert stand.orders("gate") == [(1, 1)]

            write(stand.log, Topic.UPDATE_CONFIG, None, encode_plain(UpdateConfig(desc="a hook")))
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 2)], "the edit")

            stand.source.say_silently(loaded(YARD, "sha256:2"))
            await controller.update("a person")
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 2), (1, 3)], "the edit is undone")
            assert stand.newest("gate").digest == stand.configs("gate")[0].digest  # type: ignore[union-attr]

    play(scenario)


def test_updates_of_yesterday_are_not_obeyed(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        write(stand.log, Topic.UPDATE_CONFIG, None, encode_plain(UpdateConfig(desc="old")))
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            await stand.settled()
            assert stand.source.refreshes == 0

    play(scenario)


def test_a_refresh_asks_every_agent(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        async with stand.controller() as controller:
            await controller.refresh("a person")
            (record,) = stand.records(Topic.REFRESH)
            assert record.value is not None
            assert json.loads(record.value) == {"desc": "a person"}

    play(scenario)


def test_a_disk_that_is_full_is_told_and_holds_nothing_up(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.disk.failure = OSError(28, "No space left on device")
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            (message,) = await eventually(lambda: stand.told("LastGoodNotKept"), "it is told")
            assert "No space left on device" in message

    play(scenario)
