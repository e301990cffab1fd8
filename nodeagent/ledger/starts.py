"""Counts the starts of agents on one state directory: no clock tells a new run from an old one that is played again."""

import logging
from pathlib import Path

from ports.disk import Disk

_log = logging.getLogger(__name__)

_MOST_DIGITS = 15


def count_start(path: Path, disk: Disk) -> int:
    """The number of the start that happens now, from 1 on.

    A file that cannot be read counts as absent, and one that cannot be written is told: then the next start has the same
    number, which is no harm.

    Args:
        path: the file that holds the number.
        disk: where it is.
    """
    try:
        text = disk.read(path).strip()
    except OSError:
        text = b""
    number = int(text) + 1 if text.isdigit() and len(text) <= _MOST_DIGITS else 1
    try:
        disk.write(path, str(number).encode())
    except OSError as error:
        _log.warning("the starts of this agent cannot be counted: %s", error)
    return number
