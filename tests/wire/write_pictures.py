"""Writes the golden files of pictures: `python -m tests.wire.write_pictures FOLDER`. It was run once.

They are of format 1, with a kind of lease and of answer that the version of the others did not know.
"""

import sys
from pathlib import Path
from uuid import UUID

from bus.attached import digest_of, with_attached
from bus.codec import encode_signed
from crds.answers import AgentAnswer, PictureTold
from crds.asking import PICTURES, Lease, PicturesAsked
from tests.planner.short_manifests import NOW
from tests.wire.golden import AGENT_KEY, FLEET, NODE
from tests.wire.write_asking import RUN, asked

JPEG = b"\xff\xd8\xff\xe0\n\x00\r\n bytes of any kind \n\xff\xd9"


def written() -> dict[str, bytes]:
    """The files by their names, as they lie on topics."""
    answer = {"fleet_id": FLEET, "node_id": UUID(NODE), "boot_id": RUN, "sent_at": NOW, "lease": 9}
    told = PictureTold(
        camera="dock",
        frame=1234,
        age_ms=40,
        clock_ms=5_000_000,
        width=320,
        height=180,
        objects=((10, -2, 30, 40, 7, "person"),),
        jpeg_sha256=digest_of(JPEG),
    )
    none = PictureTold(camera="gate", none="instance hall does not run", clock_ms=5_000_100)
    pictures = PicturesAsked(cameras=("dock", "gate"), width=320, every_seconds=10.0)
    return {
        "AgentCommand.pictures.json": asked(
            Lease(number=9, boot_id=RUN, seconds=30, credit=1000, begins=True, what=PICTURES, pictures=pictures)
        ),
        "AgentAnswer.picture.bin": with_attached(
            encode_signed(AgentAnswer(**answer, sequence=1, picture=told), AGENT_KEY), JPEG
        ),
        "AgentAnswer.no-picture.json": encode_signed(AgentAnswer(**answer, sequence=2, picture=none), AGENT_KEY),
    }


def main(folder: Path) -> None:
    """Writes what is not there yet."""
    for name, content in written().items():
        with (folder / name).open("xb") as file:
            file.write(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
