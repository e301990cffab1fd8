"""A file that only grows, line by line, and is put aside when it has grown too long."""

import os
from pathlib import Path

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700


class AppendedFile:
    """Lines at the end of a file. A line is there whole or not at all, unless the power goes."""

    def __init__(self, path: Path, most_bytes: int, most_files: int) -> None:
        """Touches nothing yet.

        Args:
            path: the file; those that were put aside are called PATH.1 (the newest), PATH.2 and so on.
            most_bytes: of one file.
            most_files: with the one that grows; the oldest one goes.
        """
        self._path = path
        self._most_bytes = most_bytes
        self._most_files = most_files

    def append(self, line: bytes) -> None:
        """Puts a line at the end; the kernel has it when this returns, the disk soon after.

        Args:
            line: with its line end.

        Raises:
            OSError: it could not, and nothing of the line is there.
        """
        # Opened for each line: who moves the file away, as logrotate does, has the next line in a new one.
        self._path.parent.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE_FILE)
        try:
            size = os.fstat(descriptor).st_size
            if size and size + len(line) > self._most_bytes:
                os.close(descriptor)
                self._put_aside()
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _PRIVATE_FILE)
                size = 0
            self._write(descriptor, line, size)
        finally:
            os.close(descriptor)

    def _write(self, descriptor: int, line: bytes, size: int) -> None:
        try:
            left = line
            while left:
                left = left[os.write(descriptor, left) :]
        except OSError:
            os.ftruncate(descriptor, size)  # a full disk takes a part of a line
            raise

    def _put_aside(self) -> None:
        for number in range(self._most_files - 1, 0, -1):
            older = self._aside(number - 1)
            if older.exists():
                older.replace(self._aside(number))

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}") if number else self._path
