"""Writes the golden file of alerts: `python -m tests.wire.write_alerts FOLDER`. It was run once.

It is of format 1, with a field of cameras that the version of the others did not know.
"""

import sys
from pathlib import Path
from uuid import UUID

from bus.codec import encode_signed
from crds.camera_status import AlertStatus, CameraStatus
from crds.messages import AgentResponse, InstanceState, InstanceStatus
from tests.planner.short_manifests import NOW
from tests.wire.golden import AGENT_KEY, FLEET, NODE
from tests.wire.write_asking import RUN

ALERTS = (
    AlertStatus(
        rule="no-helmet",
        id="20260105T120000Z-3f9a1c",
        number=3,
        active=True,
        count=2,
        seen="2 nohelmet",
        region="yard",
        message="Wear a helmet",
        began_at=NOW,
    ),
    AlertStatus(rule="busy", id="20260105T110000Z-000001", number=1, active=False, count=9, began_at=NOW, ended_at=NOW),
)


def written() -> bytes:
    """The file, as it lies on the topic."""
    camera = CameraStatus(name="dock", ready=True, reason="FramesProcessed", fps=24.5, since=NOW, alerts=ALERTS)
    status = InstanceStatus(instance_name="yard", state=InstanceState.RUNNING, since=NOW, cameras=(camera,))
    response = AgentResponse(
        fleet_id=FLEET,
        node_id=UUID(NODE),
        observed=None,
        applied=None,
        status=(status,),
        boot_id=RUN,
        sequence=3,
        sent_at=NOW,
    )
    return encode_signed(response, AGENT_KEY)


if __name__ == "__main__":
    with (Path(sys.argv[1]) / "AgentResponse.alerts.json").open("xb") as file:
        file.write(written())
