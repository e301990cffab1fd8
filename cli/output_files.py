"""Writes files that a person asked for, and overwrites none that they did not mean."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from cli.failure import Failure
from ports.disk import RealDisk


def write_into_folder(folder: Path, files: Mapping[str, str], *, private: bool, force: bool) -> None:
    """Writes files into a new or empty folder.

    Args:
        folder: made when it is not there.
        files: content by path inside the folder.
        private: nobody else may read them.
        force: write into a folder that holds something, too. Files of the same names are replaced, others stay.

    Raises:
        Failure: the folder holds something, or the disk does not allow it.
    """
    for path in files:
        if "\0" in path or any(part in {"", ".", ".."} for part in path.split("/")):
            raise Failure(f"{path!r} is no path inside {folder}: nothing was written")
    with _explained(folder):
        if folder.is_dir() and any(folder.iterdir()) and not force:
            raise Failure(f"{folder} is not empty: name a new folder, or replace files of the same names with --force")
        for path, content in files.items():
            write_file(folder / path, content, private=private, force=force)


def write_file(path: Path, content: str, *, private: bool = False, force: bool = False) -> None:
    """Writes one file, with the folders that it needs.

    Args:
        path: the file.
        content: its text.
        private: nobody else may read it.
        force: replace what is there.

    Raises:
        Failure: there is such a file already, or the disk does not allow it.
    """
    disk = RealDisk()
    with _explained(path):
        if force:
            disk.write(path, content.encode(), private=private)
        elif not disk.create(path, content.encode(), private=private):
            raise Failure(f"{path} is there already: remove it, or replace it with --force")


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Failure(f"{error.filename or path} cannot be written: {error.strerror}") from None
