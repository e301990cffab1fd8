"""Those who are told of events hear of them from a real controller, also of those before its restart."""

import asyncio
from collections.abc import Callable
from typing import Any

from controller.answers import Answers
from controller.notifying.post import Posted, Unreachable
from crds.camera_status import AlertStatus
from tests.control_loop.stand import WEBHOOKS, Stand, eventually, loaded
from tests.control_loop.test_removals import EMPTY, begin, parked
from tests.control_loop.test_renames import BEFORE, SINCE, running
from tests.notifying.happenings import ONE, Receiver

ALERT = AlertStatus(
    rule="busy", id="a-1", number=1, active=True, count=2, seen="2 person", message="Open", began_at=SINCE
)


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


def test_an_alert_is_told_once_and_after_its_endpoint_was_away_for_a_minute(play: Callable[..., None]) -> None:
    """From the report of an agent to the endpoint."""

    async def scenario(stand: Stand) -> None:
        stand.disk.write(WEBHOOKS, f"{ONE}  events: {{reasons: [CameraAlert]}}\n".encode())
        receiver = stand.webhooks = Receiver()
        stand.source.say_silently(loaded({**BEFORE, "camera/dock": {"alerts": {"busy": {"atLeast": 2}}}}))
        async with stand.controller() as controller:
            agent = stand.agent("gate")
            agent.greet()
            first = await eventually(lambda: stand.newest("gate"), "a generation")
            yard = first.node_config_list[0]

            def report(*alerts: AlertStatus) -> None:
                said = running(yard, yard.digest)
                camera = said.cameras[0].model_copy(update={"alerts": alerts})
                agent.report(first.ref, first.ref, status=(said.model_copy(update={"cameras": (camera,)}),))

            report()
            await eventually(
                lambda: stand.shown("Camera").get("dock", {"status": {"ready": None}})["status"]["ready"], "it is ready"
            )
            report(ALERT)
            await eventually(lambda: endpoints(controller)[0]["delivered"], "it is told")
            for _ in range(10):
                report(ALERT)
                await asyncio.sleep(5)
            report(ALERT.model_copy(update={"active": False, "ended_at": SINCE}))
            await asyncio.sleep(10)
            assert [one["data"]["message"] for one in receiver.events] == ["busy: 2 person: Open (alert a-1)"]

            receiver.answers, receiver.got = [Unreachable("nobody is there")], []
            for number in range(2, 8):
                report(ALERT.model_copy(update={"id": f"a-{number}", "number": number}))
                await asyncio.sleep(10)
            receiver.answers, receiver.got = [Posted(204)], []
            await eventually(lambda: endpoints(controller)[0]["waiting"] == 0, "it is told, too")
            told = [(one["data"]["message"], one["data"]["count"]) for one in receiver.events]
            assert told == [("busy: 2 person: Open (alert a-7)", 6)]
            assert stand.told("CameraAlert") == ["busy: 2 person: Open (alert a-7)"]

    play(scenario)
