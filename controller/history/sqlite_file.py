"""A SQLite file of the state directory, whose errors are those of a disk."""

import contextlib
import errno
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

_PRIVATE: Final = 0o600


class SqliteFile:
    """Transactions of a file, or of memory for want of one. It is opened for each: others may have taken its place.

    Args:
        path: the file; None for memory.
        tables: statements that make what is missing in it.
    """

    def __init__(self, path: Path | None, tables: Sequence[str]) -> None:
        self.path: Final = path
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
                    assert self.path is not None  # noqa: S101 - one of the two is there
                    self.path.touch(_PRIVATE)  # whole manifests may stand in it
                    database = stack.enter_context(contextlib.closing(sqlite3.connect(self.path)))
                stack.enter_context(database)
                for table in self._tables:
                    database.execute(table)
                yield database
        except sqlite3.OperationalError as error:
            is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error), str(self.path)) from None
        except (sqlite3.Error, zlib.error, ValueError) as error:
            raise OSError(errno.EBADMSG, str(error), str(self.path)) from None

    def begin_anew_if_damaged(self, error: OSError) -> None:
        """Deletes a file that is damaged.

        Args:
            error: what it met.

        Raises:
            OSError: that, when it was something else.
        """
        if error.errno != errno.EBADMSG or self.path is None:
            raise error
        self.path.unlink(missing_ok=True)
