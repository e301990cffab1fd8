"""What clients keep in the metadata of objects, on disk: it outlives the controller, and no manifest holds it."""

import contextlib
import errno
import json
import logging
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from controller.picture.conditions import Document
from controller.picture.difference import Key

MOST_CHARACTERS: Final = 256 * 1024
"""Of what is kept beside one object, as JSON: as much as Kubernetes lets annotations hold. Every list shows it to everybody."""
_PRIVATE = 0o600
_log = logging.getLogger("controller.writing.bookkeeping")
_TABLE = "create table if not exists beside (kind text, name text, document text not null, primary key (kind, name)) without rowid"


class Bookkeeping(Protocol):
    """Keeps it. Blocks."""

    def load(self) -> Mapping[Key, Document]:
        """All that is kept, by kind and name."""
        ...

    def store(self, changes: Mapping[Key, Document]) -> None:
        """Keeps other things beside some objects; an empty document for nothing.

        Raises:
            OSError: the disk does not take it.
        """
        ...


class MemoryBookkeeping:
    """Keeps it as long as it lives."""

    def __init__(self) -> None:
        self._known: dict[Key, Document] = {}

    def load(self) -> Mapping[Key, Document]:
        """See `Bookkeeping`."""
        return dict(self._known)

    def store(self, changes: Mapping[Key, Document]) -> None:
        """See `Bookkeeping`."""
        self._known = {key: one for key, one in {**self._known, **changes}.items() if one}


class BookkeepingFile:
    """Keeps it in a SQLite file."""

    def __init__(self, path: Path) -> None:
        """Opens nothing yet."""
        self._path = path

    def load(self) -> Mapping[Key, Document]:
        """See `Bookkeeping`. A damaged file is nothing, and goes: clients say it again. One that cannot be opened now stays."""
        if not self._path.exists():
            return {}
        try:
            with self._opened() as database:
                rows = database.execute("select kind, name, document from beside").fetchall()
                return {(kind, name): json.loads(document) for kind, name, document in rows}
        except sqlite3.OperationalError as error:
            _log.warning(
                "%s cannot be read now (%s): what clients keep beside manifests is not shown", self._path, error
            )
        except (sqlite3.Error, ValueError):
            with contextlib.suppress(OSError):
                self._path.unlink()
        return {}

    def store(self, changes: Mapping[Key, Document]) -> None:
        """See `Bookkeeping`."""
        self._path.touch(_PRIVATE)  # whole manifests stand in it
        try:
            with self._opened() as database:
                kept = [(*key, json.dumps(one)) for key, one in changes.items() if one]
                database.executemany("insert or replace into beside values (?, ?, ?)", kept)
                gone = [key for key, one in changes.items() if not one]
                database.executemany("delete from beside where kind = ? and name = ?", gone)
        except sqlite3.Error as error:
            is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
            raise OSError(errno.ENOSPC if is_full else errno.EIO, str(error), str(self._path)) from None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path)) as database, database:
            database.execute(_TABLE)
            yield database
