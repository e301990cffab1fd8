"""What people hold by request: it survives the controller, and reaches the agents in their records."""

from collections.abc import Callable

import pytest

from controller.model import HoldRefused
from crds.annotations import HOLD
from crds.instance_config import Hold
from crds.messages import AgentConfig
from tests.control_loop.stand import STATE_DIR, Stand, eventually, loaded, none_published

FLEET = {"node/gate": {}, "dsinstance/hall": {"node": "gate"}, "dsinstance/yard": {"node": "gate"}}
EDITED = {**FLEET, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}
ANNOTATED = {**FLEET, "dsinstance/yard": {"node": "gate", "annotations": {HOLD: "cabling"}}}
WITHOUT = {key: short for key, short in FLEET.items() if key != "dsinstance/yard"}


async def begin(stand: Stand) -> None:
    stand.source.say_silently(loaded(FLEET))
    stand.agent("gate").greet()


async def generation(stand: Stand, number: int) -> AgentConfig:
    return await eventually(
        lambda: (one := stand.newest("gate")) and one.generation == number and one, f"generation {number}"
    )


def hold_in(config: AgentConfig, name: str = "yard") -> Hold | None:
    return next(one.hold for one in config.node_config_list if one.instance_name == name)


def test_a_request_reaches_the_record_and_survives_a_restart(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            first = await generation(stand, 1)
            assert "held" in await controller.hold("yard", "cabling")
            second = await generation(stand, 2)
            assert hold_in(second) == Hold(reason="cabling")
            assert second.node_config_list[0].digest == first.node_config_list[0].digest
            shown = await eventually(
                lambda: stand.shown("DsInstance").get("yard", {}).get("status", {}).get("held"), "it is shown"
            )
            assert shown == "held by request: cabling"
            (message,) = await eventually(lambda: stand.told("Held"), "it is told")
            assert "cabling" in message

        async with stand.controller() as controller:
            with none_published(stand):
                await stand.say(loaded(EDITED, "sha256:1"))
                await eventually(lambda: (controller.status()["revision"] or {}).get("id") == "sha256:1", "the edit")
                await stand.settled()
            (reason,) = controller.status()["reasons"]
            assert reason["object"] == "dsinstance/yard"
            assert reason["message"].startswith("held by request: cabling; its release will update it")

            await controller.release("yard")
            third = await generation(stand, 3)
            assert hold_in(third) is None
            assert third.node_config_list[1].image == "retinaface:2"
            assert controller.status()["reasons"] == []

    play(scenario)


def test_what_was_released_is_as_it_was(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            first = await generation(stand, 1)
            await controller.hold("yard", "")
            await generation(stand, 2)
            await controller.release("yard")
            assert (await generation(stand, 3)).digest == first.digest
            with pytest.raises(HoldRefused, match="is not held"):
                await controller.release("yard")

    play(scenario)


def test_a_held_instance_whose_manifest_is_gone_stays_until_it_is_released(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await generation(stand, 1)
            await controller.hold("yard", "")
            await generation(stand, 2)
            with none_published(stand):
                await stand.say(loaded(WITHOUT, "sha256:1"))
                await stand.settled()
            assert "will remove it" in controller.status()["reasons"][0]["message"]
            await controller.release("yard")
            assert [one.instance_name for one in (await generation(stand, 3)).node_config_list] == ["hall"]

    play(scenario)


def test_a_controller_that_lost_its_disk_holds_on(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await generation(stand, 1)
            await controller.hold("yard", "cabling")
            await generation(stand, 2)
        stand.lose_disk()
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["reasons"], "it is known that it is held")
            with none_published(stand):
                await stand.settled()
            await controller.release("yard")
            assert hold_in(await generation(stand, 3)) is None

    play(scenario)


def test_a_held_instance_that_is_renamed_is_released_by_its_new_name_and_its_old_one_holds_nobody(
    play: Callable[..., None],
) -> None:
    renamed = {**WITHOUT, "dsinstance/court": FLEET["dsinstance/yard"]}

    async def scenario(stand: Stand) -> None:
        fleet = {**FLEET, "dsinstance/hall": {"node": "gate", "image": "retinaface:3"}}
        stand.source.say_silently(loaded(fleet))
        stand.agent("gate").greet()
        async with stand.controller() as controller:
            await generation(stand, 1)
            await controller.hold("yard", "cabling")
            await generation(stand, 2)
            await stand.say(loaded({**renamed, "dsinstance/hall": fleet["dsinstance/hall"]}, "sha256:1"))
            third = await generation(stand, 3)
            assert {one.name: one.hold is not None for one in third.node_config_list} == {"hall": False, "court": True}
            await controller.release("court")
            await generation(stand, 4)
            assert controller.status()["held"] == {}
            await stand.say(loaded(fleet, "sha256:2"))
            last = await generation(stand, 5)
            assert all(one.hold is None for one in last.node_config_list)

    play(scenario)


def test_a_hold_that_cannot_be_kept_is_none(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await generation(stand, 1)
            stand.disk.failure = OSError(28, "No space left on device")
            with none_published(stand):
                with pytest.raises(OSError, match="No space left"):
                    await controller.hold("yard", "")
                await stand.settled()

    play(scenario)


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"held": 1}', b'{"format": 2, "held": {}}'])
def test_a_damaged_file_is_told_and_holds_nobody_up(play: Callable[..., None], content: bytes) -> None:
    async def scenario(stand: Stand) -> None:
        stand.disk.write(STATE_DIR / "held.json", content)
        await begin(stand)
        async with stand.controller():
            await generation(stand, 1)
            assert await eventually(lambda: stand.told("HeldNotKnown"), "it is told")

    play(scenario)


def test_what_cannot_be_held_or_released_is_said(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begin(stand)
        async with stand.controller() as controller:
            await generation(stand, 1)
            with pytest.raises(HoldRefused, match="there is no dsinstance 'yrad'"):
                await controller.hold("yrad", "")
            await stand.say(loaded(ANNOTATED, "sha256:1"))
            await generation(stand, 2)
            with pytest.raises(HoldRefused, match=r"take the annotation dsfleet\.io/hold out"):
                await controller.release("yard")
            assert "its manifest" in (await eventually(lambda: controller.status()["reasons"], "told"))[0]["message"]

    play(scenario)
