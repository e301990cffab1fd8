"""The log file of a process: its output and that of the run before it, neither ever large."""

import contextlib
import os
from pathlib import Path

from nodeagent.engines.last_lines import TAIL_BYTES, last_lines

_LOG, _OLD_LOG, _CUT_LOG = "output.log", "output.old.log", "output.cut.log"
_MOST_BYTES = 1024 * 1024


def open_log(directory: Path) -> int:
    """A descriptor for the log of a new run; the log of the last run is kept as the old one.

    Raises:
        OSError: the disk does not allow it.
    """
    path = directory / _LOG
    with contextlib.suppress(FileNotFoundError):
        path.replace(directory / _OLD_LOG)
    (directory / _CUT_LOG).unlink(missing_ok=True)
    # Appending: after `keep_small` has cut the file, the program goes on at its new end.
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def log_path(directory: Path, *, previous: bool = False) -> Path:
    """Where the log of the newest run is, or of the one before it."""
    return directory / (_OLD_LOG if previous else _LOG)


def keep_small(directory: Path) -> None:
    """Cuts the log when it has grown beyond 1 MiB, and keeps the last 64 KiB of it beside it.

    The program writes to the file itself, so that it goes on while no agent runs; what it writes between two calls is
    not limited, and what it writes while the file is being cut is lost.
    """
    path = directory / _LOG
    with contextlib.suppress(OSError):
        if os.stat(path).st_size <= _MOST_BYTES:  # noqa: PTH116 - often, and half of the time of a path's own
            return
        (directory / _CUT_LOG).write_bytes(_last_bytes(path))
        os.truncate(path, 0)


def tail(directory: Path, lines: int) -> str:
    """The last lines of the log, at most 64 KiB of them; empty when there is none."""
    try:
        content = _last_bytes(directory / _LOG)
    except OSError:
        return ""
    return last_lines(content, lines)


def _last_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        # One more than `last_lines` keeps, by which it sees that the file was cut here.
        file.seek(max(0, size - TAIL_BYTES - 1))
        return file.read(TAIL_BYTES + 1)
