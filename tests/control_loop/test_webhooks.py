"""Those who are told of events hear of them from a real controller, also of those before its restart."""

from collections.abc import Callable
from typing import Any

from controller.answers import Answers
from controller.notifying.post import Posted
from tests.control_loop.stand import WEBHOOKS, Stand, eventually
from tests.control_loop.test_removals import EMPTY, begin, parked
from tests.notifying.happenings import ONE, Receiver


def endpoints(controller: Answers) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = controller.status()["webhooks"]["endpoints"]
    return found


def test_a_plan_that_is_parked_is_told_also_when_its_endpoint_is_away_for_a_restart(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.disk.write(WEBHOOKS, ONE.encode())
        receiver = stand.webhooks = Receiver([Posted(503)])
        await begin(stand)
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            assert [one["name"] for one in endpoints(controller)] == ["ops"]
            await stand.say(EMPTY)
            await parked(stand, controller)
            await eventually(lambda: len(receiver.got) > 1, "it was tried")
        receiver.answers = [Posted(200)]
        async with stand.controller() as controller:
            await eventually(lambda: any(one["delivered"] for one in endpoints(controller)), "it is told")
        told = [one["data"]["message"] for one in receiver.events if one["type"] == "io.dsfleet.fleet.RevisionParked"]
        assert "more than 25 % and more than 1" in told[-1]

    play(scenario)
