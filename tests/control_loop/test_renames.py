"""People see the new name of what was renamed, with all that its agent says of it under the old one."""

from collections.abc import Callable
from datetime import UTC, datetime

from crds.camera_status import CameraStatus
from crds.instance_config import InstanceConfig
from crds.messages import InstanceState, InstanceStatus
from tests.control_loop.stand import Stand, eventually, loaded

BEFORE = {
    "node/gate": {},
    "camera/dock": {},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock"]},
}
AFTER = {
    "node/gate": {},
    "camera/dock": {},
    "dsinstance/court": {"node": "gate", "cameras": ["dock"]},
}
SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def running(config: InstanceConfig, digest: str) -> InstanceStatus:
    camera = CameraStatus(name="dock", ready=True, reason="FramesProcessed", fps=25.0, since=SINCE)
    return InstanceStatus(
        instance_name=config.instance_name,
        state=InstanceState.RUNNING,
        reason="Running",
        digest=digest,
        generation=1,
        runtime_id="abc",
        since=SINCE,
        cameras=(camera,),
    )


def test_a_renamed_instance_is_ready_all_the_time_and_so_are_its_cameras(play: Callable[..., None]) -> None:
    def ready(stand: Stand, kind: str, name: str) -> str:
        conditions = stand.shown(kind).get(name, {}).get("status", {}).get("conditions", ())
        return next((one["status"] for one in conditions if one["type"] == "Ready"), "")

    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(BEFORE))
        async with stand.controller():
            agent = stand.agent("gate")
            agent.greet()
            first = await eventually(lambda: stand.newest("gate"), "a generation")
            yard = first.node_config_list[0]
            agent.report(first.ref, first.ref, status=(running(yard, yard.digest),))
            await eventually(lambda: ready(stand, "DsInstance", "yard") == "True", "it is ready")

            await stand.say(loaded(AFTER, "sha256:1"))
            second = await eventually(
                lambda: (one := stand.newest("gate")) and one.generation == 2 and one,
                "the generation with its new name",
            )
            assert second.removals.instances == ()
            # Its agent has not noted the new name yet.
            agent.report(second.ref, first.ref, status=(running(yard, yard.digest),))
            await eventually(lambda: ready(stand, "DsInstance", "court") == "True", "it is ready")
            assert ready(stand, "Camera", "dock") == "True"
            assert "yard" not in stand.shown("DsInstance")
            status = stand.shown("DsInstance")["court"]["status"]
            assert (status["runsAs"], status["upToDate"]) == ("yard", True)
            assert stand.shown("Camera")["dock"]["status"]["instances"][0]["name"] == "court"
            assert not stand.told("CameraNotReady")
            assert stand.told("Renamed") == ["It was yard; what runs goes on under the name that it began with"]

    play(scenario)
