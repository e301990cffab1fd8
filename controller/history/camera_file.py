"""What is remembered of cameras, on disk: a SQLite file of the state directory, bounded for each and in all."""

import contextlib
import logging
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from controller.history.camera_changes import Applied, CameraChange, Condition, Rollout
from controller.history.sqlite_file import SqliteFile
from crds.change import ChangeClass

FILE_NAME: Final = "camera-history.sqlite3"
MOST_OF_A_CAMERA: Final = 64
"""Changes of its condition."""
MOST_CONDITIONS: Final = 100_000
"""Of all cameras: some 20 MiB."""
MOST_OF_AN_INSTANCE: Final = 16
"""Generations that touched it."""
MOST_ROLLOUTS: Final = 40_000
"""Of all instances: some 6 MiB."""
_log = logging.getLogger(__name__)
_TABLES: Final = (
    """create table if not exists conditions (
        id integer primary key autoincrement, camera text not null, at integer not null, status text not null,
        reason text not null, message text not null
    )""",
    "create index if not exists of_camera on conditions (camera, id)",
    """create table if not exists rollouts (
        id integer primary key autoincrement, instance text not null, node text not null, epoch integer not null,
        generation integer not null, class text not null, published integer not null, applied integer,
        unique (instance, node, epoch, generation)
    )""",
    "create index if not exists under_way on rollouts (node) where applied is null",
)
_NEWEST: Final = "select at, status, reason, message from conditions where camera = ? order by id desc limit 1"
_ADD: Final = "insert into conditions (camera, at, status, reason, message) values (?, ?, ?, ?, ?)"
_ROLLOUT: Final = "instance, node, epoch, generation, class, published, applied"


@dataclass(frozen=True)
class Happened:
    """What is to be kept, in the order in which it happened."""

    cameras: Sequence[CameraChange] = ()
    rollouts: Sequence[Rollout] = ()
    applied: Sequence[Applied] = ()

    def __bool__(self) -> bool:
        """False when that is nothing."""
        return bool(self.cameras or self.rollouts or self.applied)


@dataclass(frozen=True)
class CameraPast:
    """What is kept of some cameras, and of the instances that watch them; each oldest first."""

    conditions: Mapping[str, Sequence[Condition]] = field(default_factory=dict)
    """By name of the camera."""
    rollouts: Mapping[str, Sequence[Rollout]] = field(default_factory=dict)
    """By name of the instance."""


class CameraPasts(Protocol):
    """Keeps it. Blocks."""

    def load(self) -> frozenset[str]:
        """The names of the cameras of which something is kept. A damaged file is nothing, and goes.

        Raises:
            OSError: it cannot be read now.
        """
        ...

    def of(self, cameras: Collection[str], instances: Collection[str]) -> CameraPast:
        """What is kept of some cameras and instances.

        Raises:
            OSError: it cannot be read now.
        """
        ...

    def store(self, happened: Happened) -> None:
        """Keeps what happened.

        Raises:
            OSError: the disk does not take it.
        """
        ...


