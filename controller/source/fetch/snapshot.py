"""All manifest files of a directory at one moment: never half an edit, never an empty set for a directory that is away."""

import itertools
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from controller.source.files import (
    MOST_BYTES,
    MOST_BYTES_OF_A_FILE,
    MOST_FILES,
    SourceFile,
    is_manifest_path,
    too_large,
)

MOST_DIRECTORIES_DEEP: Final = 32
ATTEMPTS: Final = 20
# An editor or a `git checkout` that is not done writes its next file within this time.
SETTLE_SECONDS: Final = 0.03
# A file that was written this shortly before it was read may change again without a new time stamp.
_STAMP_RESOLUTION_NS: Final = 2_000_000_000

# Links to directories with links double what is read at every level: nobody's manifests come near this.
MOST_DIRECTORIES: Final = 10_000
TOO_MANY_DIRECTORIES: Final = (
    f"there are more than {MOST_DIRECTORIES:,} directories: do symbolic links lead to each other?"
)
LEADS_BACK: Final = "the symbolic link leads back into a directory that it stands in: remove it"
TOO_DEEP: Final = f"directories are nested deeper than {MOST_DIRECTORIES_DEEP} levels"

_Stamp = tuple[int, int, int, int]
"""Device, inode, size, and time of change in nanoseconds (ctime: unlike mtime, no program can set it back)."""


class SourceError(Exception):
    """The source could not be read; the message says why, to the person who runs the controller."""


@dataclass(frozen=True)
class _Entry:
    stamp: _Stamp
    refusal: str = ""

    @property
    def changed_ns(self) -> int:
        return self.stamp[3]


class SnapshotTaker:
    """Takes snapshots of one directory. Files whose stamp is as before are not read again.

    Args:
        directory: as the user named it.
        sleep: waits for some seconds between attempts.
        settle_seconds: how long nothing may have changed before a snapshot counts as whole.
    """

    def __init__(
        self, directory: str, *, sleep: Callable[[float], None] = time.sleep, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self._directory = directory
        self._sleep = sleep
        self._settle_ns = int(settle_seconds * 1e9)
        self._known: dict[bytes, tuple[_Stamp, bytes]] = {}

    def take(self) -> tuple[SourceFile, ...]:
        """The files as they are now, in one consistent state.

        Raises:
            SourceError: the directory is away, cannot be read, or does not stop changing.
        """
        reason = "it does not stop changing"
        for attempt in range(ATTEMPTS):
            try:
                before = self._listing()
                self._let_settle(before)
                files = self._read(before)
                if self._listing() == before:
                    return files
                reason = "it does not stop changing"
            except FileNotFoundError as error:
                if not Path(self._directory).is_dir():
                    raise SourceError(f"there is no directory {self._directory}") from None
                reason = f"{os.fsdecode(error.filename or b'a file')} vanished while it was read"
            except OSError as error:
                where = os.fsdecode(error.filename) if error.filename else self._directory
                raise SourceError(f"{where} cannot be read: {error.strerror}") from None
            self._sleep(min(0.01 * 2**attempt, 0.25))
        raise SourceError(f"{self._directory} cannot be read as a whole: {reason}")

    def _listing(self) -> dict[bytes, _Entry]:
        root = os.fsencode(self._directory)
        status = Path(self._directory).stat()
        if not stat.S_ISDIR(status.st_mode):
            raise SourceError(f"{self._directory} is not a directory")
        listing: dict[bytes, _Entry] = {}
        for path, entry in _walk(root, b"", ((status.st_dev, status.st_ino),), itertools.count(1)):
            listing[path] = entry
            if len(listing) > MOST_FILES:
                raise SourceError(f"{self._directory} holds more than {MOST_FILES:,} manifest files")
        total = sum(entry.stamp[2] for entry in listing.values() if not entry.refusal)
        if total > MOST_BYTES:
            raise SourceError(
                f"the manifests in {self._directory} have {total:,} bytes; at most {MOST_BYTES:,} are read"
            )
        return listing

    def _let_settle(self, listing: dict[bytes, _Entry]) -> None:
        newest = max((entry.changed_ns for entry in listing.values()), default=0)
        age = time.time_ns() - newest
        if 0 <= age < self._settle_ns:
            self._sleep((self._settle_ns - age) / 1e9)

    def _read(self, listing: dict[bytes, _Entry]) -> tuple[SourceFile, ...]:
        root = os.fsencode(self._directory)
        known: dict[bytes, tuple[_Stamp, bytes]] = {}
        files = []
        for path, entry in sorted(listing.items()):
            if entry.refusal:
                files.append(SourceFile(path, refusal=entry.refusal))
                continue
            stamp, content = self._known.get(path, (None, b""))
            if stamp != entry.stamp:
                content = _read_file(os.path.join(root, path))  # noqa: PTH118 - bytes
            if time.time_ns() - entry.changed_ns > _STAMP_RESOLUTION_NS:
                known[path] = (entry.stamp, content)
            files.append(SourceFile(path, content))
        self._known = known
        return tuple(files)


def _walk(
    root: bytes, below: bytes, above: tuple[tuple[int, int], ...], directories: Iterator[int]
) -> Iterator[tuple[bytes, _Entry]]:
    """The manifest files below a directory, and the directories that cannot be entered, each with its refusal."""
    if next(directories) > MOST_DIRECTORIES:
        raise SourceError(TOO_MANY_DIRECTORIES)
    with os.scandir(os.path.join(root, below)) as found:  # noqa: PTH118 - bytes
        entries = sorted(found, key=lambda one: one.name)
    for entry in entries:
        path = os.path.join(below, entry.name)  # noqa: PTH118 - bytes
        if entry.name.startswith(b"."):
            continue
        status = _status_of(entry)
        if isinstance(status, str):
            # Whatever its name: it may be a folder of manifests that is away.
            yield path, _refused(status)
        elif stat.S_ISDIR(status.st_mode):
            identity = (status.st_dev, status.st_ino)
            if identity in above:
                yield path, _refused(LEADS_BACK)
            elif len(above) > MOST_DIRECTORIES_DEEP:
                yield path, _refused(TOO_DEEP)
            else:
                yield from _walk(root, path, (*above, identity), directories)
        elif is_manifest_path(path):
            stamp = (status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns)
            refusal = "" if stat.S_ISREG(status.st_mode) else "is no regular file"
            yield path, _Entry(stamp, refusal or too_large(status.st_size))


def _status_of(entry: os.DirEntry[bytes]) -> os.stat_result | str:
    """What the entry, or what it links to, is; a sentence for a link that leads nowhere."""
    try:
        return entry.stat()
    except OSError as error:
        if not entry.is_symlink():
            raise
        return f"the symbolic link leads nowhere ({error.strerror})"


def _refused(refusal: str) -> _Entry:
    return _Entry((0, 0, 0, 0), refusal)


def _read_file(path: bytes) -> bytes:
    """The bytes of a file, at most so many that `too_large` sees them."""
    # Without O_NONBLOCK, a pipe that took the place of the file would hold the controller until somebody writes to it.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        try:
            return file.read(MOST_BYTES_OF_A_FILE + 1)
        except OSError as error:
            error.filename = path
            raise
