"""Versions that are too far apart are told, and nothing is stopped."""

import importlib.metadata
from collections.abc import Callable
from typing import Any

from tests.control_loop.stand import Stand, eventually, loaded

FLEET = {"node/gate": {}, "dsinstance/yard": {"node": "gate"}}


def supported(stand: Stand) -> dict[str, Any]:
    said = stand.status("gate").get("conditions", ())
    return next((one for one in said if one["type"] == "VersionSupported"), {})


def test_an_agent_of_another_age_is_told_in_both_directions(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(FLEET))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"] and stand.status("gate"), "the node is shown")
            agent = stand.agent("gate")
            agent.greet(agent_version="99.0.0")
            config = await eventually(lambda: stand.newest("gate"), "it gets its generation")
            agent.report(config.ref, config.ref)
            await eventually(lambda: supported(stand).get("status") == "False", "it is told")
            assert "upgrade the controller" in supported(stand)["message"]
            assert stand.status("gate")["phase"] == "Ready"
            assert "upgrade the controller" in str(controller.status()["conditions"])
            await eventually(lambda: stand.told("NeedsUpgrade"), "it is an event")

            agent.greet(agent_version=importlib.metadata.version("dsfleet"))
            await eventually(lambda: supported(stand).get("status") == "True", "it is well again")
            await eventually(lambda: stand.told("Neighbours"), "that is an event, too")

    play(scenario)


def test_agents_are_told_the_version_of_the_controller(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(FLEET))
        async with stand.controller():
            stand.agent("gate").greet()
            command = await eventually(lambda: stand.commands("gate"), "it is answered")
            assert command[-1].controller_version == importlib.metadata.version("dsfleet")

    play(scenario)
