"""Small files that must be whole, and still there after the power went: keys, ledgers, copies of what was published."""

import contextlib
import errno
import os
import re
import secrets
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

# The umask takes its part of what is not private.
_FOLDER = 0o777
_FILE = 0o666
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
# What is beside a file that is being written: eight hexadecimal digits, so that nobody else's files look like it.
_UNFINISHED_BYTES = 4
_UNFINISHED: Final = re.compile(rf"\.(.*)\.[0-9a-f]{{{2 * _UNFINISHED_BYTES}}}", re.DOTALL)
# Writers that began longer ago than this are not at work any more.
_LONGEST_WRITE_SECONDS = 3600
# What file systems without hard links (exFAT, shares of Windows) say when one is asked for.
_NO_HARD_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})


class Disk(Protocol):
    """Reads and writes whole files.

    A write has happened whole or not at all, whenever the power goes, and is durable when it returns. Missing folders are
    made. Every method may raise OSError; what was there before a failed write still is.
    """

    def read(self, path: Path) -> bytes:
        """The content.

        Raises:
            FileNotFoundError: there is no such file.
        """
        ...

    def write(self, path: Path, content: bytes, *, private: bool = True) -> None:
        """Makes this the content.

        Args:
            path: the file.
            content: all of it.
            private: only the owner may read it, and the folders that are made for it.
        """
        ...

    def write_all(self, files: Iterable[tuple[Path, bytes]], *, private: bool = True) -> None:
        """As `write`, for many files: each for itself happens whole or not at all. Those of one folder cost less together.

        Args:
            files: paths and contents; each is asked for when the one before it has its name.
            private: as for `write`.

        Raises:
            OSError: the first one, after all others were tried.
        """
        ...

    def create(self, path: Path, content: bytes, *, private: bool = True) -> bool:
        """As `write`, for a file that is not there; False when it is, and then nothing was changed.

        On a file system without hard links, power that goes at the wrong moment leaves an empty file.
        """
        ...

    def names(self, folder: Path) -> tuple[str, ...]:
        """The names of the files in a folder, sorted; none when there is no such folder."""
        ...


class RealDisk:
    """The disk of this machine."""

    def read(self, path: Path) -> bytes:
        """See `Disk`."""
        return path.read_bytes()

    def write(self, path: Path, content: bytes, *, private: bool = True) -> None:
        """See `Disk`."""
        self.write_all(((path, content),), private=private)

    def write_all(self, files: Iterable[tuple[Path, bytes]], *, private: bool = True) -> None:
        """See `Disk`."""
        failed: OSError | None = None
        written: defaultdict[Path, set[str]] = defaultdict(set)
        for path, content in files:
            try:
                with _unfinished(path, content, private=private) as unfinished:
                    unfinished.replace(path)
                written[path.parent].add(path.name)
            except OSError as error:
                failed = failed or error
        for folder, names in written.items():
            _flush_folder(folder)
            _sweep(folder, names, older_than_seconds=_LONGEST_WRITE_SECONDS)
        if failed is not None:
            raise failed

    def create(self, path: Path, content: bytes, *, private: bool = True) -> bool:
        """See `Disk`."""
        with _unfinished(path, content, private=private) as unfinished:
            try:
                _link(unfinished, path, private=private)
            except FileExistsError:
                return False
            except FileNotFoundError:
                if path.exists():  # whoever won took ours away
                    return False
                raise
        _flush_folder(path.parent)
        # Others who are still at work come too late anyway, and what lies there may be a part of a key.
        _sweep(path.parent, {path.name}, older_than_seconds=0)
        return True

    def names(self, folder: Path) -> tuple[str, ...]:
        """See `Disk`."""
        with contextlib.suppress(FileNotFoundError):
            return tuple(sorted(path.name for path in folder.iterdir() if path.is_file()))
        return ()


@contextlib.contextmanager
def _unfinished(path: Path, content: bytes, *, private: bool) -> Iterator[Path]:
    """A complete and durable file beside the place where it belongs; gone afterwards, unless it was moved there."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(_UNFINISHED_BYTES)}")
    try:
        _make_folder(path.parent, _PRIVATE_FOLDER if private else _FOLDER)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE if private else _FILE)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
            yield unfinished
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        if error.filename == str(unfinished):
            error.filename, error.filename2 = str(path), None  # whoever reads it asked for that one
        raise


def _link(unfinished: Path, path: Path, *, private: bool) -> None:
    """Gives the file its name; unlike a rename, it never replaces: of two first starts, one wins."""
    try:
        os.link(unfinished, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE if private else _FILE))
        try:
            unfinished.replace(path)
        except OSError:
            path.unlink()
            raise


def _sweep(folder: Path, names: Container[str], *, older_than_seconds: float) -> None:
    """Takes away what writers of these files left that were killed, as far as that can be done: the files are safe."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = _UNFINISHED.fullmatch(entry.name)
            if found is None or found[1] not in names:
                continue
            with contextlib.suppress(OSError):
                left, long_ago = folder / entry.name, (folder / found[1]).stat().st_mtime - older_than_seconds
                if left.stat().st_mtime <= long_ago:
                    left.unlink()


def _make_folder(path: Path, mode: int) -> None:
    """Unlike `Path.mkdir`, gives the folders above, if they must be made, the same mode, and makes all of them durable."""
    if not path.is_dir():
        _make_folder(path.parent, mode)
        path.mkdir(mode=mode, exist_ok=True)
        _flush_folder(path.parent)


def _flush_folder(path: Path) -> None:
    # Without this the file is on disk and its name may be not.
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
