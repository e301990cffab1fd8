"""The guard against the commit that deletes everything."""

from collections.abc import Callable

import pytest

from controller.answers import Answers
from controller.model import ApproveRefused
from tests.control_loop.stand import Stand, eventually, loaded, none_published

NAMES = ("a1", "a2", "a3", "a4")
EIGHT = "sha256:deadbeef0123"
FLEET = {"node/gate": {}, **{f"dsinstance/{name}": {"node": "gate"} for name in NAMES}}
EMPTY = loaded({"node/gate": {}}, EIGHT)
FEWER = loaded({"node/gate": {}, "dsinstance/a1": {"node": "gate"}}, "sha256:cafecafe0123")


async def begin(stand: Stand) -> None:
    stand.source.say_silently(loaded(FLEET))
    async with stand.controller():
        stand.agent("gate").greet()
        await eventually(lambda: stand.newest("gate"), "a generation")


async def parked(stand: Stand, controller: Answers) -> None:
    await eventually(lambda: (controller.status()["candidate"] or {}).get("state") == "Parked", "it is parked")
    await stand.settled()


def test_a_mass_removal_is_parked_and_says_what_it_would_do(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            with none_published(stand):
                await stand.say(EMPTY)
                await parked(stand, controller)
                status = controller.status()
                assert status["revision"]["id"] == "sha256:0000000000"
                candidate = status["candidate"]
                assert candidate["id"] == EIGHT
                assert candidate["removed"] == list(NAMES)
                assert candidate["message"] == (
                    "it removes 4 of 4 instances (a1, a2, a3, a4), more than 25 % and more than 1"
                )
                assert candidate["changes"].startswith("- remove dsinstance/a1 on gate\n")
                (message,) = await eventually(lambda: stand.told("RevisionParked"), "it is told")
                assert "sha256:0000000000 stays in force" in message

    play(scenario)


@pytest.mark.parametrize("named", [EIGHT, "sha256:deadbee", "deadbee", "deadbeef0123"])
def test_an_approved_removal_is_published_as_approved(play: Callable[..., None], named: str) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await stand.say(EMPTY)
            await parked(stand, controller)
            assert EIGHT in await controller.approve(named)

            config = await eventually(
                lambda: (one := stand.newest("gate")) and one.ref.generation == 2 and one, "the removal"
            )
            assert config.drain
            assert config.removals.approved
            assert config.removals.instances == NAMES
            assert config.revision == EIGHT
            assert controller.status()["candidate"] is None
            with none_published(stand):
                await stand.settled()

        # It stays in force, and is not parked anew.
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            with none_published(stand):
                await stand.settled()
            assert controller.status()["candidate"] is None

    play(scenario)


@pytest.mark.parametrize(
    "named", ["", "sha256:", "sha256:deadbe", "deadbe", "sha256:beefdead", "beefdead", EIGHT + "0", "sha256:1111111111"]
)
def test_another_id_is_no_approval(play: Callable[..., None], named: str) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await stand.say(EMPTY)
            await parked(stand, controller)
            with pytest.raises(ApproveRefused, match=f"revision {EIGHT} waits for approval"):
                await controller.approve(named)
            with none_published(stand):
                await stand.settled()
            assert controller.status()["candidate"]["state"] == "Parked"

    play(scenario)


def test_nothing_waits_for_approval(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            with pytest.raises(ApproveRefused, match="no revision waits for approval"):
                await controller.approve("sha256:1111111111")

    play(scenario)


def test_an_approval_is_of_one_revision_and_not_of_the_next(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await stand.say(EMPTY)
            await parked(stand, controller)
            # The next commit came in between what the person saw and what they typed.
            await stand.say(FEWER)
            await eventually(lambda: controller.status()["candidate"]["id"] == FEWER.revision.id, "the next is parked")
            with pytest.raises(ApproveRefused):
                await controller.approve(EIGHT)
            await controller.approve(FEWER.revision.id)
            config = await eventually(
                lambda: (one := stand.newest("gate")) and one.ref.generation == 2 and one, "the removal"
            )
            assert [one.instance_name for one in config.node_config_list] == ["a1"]

    play(scenario)


def test_a_parked_revision_is_forgotten_when_the_manifests_are_restored(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await stand.say(EMPTY)
            await parked(stand, controller)
            with none_published(stand):
                await stand.say(loaded(FLEET))
                await eventually(lambda: controller.status()["candidate"] is None, "nothing is parked")
                with pytest.raises(ApproveRefused):
                    await controller.approve(EIGHT)
                await stand.settled()

    play(scenario)


def test_a_parked_revision_is_parked_after_a_restart_too(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        stand.source.say_silently(EMPTY)
        for _ in range(2):
            async with stand.controller() as controller:
                with none_published(stand):
                    await parked(stand, controller)
                assert controller.status()["revision"]["id"] == "sha256:0000000000"

    play(scenario)


def test_few_removals_need_no_approval(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        one_less = {key: short for key, short in FLEET.items() if key != "dsinstance/a3"}
        async with stand.controller():
            await stand.say(loaded(one_less, "sha256:1"))
            config = await eventually(
                lambda: (one := stand.newest("gate")) and one.ref.generation == 2 and one, "the removal"
            )
            assert config.removals.instances == ("a3",)
            assert (config.removals.count, config.removals.approved, config.drain) == (1, False, False)

    play(scenario)


def test_a_node_whose_manifest_is_gone_is_drained_and_refused(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        fleet = {**FLEET, "node/hut": {}, "dsinstance/hall": {"node": "hut"}}
        stand.source.say_silently(loaded(fleet))
        async with stand.controller():
            stand.agent("gate").greet()
            stand.agent("hut").greet()
            await eventually(lambda: stand.newest("gate") and stand.newest("hut"), "both have a generation")
            await stand.say(loaded(FLEET, "sha256:1"))
            config = await eventually(
                lambda: (one := stand.newest("hut")) and one.ref.generation == 2 and one, "the drain"
            )
            assert config.drain
            assert config.removals.instances == ("hall",)
            await eventually(lambda: stand.kinds("hut")[-1] == "refused", "it is told so")
            with none_published(stand):
                await stand.settled()

            await stand.say(loaded(fleet, "sha256:2"))
            config = await eventually(
                lambda: (one := stand.newest("hut")) and one.ref.generation == 3 and one, "it is back"
            )
            assert config.digest == stand.configs("hut")[0].digest

    play(scenario)
