"""The pictures of tasks, as files in one folder; their names are made here and come from nobody else."""

import contextlib
import os
import re
import time
import uuid
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"[0-9a-f]{32}")
_UNFINISHED: Final = ".part"

# A file without a task that is older than this was left by a crash; a younger one may be about to get its task.
_ORPHAN_AGE_S: Final = 3600.0
_LOOKED_UP_AT_ONCE: Final = 500


class ImageFiles:
    """Keeps pictures under names that it gives; they lie in 256 folders, by the first two letters."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder if it is missing; nobody else on the machine can look into it.

        Raises:
            OSError: If it cannot be made.
        """
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def add(self, image: bytes) -> str:
        """Writes a picture, so that it is there whole or not at all, and returns its name.

        Raises:
            OSError: If it cannot be written; nothing is left of it then.
        """
        name = uuid.uuid4().hex
        file = self.path(name)
        file.parent.mkdir(exist_ok=True, mode=0o700)
        unfinished = file.with_suffix(_UNFINISHED)
        try:
            with unfinished.open("xb") as writing:
                writing.write(image)
                writing.flush()
                os.fsync(writing.fileno())
            unfinished.rename(file)
            _sync_folder(file.parent)
        except OSError:
            for left in (unfinished, file):
                with contextlib.suppress(OSError):
                    left.unlink(missing_ok=True)
            raise
        return name

    def read(self, name: str) -> bytes:
        """Returns the picture.

        Raises:
            OSError: If it is not there any more, or cannot be read.
        """
        return self.path(name).read_bytes()

    def remove(self, name: str) -> None:
        """Removes the picture; that it is gone already is as good."""
        with contextlib.suppress(OSError):
            self.path(name).unlink(missing_ok=True)

    def path(self, name: str) -> Path:
        """Returns where the picture is.

        Raises:
            ValueError: If the name is none that was given here.
        """
        if not _NAME.fullmatch(name):
            raise ValueError("not the name of a picture")
        return self._folder / name[:2] / name

    def sweep(self, known: Callable[[Collection[str]], set[str]]) -> int:
        """Removes what a crash has left behind, and returns how many files that were.

        Args:
            known: Returns those of the names that belong to a task.
        """
        old = [file for file in self._folder.glob("[0-9a-f][0-9a-f]/*") if _is_older(file, _ORPHAN_AGE_S)]
        removed = 0
        for part in _parts(old, _LOOKED_UP_AT_ONCE):
            kept = known([file.name for file in part])
            for file in part:
                if file.name not in kept:
                    file.unlink(missing_ok=True)
                    removed += 1
        return removed


def _is_older(file: Path, seconds: float) -> bool:
    try:
        return time.time() - file.stat().st_mtime > seconds
    except FileNotFoundError:
        return False


def _parts(files: list[Path], size: int) -> Iterable[list[Path]]:
    return (files[at : at + size] for at in range(0, len(files), size))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
