"""Where the versions of objects begin: above all that earlier controllers of this state directory gave, whatever the clock says."""

import json
from datetime import datetime
from pathlib import Path
from typing import Final

from crds.document import unknown_format
from ports.disk import Disk

FILE_NAME: Final = "versions.json"
_FORMAT: Final = 1
RESERVE_MS: Final = 10**9
"""What a controller may go above its first version, where the clock went back: 10¹² changes, as a store counts a thousand for each of these."""


def first_version_ms(path: Path, disk: Disk, now: datetime) -> int:
    """The time that a store of objects counts from, in milliseconds since 1970, and remembered as that. Blocks.

    It is the time of now. Where an earlier controller began later by its clock it is above all that this one can have given: a client that
    knows a version from there would else take an older object for a newer one, and miss what changes.

    Args:
        path: of the file that remembers it; one that cannot be read counts as none.
        disk: where it is.
        now: the time of now, UTC.

    Raises:
        OSError: it cannot be remembered.
    """
    before, now_ms = _before(path, disk), int(now.timestamp() * 1000)
    first = now_ms if now_ms > before else before + RESERVE_MS
    disk.write(path, json.dumps({"format": _FORMAT, "first_ms": first}).encode())
    return first


def _before(path: Path, disk: Disk) -> int:
    try:
        content = json.loads(disk.read(path))
        return 0 if unknown_format("", content, _FORMAT) else int(content["first_ms"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return 0
