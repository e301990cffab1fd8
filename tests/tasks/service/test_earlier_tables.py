"""Databases of earlier releases, as those made them: nothing of what stood in them is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from pipeline.files.json_reader import ConfigError
from tasks.service.database import open_database
from tasks.service.known_models import KnownModels
from tasks.service.task_store import ReceivedAnswer, TaskStore
from tasks.wire import ImageClass, TaskKind

TABLES = """
CREATE TABLE models (kind VARCHAR(20) NOT NULL, name VARCHAR(200) NOT NULL, labels JSON NOT NULL,
  seen_s DOUBLE PRECISION NOT NULL, PRIMARY KEY (kind, name));
CREATE TABLE tasks (id {number}, owner VARCHAR(100) NOT NULL, kind VARCHAR(20) NOT NULL, status VARCHAR(10) NOT NULL,
  image VARCHAR(40) NOT NULL, content_type VARCHAR(20) NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
  message_key VARCHAR(40) NOT NULL, created_s DOUBLE PRECISION NOT NULL, answered_s DOUBLE PRECISION,
  claimed_until_s DOUBLE PRECISION, result JSON, error VARCHAR{model});
CREATE INDEX tasks_by_status ON tasks (status, id);
CREATE INDEX tasks_of_owner ON tasks (owner, id);
CREATE INDEX tasks_waiting ON tasks (status, owner);
CREATE TABLE tokens (digest VARCHAR(64) NOT NULL, owner VARCHAR(100) NOT NULL, credential VARCHAR(64) NOT NULL,
  expires_s DOUBLE PRECISION NOT NULL, PRIMARY KEY (digest));
CREATE INDEX tokens_of_owner ON tokens (owner, expires_s);
INSERT INTO models VALUES ('classification', 'weather', '["rain"]', 5);
"""
BOX = (
    '{"class_id": 1, "x_coord": 0.5, "y_coord": 0.5, "width": 0.2, "height": 0.1, "rotation": 0.0, "probability": 0.82}'
)
ROWS = (
    (1, "detection", "done", f"[{BOX}, {BOX}]", None, "traffic"),
    (2, "classification", "done", '[{"class_id": 4, "probability": 0.5}]', None, None),
    (3, "detection", "done", "[]", None, "traffic"),
    (4, "detection", "failed", None, "not a picture", "traffic"),
    (5, "detection", "failed", None, "no worker took this task in time", None),
    (6, "classification", "sent", None, None, None),
)
NUMBERS = {"sqlite": "INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT", "postgresql": "BIGSERIAL NOT NULL PRIMARY KEY"}


@pytest.fixture(params=["with models", "without models"])
def has_models(request: pytest.FixtureRequest) -> bool:
    """Whether its tasks name their model, which those of the first release do not."""
    return str(request.param) == "with models"


@pytest.fixture
def earlier(database_url: str | None, tmp_path: Path, has_models: bool) -> None:
    """Makes the database as the earlier release left it."""
    url = f"sqlite:///{tmp_path}/tasks.sqlite" if database_url is None else database_url
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    number = NUMBERS[engine.dialect.name]
    columns = "id, kind, status, result, error, owner, image, content_type, width, height, message_key, created_s"
    with engine.begin() as connection:
        for statement in TABLES.format(number=number, model=", model VARCHAR(200)" if has_models else "").split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)
        insert = f"INSERT INTO tasks ({columns}) VALUES (:id, :kind, :status, :result, :error, 'alice', 'a', 'b', 4, 3, :key, 7)"
        for *row, model in ROWS:
            given = dict(zip(("id", "kind", "status", "result", "error"), row, strict=True))
            connection.execute(text(insert), given | {"key": f"{row[0]}:k"})
            if has_models:
                connection.execute(
                    text("UPDATE tasks SET model = :model WHERE id = :id"), {"model": model, "id": row[0]}
                )
        connection.execute(text("UPDATE tasks SET answered_s = 9 WHERE status IN ('done', 'failed')"))
    engine.dispose()


def shown(store: TaskStore, task_id: int) -> tuple[str, str | None, list[tuple[str | None, bool, int]]]:
    task = store.get("alice", task_id, with_result=True)
    assert task is not None
    return task.status, task.error, [(one.model, one.failed, len(one.predictions)) for one in task.answers]


@pytest.mark.usefixtures("earlier")
def test_what_was_answered_becomes_rows(open_engine: Callable[[], Engine], *, has_models: bool) -> None:
    for _ in range(2):  # the second start finds nothing to move
        engine = open_engine()
        store, traffic = TaskStore(engine, id_bytes=8), "traffic" if has_models else None
        assert shown(store, 1) == ("done", None, [(traffic, False, 2)])
        assert shown(store, 2) == ("done", None, [(None, False, 1)])
        assert shown(store, 3) == ("done", None, [(traffic, False, 0)])
        assert shown(store, 4) == ("failed", "not a picture", [(traffic, True, 0)] if has_models else [])
        assert shown(store, 5) == ("failed", "no worker took this task in time", [])
        assert shown(store, 6) == ("sent", None, [])
        assert [task.id for task in store.newest("alice", None, None, 9, "traffic")] == (
            [4, 3, 1] if has_models else []
        )
        assert {column["name"] for column in inspect(engine).get_columns("tasks")}.isdisjoint({"result", "model"})
    with engine.connect() as connection:
        box = connection.execute(text("SELECT * FROM predictions WHERE task_id = 1 AND number = 1")).mappings().one()
    assert dict(box) == {
        "task_id": 1, "kind": "detection", "number": 1, "class_id": 1, "class_name": None, "x_coord": 0.5, "y_coord": 0.5,
        "width": 0.2, "height": 0.1, "rotation": 0.0, "probability": 0.82,
    }  # fmt: skip
    (model,) = KnownModels(engine).models()
    assert (model.kind, model.name, model.digest, model.labels, model.seen_s) == (
        "classification",
        "weather",
        "",
        ["rain"],
        5,
    )
    (worker,) = KnownModels(engine).living_workers(100)
    assert (worker.id, worker.kind, worker.model, worker.seen_s) == ("", "classification", "weather", 5)
    # What was on its way is answered, and the next id is a new one, in a status that is longer than any before.
    assert store.answer([ReceivedAnswer(TaskKind.CLASSIFICATION, 6, "6:k", (ImageClass(1, 0.5),))])
    with engine.begin() as connection:
        connection.execute(text("UPDATE tasks SET status = 'classifying' WHERE id = 6"))


@pytest.mark.usefixtures("earlier")
def test_a_start_that_breaks_half_way_leaves_the_database_as_it_was(
    database_url: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr("tasks.service.earlier_tables._predictions", cut)
        with pytest.raises(ConfigError):
            open_database(database_url, tmp_path)
    engine = open_database(database_url, tmp_path)
    assert shown(TaskStore(engine, id_bytes=8), 2)[2] == [(None, False, 1)]
    assert [model.name for model in KnownModels(engine).models()] == ["weather"]
    engine.dispose()
