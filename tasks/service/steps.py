"""What is asked of a picture, in which steps it is answered, and what becomes of a task with each answer: pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tasks.wire import TaskKind


class AskedKind(StrEnum):
    """What is asked of a picture.

    Attributes:
        DETECTION: What is in it, and where.
        CLASSIFICATION: Of which class it is.
        BOTH: What is in it, and then its class.
    """

    DETECTION = "detection"
    CLASSIFICATION = "classification"
    BOTH = "both"


class TaskStatus(StrEnum):
    """Where a task stands.

    Attributes:
        PENDING: It is stored, and not handed to Kafka yet.
        SENT: Kafka has it, and no answer came yet.
        DETECTED: Of both, the detection is stored; the classification is not handed to Kafka yet.
        CLASSIFYING: Of both, the detection is stored; Kafka has the classification, and no answer to that came yet.
        DONE: All of it was answered.
        FAILED: A step of it was answered with an error, or nobody answers it any more.
    """

    PENDING = "pending"
    SENT = "sent"
    DETECTED = "detected"
    CLASSIFYING = "classifying"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Step:
    """One question of a task.

    Attributes:
        kind: Of the workers that answer it.
        due: The status in which it is to be handed to Kafka.
        sent: The status in which Kafka has it.
    """

    kind: TaskKind
    due: TaskStatus
    sent: TaskStatus


_CLASSIFY_DETECTED: Final = Step(TaskKind.CLASSIFICATION, TaskStatus.DETECTED, TaskStatus.CLASSIFYING)

_STEPS: Final = {
    **{AskedKind(kind): (Step(kind, TaskStatus.PENDING, TaskStatus.SENT),) for kind in TaskKind},
    AskedKind.BOTH: (Step(TaskKind.DETECTION, TaskStatus.PENDING, TaskStatus.SENT), _CLASSIFY_DETECTED),
}

SENT_FROM: Final = {step.due: step.sent for steps in _STEPS.values() for step in steps}
"""For each status in which a task is to be handed to Kafka, the one in which Kafka has it."""

UNANSWERED: Final = (*SENT_FROM.keys(), *SENT_FROM.values())
"""In these, an answer is still to come."""


def steps_of(asked: AskedKind) -> tuple[Step, ...]:
    """Returns the steps, in the order in which they are taken."""
    return _STEPS[asked]


def step_in(asked: AskedKind, status: TaskStatus) -> Step | None:
    """Returns the step whose answer a task of this status waits for; None when it waits for none."""
    return next((step for step in _STEPS[asked] if status in (step.due, step.sent)), None)


def status_after(asked: AskedKind, step: Step, *, failed: bool) -> TaskStatus:
    """Returns where a task stands once this step of it is answered: a step that failed is the last one."""
    if failed:
        return TaskStatus.FAILED
    steps = _STEPS[asked]
    behind = steps[steps.index(step) + 1 :]
    return behind[0].due if behind else TaskStatus.DONE


def error_of(asked: AskedKind, step: Step, error: str) -> str:
    """Returns why the task failed: of several steps, it says which one did."""
    return f"{step.kind}: {error}" if len(_STEPS[asked]) > 1 else error