class CameraFile:
    """Keeps it in a file, or in memory for want of one."""

    def __init__(self, path: Path | None = None, most: tuple[int, int] = (MOST_CONDITIONS, MOST_ROLLOUTS)) -> None:
        """Opens nothing yet.

        Args:
            path: the file; None for memory.
            most: conditions and rollouts that are kept in all, the latest of them.
        """
        self._file = SqliteFile(path, _TABLES)
        self._most_conditions, self._most_rollouts = most

    def load(self) -> frozenset[str]:
        """See `CameraPasts`."""
        try:
            with self._file.opened() as database:
                return frozenset(name for (name,) in database.execute("select distinct camera from conditions"))
        except OSError as error:
            self._begin_anew_if_damaged(error)
            return frozenset()

    def of(self, cameras: Collection[str], instances: Collection[str]) -> CameraPast:
        """See `CameraPasts`."""
        with self._opened() as database:
            conditions = {
                name: tuple(
                    Condition(*row)
                    for row in database.execute(
                        "select at, status, reason, message from conditions where camera = ? order by id", (name,)
                    )
                )
                for name in cameras
            }
            rollouts = {
                name: tuple(
                    _rollout(*row)
                    for row in database.execute(
                        f"select {_ROLLOUT} from rollouts where instance = ? order by id",  # noqa: S608 - columns
                        (name,),
                    )
                )
                for name in instances
            }
        return CameraPast(conditions, rollouts)

    def store(self, happened: Happened) -> None:
        """See `CameraPasts`."""
        with self._opened() as database:
            _store_rollouts(database, happened.rollouts, happened.applied)
            _store_conditions(database, happened.cameras)
            _keep_the_latest(database, "conditions", self._most_conditions)
            _keep_the_latest(database, "rollouts", self._most_rollouts)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """A transaction. What finds the file damaged fails, and the next one has a new file."""
        try:
            with self._file.opened() as database:
                yield database
        except OSError as error:
            self._begin_anew_if_damaged(error)
            raise

    def _begin_anew_if_damaged(self, error: OSError) -> None:
        self._file.begin_anew_if_damaged(error)
        _log.warning("%s is damaged: what is remembered of cameras begins anew", self._file.path)


def _store_rollouts(database: sqlite3.Connection, rollouts: Iterable[Rollout], applied: Iterable[Applied]) -> None:
    for one in rollouts:
        database.execute(
            f"insert or replace into rollouts ({_ROLLOUT}) values (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - columns
            (*one[:4], one.change_class.value, one.published_ms, one.applied_ms),
        )
    database.executemany(
        "delete from rollouts where instance = ?1 and id <= "
        "(select id from rollouts where instance = ?1 order by id desc limit 1 offset ?2)",
        [(name, MOST_OF_AN_INSTANCE) for name in {one.instance for one in rollouts}],
    )
    # A later generation holds what the ones before it asked for.
    database.executemany(
        "update rollouts set applied = ? where node = ? and applied is null and (epoch, generation) <= (?, ?)",
        [(one.at_ms, one.node, one.epoch, one.generation) for one in applied],
    )


def _store_conditions(database: sqlite3.Connection, changes: Iterable[CameraChange]) -> None:
    touched = set()
    for name, before, after in changes:
        if after is None:
            database.execute("delete from conditions where camera = ?", (name,))
            continue
        row = database.execute(_NEWEST, (name,)).fetchone()
        newest = None if row is None else Condition(*row)
        if newest is None and before is None:
            continue  # what was always so is no change
        for one in after_newest(newest, before, after):
            database.execute(_ADD, (name, *one))
            touched.add(name)
    database.executemany(
        "delete from conditions where camera = ?1 and id <= "
        "(select id from conditions where camera = ?1 order by id desc limit 1 offset ?2)",
        [(name, MOST_OF_A_CAMERA) for name in touched],
    )


def after_newest(newest: Condition | None, before: Condition | None, after: Condition) -> tuple[Condition, ...]:
    """What is kept of a change after the newest that is kept: also what was so before it, where that is not known.

    Args:
        newest: that is kept; None for nothing.
        before: what was shown before the change; None when nothing was.
        after: what is shown now.
    """
    found = [] if newest is None else [newest]
    for one in (before, after):
        if one is not None and not (found and one.says_the_same(found[-1])):
            # Times go on, whatever the clock does: what came later stands later.
            found.append(one if not found else one._replace(at_ms=max(one.at_ms, found[-1].at_ms)))
    return tuple(found[newest is not None :])


def _keep_the_latest(database: sqlite3.Connection, table: str, most: int) -> None:
    excess = database.execute(f"select count(*) from {table}").fetchone()[0] - most  # noqa: S608 - a table of ours
    if excess > 0:
        database.execute(
            f"delete from {table} where id in (select id from {table} order by id limit ?)",  # noqa: S608 - likewise
            (excess,),
        )


def _rollout(
    instance: str, node: str, epoch: int, generation: int, change_class: str, published_ms: int, applied_ms: int | None
) -> Rollout:
    return Rollout(instance, node, epoch, generation, ChangeClass(change_class), published_ms, applied_ms)
