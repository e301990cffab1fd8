"""The last revisions of a directory, on disk: a SQLite file of the state directory.

It holds the files of the newest one, and for each what its edit found before it: an edit writes what it changed, and no more. Older
ones are made from newer ones.
"""

import contextlib
import errno
import logging
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Final

from controller.history.sqlite_file import SqliteFile
from controller.source.files import SourceFile
from controller.source.revisions import FEWEST_DIGITS, FileChanges, Files, PastRevision, RevisionsAway

FILE_NAME: Final = "revisions.sqlite3"
MOST_REVISIONS: Final = 20
MOST_BYTES: Final = 16 << 20
"""Of what files hold, compressed, in all revisions together."""
_DIRECTORY: Final = "sha256:"
_log = logging.getLogger(__name__)
_TABLES: Final = (
    "pragma auto_vacuum = full",
    "create table if not exists revision (number integer primary key, id text not null, author text not null, at text not null, subject text not null)",
    "create table if not exists content (digest blob primary key, packed blob not null) without rowid",
    "create table if not exists newest (path blob primary key, digest blob not null) without rowid",
    # Null for a file that was not there before that revision.
    "create table if not exists earlier (number integer, path blob, digest blob, primary key (number, path)) without rowid",
)
_COLUMNS: Final = "number, id, author, at, subject"

Digests = Mapping[bytes, bytes]
"""Of what files hold, by path."""


@dataclass(frozen=True)
class CameIntoForce:
    """A revision that is to be kept."""

    revision_id: str
    author: str
    at: datetime
    subject: str
    before: str | None = None
    """The id of the one that was kept last, as far as who keeps it knows: empty for none, None where he does not."""


class TooLarge(Exception):  # noqa: N818 - says what is so
    """The files of one revision alone are more than is kept."""


