"""What clients keep in the metadata of objects, on disk: it outlives the controller, and no manifest holds it."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from controller.picture.conditions import Document
from controller.picture.difference import Key

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
        """See `Bookkeeping`. A file that cannot be read is nothing: clients say it again."""
        try:
            with self._opened() as database:
                rows = database.execute("select kind, name, document from beside").fetchall()
                return {(kind, name): json.loads(document) for kind, name, document in rows}
        except (sqlite3.Error, ValueError):
            self._path.unlink(missing_ok=True)
            return {}

    def store(self, changes: Mapping[Key, Document]) -> None:
        """See `Bookkeeping`."""
        try:
            with self._opened() as database:
                kept = [(*key, json.dumps(one)) for key, one in changes.items() if one]
                database.executemany("insert or replace into beside values (?, ?, ?)", kept)
                gone = [key for key, one in changes.items() if not one]
                database.executemany("delete from beside where kind = ? and name = ?", gone)
        except sqlite3.Error as error:
            raise OSError(str(error)) from None

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path)) as database, database:
            database.execute(_TABLE)
            yield database
