"""Writes the golden files of series of cameras: `python -m tests.wire.write_series FOLDER`. It was run once."""

import sys
from pathlib import Path
from uuid import UUID

from bus.codec import encode_signed
from crds.answers import AgentAnswer, CameraSeries
from crds.asking import SERIES, Lease, SeriesAsked
from tests.planner.short_manifests import NOW
from tests.wire.golden import AGENT_KEY, FLEET, NODE
from tests.wire.write_asking import RUN, asked


def written() -> dict[str, bytes]:
    """The files by their names, as they lie on topics."""
    which = SeriesAsked(instance="hall", camera_id="dock")
    series = CameraSeries(
        step_seconds=60,
        age_seconds=12.5,
        fps=(24.98, None, 25.0),
        objects=(3, None, 0),
        lines={"entry": (2, None, 7)},
        regions={"yard": (1, None, 0)},
        counts_told=True,
        left_out=1,
    )
    answer = AgentAnswer(
        fleet_id=FLEET, node_id=UUID(NODE), boot_id=RUN, sent_at=NOW, lease=9, sequence=0, series=series
    )
    return {
        "AgentCommand.series.json": asked(
            Lease(number=9, boot_id=RUN, seconds=45, credit=64, begins=True, what=SERIES, series=which)
        ),
        "AgentAnswer.series.json": encode_signed(answer, AGENT_KEY),
    }


def main(folder: Path) -> None:
    """Writes what is not there yet."""
    for name, content in written().items():
        with (folder / name).open("xb") as file:
            file.write(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
