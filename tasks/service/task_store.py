"""All that is asked of the database about tasks. Each method is one transaction, and safe beside other services'."""

import secrets
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session, selectinload

from tasks.image_header import ImageHeader
from tasks.service.steps import (
    SENT_FROM,
    UNANSWERED,
    AskedKind,
    Step,
    TaskStatus,
    error_of,
    status_after,
    step_in,
    steps_of,
)
from tasks.service.tables import Prediction, StepAnswer, Task
from tasks.wire import Answer, DetectedPrimitive, ImageClass, TaskFailure, TaskKind

# The largest number that a column takes.
LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True)
class ClaimedTask:
    """A task that this service alone hands to Kafka, for a time.

    Attributes:
        task_id: Of the task.
        asked: Of its picture.
        step: That is to be handed over now.
        image: Name of its picture's file.
        message_key: Of its messages.
    """

    task_id: int
    asked: AskedKind
    step: Step
    image: str
    message_key: str


@dataclass(frozen=True)
class ReceivedAnswer:
    """An answer as it came.

    Attributes:
        kind: Of the topic that it came on.
        task_id: Which it says it answers.
        message_key: Of its message; None if it had none, as workers that are not ours may have it.
        answer: To the step of this kind of the task.
        model: Name of the model that made it; None if nobody says.
        model_digest: Of that model; the same.
    """

    kind: TaskKind
    task_id: int
    message_key: str | None
    answer: Answer
    model: str | None = None
    model_digest: str | None = None


class IdsUsedUp(Exception):  # noqa: N818 - says what happened
    """The next task's id does not fit into the bytes that messages have for it."""


