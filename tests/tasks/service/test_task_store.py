import threading
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from tasks.image_header import ImageHeader
from tasks.service.steps import AskedKind, TaskStatus
from tasks.service.task_store import IdsUsedUp, ReceivedAnswer, TaskStore
from tasks.wire import ImageClass, TaskFailure, TaskKind
from tests.patience import patient

HEADER = ImageHeader("image/png", 4, 3)
KIND = TaskKind.CLASSIFICATION
OPEN = Callable[[], Engine]


def add(store: TaskStore, owner: str = "alice") -> int:
    return store.add(owner, AskedKind(KIND), "0" * 32, HEADER).id


def received(task_id: int, class_id: int = 1, *, key: str | None = None, kind: TaskKind = KIND) -> ReceivedAnswer:
    return ReceivedAnswer(kind, task_id, key, (ImageClass(class_id, 0.5),))


def status(store: TaskStore, task_id: int) -> str:
    task = store.get("alice", task_id)
    assert task is not None
    return task.status


def in_threads(count: int, work: Callable[[int], None]) -> None:
    failures: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001 - compared by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patient(60))
    assert failures == []


def test_a_task_goes_from_pending_to_sent_to_done(store: TaskStore) -> None:
    task_id = add(store)
    assert status(store, task_id) == "pending"
    (claimed,) = store.claim(10, 60)
    assert claimed.task_id == task_id
    store.mark_sent([claimed])
    assert status(store, task_id) == "sent"
    assert len(store.answer([received(task_id)])) == 1
    assert status(store, task_id) == "done"


def test_an_answer_that_is_faster_than_its_acknowledgement_stays(store: TaskStore) -> None:
    task_id = add(store)
    claimed = store.claim(10, 60)
    store.answer([received(task_id)])
    store.mark_sent(claimed)
    assert status(store, task_id) == "done"


def test_only_the_first_answer_counts_whatever_comes_behind_it(store: TaskStore) -> None:
    task_id = add(store)
    assert len(store.answer([received(task_id, 1), received(task_id, 2)])) == 1
    assert store.answer([ReceivedAnswer(KIND, task_id, None, TaskFailure("late"))]) == []
    task = store.get("alice", task_id, with_result=True)
    assert task is not None
    assert (task.status, task.error) == ("done", None)
    assert [(one.class_id, one.probability) for one in task.answers[0].predictions] == [(1, 0.5)]


def test_answers_that_belong_to_no_task_change_nothing(store: TaskStore) -> None:
    task_id = add(store)
    others = [
        received(task_id, kind=TaskKind.DETECTION),
        received(task_id, key=f"{task_id}:of-another-database"),
        received(task_id + 1),
        received(2**64 - 1),
    ]
    assert store.answer(others) == []
    assert status(store, task_id) == "pending"


def test_the_id_of_a_deleted_task_is_not_used_again(store: TaskStore) -> None:
    first = add(store)
    assert store.remove("alice", first) == "0" * 32
    second = add(store)
    assert second > first
    assert store.answer([received(first)]) == []


def test_an_id_that_messages_have_no_room_for_is_refused_and_leaves_nothing(engine: Engine) -> None:
    store = TaskStore(engine, id_bytes=1)
    for _ in range(255):
        add(store)
    with pytest.raises(IdsUsedUp):
        add(store)
    assert len(store.newest("alice", None, None, 300)) == 255
    assert sum(store.unanswered().values()) == 255


def test_no_task_is_claimed_by_two_services(open_engine: OPEN) -> None:
    stores = [TaskStore(open_engine(), id_bytes=8) for _ in range(3)]
    ids = [add(stores[0]) for _ in range(60)]
    claimed: list[int] = []

    def claim(number: int) -> None:
        while tasks := stores[number].claim(4, 60):
            claimed.extend(task.task_id for task in tasks)

    in_threads(3, claim)
    assert sorted(claimed) == ids


def test_a_claim_that_its_service_died_with_ends(store: TaskStore) -> None:
    task_id = add(store)
    assert store.claim(10, -1.0)
    claimed = store.claim(10, 60)
    assert [task.task_id for task in claimed] == [task_id]
    assert store.claim(10, 60) == []
    store.give_back(claimed)
    assert [task.task_id for task in store.claim(10, 60)] == [task_id]


def test_two_services_that_read_the_same_answers_store_each_once(open_engine: OPEN) -> None:
    stores = [TaskStore(open_engine(), id_bytes=8) for _ in range(2)]
    ids = [add(stores[0]) for _ in range(50)]
    stored: list[int] = []

    def answer(number: int) -> None:
        order = ids if number == 0 else ids[::-1]
        for task_id in order:
            stored.extend(one.task_id for one in stores[number].answer([received(task_id, number)]))

    in_threads(2, answer)
    assert sorted(stored) == ids


def test_services_that_start_together_make_the_tables_once(open_engine: OPEN) -> None:
    in_threads(4, lambda _: TaskStore(open_engine(), id_bytes=8).unanswered() and None)


def test_a_user_is_counted_by_unanswered_tasks(store: TaskStore) -> None:
    answered = add(store)
    add(store)
    add(store, "bob")
    store.answer([received(answered)])
    assert store.unanswered() == {"alice": 1, "bob": 1}


def test_tasks_that_no_worker_takes_are_given_up(store: TaskStore, engine: Engine) -> None:
    old, young = (add(store) for _ in range(2))
    store.mark_sent(store.claim(2, 60))
    pending = add(store)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE tasks SET created_s = created_s - 1000 WHERE id IN (:a, :b)"), {"a": old, "b": pending}
        )
    assert store.fail_older_than(500, "nobody came") == 1
    assert [status(store, one) for one in (old, young, pending)] == ["failed", "sent", "pending"]


def test_tasks_survive_the_service(open_engine: OPEN) -> None:
    task_id = add(TaskStore(open_engine(), id_bytes=8))
    again = TaskStore(open_engine(), id_bytes=8)
    assert status(again, task_id) == TaskStatus.PENDING
    assert [task.task_id for task in again.claim(10, 60)] == [task_id]
