"""Instances that are to leave their nodes: they are published elsewhere before that is said, or stay where they are."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from controller.answers import Answers
from controller.model import EvictionRefused
from tests.control_loop.stand import Stand, eventually, loaded
from tests.planner.short_manifests import merged

IN: dict[str, Any] = {"labels": {"area": "in"}}
ANYWHERE: dict[str, Any] = {"nodeSelector": {"matchLabels": {"area": "in"}}}
FLEET: dict[str, Any] = {
    "node/gate": {**IN, "capacity": 2},
    "node/hut": {**IN, "capacity": 2},
    "node/far": {},
    "camera/dock": {},
    "dsinstance/hall": {**ANYWHERE, "cameras": ["dock"]},
    "dsinstance/pinned": {"node": "gate"},
}


async def begun(stand: Stand, fleet: dict[str, Any] = FLEET, silent: tuple[str, ...] = ()) -> None:
    stand.source.say_silently(loaded(fleet))
    for node in ("gate", "hut", "far"):
        if node not in silent:
            stand.agent(node).greet()


def on(stand: Stand, node: str) -> set[str]:
    newest = stand.newest(node)
    return {one.name for one in newest.node_config_list} if newest else set()


async def placed(stand: Stand) -> None:
    await eventually(lambda: "hall" in on(stand, "gate"), "it is published")
    await eventually(lambda: node_of(stand, "hall") == "gate", "it is shown")


def node_of(stand: Stand, name: str) -> Any:
    return stand.shown("DsInstance").get(name, {}).get("status", {}).get("node")


def test_it_is_published_and_shown_elsewhere_when_that_is_said_and_stays_there_over_restarts(
    play: Callable[..., None],
) -> None:
    async def scenario(stand: Stand) -> None:
        await begun(stand)
        async with stand.controller() as controller:
            await placed(stand)
            would = await controller.evict("hall", dry_run=True)
            assert (would.node, would.to_node) == ("gate", "hut")
            assert [one.cameras_interrupted for one in would.plan.changes] == [("dock",)]
            assert on(stand, "gate") == {"hall", "pinned"}, "that was a dry run"

            assert await controller.evict("hall", dry_run=False) == would
            assert (on(stand, "gate"), on(stand, "hut")) == ({"pinned"}, {"hall"})
            assert node_of(stand, "hall") == "hut"
            await eventually(lambda: stand.told("Evicted"), "it is told")
        count = stand.count_configs()
        async with stand.controller() as controller:
            await eventually(lambda: node_of(stand, "hall") == "hut", "it is shown")
            await stand.settled()
            assert stand.count_configs() == count
            await controller.evict("hall", dry_run=False)
            assert on(stand, "gate") == {"hall", "pinned"}, "it may go back"

    play(scenario)


@pytest.mark.parametrize(
    ("name", "edit", "silent", "why"),
    [
        ("pinned", {}, (), r"its manifest names its node \(spec.node: gate\)"),
        ("hall", {"node/hut": {"labels": {"area": "out"}}}, (), "its nodeSelector finds no other node"),
        ("hall", {"node/hut": {"unschedulable": True}}, (), "every node that it may run on is unschedulable: hut"),
        ("hall", {"node/hut": {"capacity": 0}}, (), "hut has 0 of 0"),
        ("hall", {}, ("hut",), "nothing is heard of the other nodes that it may run on: hut"),
        ("hall", {"dsinstance/hall": {"annotations": {"dsfleet.io/hold": "cabling"}}}, (), "somebody works on"),
        ("nobody", {}, (), "no manifest in force"),
    ],
)
def test_it_stays_and_it_is_said_why(
    play: Callable[..., None], name: str, edit: dict[str, Any], silent: tuple[str, ...], why: str
) -> None:
    async def scenario(stand: Stand) -> None:
        await begun(stand, merged(FLEET, edit), silent)
        async with stand.controller() as controller:
            await eventually(lambda: "pinned" in on(stand, "gate"), "it is published")
            await stand.settled()
            with pytest.raises(EvictionRefused, match=why) as refused:
                await controller.evict(name, dry_run=False)
            assert refused.value.is_final
            await stand.settled()
            assert "hall" in on(stand, "gate") or edit
            assert len(stand.configs("gate")) == 1

    play(scenario)


def test_what_could_not_be_published_is_not_wanted_any_more(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begun(stand)
        async with stand.controller() as controller:
            await placed(stand)
            stand.bus.lose_records = True
            with pytest.raises(EvictionRefused, match="was not published within 10 s") as refused:
                await controller.evict("hall", dry_run=False)
            assert not refused.value.is_final
            await asyncio.sleep(2 * stand.timings.tick_seconds)  # what was under way then is lost, too
            stand.bus.lose_records = False
            await stand.settled()
            assert (on(stand, "gate"), on(stand, "hut")) == ({"hall", "pinned"}, set())

    play(scenario)


def test_two_who_want_the_same_move_it_once(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begun(stand)
        async with stand.controller() as controller:
            await placed(stand)
            first = asyncio.create_task(controller.evict("hall", dry_run=False))
            await asyncio.sleep(0)
            with pytest.raises(EvictionRefused, match="is moved already") as refused:
                await controller.evict("hall", dry_run=False)
            assert not refused.value.is_final
            assert (await first).to_node == "hut"

    play(scenario)


def test_a_hold_that_is_kept_meanwhile_forgets_no_move(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        await begun(stand)
        async with stand.controller() as controller:
            await placed(stand)
            await asyncio.gather(controller.hold("pinned", "cabling"), move(controller))
            assert on(stand, "hut") == {"hall"}

    async def move(controller: Answers) -> None:
        await controller.evict("hall", dry_run=False)

    play(scenario)
