"""Reads configurations that somebody wrote for another program: whatever is no text there is passed by."""

import os
import stat
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 4 * 1024 * 1024
"""No configuration is larger; models and videos, which configurations name, too, are."""


def read_file(path: str) -> str | None:
    """The text of a file; None for what is not there, no file, too large, or no UTF-8."""
    try:
        # Not blocking: a FIFO with the name of a file must not hang the import.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None
            content = file.read(MOST_BYTES + 1)
        return None if len(content) > MOST_BYTES or b"\0" in content else content.decode("utf-8")
    except (OSError, ValueError):
        return None


def list_folder(path: str) -> tuple[str, ...]:
    """The names of the files in a folder, sorted; none for what is no folder that can be read."""
    try:
        return tuple(sorted(entry.name for entry in Path(path).iterdir() if entry.is_file()))
    except (OSError, ValueError):
        return ()
