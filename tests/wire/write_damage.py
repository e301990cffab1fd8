"""Writes the golden file of a report that tells of damage: `python -m tests.wire.write_damage FOLDER`. It was run once.

It is of format 1 as the files of `write_v1` are, with fields that the version of those did not know.
"""

import sys
from datetime import timedelta
from pathlib import Path

from bus.codec import decode_signed, encode_signed
from crds.camera_status import CameraDamage
from crds.messages import AgentResponse
from tests.planner.short_manifests import NOW
from tests.wire.golden import AGENT_KEY, golden


def written() -> dict[str, bytes]:
    """The file by its name, as it lies on its topic."""
    report = decode_signed(AgentResponse, golden("AgentResponse"), [AGENT_KEY.public_key_hex])
    damage = CameraDamage(
        reason="FrozenPicture",
        message="pictures come, and are the same for 60 s",
        since=NOW + timedelta(seconds=3),
    )
    told = (
        {"degraded": damage, "width": 1280, "height": 720},
        {"sound": True, "width": 640, "height": 360},
    )
    status = tuple(
        one.model_copy(
            update={
                "cameras": tuple(camera.model_copy(update=told[place % 2]) for place, camera in enumerate(one.cameras))
            }
        )
        for one in report.status
    )
    return {"AgentResponse.damage.json": encode_signed(report.model_copy(update={"status": status}), AGENT_KEY)}


def main(folder: Path) -> None:
    """Writes what is not there yet."""
    for name, content in written().items():
        with (folder / name).open("xb") as file:
            file.write(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
