"""All manifest files of a directory at one moment: never half an edit, never an empty set for a directory that is away."""

import contextlib
import itertools
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from controller.by_name import edited
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
# A file that was written this shortly before it was read may change again without a new time stamp. File systems that keep
# nanoseconds take them from the kernel's tick of at most 10 ms; others round them, to two seconds at worst.
_FINE_RESOLUTION_NS: Final = 50_000_000
_COARSE_RESOLUTION_NS: Final = 2_000_000_000

# Links to directories with links double what is read at every level: nobody's manifests come near this.
MOST_DIRECTORIES: Final = 10_000
TOO_MANY_DIRECTORIES: Final = (
    f"there are more than {MOST_DIRECTORIES:,} directories: do symbolic links lead to each other?"
)
LEADS_BACK: Final = "the symbolic link leads back into a directory that it stands in: remove it"
TOO_DEEP: Final = f"directories are nested deeper than {MOST_DIRECTORIES_DEEP} levels"

_Stamp = tuple[int, int, int, int]
"""Device, inode, size, and time of change in nanoseconds (ctime: unlike mtime, no program can set it back)."""


_Found = _Stamp | str
"""A manifest file, or the refusal of something that cannot be read."""


class SourceError(Exception):
    """The source could not be read; the message says why, to the person who runs the controller."""


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
        self._stamps: Mapping[bytes, _Found] = {}
        """What was found, without the files that may change again under the same stamp."""
        self._files: Mapping[bytes, SourceFile] = {}
        self._taken: tuple[SourceFile, ...] = ()
        self._whole: frozenset[_Found] = frozenset()
        self._expected: Mapping[bytes, SourceFile] = {}

    def wrote(self, paths: Iterable[bytes], expected: Callable[[bytes], SourceFile | None] = lambda _: None) -> None:
        """Takes note of files that were written whole just now, so that nothing is waited for because of them.

        Args:
            paths: relative to the directory.
            expected: what is known of a file; it is given out when its bytes are read.
        """
        self._expected = {path: file for path in paths if (file := expected(path)) is not None}
        root = os.fsencode(self._directory)
        stamps = set[_Found]()
        for path in paths:
            with contextlib.suppress(OSError):
                stamps.add(_stamp_of(os.stat(os.path.join(root, path))))  # noqa: PTH116, PTH118 - bytes
        self._whole = frozenset(stamps)

    def take(self) -> tuple[SourceFile, ...]:
        """The files as they are now, in one consistent state, sorted by path.

        A file that did not change is the very same object as before, and so are all of them together.

        Raises:
            SourceError: the directory is away, cannot be read, or does not stop changing.
        """
        reason = "it does not stop changing"
        for attempt in range(ATTEMPTS):
            try:
                before = self._listing()
                if before == self._stamps and len(self._stamps) == len(self._files):
                    return self._taken
                self._let_settle(before)
                stamps, files = self._read(before)
                if self._listing() == before:
                    # Not before: what was read may be that of another listing, which a link led to for a moment.
                    return self._keep(stamps, files)
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

    def _listing(self) -> dict[bytes, _Found]:
        root = os.fsencode(self._directory)
        status = Path(self._directory).stat()
        if not stat.S_ISDIR(status.st_mode):
            raise SourceError(f"{self._directory} is not a directory")
        listing: dict[bytes, _Found] = {}
        for path, found in _walk(root, b"", ((status.st_dev, status.st_ino),), itertools.count(1)):
            listing[path] = found
            if len(listing) > MOST_FILES:
                raise SourceError(f"{self._directory} holds more than {MOST_FILES:,} manifest files")
        total = sum(found[2] for found in listing.values() if not isinstance(found, str))
        if total > MOST_BYTES:
            raise SourceError(
                f"the manifests in {self._directory} have {total:,} bytes; at most {MOST_BYTES:,} are read"
            )
        return listing

    def _let_settle(self, listing: dict[bytes, _Found]) -> None:
        newest = max(
            (found[3] for found in listing.values() if not isinstance(found, str) and found not in self._whole),
            default=0,
        )
        age = time.time_ns() - newest
        if 0 <= age < self._settle_ns:
            self._sleep((self._settle_ns - age) / 1e9)

    def _read(self, listing: dict[bytes, _Found]) -> tuple[Mapping[bytes, _Found], Mapping[bytes, SourceFile]]:
        root = os.fsencode(self._directory)
        as_before, stamps = self._stamps.get, dict(self._stamps)
        changes: dict[bytes, SourceFile | None] = dict.fromkeys(self._files.keys() - listing.keys())
        for path in stamps.keys() - listing.keys():
            del stamps[path]
        for path, found in sorted(one for one in listing.items() if as_before(one[0]) != one[1]):
            known = self._files.get(path)
            if isinstance(found, str):
                if known is None or known.refusal != found:
                    changes[path] = SourceFile(path, refusal=found)
            else:
                content = _read_file(os.path.join(root, path))  # noqa: PTH118 - bytes
                if known is None or known.refusal or known.content != content:
                    expected = self._expected.get(path)
                    is_that = expected is not None and not expected.refusal and expected.content == content
                    changes[path] = expected if is_that else SourceFile(path, content)
            stamps.pop(path, None)
            if isinstance(found, str) or time.time_ns() - found[3] > _resolution(found[3]):
                stamps[path] = found
        return stamps, edited(self._files, changes)

    def _keep(self, stamps: Mapping[bytes, _Found], files: Mapping[bytes, SourceFile]) -> tuple[SourceFile, ...]:
        self._taken = self._taken if files is self._files else tuple(files.values())
        self._stamps, self._files, self._expected = stamps, files, {}
        return self._taken


def _walk(
    root: bytes, below: bytes, above: tuple[tuple[int, int], ...], directories: Iterator[int]
) -> Iterator[tuple[bytes, _Found]]:
    """The manifest files below a directory, and the directories that cannot be entered, each with its refusal."""
    if next(directories) > MOST_DIRECTORIES:
        raise SourceError(TOO_MANY_DIRECTORIES)
    start = below + b"/" if below else b""
    with os.scandir(os.path.join(root, below)) as entries:  # noqa: PTH118 - bytes
        for entry in entries:
            if entry.name.startswith(b"."):
                continue
            path = start + entry.name
            status = _status_of(entry)
            if isinstance(status, str):
                # Whatever its name: it may be a folder of manifests that is away.
                yield path, status
            elif stat.S_ISDIR(status.st_mode):
                identity = (status.st_dev, status.st_ino)
                if identity in above:
                    yield path, LEADS_BACK
                elif len(above) > MOST_DIRECTORIES_DEEP:
                    yield path, TOO_DEEP
                else:
                    yield from _walk(root, path, (*above, identity), directories)
            elif is_manifest_path(path):
                stamp = _stamp_of(status)
                refusal = "" if stat.S_ISREG(status.st_mode) else "is no regular file"
                yield path, refusal or too_large(status.st_size) or stamp


def _resolution(changed_at_ns: int) -> int:
    """How far apart two changes are at least that have two time stamps, by one stamp of the file system."""
    return _FINE_RESOLUTION_NS if changed_at_ns % 1_000_000 else _COARSE_RESOLUTION_NS


def _stamp_of(status: os.stat_result) -> _Stamp:
    return (status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns)


def _status_of(entry: os.DirEntry[bytes]) -> os.stat_result | str:
    """What the entry, or what it links to, is; a sentence for a link that leads nowhere."""
    try:
        return entry.stat()
    except OSError as error:
        if not entry.is_symlink():
            raise
        return f"the symbolic link leads nowhere ({error.strerror})"


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