class RevisionFile:
    """Keeps them in a file, or in memory for want of one. Blocks."""

    def __init__(
        self, path: Path | None = None, *, most_revisions: int = MOST_REVISIONS, most_bytes: int = MOST_BYTES
    ) -> None:
        """Opens nothing yet.

        Args:
            path: of the file.
            most_revisions: so many are kept.
            most_bytes: they have so many bytes together, compressed.
        """
        self._most_revisions = most_revisions
        self._most_bytes = most_bytes
        self._file = SqliteFile(path, _TABLES)

    def load(self) -> tuple[str, Digests]:
        """The id of the newest revision, empty for none, and its files. A damaged file is nothing, and goes.

        Raises:
            OSError: it cannot be read now.
        """
        try:
            with self._file.opened() as database:
                newest = database.execute("select id from revision order by number desc limit 1").fetchone()
                return (newest[0] if newest else ""), dict(database.execute("select path, digest from newest"))
        except OSError as error:
            self._file.begin_anew_if_damaged(error)
            _log.warning("%s is damaged: earlier revisions of the directory are not known any more", self._file.path)
            return "", {}

    def store(self, revision: CameIntoForce, changes: Mapping[bytes, SourceFile | None]) -> None:
        """Keeps a revision, and forgets those that are too many.

        Args:
            revision: that came into force.
            changes: the files that are others than in the one that was kept last; None for one that went.

        Raises:
            TooLarge: its files alone are too large; nothing is kept then.
            OSError: the disk does not take it, or another file took the place of this one: ESTALE.
        """
        with self._file.opened() as database:
            newest = database.execute("select id from revision order by number desc limit 1").fetchone()
            if revision.before is not None and (newest[0] if newest else "") != revision.before:
                # What changed since another one is not all that there is.
                raise OSError(errno.ESTALE, "another file took its place", str(self._file.path))
            is_first = newest is None
            made = (revision.revision_id, revision.author, revision.at.isoformat(), revision.subject)
            number = database.execute(
                "insert into revision (id, author, at, subject) values (?, ?, ?, ?)", made
            ).lastrowid
            for path, file in changes.items():
                before = database.execute("select digest from newest where path = ?", (path,)).fetchone()
                after = None if file is None else (digest_of_content(file),)
                if before == after:
                    continue
                if not is_first:
                    row = (number, path, before[0] if before else None)
                    database.execute("insert into earlier values (?, ?, ?)", row)
                if file is None:
                    database.execute("delete from newest where path = ?", (path,))
                else:
                    digest = digest_of_content(file)
                    database.execute("insert or replace into newest values (?, ?)", (path, digest))
                    database.execute(
                        "insert or ignore into content values (?, ?)", (digest, zlib.compress(file.content))
                    )
            is_fitting = self._forget(database)
        if not is_fitting:
            raise TooLarge

    def _forget(self, database: Connection) -> bool:
        """Forgets the oldest until they are few and small enough; all of them and False when not even the newest is."""
        (count,) = database.execute("select count(*) from revision").fetchone()
        for kept in range(min(count, self._most_revisions), 0, -1):
            database.execute(
                "delete from revision where number not in (select number from revision order by number desc limit ?)",
                (kept,),
            )
            # What the oldest one changed is told as long as it is kept.
            database.execute("delete from earlier where number < (select min(number) from revision)")
            if self._fits(database):
                return True
        database.execute("delete from earlier")
        if self._fits(database):
            return True
        for table in ("revision", "newest", "content"):
            database.execute(f"delete from {table}")  # noqa: S608 - constants
        return False

    def _fits(self, database: Connection) -> bool:
        database.execute(
            "delete from content where digest not in (select digest from newest union select digest from earlier where "
            "digest is not null)"
        )
        (total,) = database.execute("select coalesce(sum(length(packed)), 0) from content").fetchone()
        return bool(total <= self._most_bytes)

    def listed(self, before: str, most: int) -> tuple[PastRevision, ...]:
        """See `Revisions`."""
        last = before if before.isascii() and before.isdigit() and len(before) <= 18 else ""
        with self._reading() as database:
            if before and not last:
                found = self._found(database, before)
                if found is None:
                    return ()
                last = found.cursor
            rows = database.execute(
                f"select {_COLUMNS} from revision where ? = '' or number < cast(? as integer) order by number desc limit ?",  # noqa: S608 - constants
                (last, last, most),
            ).fetchall()
        return tuple(_past(*row) for row in rows)

    def found(self, revision_id: str) -> PastRevision | None:
        """See `Revisions`: the newest of its id."""
        with self._reading() as database:
            return self._found(database, revision_id)

    @staticmethod
    def _found(database: Connection, revision_id: str) -> PastRevision | None:
        digits = revision_id.removeprefix(_DIRECTORY)
        if len(digits) < FEWEST_DIGITS:
            return None
        row = database.execute(
            f"select {_COLUMNS} from revision where substr(id, 1, ?) = ? order by number desc limit 1",  # noqa: S608 - constants
            (len(digits) + len(_DIRECTORY), f"{_DIRECTORY}{digits}"),
        ).fetchone()
        return None if row is None else _past(*row)

    def changes(self, revision: PastRevision) -> FileChanges:
        """See `Revisions`; nothing of the first one that was ever kept."""
        number = int(revision.cursor)
        with self._reading() as database:
            before = dict(database.execute("select path, digest from earlier where number = ?", (number,)).fetchall())
            after = _digests_at(database, number)
            return {
                path: (_content(database, digest), _content(database, after.get(path)))
                for path, digest in before.items()
            }

    def files(self, revision: PastRevision) -> Files:
        """See `Revisions`."""
        number = int(revision.cursor)
        with self._reading() as database:
            if database.execute("select 1 from revision where number = ?", (number,)).fetchone() is None:
                raise RevisionsAway(f"revision {revision.revision_id} is not kept any more")
            held = {path: _content(database, digest) for path, digest in _digests_at(database, number).items()}
        return {path: content for path, content in held.items() if content is not None}

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._file.opened() as database:
                yield database
        except OSError as error:
            raise RevisionsAway(f"earlier revisions cannot be read: {error.strerror}") from None


def digest_of_content(file: SourceFile) -> bytes:
    """SHA-256 of what a file holds: it is known already, since the id of a directory is made of it."""
    return file.entry[len(file.path) + 1 :]


def _digests_at(database: Connection, number: int) -> dict[bytes, bytes]:
    """The files of a revision: those of the newest, with what each later one found before it, from the newest on."""
    digests: dict[bytes, bytes] = dict(database.execute("select path, digest from newest").fetchall())
    later = "select path, digest from earlier where number > ? order by number desc"
    for path, digest in database.execute(later, (number,)).fetchall():
        if digest is None:
            digests.pop(path, None)
        else:
            digests[path] = digest
    return digests


def _content(database: Connection, digest: bytes | None) -> bytes | None:
    if digest is None:
        return None
    row = database.execute("select packed from content where digest = ?", (digest,)).fetchone()
    if row is None:
        raise ValueError("what a file held is missing")
    return zlib.decompress(row[0])


def _past(number: int, revision_id: str, author: str, at: str, subject: str) -> PastRevision:
    return PastRevision(revision_id, author, datetime.fromisoformat(at), subject, str(number))
