"""The two threads between database and Kafka, on a real Kafka, when a picture or the database is not as it should be."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Producer
from sqlalchemy import Engine, text

from tasks.image_header import ImageHeader
from tasks.service.database import open_database
from tasks.service.image_files import ImageFiles
from tasks.service.known_models import KnownModels
from tasks.service.outbox import Outbox
from tasks.service.result_reader import ResultReader
from tasks.service.steps import AskedKind
from tasks.service.task_store import TaskStore
from tasks.wire import ImageClass, TaskKind, encode_result, kind_topics
from tests.patience import patient
from tests.tasks.worker.conftest import TaskTopics

pytestmark = pytest.mark.kafka

WAIT = Callable[..., Any]
KIND = TaskKind.CLASSIFICATION
HEADER = ImageHeader("image/png", 4, 3)
# As a server is after a failover, for all who connect from now on.
READ_ONLY = (
    "DO $$BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {}', current_database()); END$$"
)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(None, tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_engine(postgres_url: str, tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(postgres_url, tmp_path)
    yield engine
    engine.dispose()


@contextlib.contextmanager
def running(part: Callable[[threading.Event], None], wake: Callable[[], None] = lambda: None) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=part, args=(stop,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        wake()
        thread.join(patient(30))
        assert not thread.is_alive()


def statuses(engine: Engine) -> dict[int, tuple[str, bool]]:
    """Of each task, its status and whether it is claimed."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, status, claimed_until_s IS NOT NULL FROM tasks")).all()
    return {row[0]: (row[1], bool(row[2])) for row in rows}


def test_pictures_that_cannot_be_read_wait_and_hold_up_no_others(
    topics: TaskTopics, sqlite: Engine, tmp_path: Path, wait_until: WAIT, caplog: pytest.LogCaptureFixture
) -> None:
    store, files = TaskStore(sqlite, id_bytes=8), ImageFiles(tmp_path / "images")
    # More than are claimed at once, and a good one among them.
    names = [files.add(b"picture") for _ in range(12)]
    ids = [store.add("alice", AskedKind(KIND), name, HEADER).id for name in names]
    good = {ids[1], ids[-1]}
    bad = {one: files.path(name) for one, name in zip(ids, names, strict=True) if one not in good}
    for file in bad.values():
        file.unlink()
        file.mkdir()  # reading it fails also for root

    def end_claims() -> None:
        with sqlite.begin() as connection:
            connection.execute(text("UPDATE tasks SET claimed_until_s = NULL WHERE status = 'pending'"))

    outbox = Outbox(topics.address, store, files, id_bytes=8, partitions=1, max_image_bytes=1000)
    with running(outbox.run, outbox.wake):
        wait_until(lambda: all(statuses(sqlite)[one][0] == "sent" for one in good), "the good ones are sent", 40)
        wait_until(lambda: all(statuses(sqlite)[one] == ("pending", True) for one in bad), "the bad ones wait", 40)
        end_claims()
        outbox.wake()
        wait_until(lambda: all(statuses(sqlite)[one] == ("pending", True) for one in bad), "a second attempt", 40)
        for file in bad.values():
            file.rmdir()
            file.write_bytes(b"picture")
        end_claims()
        outbox.wake()
        wait_until(lambda: {status for status, _ in statuses(sqlite).values()} == {"sent"}, "all are sent", 40)
    said = [record.getMessage() for record in caplog.records if "cannot be read" in record.getMessage()]
    assert sorted(line.partition(" ")[0] for line in said) == sorted(f"task={one}" for one in bad)


@pytest.mark.parametrize(
    ("breaks", "heals", "says"),
    [
        (
            READ_ONLY.format("on"),
            READ_ONLY.format("off"),
            "read-only transaction (ReadOnlySqlTransaction, SQLSTATE 25006)",
        ),
        ("ALTER TABLE tasks RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO tasks", "UndefinedTable"),
    ],
    ids=["read-only", "no-table"],
)
def test_answers_wait_until_the_database_can_be_written(
    topics: TaskTopics,
    postgres_engine: Engine,
    postgres_url: str,
    wait_until: WAIT,
    caplog: pytest.LogCaptureFixture,
    breaks: str,
    heals: str,
    says: str,
) -> None:
    def change(statement: str) -> None:
        writable = "-c default_transaction_read_only=off"
        with psycopg.connect(postgres_url, autocommit=True, options=writable) as connection:
            connection.execute(statement.encode())
        postgres_engine.dispose()  # a setting of the database is taken by new connections

    caplog.set_level(logging.INFO)
    store = TaskStore(postgres_engine, id_bytes=8)
    ids = [store.add("alice", AskedKind(KIND), "0" * 32, HEADER).id for _ in range(3)]
    store.mark_sent(store.claim(3, 60))
    change(breaks)
    producer = Producer({"bootstrap.servers": topics.address.bootstrap_servers})
    for one in ids:
        producer.produce(
            kind_topics(KIND, topics.address.prefix).results, encode_result(one, (ImageClass(1, 0.5),)), partition=0
        )
    producer.flush(10)
    with running(ResultReader(topics.address, store, KnownModels(postgres_engine), id_bytes=8).run):
        wait_until(lambda: "answers wait" in caplog.text or "skipped" in caplog.text, "word of it", 60)
        assert says in caplog.text
        change(heals)
        wait_until(lambda: {status for status, _ in statuses(postgres_engine).values()} == {"done"}, "answers", 60)
    assert "skipped" not in caplog.text


def test_an_answer_that_the_database_cannot_keep_does_not_take_others_with_it(
    topics: TaskTopics, postgres_engine: Engine, wait_until: WAIT, caplog: pytest.LogCaptureFixture
) -> None:
    store = TaskStore(postgres_engine, id_bytes=8)
    ids = [store.add("alice", AskedKind(KIND), "0" * 32, HEADER).id for _ in range(2)]
    producer = Producer({"bootstrap.servers": topics.address.bootstrap_servers})
    topic = kind_topics(KIND, topics.address.prefix).results
    for one, key in ((ids[0], b"\0"), (ids[1], None)):  # no text of PostgreSQL holds a zero character
        producer.produce(topic, encode_result(one, (ImageClass(1, 0.5),)), key, partition=0)
    producer.flush(10)
    with running(ResultReader(topics.address, store, KnownModels(postgres_engine), id_bytes=8).run):
        wait_until(lambda: statuses(postgres_engine)[ids[1]][0] == "done", "the second answer", 60)
    assert statuses(postgres_engine)[ids[0]][0] == "pending"
    assert "skipped an answer that cannot be stored: DataError" in caplog.text
