"""All that is asked of the database about tasks and models. Each method is one transaction, and safe beside other services'."""

import secrets
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Engine, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session, undefer

from tasks.image_header import ImageHeader
from tasks.service.tables import UNANSWERED, Model, Task, TaskStatus
from tasks.wire import Answer, ModelNotice, TaskFailure, TaskKind

# The largest number that a column takes.
LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True)
class ClaimedTask:
    """A task that this service alone hands to Kafka, for a time."""

    task_id: int
    kind: TaskKind
    image: str
    message_key: str


@dataclass(frozen=True)
class ReceivedAnswer:
    """An answer as it came.

    Attributes:
        kind: Of the topic that it came on.
        task_id: Which it says it answers.
        message_key: Of its message; None if it had none, as workers that are not ours may have it.
        answer: To the task.
        model: Name of the model that made it; None if nobody says.
    """

    kind: TaskKind
    task_id: int
    message_key: str | None
    answer: Answer
    model: str | None = None


class IdsUsedUp(Exception):  # noqa: N818 - says what happened
    """The next task's id does not fit into the bytes that messages have for it."""


class TaskStore:
    """The tasks and models in the database. Methods raise ``SQLAlchemyError`` when it is away."""

    def __init__(self, engine: Engine, *, id_bytes: int) -> None:
        """Works on an open database.

        Args:
            engine: Of the database.
            id_bytes: Of a task's id in messages.
        """
        self._engine = engine
        self._first_id_too_large: Final = 256**id_bytes

    def add(self, owner: str, kind: TaskKind, image: str, header: ImageHeader) -> Task:
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
            query = query.options(undefer(Task.result))
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
            model: Only tasks that a model of this name answered; None for all.
        """
        query = select(Task).where(Task.owner == owner).order_by(Task.id.desc()).limit(limit)
        if status is not None:
            query = query.where(Task.status == status)
        if model is not None:
            query = query.where(Task.model == model)
        if before is not None:
            query = query.where(Task.id < before)
        with Session(self._engine) as session:
            return session.scalars(query).all()

    def unanswered(self) -> dict[str, int]:
        """Returns how many tasks of each user wait for an answer; users without any are left out."""
        query = select(Task.owner, func.count()).where(Task.status.in_(UNANSWERED)).group_by(Task.owner)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def remove(self, owner: str, task_id: int) -> str | None:
        """Removes the user's task, and returns the name of its picture; None if there is no such task."""
        query = delete(Task).where(Task.id == task_id, Task.owner == owner).returning(Task.image)
        with self._engine.begin() as connection:
            return connection.scalar(query)

    def images_of_tasks(self, names: Collection[str]) -> set[str]:
        """Returns those of the names that are the picture of a task."""
        with self._engine.connect() as connection:
            return set(connection.scalars(select(Task.image).where(Task.image.in_(names))))

    # --- handing to Kafka ---

    def claim(self, limit: int, for_s: float) -> list[ClaimedTask]:
        """Takes the oldest pending tasks that nobody has taken; nobody else gets them for that time."""
        now_s = time.time()
        free = (
            select(Task.id)
            .where(Task.status == TaskStatus.PENDING, or_(Task.claimed_until_s.is_(None), Task.claimed_until_s < now_s))
            .order_by(Task.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(Task)
            .where(Task.id.in_(free))
            .values(claimed_until_s=now_s + for_s)
            .returning(Task.id, Task.kind, Task.image, Task.message_key)
        )
        with self._engine.begin() as connection:
            rows = connection.execute(claim).all()
        return sorted(
            (ClaimedTask(row[0], TaskKind(row[1]), row[2], row[3]) for row in rows), key=lambda task: task.task_id
        )

    def mark_sent(self, task_ids: Collection[int]) -> None:
        """Kafka has these; one whose answer was faster stays answered."""
        self._change_pending(task_ids, status=TaskStatus.SENT, claimed_until_s=None)

    def give_back(self, task_ids: Collection[int]) -> None:
        """Kafka did not take these; anybody may try again."""
        self._change_pending(task_ids, claimed_until_s=None)

    def fail(self, task_id: int, error: str) -> None:
        """The task cannot be handed to Kafka, ever."""
        self._change_pending([task_id], status=TaskStatus.FAILED, error=error, answered_s=time.time())

    def fail_older_than(self, age_s: float, error: str) -> int:
        """Gives up tasks that Kafka has had for so long, and returns how many."""
        old = and_(Task.status == TaskStatus.SENT, Task.created_s < time.time() - age_s)
        with self._engine.begin() as connection:
            done = connection.execute(
                update(Task).where(old).values(status=TaskStatus.FAILED, error=error, answered_s=time.time())
            )
            return done.rowcount

    def _change_pending(self, task_ids: Collection[int], **values: Any) -> None:
        if task_ids:
            change = update(Task).where(Task.id.in_(task_ids), Task.status == TaskStatus.PENDING).values(**values)
            with self._engine.begin() as connection:
                connection.execute(change)

    # --- what workers say ---

    def answer(self, answers: Iterable[ReceivedAnswer]) -> list[ReceivedAnswer]:
        """Stores the first answer to each task, and returns those that were stored.

        An answer to a task that is answered already, or deleted, or was never here, changes nothing.
        """
        with self._engine.begin() as connection:
            return [
                received
                for received in answers
                if received.task_id <= LARGEST_ID and connection.execute(_answering(received)).rowcount == 1
            ]

    def model_seen(self, notices: Iterable[ModelNotice]) -> None:
        """Workers run these models now."""
        with Session(self._engine) as session, session.begin():
            for notice in notices:
                session.merge(Model(kind=notice.kind, name=notice.name, labels=list(notice.labels), seen_s=time.time()))

    def models(self) -> Sequence[Model]:
        """Returns all models that workers ever told of, by kind and name."""
        with Session(self._engine) as session:
            return session.scalars(select(Model).order_by(Model.kind, Model.name)).all()


def _answering(received: ReceivedAnswer) -> Any:
    change = update(Task).where(Task.id == received.task_id, Task.kind == received.kind, Task.status.in_(UNANSWERED))
    if received.message_key is not None:
        change = change.where(Task.message_key == received.message_key)
    if isinstance(received.answer, TaskFailure):
        values: dict[str, Any] = {"status": TaskStatus.FAILED, "error": received.answer.error}
    else:
        values = {"status": TaskStatus.DONE, "result": [asdict(item) for item in received.answer]}
    return change.values(answered_s=time.time(), claimed_until_s=None, model=received.model, **values)
