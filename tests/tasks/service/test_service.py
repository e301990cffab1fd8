"""The service as the process that it is, with real workers, on a real Kafka."""

import contextlib
import hashlib
import json
import select
import socket
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from confluent_kafka import Producer

from tasks.kafka_settings import KafkaAddress
from tasks.wire import ImageClass, TaskKind, encode_result, kind_topics
from tests.held_ports import hold_port
from tests.patience import patient
from tests.tasks.service.conftest import PASSWORDS, ServiceProcess
from tests.tasks.worker.conftest import TaskTopics, WorkerProcess
from tests.tasks.worker.small_networks import encoded, grey_png

pytestmark = pytest.mark.kafka

START = Callable[..., ServiceProcess]
START_WORKER = Callable[..., WorkerProcess]
WAIT = Callable[..., Any]
RESULTS = kind_topics(TaskKind.CLASSIFICATION).results


def test_a_picture_goes_in_and_its_class_comes_out(
    topics: TaskTopics,
    start_service: START,
    start_worker: START_WORKER,
    classifier: Path,
    wait_until: WAIT,
    database_url: str | None,
) -> None:
    service = start_service(topics.address, *(["--database-url", database_url] if database_url else []))
    worker = start_worker(topics.address, "--classifier", str(classifier))
    task_id = service.upload(grey_png(9))
    wait_until(lambda: service.result(task_id)["status"] == "done", "an answer", 30)
    assert service.result(task_id)["result"][0]["class_id"] == 9
    assert [task["id"] for task in service.client.get("/tasks?model=brightness").json()["tasks"]] == [task_id]
    wait_until(lambda: service.client.get("/models").json(), "a model", 30)
    (model,) = service.client.get("/models").json()
    digest = f"sha256:{hashlib.sha256(classifier.read_bytes()).hexdigest()}"
    assert (model["name"], model["digest"], model["workers"][0]["host"]) == ("brightness", digest, socket.gethostname())
    assert service.result(task_id)["models"] == [{"kind": "classification", "name": "brightness", "digest": digest}]
    assert service.client.get("/healthz").json()["workers"] == {"detection": 0, "classification": 1}
    assert worker.leave() == 0
    wait_until(lambda: not service.client.get("/models").json()[0]["available"], "word that the worker has left", 30)


def test_a_photograph_fits_into_a_message(
    topics: TaskTopics, start_service: START, start_worker: START_WORKER, classifier: Path, wait_until: WAIT
) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (2300, 2300, 3), np.uint8)
    image = encoded(noise, ".png")
    assert len(image) > 15_000_000
    service = start_service(topics.address)
    start_worker(topics.address, "--classifier", str(classifier))
    task_id = service.upload(image)
    wait_until(lambda: service.result(task_id)["status"] == "done", "an answer", 60)
    assert service.client.get(f"/tasks/{task_id}/input").content == image


def test_without_kafka_tasks_are_taken_and_wait(start_service: START, wait_until: WAIT) -> None:
    service = start_service(KafkaAddress(f"127.0.0.1:{hold_port()}"))
    task_id = service.upload(grey_png(1))
    wait_until(lambda: service.client.get("/healthz").json()["kafka"] == "away", "word that Kafka is away", 30)
    assert service.result(task_id)["status"] == "pending"
    assert service.leave() == 0, service.said()


def test_an_idle_connection_is_left_open_for_longer_than_clients_keep_theirs(start_service: START) -> None:
    service = start_service(KafkaAddress(f"127.0.0.1:{hold_port()}"))
    url = httpx.URL(service.url)
    with contextlib.closing(HTTPConnection(url.host, url.port)) as connection:
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        closed, _, _ = select.select([connection.sock], [], [], httpx.Limits().keepalive_expiry + 1.5)
        assert not closed


