"""The versions of all instances, on disk: a SQLite file of the state directory. What did not change is not written again."""

import json
import logging
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from controller.history.sqlite_file import SqliteFile
from controller.history.version import MOST_VERSIONS, Newest, Version

FILE_NAME: Final = "instance-versions.sqlite3"
_log = logging.getLogger(__name__)
_TABLES: Final = (
    """create table if not exists versions (
        instance text, number integer, key text not null, spec blob not null, cause text not null, annotated text not null,
        primary key (instance, number)
    ) without rowid""",
    # Without it the newest of all would be looked for among the specs themselves.
    "create index if not exists newest on versions (instance, number, key)",
    "create table if not exists kept (one integer primary key check (one = 1), revision text not null)",
)


@dataclass(frozen=True)
class Kept:
    """What is kept, but for the versions themselves."""

    revision_id: str = ""
    """Of the manifests that were in force then."""
    newest: Mapping[str, Newest] = field(default_factory=dict)
    """Of each instance, by name."""


class Versions(Protocol):
    """Keeps them. Blocks."""

    def load(self) -> Kept:
        """What is kept. A damaged file is nothing, and goes: versions begin anew.

        Raises:
            OSError: it cannot be read now.
        """
        ...

    def of(self, instance: str) -> tuple[Version, ...]:
        """The versions of an instance, from the oldest to the newest.

        Raises:
            OSError: it cannot be read now.
        """
        ...

    def store(
        self, revision_id: str, come: Mapping[str, Version], gone: Collection[str], causes: Mapping[str, str]
    ) -> None:
        """Keeps what became another.

        Args:
            revision_id: of the manifests that are in force.
            come: the new version of each instance that has one, by its name.
            gone: the names of instances that are not there any more.
            causes: what manifests say now of the newest versions of others, by name of the instance.

        Raises:
            OSError: the disk does not take it.
        """
        ...


class VersionFile:
    """Keeps them in a file, or in memory for want of one."""

    def __init__(self, path: Path | None = None) -> None:
        """Opens nothing yet."""
        self._file = SqliteFile(path, _TABLES)

    def load(self) -> Kept:
        """See `Versions`."""
        try:
            with self._file.opened() as database:
                revision = database.execute("select revision from kept").fetchone()
                rows = database.execute("select instance, max(number), key from versions group by instance").fetchall()
        except OSError as error:
            self._file.begin_anew_if_damaged(error)
            _log.warning("%s is damaged: the versions of instances begin anew", self._file.path)
            return Kept()
        return Kept(revision[0] if revision else "", {name: (number, key) for name, number, key in rows})

    def of(self, instance: str) -> tuple[Version, ...]:
        """See `Versions`."""
        with self._file.opened() as database:
            rows = database.execute(
                "select number, key, spec, cause, annotated from versions where instance = ? order by number",
                (instance,),
            ).fetchall()
            return tuple(
                Version(number, key, json.loads(zlib.decompress(spec)), cause, annotated)
                for number, key, spec, cause, annotated in rows
            )

    def store(
        self, revision_id: str, come: Mapping[str, Version], gone: Collection[str], causes: Mapping[str, str]
    ) -> None:
        """See `Versions`."""
        with self._file.opened() as database:
            database.executemany("delete from versions where instance = ?", [(name,) for name in gone])
            database.executemany(
                "delete from versions where instance = ? and (key = ? or number <= ?)",
                [(name, one.key, one.number - MOST_VERSIONS) for name, one in come.items()],
            )
            database.executemany(
                "insert or replace into versions values (?, ?, ?, ?, ?, ?)",
                [
                    (
                        name,
                        one.number,
                        one.key,
                        zlib.compress(json.dumps(one.spec).encode()),
                        one.cause,
                        one.annotated_cause,
                    )
                    for name, one in come.items()
                ],
            )
            database.executemany(
                "update versions set cause = ?1, annotated = ?1 where instance = ?2 and annotated <> ?1 and number = "
                "(select max(number) from versions where instance = ?2)",
                [(cause, name) for name, cause in causes.items()],
            )
            database.execute("insert or replace into kept values (1, ?)", (revision_id,))
