"""A SQLite file of the state directory, or one in memory: opened for each transaction, private, and its troubles told as those of a disk."""

import contextlib
import errno
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

_PRIVATE: Final = 0o600


class Database:
    """The file, with its tables."""

    def __init__(self, path: Path | None, tables: Sequence[str]) -> None:
        """Opens nothing yet.

        Args:
            path: of the file; None keeps all in memory.
            tables: what makes what is missing, in SQL.
        """
        self._path = path
        self._tables = tables
        self._memory = None if path else sqlite3.connect(":memory:", check_same_thread=False)

    @contextlib.contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """A transaction.

        Raises:
            OSError: EBADMSG when the file is damaged, ENOSPC when the disk is full, else EIO.
        """
        try:
            with contextlib.ExitStack() as stack:
                if self._memory is not None:
                    database = self._memory
                else:
                    assert self._path is not None  # noqa: S101 - one of the two is there
                    self._path.touch(_PRIVATE)  # whole manifests stand in it
                    database = stack.enter_context(contextlib.closing(sqlite3.connect(self._path)))
                stack.enter_context(database)
                for table in self._tables:
                    database.execute(table)
                yield database
        except sqlite3.OperationalError as error:
            is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error), str(self._path)) from None
        except (sqlite3.Error, zlib.error, ValueError) as error:
            raise OSError(errno.EBADMSG, str(error), str(self._path)) from None

    def begin_anew(self, error: OSError) -> bool:
        """Takes a damaged file away.

        Args:
            error: that opening it, or reading from it, met.

        Returns:
            False when it met something else, which may pass.
        """
        if error.errno != errno.EBADMSG or self._path is None:
            return False
        self._path.unlink()
        return True
