import collections
import signal
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.kafka_settings import KafkaAddress
from tasks.limits import MAX_IMAGE_BYTES
from tasks.topics import ensure_topics
from tasks.wire import TaskKind, encode_task
from tests.patience import patient
from tests.tasks.worker.conftest import OwnKafka, TaskTopics, WorkerProcess
from tests.tasks.worker.small_networks import CLASSES, encoded, grey_png, write_fixed_box_detector

pytestmark = pytest.mark.kafka

START = Callable[..., WorkerProcess]
WAIT = Callable[..., Any]
CLASSIFY = TaskKind.CLASSIFICATION


def png(width: int, height: int, data: bytes) -> bytes:
    """A PNG that says it is of this size, and holds these bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def best(answer: Any) -> int:
    return int(answer[0]["class_id"])


def test_each_picture_gets_its_own_answer(
    topics: TaskTopics, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    start_worker(topics.address, "--classifier", str(classifier))
    for number in range(100):
        topics.ask(CLASSIFY, number, grey_png(number))
    wait_until(lambda: len(topics.answers(CLASSIFY)) == 100, "100 answers", 60)
    answers = topics.answers(CLASSIFY)
    assert {task_id: best(answer) for task_id, answer in answers.items()} == {n: n % CLASSES for n in range(100)}
    assert sum(item["probability"] for item in answers[3]) == pytest.approx(1, abs=0.01)


def test_an_answer_has_the_key_of_its_task(
    topics: TaskTopics, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    start_worker(topics.address, "--classifier", str(classifier))
    topics.put(CLASSIFY, encode_task(5, grey_png(5)), "5:something")
    wait_until(lambda: topics.answers(CLASSIFY), "an answer", 60)
    assert [message.key() for message in topics.results[CLASSIFY]] == [b"5:something"]


def test_a_poison_picture_is_answered_with_an_error_and_those_behind_it_are_answered(
    topics: TaskTopics, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    start_worker(topics.address, "--classifier", str(classifier), "--max-image-bytes", "300000")
    jpeg = encoded(np.zeros((64, 64, 3), np.uint8), ".jpg")
    poison = {
        1: (b"", "not a picture"),
        2: (b"GIF89a" + bytes(20), "neither JPEG nor PNG"),
        3: (bytes(range(256)) * 10, "not a picture"),
        4: (png(100_000, 100_000, zlib.compress(bytes(1000))), "pixels"),
        5: (png(64, 64, b"no deflate stream"), "cannot be decoded"),
        6: (jpeg[:100], "not a picture"),
        7: (bytes(300_001), "300001 bytes"),
        8: (jpeg[:2] + b"\xff\xe0\xff\xff" + jpeg[2:], "not a picture"),
    }
    # All with one key, so that one partition holds them in this order.
    for task_id, (image, _) in poison.items():
        topics.put(CLASSIFY, encode_task(task_id, image), "same")
    topics.put(CLASSIFY, b"\0\1", "same")
    topics.put(CLASSIFY, None, "same")
    topics.put(CLASSIFY, encode_task(99, grey_png(7)), "same")
    wait_until(lambda: 99 in topics.answers(CLASSIFY), "the answer to the good picture", 60)
    answers = topics.answers(CLASSIFY)
    assert set(answers) == {*poison, 99}
    for task_id, (_, says) in poison.items():
        assert says in answers[task_id]["error"]
    assert best(answers[99]) == 7
    wait_until(lambda: topics.committed(CLASSIFY) == len(poison) + 3, "all of them done with", 20)


def test_three_workers_share_the_tasks_and_the_tasks_of_one_that_is_killed_are_answered_by_the_others(
    topics: TaskTopics, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    workers = [start_worker(topics.address, "--classifier", str(classifier)) for _ in range(3)]
    asked = 0

    def all_are_busy() -> bool:
        nonlocal asked
        topics.ask(CLASSIFY, asked, grey_png(asked))
        asked += 1
        return all("task=" in worker.said() for worker in workers)

    wait_until(all_are_busy, "a task for each of three workers", 60)
    workers[0].kill()
    for number in range(asked, asked + 50):
        topics.ask(CLASSIFY, number, grey_png(number))
    wait_until(lambda: len(topics.answers(CLASSIFY)) == asked + 50, "all answers", 60)
    assert all(best(answer) == task_id % CLASSES for task_id, answer in topics.answers(CLASSIFY).items())


def test_a_worker_that_is_asked_to_stop_leaves_soon_and_answers_no_task_twice(
    topics: TaskTopics, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    first = start_worker(topics.address, "--classifier", str(classifier))
    for number in range(300):
        topics.ask(CLASSIFY, number, grey_png(number))
    wait_until(lambda: topics.answers(CLASSIFY), "a first answer", 60)
    assert first.leave(signal.SIGTERM) == 0, first.said()
    start_worker(topics.address, "--classifier", str(classifier))
    wait_until(lambda: len(topics.answers(CLASSIFY)) == 300, "all answers", 60)
    times = collections.Counter((message.value() or b"")[:8] for message in topics.results[CLASSIFY])
    assert set(times.values()) == {1}


def test_a_picture_that_kills_every_worker_is_given_up_after_some_attempts(
    topics: TaskTopics, tmp_path: Path, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    # What a decoder's crash does to a worker, without a picture that does it.
    deadly = tmp_path / "deadly.py"
    deadly.write_text(
        "import os, sys\n"
        "from tasks.worker import answering, worker\n"
        "from tasks.worker.__main__ import main\n"
        "alive = answering.answer_image\n"
        "def answer(image, model, limits):\n"
        "    return os._exit(9) if image == b'deadly' else alive(image, model, limits)\n"
        "worker.answer_image = answer\n"
        "main(sys.argv[1:])\n"
    )
    topics.put(CLASSIFY, encode_task(1, grey_png(1)), "same")
    topics.put(CLASSIFY, encode_task(2, b"deadly"), "same")
    topics.put(CLASSIFY, encode_task(3, grey_png(3)), "same")
    deaths = 0

    def answered_with_workers_started_again() -> bool:
        nonlocal deaths
        if running.process.poll() is not None:
            deaths += 1
            restart()
        return 3 in topics.answers(CLASSIFY)

    def restart() -> None:
        nonlocal running
        running = start_worker(topics.address, "--classifier", str(classifier), program=str(deadly))

    running = start_worker(topics.address, "--classifier", str(classifier), program=str(deadly))
    wait_until(answered_with_workers_started_again, "the picture behind the deadly one", 100)
    answers = topics.answers(CLASSIFY)
    assert "workers died" in answers[2]["error"]
    assert best(answers[1]) == 1
    # The first one is not counted: the picture was not the first of its worker then.
    assert deaths == 4


def test_a_worker_that_comes_before_its_topics_begins_when_they_are_there(
    kafka_bootstrap: str, start_worker: START, classifier: Path, wait_until: WAIT, topics: TaskTopics
) -> None:
    early = TaskTopics(type(topics.address)(kafka_bootstrap, f"{topics.address.prefix}early."))
    worker = start_worker(early.address, "--classifier", str(classifier))
    wait_until(lambda: "is not there yet" in worker.said(), "word that the topic is missing", 30)
    ensure_topics(early.address, partitions=2, max_image_bytes=MAX_IMAGE_BYTES)
    early.ask(CLASSIFY, 1, grey_png(1))
    wait_until(lambda: 1 in early.answers(CLASSIFY), "an answer", 30)
    early.close()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "nothing to do"),
        (["--detector", "onnx"], "needs --model"),
        (["--classifier", "missing.onnx"], "missing.onnx"),
        (["--classifier", "README.md"], "README.md: not a network"),
        (["--kafka-config", "missing"], "missing: cannot be read"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_said_in_a_line(
    topics: TaskTopics, start_worker: START, arguments: list[str], says: str
) -> None:
    worker = start_worker(topics.address, *arguments)
    assert worker.process.wait(patient(30)) == 2
    assert says in worker.said()
    assert len(worker.said().splitlines()) == 1


def test_boxes_of_a_network_are_told_relative_to_the_picture(
    topics: TaskTopics, start_worker: START, tmp_path: Path, wait_until: WAIT
) -> None:
    # 200 x 100 fits into 64 x 64 as 64 x 32 with 16 empty rows above: this box is the inner quarter.
    network = write_fixed_box_detector(tmp_path / "fixed.onnx", (16, 24, 48, 40), class_id=1)
    labels = tmp_path / "labels.txt"
    labels.write_text("cat\ndog\n")
    start_worker(topics.address, "--detector", "onnx", "--model", str(network), "--labels", str(labels))
    topics.ask(TaskKind.DETECTION, 7, encoded(np.zeros((100, 200, 3), np.uint8), ".jpg"))
    wait_until(lambda: topics.answers(TaskKind.DETECTION), "an answer", 60)
    (found,) = topics.answers(TaskKind.DETECTION)[7]
    assert found.pop("class_name") == "dog"
    assert found == pytest.approx(
        {"class_id": 1, "x_coord": 0.5, "y_coord": 0.5, "width": 0.5, "height": 0.5, "rotation": 0, "probability": 0.9},
        abs=0.01,
    )


def test_one_worker_answers_both_kinds(
    topics: TaskTopics, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    start_worker(topics.address, "--detector", "people", "--classifier", str(classifier))
    for number in range(4):
        topics.ask(TaskKind.DETECTION, number, grey_png(number, size=200))
        topics.ask(CLASSIFY, number, grey_png(number, size=200))
    wait_until(lambda: len(topics.answers(TaskKind.DETECTION)) == len(topics.answers(CLASSIFY)) == 4, "all answers", 60)
    assert set(map(str, topics.answers(TaskKind.DETECTION).values())) == {"[]"}


def test_a_slow_model_stays_in_the_group_and_gives_its_task_back_when_it_is_asked_to_stop(
    topics: TaskTopics, tmp_path: Path, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    # Much longer than a member may be silent here, which is as long as it may take.
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import sys, time\n"
        "from tasks.worker import answering, worker\n"
        "from tasks.worker.__main__ import main\n"
        "quick = answering.answer_image\n"
        "def answer(image, model, limits):\n"
        "    time.sleep(9 if image.startswith(b'9 s') else 60 if image.startswith(b'60 s') else 0)\n"
        "    return quick(image, model, limits)\n"
        "worker.answer_image = answer\n"
        "worker.MAX_SILENCE_S = 6\n"
        "main(sys.argv[1:])\n"
    )
    worker = start_worker(topics.address, "--classifier", str(classifier), program=str(slow))
    topics.put(CLASSIFY, encode_task(1, b"9 s"), "same")
    topics.put(CLASSIFY, encode_task(2, grey_png(2)), "same")
    topics.put(CLASSIFY, encode_task(3, b"60 s"), "same")
    topics.put(CLASSIFY, encode_task(4, grey_png(4)), "same")
    wait_until(lambda: {1, 2} <= set(topics.answers(CLASSIFY)), "the slow one and the one behind it", 60)
    assert "MAXPOLL" not in worker.said()
    assert worker.said().count("task=1 ") == 1
    assert worker.leave() == 0, worker.said()
    assert "task=3 given back unfinished" in worker.said()
    assert topics.committed(CLASSIFY) == 2
    start_worker(topics.address, "--classifier", str(classifier))
    wait_until(lambda: {3, 4} <= set(topics.answers(CLASSIFY)), "what was given back", 60)
    assert "not a picture" in topics.answers(CLASSIFY)[3]["error"]


@pytest.mark.timeout(180)
def test_an_outage_that_outlasts_the_membership_leaves_no_partition_behind(
    own_kafka: OwnKafka, tmp_path: Path, start_worker: START, classifier: Path, wait_until: WAIT
) -> None:
    address = KafkaAddress(own_kafka.address)
    ensure_topics(address, partitions=4, max_image_bytes=MAX_IMAGE_BYTES)
    topics = TaskTopics(address)
    program = tmp_path / "not_too_quick.py"
    program.write_text(
        "import sys, time\n"
        "from tasks.worker import answering, worker\n"
        "from tasks.worker.__main__ import main\n"
        "quick = answering.answer_image\n"
        "worker.answer_image = lambda *a: (time.sleep(0.02), quick(*a))[1]\n"
        "main(sys.argv[1:])\n"
    )
    worker = start_worker(address, "--classifier", str(classifier), program=str(program))
    for number in range(300):
        topics.ask(CLASSIFY, number, grey_png(number))
    wait_until(lambda: "task=" in worker.said(), "the first answer", 60)
    own_kafka.stop()
    wait_until(lambda: "the group could not be reached in time" in worker.said(), "the end of the membership", 60)
    own_kafka.start()
    wait_until(lambda: len(topics.answers(CLASSIFY)) == 300, "all answers", 60)
    topics.close()
