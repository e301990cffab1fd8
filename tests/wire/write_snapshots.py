"""Writes the golden files of snapshots: `python -m tests.wire.write_snapshots FOLDER`. It was run once.

They are of format 1, with a kind of lease that the version of the others did not know.
"""

import sys
from pathlib import Path
from uuid import UUID

from bus.attached import digest_of, with_attached
from bus.codec import encode_signed
from crds.answers import AgentAnswer, PictureTold
from crds.asking import SNAPSHOT, Lease, SnapshotAsked
from tests.planner.short_manifests import NOW
from tests.wire.golden import AGENT_KEY, FLEET, NODE
from tests.wire.write_asking import RUN, asked

PART = b"\xff\xd8\xff\xe0\n\x00 the first of two parts"


def written() -> dict[str, bytes]:
    """The files by their names, as they lie on topics."""
    wish = SnapshotAsked(instance="yard", camera="dock", width=640, overlay=True, at="7f3c-1", max_age_ms=60_000)
    told = PictureTold(
        camera="dock",
        frame=1234,
        age_ms=40,
        clock_ms=5_000_000,
        width=640,
        height=360,
        jpeg_sha256=digest_of(PART),
        total_bytes=60_000,
        alert="7f3c-1",
    )
    answer = AgentAnswer(
        fleet_id=FLEET, node_id=UUID(NODE), boot_id=RUN, sent_at=NOW, lease=11, sequence=0, picture=told
    )
    return {
        "AgentCommand.snapshot.json": asked(
            Lease(number=11, boot_id=RUN, seconds=45, credit=64, begins=True, what=SNAPSHOT, snapshot=wish)
        ),
        "AgentAnswer.snapshot.bin": with_attached(encode_signed(answer, AGENT_KEY), PART),
    }


def main(folder: Path) -> None:
    """Writes what is not there yet."""
    for name, content in written().items():
        with (folder / name).open("xb") as file:
            file.write(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
