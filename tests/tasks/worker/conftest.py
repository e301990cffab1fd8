"""Workers as the processes that they are, on a real Kafka, with topics of each test's own."""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from deploy.kafka import run_kafka
from tasks.kafka_settings import KafkaAddress
from tasks.limits import MAX_IMAGE_BYTES
from tasks.topics import ensure_topics
from tasks.wire import TaskKind, encode_task, kind_topics
from tests.held_ports import hold_port
from tests.patience import patient
from tests.tasks.worker.small_networks import write_brightness_classifier

ROOT = Path(__file__).parents[3]
_DEADLINE_S = patient(30)


def reach(address: KafkaAddress) -> list[str]:
    return ["--bootstrap-servers", address.bootstrap_servers, "--topic-prefix", address.prefix]


class WorkerProcess:
    """``python -m tasks.worker`` with its stderr in a file."""

    def __init__(self, address: KafkaAddress, log: Path, *arguments: str, program: str = "") -> None:
        self.log = log
        run = [program] if program else ["-m", "tasks.worker"]
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", *run, *reach(address), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )

    def said(self) -> str:
        return self.log.read_text()

    def leave(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Returns the exit code after the signal."""
        self.process.send_signal(number)
        return self.process.wait(patient(15))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class TaskTopics:
    """The topics of one test: puts tasks in and takes results out."""

    def __init__(self, address: KafkaAddress) -> None:
        self.address = address
        self._producer = Producer({"bootstrap.servers": address.bootstrap_servers, "message.max.bytes": 30_000_000})
        self._consumers: dict[TaskKind, Consumer] = {}
        self.results: dict[TaskKind, list[Message]] = {kind: [] for kind in TaskKind}

    def put(self, kind: TaskKind, value: bytes | None, key: str | None = None) -> None:
        self._producer.produce(kind_topics(kind, self.address.prefix).tasks, value=value, key=key)
        assert self._producer.flush(_DEADLINE_S) == 0

    def ask(self, kind: TaskKind, task_id: int, image: bytes) -> None:
        self.put(kind, encode_task(task_id, image), str(task_id))

    def answers(self, kind: TaskKind) -> dict[int, Any]:
        """What was answered so far, by task id."""
        for message in iter(lambda: self._consumer(kind).poll(0.05), None):
            assert message.error() is None, message.error()
            self.results[kind].append(message)
        values = [message.value() or b"" for message in self.results[kind]]
        return {int.from_bytes(value[:8], "big"): json.loads(value[8:]) for value in values}

    def committed(self, kind: TaskKind) -> int:
        """How many tasks of this kind the group is done with."""
        names = kind_topics(kind, self.address.prefix)
        settings = {"bootstrap.servers": self.address.bootstrap_servers, "group.id": names.worker_group}
        consumer = Consumer(settings)
        try:
            count = len(consumer.list_topics(names.tasks, timeout=_DEADLINE_S).topics[names.tasks].partitions)
            places = [TopicPartition(names.tasks, partition) for partition in range(count)]
            return sum(max(0, place.offset) for place in consumer.committed(places, timeout=_DEADLINE_S))
        finally:
            consumer.close()

    def close(self) -> None:
        for consumer in self._consumers.values():
            consumer.close()
        admin = AdminClient({"bootstrap.servers": self.address.bootstrap_servers})
        names = [name for name in admin.list_topics(timeout=patient(10)).topics if name.startswith(self.address.prefix)]
        for future in admin.delete_topics(names).values() if names else ():
            try:
                future.result(patient(10))
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:  # a client that asks again finds it gone
                    raise

    def _consumer(self, kind: TaskKind) -> Consumer:
        if kind not in self._consumers:
            name = kind_topics(kind, self.address.prefix).results
            settings = {"bootstrap.servers": self.address.bootstrap_servers, "group.id": "unused"}
            consumer = Consumer(settings)
            count = len(consumer.list_topics(name, timeout=_DEADLINE_S).topics[name].partitions)
            consumer.assign([TopicPartition(name, partition, 0) for partition in range(count)])
            self._consumers[kind] = consumer
        return self._consumers[kind]


@pytest.fixture
def topics(kafka_bootstrap: str) -> Iterator[TaskTopics]:
    address = KafkaAddress(kafka_bootstrap, f"t{uuid.uuid4().hex[:8]}.")
    ensure_topics(address, partitions=4, max_image_bytes=MAX_IMAGE_BYTES)
    made = TaskTopics(address)
    yield made
    made.close()


@dataclass
class OwnKafka:
    """A Kafka that the test may stop and start."""

    data: Path
    address: str = ""

    def run(self, action: str, *arguments: str) -> str:
        command = [sys.executable, run_kafka.__file__, action, "--data", str(self.data), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patient(100))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def stop(self) -> None:
        self.run("stop")

    def start(self) -> None:
        """Starts it, each time on the same port."""
        self.address = self.run("start", "--port", self.address.rpartition(":")[2] or str(hold_port()))


@pytest.fixture
def own_kafka(tmp_path: Path, kafka_bootstrap: str) -> Iterator[OwnKafka]:
    kafka = OwnKafka(tmp_path / "kafka")
    kafka.start()
    yield kafka
    kafka.stop()


@pytest.fixture
def start_worker(tmp_path: Path) -> Iterator[Callable[..., WorkerProcess]]:
    """`start_worker(address, *arguments)` starts a worker; what still runs at the end is killed."""
    started: list[WorkerProcess] = []

    def start(address: KafkaAddress, *arguments: str, program: str = "") -> WorkerProcess:
        log = tmp_path / f"worker-{len(started)}.log"
        started.append(WorkerProcess(address, log, *arguments, program=program))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_brightness_classifier(tmp_path_factory.mktemp("networks") / "brightness.onnx")