class TaskStore:
    """The tasks in the database. Methods raise ``SQLAlchemyError`` when it is away."""

    def __init__(self, engine: Engine, *, id_bytes: int) -> None:
        """Works on an open database.

        Args:
            engine: Of the database.
            id_bytes: Of a task's id in messages.
        """
        self._engine = engine
        self._first_id_too_large: Final = 256**id_bytes

    def add(self, owner: str, kind: AskedKind, image: str, header: ImageHeader) -> Task:
        """Stores a new task, pending.

        Raises:
            IdsUsedUp: If there is no id for it.
        """
        task = Task(
            owner=owner,
            kind=kind,
            status=TaskStatus.PENDING,
            image=image,
            content_type=header.content_type,
            width=header.width,
            height=header.height,
            message_key="",
            created_s=time.time(),
            answers=[],
        )
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            session.add(task)
            session.flush()
            if task.id >= self._first_id_too_large:
                raise IdsUsedUp
            task.message_key = f"{task.id}:{secrets.token_hex(8)}"
        return task

    def get(self, owner: str, task_id: int, *, with_result: bool = False) -> Task | None:
        """Returns the task if there is one of this id, and it is this user's."""
        query = select(Task).where(Task.id == task_id, Task.owner == owner)
        if with_result:
            query = query.options(selectinload(Task.answers).selectinload(StepAnswer.predictions))
        with Session(self._engine) as session:
            return session.scalar(query)

    def newest(
        self, owner: str, status: TaskStatus | None, before: int | None, limit: int, model: str | None = None
    ) -> Sequence[Task]:
        """Returns the user's newest tasks, the newest first.

        Args:
            owner: The user.
            status: Only tasks of this status; None for all.
            before: Only tasks with a smaller id; None for all.
            limit: At most so many.
            model: Only tasks of which a model of this name answered a step; None for all.
        """
        query = select(Task).where(Task.owner == owner).order_by(Task.id.desc()).limit(limit)
        if status is not None:
            query = query.where(Task.status == status)
        if model is not None:
            query = query.where(Task.id.in_(select(StepAnswer.task_id).where(StepAnswer.model == model)))
        if before is not None:
            query = query.where(Task.id < before)
        with Session(self._engine) as session:
            return session.scalars(query).all()

    def unanswered(self) -> dict[str, int]:
        """Returns how many tasks of each user wait for an answer; users without any are left out."""
        query = select(Task.owner, func.count()).where(Task.status.in_(UNANSWERED)).group_by(Task.owner)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def unanswered_steps(self) -> dict[TaskKind, int]:
        """Returns for how many tasks an answer of each kind is the next to come; kinds of none are left out."""
        query = select(Task.kind, Task.status, func.count()).where(Task.status.in_(UNANSWERED))
        counts: dict[TaskKind, int] = {}
        with self._engine.connect() as connection:
            for asked, status, count in connection.execute(query.group_by(Task.kind, Task.status)):
                step = step_in(AskedKind(asked), TaskStatus(status))
                if step is not None:
                    counts[step.kind] = counts.get(step.kind, 0) + count
        return counts

    def remove(self, owner: str, task_id: int) -> str | None:
        """Removes the user's task with its answers, and returns the name of its picture; None if there is no such task."""
        query = delete(Task).where(Task.id == task_id, Task.owner == owner).returning(Task.image)
        with self._engine.begin() as connection:
            return connection.scalar(query)

    def images_of_tasks(self, names: Collection[str]) -> set[str]:
        """Returns those of the names that are the picture of a task."""
        with self._engine.connect() as connection:
            return set(connection.scalars(select(Task.image).where(Task.image.in_(names))))

    # --- handing to Kafka ---

    def claim(self, limit: int, for_s: float) -> list[ClaimedTask]:
        """Takes the oldest tasks that are due for Kafka and that nobody has taken; nobody else gets them for that time."""
        now_s = time.time()
        due = Task.status.in_(SENT_FROM)
        free = (
            select(Task.id)
            .where(due, or_(Task.claimed_until_s.is_(None), Task.claimed_until_s < now_s))
            .order_by(Task.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(Task)
            .where(Task.id.in_(free), due)
            .values(claimed_until_s=now_s + for_s)
            .returning(Task.id, Task.kind, Task.status, Task.image, Task.message_key)
        )
        with self._engine.begin() as connection:
            rows = connection.execute(claim).all()
        claimed = []
        for task_id, kind, status, image, message_key in sorted(rows, key=lambda row: row[0]):
            step = step_in(AskedKind(kind), TaskStatus(status))
            if step is not None:
                claimed.append(ClaimedTask(task_id, AskedKind(kind), step, image, message_key))
        return claimed

    def mark_sent(self, tasks: Iterable[ClaimedTask]) -> None:
        """Kafka has these; one whose answer was faster stays answered."""
        by_status: dict[TaskStatus, list[int]] = {}
        for task in tasks:
            by_status.setdefault(task.step.due, []).append(task.task_id)
        for due, task_ids in by_status.items():
            self._change_due(task_ids, due, status=SENT_FROM[due], claimed_until_s=None)

    def give_back(self, tasks: Iterable[ClaimedTask]) -> None:
        """Kafka did not take these; anybody may try again."""
        for task in tasks:
            self._change_due([task.task_id], task.step.due, claimed_until_s=None)

    def fail(self, task: ClaimedTask, error: str) -> None:
        """The task cannot be handed to Kafka, ever."""
        said = error_of(task.asked, task.step, error)
        self._change_due([task.task_id], task.step.due, status=TaskStatus.FAILED, error=said, answered_s=time.time())

    def fail_older_than(self, age_s: float, error: str) -> int:
        """Gives up tasks that Kafka has had for so long, and returns how many."""
        now_s = time.time()
        answered_lately = select(StepAnswer.task_id).where(StepAnswer.answered_s >= now_s - age_s)
        given_up = 0
        with self._engine.begin() as connection:
            for asked in AskedKind:
                for step in steps_of(asked):
                    old = and_(
                        Task.kind == asked,
                        Task.status == step.sent,
                        Task.created_s < now_s - age_s,
                        Task.id.not_in(answered_lately),
                    )
                    said = error_of(asked, step, error)
                    change = update(Task).where(old).values(status=TaskStatus.FAILED, error=said, answered_s=now_s)
                    given_up += connection.execute(change).rowcount
        return given_up

    def _change_due(self, task_ids: Collection[int], due: TaskStatus, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(Task).where(Task.id.in_(task_ids), Task.status == due).values(**values))

    # --- what workers say ---

    def answer(self, answers: Iterable[ReceivedAnswer]) -> list[ReceivedAnswer]:
        """Stores the first answer to each step of a task, and returns those that were stored.

        An answer to a step that is answered already, or whose turn has not come, or of a task that is deleted, or was never here,
        changes nothing. What comes behind a step is due from the moment that its answer is stored.
        """
        with self._engine.begin() as connection:
            return [received for received in answers if received.task_id <= LARGEST_ID and _store(connection, received)]


def _store(connection: Connection, received: ReceivedAnswer) -> bool:
    """Returns whether a task waited for it. The condition of the change decides, also between services."""
    now_s, failed = time.time(), isinstance(received.answer, TaskFailure)
    for asked in AskedKind:
        for step in steps_of(asked):
            if step.kind is received.kind and _move_on(connection, received, asked, step, now_s):
                answer = {"task_id": received.task_id, "kind": received.kind, "failed": failed, "answered_s": now_s}
                models = {"model": received.model, "model_digest": received.model_digest}
                connection.execute(insert(StepAnswer).values(answer | models))
                found = _predictions(received)
                if found:
                    connection.execute(insert(Prediction), found)
                return True
    return False


def _move_on(connection: Connection, received: ReceivedAnswer, asked: AskedKind, step: Step, now_s: float) -> bool:
    answer = received.answer
    status = status_after(asked, step, failed=isinstance(answer, TaskFailure))
    values: dict[str, Any] = {"status": status, "claimed_until_s": None}
    if status not in UNANSWERED:
        values["answered_s"] = now_s
    if isinstance(answer, TaskFailure):
        values["error"] = error_of(asked, step, answer.error)
    waits = and_(Task.id == received.task_id, Task.kind == asked, Task.status.in_([step.due, step.sent]))
    change = update(Task).where(waits).values(values)
    if received.message_key is not None:
        change = change.where(Task.message_key == received.message_key)
    return connection.execute(change).rowcount == 1


def _predictions(received: ReceivedAnswer) -> list[dict[str, Any]]:
    found: Iterable[DetectedPrimitive | ImageClass] = (
        () if isinstance(received.answer, TaskFailure) else received.answer
    )
    of_task = {"task_id": received.task_id, "kind": received.kind}
    return [{**of_task, "number": number, **asdict(item)} for number, item in enumerate(found)]
