import itertools

import pytest

from tasks.service.steps import SENT_FROM, UNANSWERED, AskedKind, TaskStatus, error_of, status_after, step_in, steps_of
from tasks.wire import TaskKind

DETECT, CLASSIFY = TaskKind.DETECTION, TaskKind.CLASSIFICATION


def walked(asked: AskedKind, *, failing: TaskKind | None = None) -> list[str]:
    """All statuses of a task from its beginning to its end."""
    status, walk = TaskStatus.PENDING, []
    while (step := step_in(asked, status)) is not None:
        walk += [str(step.due), str(step.sent)]
        status = status_after(asked, step, failed=step.kind is failing)
    return [*walk, str(status)]


def test_both_are_a_detection_and_then_a_classification() -> None:
    assert [step.kind for step in steps_of(AskedKind.BOTH)] == [DETECT, CLASSIFY]
    assert walked(AskedKind.BOTH) == ["pending", "sent", "detected", "classifying", "done"]
    for kind in TaskKind:
        assert walked(AskedKind(kind)) == ["pending", "sent", "done"]


@pytest.mark.parametrize(
    ("failing", "walk"),
    [(DETECT, ["pending", "sent", "failed"]), (CLASSIFY, ["pending", "sent", "detected", "classifying", "failed"])],
)
def test_a_step_that_fails_is_the_last_one_and_is_named(failing: TaskKind, walk: list[str]) -> None:
    assert walked(AskedKind.BOTH, failing=failing) == walk
    (step,) = (step for step in steps_of(AskedKind.BOTH) if step.kind is failing)
    assert error_of(AskedKind.BOTH, step, "broken") == f"{failing}: broken"
    assert error_of(AskedKind(failing), steps_of(AskedKind(failing))[0], "broken") == "broken"


def test_each_status_in_which_an_answer_is_to_come_belongs_to_one_step() -> None:
    for asked, status in itertools.product(AskedKind, TaskStatus):
        at = [step for step in steps_of(asked) if status in (step.due, step.sent)]
        assert len(at) <= 1
        assert step_in(asked, status) == (at[0] if at else None)
    assert set(UNANSWERED) == set(TaskStatus) - {TaskStatus.DONE, TaskStatus.FAILED}
    assert SENT_FROM == {TaskStatus.PENDING: TaskStatus.SENT, TaskStatus.DETECTED: TaskStatus.CLASSIFYING}
