"""Writes the golden files of a last good revision of format 2: `python -m tests.wire.write_last_good_2 FOLDER`.

It was run once, and no test runs it: see `write_v1`.
"""

import sys
from pathlib import Path

from controller.source.last_good import InForce, LastGood
from ports.disk import RealDisk
from tests.wire.golden import V1


def main(folder: Path) -> None:
    """Writes the revision of format 1 as format 2."""
    revision = LastGood(V1 / "last-good.json", RealDisk()).load().revision
    assert revision is not None
    written = LastGood(folder / "last-good.json", RealDisk())
    written.mark(InForce(revision.id))
    written.store(revision)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
