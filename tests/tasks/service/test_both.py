"""A task of both on a real database: its detection, then its classification, and whatever comes between or twice."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tasks.image_header import ImageHeader
from tasks.service.steps import AskedKind
from tasks.service.task_store import ReceivedAnswer, TaskStore
from tasks.wire import Answer, DetectedPrimitive, ImageClass, TaskFailure, TaskKind
from tests.patience import patient
from tests.tasks.service.conftest import Api
from tests.tasks.worker.small_networks import grey_png

DETECT, CLASSIFY = TaskKind.DETECTION, TaskKind.CLASSIFICATION
BOXES = (DetectedPrimitive(1, 0.5, 0.25, 0.5, 0.25, 0.0, 0.75, "dog"), DetectedPrimitive(0, 0, 0, 1, 1, 0.5, 0.5))
CLASSES = (ImageClass(4, 0.5, "indoors"), ImageClass(3, 0.25))


def add(store: TaskStore) -> int:
    return store.add("alice", AskedKind.BOTH, "0" * 32, ImageHeader("image/png", 4, 3)).id


def answered(store: TaskStore, task_id: int, kind: TaskKind, answer: Answer | None = None) -> bool:
    """Whether the answer was stored."""
    given = answer if answer is not None else BOXES if kind is DETECT else CLASSES
    return bool(store.answer([ReceivedAnswer(kind, task_id, None, given, f"a-{kind}", f"sha256:{kind}")]))


def send(store: TaskStore) -> list[tuple[int, TaskKind]]:
    """Hands what is due to Kafka, and returns what that was."""
    claimed = store.claim(10, 60)
    store.mark_sent(claimed)
    return [(task.task_id, task.step.kind) for task in claimed]


def status(store: TaskStore, task_id: int) -> str | None:
    task = store.get("alice", task_id)
    return None if task is None else task.status


def counted(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_its_status_moves_with_its_steps_and_predictions_are_rows(store: TaskStore, engine: Engine) -> None:
    task_id = add(store)
    assert status(store, task_id) == "pending"
    assert send(store) == [(task_id, DETECT)]
    assert status(store, task_id) == "sent"
    assert answered(store, task_id, DETECT)
    assert status(store, task_id) == "detected"
    assert send(store) == [(task_id, CLASSIFY)]
    assert (status(store, task_id), send(store)) == ("classifying", [])
    assert store.unanswered_steps() == {CLASSIFY: 1}
    assert answered(store, task_id, CLASSIFY)
    assert (status(store, task_id), store.unanswered_steps()) == ("done", {})
    found = "SELECT kind, number, class_id, class_name, x_coord, rotation, probability FROM predictions ORDER BY kind, number"
    assert counted(engine, found) == [
        ("classification", 0, 4, "indoors", None, None, 0.5),
        ("classification", 1, 3, None, None, None, 0.25),
        ("detection", 0, 1, "dog", 0.5, 0.0, 0.75),
        ("detection", 1, 0, None, 0.0, 0.5, 0.5),
    ]
    by_model = "SELECT model, model_digest, count(*) FROM answers JOIN predictions USING (task_id, kind) GROUP BY 1, 2 ORDER BY 1"
    assert counted(engine, by_model) == [
        ("a-classification", "sha256:classification", 2),
        ("a-detection", "sha256:detection", 2),
    ]


def test_a_classification_before_its_turn_changes_nothing(store: TaskStore) -> None:
    task_id = add(store)
    assert not answered(store, task_id, CLASSIFY)
    send(store)
    assert not answered(store, task_id, CLASSIFY)
    assert status(store, task_id) == "sent"


def test_an_answer_that_comes_twice_counts_once_in_each_step(store: TaskStore, engine: Engine) -> None:
    task_id = add(store)
    send(store)
    for kind in (DETECT, CLASSIFY):
        assert answered(store, task_id, kind)
        send(store)
        assert not answered(store, task_id, kind)
        assert not answered(store, task_id, kind, TaskFailure("late"))
    assert not answered(store, task_id, DETECT)
    assert status(store, task_id) == "done"
    assert counted(engine, "SELECT kind, count(*) FROM predictions GROUP BY kind ORDER BY kind") == [
        ("classification", 2),
        ("detection", 2),
    ]


def test_an_acknowledgement_that_is_late_marks_no_later_step_as_sent(store: TaskStore) -> None:
    task_id = add(store)
    first = store.claim(10, 60)
    assert answered(store, task_id, DETECT)
    store.mark_sent(first)
    store.fail(first[0], "too late")
    second = store.claim(10, 60)
    store.give_back(first)
    assert ([task.step.kind for task in second], store.claim(10, 60)) == ([CLASSIFY], [])
    assert status(store, task_id) == "detected"
    store.give_back(second)
    assert send(store) == [(task_id, CLASSIFY)]


def test_of_a_task_that_is_deleted_between_its_steps_nothing_is_left(store: TaskStore, engine: Engine) -> None:
    task_id = add(store)
    assert answered(store, task_id, DETECT)
    claimed = store.claim(10, 60)
    assert store.remove("alice", task_id) is not None
    store.mark_sent(claimed)
    assert not answered(store, task_id, CLASSIFY)
    for table in ("tasks", "answers", "predictions"):
        assert counted(engine, f"SELECT count(*) FROM {table}") == [(0,)]


def test_two_services_that_read_the_same_answers_take_each_step_once(open_engine: Callable[[], Engine]) -> None:
    stores = [TaskStore(open_engine(), id_bytes=8) for _ in range(2)]
    ids = [add(stores[0]) for _ in range(20)]
    for kind in (DETECT, CLASSIFY):
        stored: list[int] = []

        def answer(store: TaskStore, order: list[int], kind: TaskKind = kind, stored: list[int] = stored) -> None:
            stored += [one for one in order if answered(store, one, kind)]

        threads = [
            threading.Thread(target=answer, args=(store, order))
            for store, order in zip(stores, (ids, ids[::-1]), strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(patient(60))
        assert sorted(stored) == ids


def test_each_step_has_its_own_time_until_it_is_given_up(store: TaskStore, engine: Engine) -> None:
    slow, forgotten = add(store), add(store)
    send(store)
    for task_id in (slow, forgotten):
        assert answered(store, task_id, DETECT)
    send(store)
    with engine.begin() as connection:
        connection.execute(text("UPDATE tasks SET created_s = created_s - 1000"))
        connection.execute(
            text("UPDATE answers SET answered_s = answered_s - 1000 WHERE task_id = :one"), {"one": forgotten}
        )
    assert store.fail_older_than(500, "nobody came") == 1
    task = store.get("alice", forgotten, with_result=True)
    assert task is not None
    assert (task.status, task.error) == ("failed", "classification: nobody came")
    assert [len(answer.predictions) for answer in task.answers] == [2]
    assert status(store, slow) == "classifying"


# --- over HTTP ---


def test_what_is_found_is_told_before_the_class_is(api: Api) -> None:
    made = api.upload(grey_png(7), kind="both")
    assert (made.status_code, made.json()["kind"]) == (201, "both")
    path = made.headers["location"]
    assert api.as_user("GET", f"{path}/result").json()["result"] == {"detection": None, "classification": None}
    assert answered(api.parts.store, made.json()["id"], DETECT)
    task = api.as_user("GET", path).json()
    assert (task["status"], task["model"], task["answered_at"]) == ("detected", "a-detection", None)
    early = api.as_user("GET", f"{path}/result")
    assert (early.status_code, early.json()["status"], early.json()["result"]["classification"]) == (
        202,
        "detected",
        None,
    )
    assert [box["class_id"] for box in early.json()["result"]["detection"]] == [1, 0]
    for found in ("status=detected", "model=a-detection"):
        assert len(api.as_user("GET", f"/tasks?{found}").json()["tasks"]) == 1

    assert answered(api.parts.store, made.json()["id"], CLASSIFY)
    done = api.as_user("GET", f"{path}/result")
    assert (done.status_code, done.json()["status"]) == (200, "done")
    assert done.json()["result"]["classification"] == [
        {"class_id": 4, "probability": 0.5},
        {"class_id": 3, "probability": 0.25},
    ]
    assert done.json()["models"] == [
        {"kind": "detection", "name": "a-detection", "digest": "sha256:detection"},
        {"kind": "classification", "name": "a-classification", "digest": "sha256:classification"},
    ]
    task = api.as_user("GET", path).json()
    assert (task["status"], task["model"], task["models"]) == ("done", "a-classification", done.json()["models"])
    assert task["answered_at"] is not None


@pytest.mark.parametrize("failing", [DETECT, CLASSIFY])
def test_when_a_step_fails_what_was_found_before_stays_and_the_error_names_the_step(
    api: Api, failing: TaskKind
) -> None:
    task_id = api.upload(grey_png(7), kind="both").json()["id"]
    for kind in (DETECT, CLASSIFY):
        answered(api.parts.store, task_id, kind, TaskFailure("the model failed") if kind is failing else None)
    document = api.as_user("GET", f"/tasks/{task_id}/result").json()
    assert (document["status"], document["error"]) == ("failed", f"{failing}: the model failed")
    assert document["result"]["classification"] is None
    assert (document["result"]["detection"] is None) == (failing is DETECT)
    assert [model["kind"] for model in document["models"]][-1] == failing


def test_a_task_of_both_is_one_task_for_the_limits(api: Api) -> None:
    task_id = api.upload(grey_png(7), kind="both").json()["id"]
    answered(api.parts.store, task_id, DETECT)
    assert api.parts.store.unanswered() == {"alice": 1}
    answered(api.parts.store, task_id, CLASSIFY)
    assert api.parts.store.unanswered() == {}
