"""Writes files of a directory: each is the old or the new one at any moment, whenever the machine stops.

All new contents are on the disk beside their files before the first of them takes its place. Whoever reads the directory
between two renames sees some of the files new: our own reader waits.
"""

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from controller.source.files import MOST_BYTES_OF_A_FILE, is_manifest_path, shown
from controller.source.source_edit import NotWritable, SourceChanged, SourceEdit

# Hidden, and with an ending of its own: no reader takes it for a manifest, and nobody else's file looks like it.
_UNFINISHED: Final = re.compile(rb"\..+\.[0-9a-f]{8}\.fleet-unfinished")
_FILE: Final = 0o666  # of a new file; the umask takes its part
_FOLDER: Final = 0o777
_REFUSED: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@dataclass(frozen=True)
class _Target:
    """Where one file of an edit really stands."""

    path: bytes
    """As the edit names it."""
    real: bytes
    """Where it is, after all symbolic links."""
    status: os.stat_result | None
    """None for one that is not there."""


def write_files(root: bytes, edit: SourceEdit) -> None:
    """Writes an edit. Blocks.

    A file behind symbolic links is written where they lead. One that is to go is taken away by its name: of a symbolic link
    that is the link. New files have the permissions that the umask leaves; others keep theirs, and their owner where the
    controller may give files away.

    Args:
        root: the directory.
        edit: paths are relative to it.

    Raises:
        SourceChanged: a file is not as it was.
        NotWritable: a path leads to something else than a file, or nobody lets the controller write there.
        OSError: the disk does not take it; the files are as before.
    """
    try:
        targets = [_target(root, path) for path in edit.after]
        for target in targets:
            _require(target, edit.before[target.path])
        _write(root, targets, edit)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        where = os.fsdecode(error.filename or root)
        raise NotWritable(
            f"{where} cannot be written ({error.strerror}): let the controller's user write there"
        ) from None


def clear_leftovers(folders: set[bytes]) -> None:
    """Takes away what a writer left beside the files that was killed, as far as that can be done. Blocks."""
    for folder in folders:
        with contextlib.suppress(OSError):
            for name in os.listdir(folder):  # noqa: PTH208 - bytes
                if _UNFINISHED.fullmatch(name):
                    with contextlib.suppress(OSError):
                        os.unlink(_joined(folder, name))  # noqa: PTH108 - bytes


def _target(root: bytes, path: bytes) -> _Target:
    parts = path.split(b"/")
    if not is_manifest_path(path) or any(part in (b"", b".", b"..") for part in parts) or b"\0" in path:
        raise NotWritable(
            f"{shown(path)!r} is no file for manifests: name one below the source that ends with .yaml, without hidden parts"
        )
    real = os.path.realpath(_joined(root, path))
    try:
        status: os.stat_result | None = os.stat(real)  # noqa: PTH116 - bytes
    except (FileNotFoundError, NotADirectoryError):
        status = None
    if status is not None and not stat.S_ISREG(status.st_mode):
        raise NotWritable(f"{shown(path)} is no regular file")
    return _Target(path, real, status)


def _require(target: _Target, before: bytes | None) -> None:
    content = None
    if target.status is not None:
        with open(target.real, "rb") as file:  # noqa: PTH123 - bytes
            content = file.read(MOST_BYTES_OF_A_FILE + 1)
    if content != before:
        raise SourceChanged(f"{shown(target.path)} is not as it was read")


def _write(root: bytes, targets: list[_Target], edit: SourceEdit) -> None:
    new = {target.path: content for target in targets if (content := edit.after[target.path]) is not None}
    folders = {os.path.dirname(target.real) for target in targets}  # noqa: PTH120 - bytes
    clear_leftovers(folders)
    with (
        _folders(folders),
        _all_unfinished({target: new[target.path] for target in targets if target.path in new}) as all_of_them,
    ):
        done: list[_Target] = []
        try:
            # What goes from one file into another stands in both for a moment, and never in none.
            for target in sorted(targets, key=lambda one: one.path not in all_of_them):
                _require_unmoved(target)
                done.append(target)
                if (unfinished := all_of_them.get(target.path)) is not None:
                    os.replace(unfinished, target.real)  # noqa: PTH105 - bytes
                else:
                    os.unlink(_joined(root, target.path))  # noqa: PTH108 - bytes
        except BaseException:
            _put_back(done, edit)
            raise
    for folder in folders | {os.path.dirname(_joined(root, target.path)) for target in targets}:  # noqa: PTH120 - bytes
        _flush_folder(folder)


