"""Pictures through detection and classification, with several services on one PostgreSQL and workers on one Kafka."""

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

from tasks.service.steps import AskedKind
from tests.patience import patient, wait_until
from tests.tasks.service.conftest import ServiceProcess
from tests.tasks.worker.conftest import OwnKafka, WorkerProcess
from tests.tasks.worker.small_networks import CLASSES, grey_png, write_brightness_classifier, write_fixed_box_detector

CLIENTS = 2
_LATE = 10


def worker_arguments(folder: Path) -> Sequence[str]:
    """What makes a worker answer both kinds: one box in each picture, and a class that its grey tells."""
    detector = write_fixed_box_detector(folder / "box.onnx", (16, 16, 48, 48), class_id=1)
    classifier = write_brightness_classifier(folder / "brightness.onnx")
    return ("--detector", "onnx", "--model", str(detector), "--classifier", str(classifier))


class Chain:
    """Uploads pictures, breaks what they go through, and counts by SQL what became of them."""

    def __init__(
        self, kafka: OwnKafka, url: str, services: Sequence[ServiceProcess], workers: Sequence[WorkerProcess]
    ) -> None:
        self._kafka, self._url, self._services, self._workers = kafka, url, services, workers
        self._numbers, self._lock = itertools.count(), threading.Lock()
        self.class_of: dict[int, int] = {}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        with psycopg.connect(self._url) as connection:
            return connection.execute(query.encode()).fetchall()

    def count(self, *statuses: str) -> int:
        """How many tasks have one of these statuses."""
        listed = ", ".join(f"'{status}'" for status in statuses)
        return int(self.rows(f"SELECT count(*) FROM tasks WHERE status IN ({listed})")[0][0])

    def upload(self) -> None:
        """One more picture, to the services in turn."""
        number = next(self._numbers)
        task_id = self._services[number % len(self._services)].upload(grey_png(number), AskedKind.BOTH)
        with self._lock:
            assert task_id not in self.class_of
            self.class_of[task_id] = number % CLASSES

    def upload_while(self, wanted: Callable[[], bool], then: Callable[[], None] = lambda: None) -> None:
        """Uploads by several clients as long as it is wanted, and until something was done then."""
        enough = threading.Event()

        def upload_on() -> None:
            while not enough.is_set():
                self.upload()

        with ThreadPoolExecutor(CLIENTS) as clients:
            uploads = [clients.submit(upload_on) for _ in range(CLIENTS)]
            try:
                wait_until(lambda: not wanted() or any(one.done() for one in uploads), "pictures", 120)
                then()
            finally:
                enough.set()
            for one in uploads:
                one.result(patient(60))

    def break_half_way(self, least: int) -> None:
        """Uploads so many pictures; a worker is killed and the broker stopped while they are answered, and started again."""

        def kill_and_stop() -> None:
            wait_until(lambda: all("task=" in worker.said() for worker in self._workers), "all workers work", 60)
            wait_until(lambda: self.count("done") >= least / 4, "some answers", 60)
            self._workers[-1].kill()
            self._kafka.stop()

        self.upload_while(lambda: len(self.class_of) < least, kill_and_stop)
        # What comes while the broker is away is accepted all the same.
        for _ in range(_LATE):
            self.upload()
        assert self.count("pending") >= _LATE
        self._kafka.start()

    def wait_for_all(self, seconds: float) -> None:
        """Waits until all pictures are done with."""
        wait_until(lambda: self.count("done", "failed") == len(self.class_of), "all answers", seconds)

    def faults(self) -> list[str]:
        """What was lost, or done otherwise than once and rightly; nothing if all is well."""
        every = len(self.class_of)
        best = self.rows("SELECT task_id, class_id FROM predictions WHERE kind = 'classification' AND number = 0")
        boxes = self.rows("SELECT task_id, class_id FROM predictions WHERE kind = 'detection'")
        answers = self.rows(
            "SELECT kind, model, count(*), count(DISTINCT model_digest) FROM answers GROUP BY 1, 2 ORDER BY 1"
        )
        found = {
            "tasks that are not done": self.count("done") != every,
            "classes": sorted(best) != sorted(self.class_of.items()),
            "boxes": sorted(boxes) != [(task_id, 1) for task_id in sorted(self.class_of)],
            "answers": answers != [("classification", "brightness", every, 1), ("detection", "box", every, 1)],
        }
        return [what for what, is_wrong in found.items() if is_wrong]