def test_what_was_not_sent_yet_is_sent_after_a_crash(
    topics: TaskTopics,
    start_service: START,
    start_worker: START_WORKER,
    classifier: Path,
    wait_until: WAIT,
) -> None:
    unreachable = KafkaAddress(f"127.0.0.1:{hold_port()}", topics.address.prefix)
    crashed = start_service(unreachable)
    ids = [crashed.upload(grey_png(number)) for number in range(5)]
    crashed.stop()
    service = start_service(topics.address)
    start_worker(topics.address, "--classifier", str(classifier))
    wait_until(lambda: all(service.result(one)["status"] == "done" for one in ids), "all answers", 100)


def test_results_that_are_none_are_skipped_and_those_behind_them_are_stored(
    topics: TaskTopics, start_service: START, wait_until: WAIT
) -> None:
    service = start_service(topics.address)
    first, second, third = (service.upload(grey_png(number)) for number in range(3))
    service.client.delete(f"/tasks/{third}")
    good = (ImageClass(4, 0.5),)
    values = [
        (None, None),
        (b"", b""),
        (b"\xff" * 8 + b"[]", None),
        (encode_result(first, good)[:8] + b"{nonsense", None),
        (encode_result(first, good), b"of another database"),
        (encode_result(first, good), b"\xff\xfe"),
        (encode_result(third, good), None),
        (encode_result(first, good), None),
        (encode_result(first, (ImageClass(5, 0.5),)), None),
        (encode_result(second, good), None),
    ]
    producer = Producer({"bootstrap.servers": topics.address.bootstrap_servers})
    for value, key in values:
        producer.produce(topics.address.prefix + RESULTS, value=value, key=key, partition=0)
    producer.flush(10)
    wait_until(lambda: service.result(second)["status"] == "done", "the last answer", 30)
    assert service.result(first)["result"] == [{"class_id": 4, "probability": 0.5}]
    assert [task["id"] for task in service.client.get("/tasks").json()["tasks"]] == [second, first]
    assert service.said().count("skipped offset") == 3


def test_nothing_secret_is_logged(
    topics: TaskTopics, start_service: START, postgres_url: str, wait_until: WAIT
) -> None:
    url = postgres_url.replace("fleet@", "fleet:db-secret@")
    service = start_service(topics.address, "--database-url", url)
    service.upload(grey_png(1))
    for password in ("guess-secret", PASSWORDS["alice"]):
        service.client.post("/token", data={"username": "alice", "password": password})
    service.client.get("/tasks/../../etc")
    assert service.leave() == 0
    token = service.client.headers["authorization"].split()[1]
    for secret in ("db-secret", "guess-secret", PASSWORDS["alice"], token):
        assert secret not in service.said()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ["--database-url", "postgresql://u:secret@127.0.0.1:1/d"],
            "database postgresql d: Connection refused",
        ),
        (["--users-file", "missing", "--kafka-config", "missing"], "missing: cannot be read"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_said_in_a_line(
    tmp_path: Path, users_file: Path, arguments: list[str], says: str
) -> None:
    log = tmp_path / "log"
    service = ServiceProcess(KafkaAddress("127.0.0.1:1"), tmp_path / "data", users_file, hold_port(), log, *arguments)
    try:
        assert service.process.wait(patient(30)) == 1
        assert says in service.said()
        assert "secret" not in service.said()
        assert len(service.said().splitlines()) == 1
    finally:
        service.stop()


def test_a_port_that_is_taken_is_said(
    topics: TaskTopics, start_service: START, tmp_path: Path, users_file: Path
) -> None:
    first = start_service(topics.address)
    port = int(first.url.rpartition(":")[2])
    second = ServiceProcess(topics.address, tmp_path / "data", users_file, port, tmp_path / "log")
    try:
        assert second.process.wait(patient(30)) == 1
        assert f"cannot listen on 127.0.0.1:{port}" in second.said()
    finally:
        second.stop()
    assert json.loads(first.client.get("/healthz").text)["database"] == "ok"