def _require_unmoved(target: _Target) -> None:
    """Looks once more: an editor may have saved while the new contents were written."""
    try:
        now: os.stat_result | None = os.stat(target.real)  # noqa: PTH116 - bytes
    except FileNotFoundError:
        now = None
    if _stamp(now) != _stamp(target.status):
        raise SourceChanged(f"{shown(target.path)} was saved by somebody else at the same time")


def _stamp(status: os.stat_result | None) -> tuple[int, int, int, int] | None:
    return status and (status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns)


def _put_back(done: list[_Target], edit: SourceEdit) -> None:
    """Of several files some are new already: they become as they were, as far as that can be done and nobody saved them since."""
    for target in reversed(done):
        with contextlib.suppress(OSError):
            content = edit.before[target.path]
            if _read(target.real) != edit.after[target.path]:
                continue
            if content is None:
                os.unlink(target.real)  # noqa: PTH108 - bytes
            else:
                with _all_unfinished({target: content}) as unfinished:
                    os.replace(unfinished[target.path], target.real)  # noqa: PTH105 - bytes


def _read(path: bytes) -> bytes | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - bytes
            return file.read()
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def _folders(folders: set[bytes]) -> Iterator[None]:
    """Makes the folders that are missing; they are gone again when nothing comes of it."""
    made: list[bytes] = []
    try:
        for folder in folders:
            _make_folder(folder, made)
        yield
    except BaseException:
        for folder in reversed(made):
            with contextlib.suppress(OSError):
                os.rmdir(folder)  # noqa: PTH106 - bytes
        raise


def _make_folder(folder: bytes, made: list[bytes]) -> None:
    if os.path.isdir(folder):  # noqa: PTH112 - bytes
        return
    above = os.path.dirname(folder)  # noqa: PTH120 - bytes
    _make_folder(above, made)
    os.mkdir(folder, _FOLDER)  # noqa: PTH102 - bytes
    made.append(folder)
    _flush_folder(above)


@contextlib.contextmanager
def _all_unfinished(contents: Mapping[_Target, bytes]) -> Iterator[dict[bytes, bytes]]:
    """Complete and durable files beside their places, by path; gone afterwards, unless they were moved there."""
    unfinished: dict[bytes, bytes] = {}
    try:
        for target, content in contents.items():
            folder, name = os.path.split(target.real)
            beside = _joined(folder, b".%b.%b.fleet-unfinished" % (name[:200], secrets.token_hex(4).encode()))
            unfinished[target.path] = beside
            _write_unfinished(beside, content, target)
        yield unfinished
    finally:
        for beside in unfinished.values():
            with contextlib.suppress(FileNotFoundError):
                os.unlink(beside)  # noqa: PTH108 - bytes


def _write_unfinished(beside: bytes, content: bytes, target: _Target) -> None:
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if target.status is not None:
                _be_like(descriptor, target.status)
            os.fsync(descriptor)
    except OSError as error:
        error.filename = os.fsdecode(target.real)  # whoever reads it asked for that one
        raise


def _be_like(descriptor: int, old: os.stat_result) -> None:
    mine = os.fstat(descriptor)
    for user, group in ((old.st_uid, -1), (-1, old.st_gid)):
        if (user, group) not in ((mine.st_uid, -1), (-1, mine.st_gid)):
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, user, group)
    # Afterwards: giving a file away takes bits from it.
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _flush_folder(folder: bytes) -> None:
    # Without this the file is on disk and its name may be not.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _joined(folder: bytes, name: bytes) -> bytes:
    return os.path.join(folder, name)  # noqa: PTH118 - bytes
