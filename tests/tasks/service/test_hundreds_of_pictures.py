"""Hundreds of pictures, two services, one and then three workers; a worker is killed and the broker restarted half way."""

import itertools
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tasks.kafka_settings import KafkaAddress
from tests.patience import patient
from tests.tasks.service.conftest import ServiceProcess
from tests.tasks.worker.conftest import OwnKafka, WorkerProcess
from tests.tasks.worker.small_networks import CLASSES, grey_png

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]

LEAST, LATE = 300, 20


def test_each_of_hundreds_of_pictures_is_answered_once(
    own_kafka: OwnKafka,
    tmp_path: Path,
    classifier: Path,
    start_service: Callable[..., ServiceProcess],
    start_worker: Callable[..., WorkerProcess],
    wait_until: Callable[..., Any],
) -> None:
    address = KafkaAddress(own_kafka.address)
    services = [start_service(address, "--partitions", "6") for _ in range(2)]
    database = tmp_path / "data" / "tasks.sqlite"

    def count(status: str) -> int:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=patient(15))
        try:
            (found,) = connection.execute("SELECT count(*) FROM tasks WHERE status = ?", (status,)).fetchone()
            return int(found)
        finally:
            connection.close()

    class_of: dict[int, int] = {}
    lock = threading.Lock()

    numbers = itertools.count()

    def upload() -> None:
        number = next(numbers)
        task_id = services[number % 2].upload(grey_png(number))
        with lock:
            assert task_id not in class_of
            class_of[task_id] = number % CLASSES

    enough = threading.Event()

    def upload_until_it_is_enough() -> None:
        while not enough.is_set():
            upload()

    workers = [start_worker(address, "--classifier", str(classifier))]
    with ThreadPoolExecutor(4) as clients:
        uploads = [clients.submit(upload_until_it_is_enough) for _ in range(4)]
        try:
            wait_until(lambda: count("done") >= LEAST / 3, "answers", 60)
            workers += [start_worker(address, "--classifier", str(classifier)) for _ in range(2)]
            wait_until(lambda: all("task=" in worker.said() for worker in workers), "all three workers work", 60)
            wait_until(lambda: len(class_of) > LEAST, "hundreds of pictures", 60)
            workers[1].kill()
            own_kafka.stop()
        finally:
            enough.set()
        for uploaded in uploads:
            uploaded.result(patient(60))
    # What comes while the broker is away is accepted all the same.
    for _ in range(LATE):
        upload()
    assert count("pending") >= LATE
    own_kafka.start()
    wait_until(lambda: count("done") == len(class_of), "all answers", 90)

    connection = sqlite3.connect(database)
    rows = connection.execute("SELECT id, json_extract(result, '$[0].class_id') FROM tasks").fetchall()
    connection.close()
    assert dict(rows) == class_of
    assert len(rows) == len(class_of)
