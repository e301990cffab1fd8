"""Two real controllers on one log, with one key and other manifests."""

from collections.abc import Callable

import pytest

from controller.model import ApproveRefused
from ports.simulated import MemoryDisk
from tests.control_loop.stand import Stand, eventually, loaded, none_published

FIRST = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate"}})
OTHER = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}, "sha256:other")


@pytest.mark.parametrize("disk", ["copied", "of its own"])
def test_the_one_that_was_there_becomes_a_reader_and_a_restart_leads_again(
    play: Callable[..., None], disk: str
) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(FIRST)
        async with stand.controller(name="old") as old:
            agent = stand.agent("gate")
            agent.greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            agent.greet(config.ref)
            agent.report(config.ref, config.ref)
            await stand.settled()
            second = Stand()
            second.log, second.key = stand.log, stand.key
            second.disk = stand.disk if disk == "copied" else MemoryDisk()
            second.source.say_silently(OTHER)
            async with second.controller(name="new") as new:
                await eventually(lambda: stand.orders("gate") == [(1, 1), (2, 2)], "the other one publishes")
                superseded = await eventually(lambda: old.status()["superseded"], "it is shown")
                assert superseded["by"].startswith("new, started at ")
                assert (superseded["epoch"], superseded["generation"], superseded["node"]) == (2, 2, "gate")
                assert old.why_not_ready == superseded["message"]
                assert await eventually(lambda: stand.told("Superseded"), "it is told") == [superseded["message"]]
                with pytest.raises(ApproveRefused, match="another controller"):
                    await old.approve("sha256:0000000000")
                with none_published(stand):
                    await stand.say(loaded({"node/gate": {}}, "sha256:third"))
                    newest = stand.newest("gate")
                    assert newest is not None
                    agent.greet(newest.ref)
                    agent.report(newest.ref, newest.ref)
                    await second.settled()
                assert new.status()["superseded"] is None
                assert new.why_not_ready == ""
                await eventually(lambda: stand.status("gate")["generation"]["observed"]["epoch"] == 2, "it reads on")
        stand.source.say_silently(FIRST)
        async with stand.controller(name="old"):
            await eventually(lambda: stand.orders("gate")[-1] == (3, 3), "it leads again")

    play(scenario)
