"""Tables of earlier releases are brought to what ``tables`` says, in the transaction that makes those that are missing.

What stood twice or in JSON moves into rows of its own, so services of the earlier release must be stopped before: what they would still
write has no place any more. An answer that one of them has read waits with it, and is read again by those of this release.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import JSON, Column, Connection, MetaData, RowMapping, Table, insert, inspect, select, text

from tasks.service.steps import TaskStatus
from tasks.service.tables import Base, Model, ModelWorker, Prediction, StepAnswer, Task

# So many tasks are in memory at once, of 1000 predictions at worst.
_AT_ONCE: Final = 200
_BEFORE_ALL: Final = -1


def make_tables(connection: Connection) -> None:
    """Makes the tables that are missing, and moves into them what earlier releases kept elsewhere."""
    there = set(inspect(connection).get_table_names())
    models = _taken_out_models(connection) if Model.__tablename__ in there else []
    Base.metadata.create_all(connection)
    if models:
        connection.execute(insert(Model), models)
        # Workers that run on are heard again within a minute; until then nobody is said to be missing.
        connection.execute(insert(ModelWorker), [_nameless_worker(model) for model in models])
    if Task.__tablename__ in there:
        _move_results(connection)


def _columns(connection: Connection, table: str) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns(table)}


def _taken_out_models(connection: Connection) -> list[dict[str, Any]]:
    """What is known of models, when their table has none of two files of one name; it is removed then."""
    if Model.digest.key in _columns(connection, Model.__tablename__):
        return []
    earlier = _earlier(Model.__tablename__, ["kind", "name", "labels", "seen_s"], json="labels")
    rows = [{**row, "digest": ""} for row in connection.execute(select(earlier)).mappings()]
    connection.execute(text(f"DROP TABLE {Model.__tablename__}"))
    return rows


def _nameless_worker(model: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": "", "host": "", "model": model["name"], **{key: model[key] for key in ("kind", "digest", "seen_s")}}


def _move_results(connection: Connection) -> None:
    """From columns of the task into rows of what was answered, and of what was found."""
    columns = _columns(connection, Task.__tablename__)
    if "result" not in columns:
        return
    models = ["model"] if "model" in columns else []
    earlier = _earlier(Task.__tablename__, ["id", "kind", "status", "answered_s", "result", *models], json="result")
    answered = earlier.c.status.in_([TaskStatus.DONE, TaskStatus.FAILED])
    last = _BEFORE_ALL
    while True:
        some = select(earlier).where(answered, earlier.c.id > last).order_by(earlier.c.id).limit(_AT_ONCE)
        rows = connection.execute(some).mappings().all()
        if not rows:
            break
        last = rows[-1]["id"]
        _insert(connection, StepAnswer, [_answer(row) for row in rows if _was_answered(row)])
        _insert(connection, Prediction, [found for row in rows for found in _predictions(row)])
    for column in ("result", *models):
        connection.execute(text(f"ALTER TABLE {Task.__tablename__} DROP COLUMN {column}"))
    if connection.dialect.name == "postgresql":  # SQLite does not count characters
        connection.execute(text(f"ALTER TABLE {Task.__tablename__} ALTER COLUMN status TYPE VARCHAR(20)"))


def _was_answered(row: RowMapping) -> bool:
    """Whether by a worker: what the service gave up was not, and what failed without a model's name may have been either."""
    return row["status"] == TaskStatus.DONE or row.get("model") is not None


def _answer(row: RowMapping) -> Mapping[str, Any]:
    return {
        "task_id": row["id"],
        "kind": row["kind"],
        "model": row.get("model"),
        "failed": row["status"] == TaskStatus.FAILED,
        "answered_s": row["answered_s"] or 0.0,
    }


def _predictions(row: RowMapping) -> Iterable[Mapping[str, Any]]:
    boxes = ("x_coord", "y_coord", "width", "height", "rotation")
    for number, found in enumerate(row["result"] or ()):
        yield {
            "task_id": row["id"],
            "kind": row["kind"],
            "number": number,
            "class_id": found["class_id"],
            "probability": found["probability"],
            **{key: found.get(key) for key in boxes},
        }


def _insert(connection: Connection, table: type[Base], rows: list[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _earlier(table: str, names: Iterable[str], *, json: str) -> Table:
    columns = (Column(name, JSON) if name == json else Column(name) for name in names)
    return Table(table, MetaData(), *columns)
