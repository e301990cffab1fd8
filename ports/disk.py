"""Small files that must be whole, and still there after the power went: keys, ledgers, copies of what was published."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

_PRIVATE_FOLDER = 0o700
_PUBLIC_FOLDER = 0o777
_PUBLIC_FILE = 0o644


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

    def create(self, path: Path, content: bytes) -> bool:
        """Writes a private file that was not there; False when it was, of which nothing is changed then."""
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
        with _unfinished(path, content, private=private) as unfinished:
            unfinished.replace(path)
        _flush_folder(path.parent)

    def create(self, path: Path, content: bytes) -> bool:
        """See `Disk`."""
        with _unfinished(path, content, private=True) as unfinished:
            try:
                os.link(unfinished, path)  # unlike a rename, it never replaces: of two first starts, one wins
            except FileExistsError:
                return False
        _flush_folder(path.parent)
        return True

    def names(self, folder: Path) -> tuple[str, ...]:
        """See `Disk`."""
        with contextlib.suppress(FileNotFoundError):
            return tuple(sorted(path.name for path in folder.iterdir() if path.is_file()))
        return ()


@contextlib.contextmanager
def _unfinished(path: Path, content: bytes, *, private: bool) -> Iterator[Path]:
    """A complete and durable file beside the place where it belongs; gone afterwards, unless it was moved there."""
    path.parent.mkdir(mode=_PRIVATE_FOLDER if private else _PUBLIC_FOLDER, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if not private:
                os.fchmod(descriptor, _PUBLIC_FILE)
            os.fsync(descriptor)
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _flush_folder(path: Path) -> None:
    # Without this the file is on disk and its name may be not.
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
