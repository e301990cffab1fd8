"""What the service answers, as JSON documents; their fields are what its OpenAPI description says."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from tasks.service.steps import AskedKind, TaskStatus, steps_of
from tasks.service.tables import Model, ModelWorker, Prediction, StepAnswer, Task
from tasks.service.users import MOST_PASSWORD_CHARACTERS, MOST_USER_NAME_CHARACTERS
from tasks.service.waiting import Helpers
from tasks.wire import TaskKind

_BOX: Final = ("x_coord", "y_coord", "width", "height", "rotation")


class TokenDocument(BaseModel):
    """A bearer token."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 - the kind of token, as OAuth 2 spells it
    expires_in: int = Field(description="Seconds until it is no longer good.")


class Credentials(BaseModel):
    """Who logs in, and by what."""

    username: str = Field(max_length=MOST_USER_NAME_CHARACTERS)
    password: str = Field(max_length=MOST_PASSWORD_CHARACTERS)


class MeDocument(BaseModel):
    """Who asks, and what a page has to know before it uploads."""

    user: str
    max_image_bytes: int = Field(description="Of a picture.")


class AnsweredDocument(BaseModel):
    """The model that answered a step of a task."""

    kind: TaskKind
    name: str | None = Field(description="Null if its worker does not say.")
    digest: str | None = Field(description="What tells it from others of its name; null if its worker does not say.")

    @classmethod
    def of(cls, answer: StepAnswer) -> "AnsweredDocument":
        """Describes whose the answer is."""
        return cls(kind=TaskKind(answer.kind), name=answer.model, digest=answer.model_digest)


class TaskDocument(BaseModel):
    """One task, without its picture and its result."""

    id: int
    kind: AskedKind
    status: TaskStatus
    width: int = Field(description="Of the picture, in pixels.")
    height: int = Field(description="Of the picture, in pixels.")
    created_at: datetime
    answered_at: datetime | None = Field(default=None, description="When nothing was left to be answered.")
    error: str | None = Field(default=None, description="Why it failed; of several steps, it says which one did.")
    model: str | None = Field(
        default=None, description="The model that answered last; null if its worker does not say."
    )
    models: list[AnsweredDocument] = Field(description="The model of each step that was answered.")
    waiting_for: str | None = Field(
        default=None, description="What is missing, so that it will not be answered for now; null if nothing is."
    )

    @classmethod
    def of(cls, task: Task, helpers: Helpers) -> "TaskDocument":
        """Describes the task.

        Args:
            task: As it stands.
            helpers: Who is there to answer it.
        """
        kind, status = AskedKind(task.kind), TaskStatus(task.status)
        return cls(
            id=task.id,
            kind=kind,
            status=status,
            width=task.width,
            height=task.height,
            created_at=_moment(task.created_s),
            answered_at=None if task.answered_s is None else _moment(task.answered_s),
            error=task.error,
            model=task.answers[-1].model if task.answers else None,
            models=[AnsweredDocument.of(answer) for answer in task.answers],
            waiting_for=helpers.waiting_for(kind, status),
        )


class TaskPage(BaseModel):
    """Some of the user's tasks, the newest first."""

    tasks: list[TaskDocument]
    next_before: int | None = Field(description="Asked for as `before`, it gives the next page; null on the last one.")


class BothDocument(BaseModel):
    """What came of a task of both."""

    detection: list[dict[str, Any]] | None
    classification: list[dict[str, Any]] | None


class ResultDocument(BaseModel):
    """The answer to a task."""

    id: int
    kind: AskedKind
    status: TaskStatus
    result: list[dict[str, Any]] | BothDocument | None = Field(
        default=None,
        description="detection: class_id, x_coord, y_coord (middle of the box), width, height, rotation, probability, "
        "relative to the picture; classification: class_id, probability, the best first; both: an object with either "
        "list, each null as long as there is none.",
    )
    error: str | None = None
    models: list[AnsweredDocument] = Field(description="The model of each step that was answered.")

    @classmethod
    def of(cls, task: Task) -> "ResultDocument":
        """Describes what came of the task, whose predictions must have been read."""
        kind = AskedKind(task.kind)
        found = {
            answer.kind: [_found(one) for one in answer.predictions] for answer in task.answers if not answer.failed
        }
        both = kind is AskedKind.BOTH
        result = BothDocument(**{step.kind: found.get(step.kind) for step in steps_of(kind)}) if both else None
        return cls(
            id=task.id,
            kind=kind,
            status=TaskStatus(task.status),
            result=result or found.get(kind),
            error=task.error,
            models=[AnsweredDocument.of(answer) for answer in task.answers],
        )


def _found(prediction: Prediction) -> dict[str, Any]:
    """As the message said it."""
    keys = ("class_id", *(_BOX if prediction.kind == TaskKind.DETECTION else ()), "probability")
    return {key: getattr(prediction, key) for key in keys}


class WorkerDocument(BaseModel):
    """A worker that was heard lately."""

    id: str = Field(description="Of its process; empty for workers that do not say.")
    host: str = Field(description="The machine that it runs on; empty if it does not say.")
    kinds: list[TaskKind] = Field(description="Of the tasks that it answers, by this model or another.")
    last_seen_at: datetime


class ModelDocument(BaseModel):
    """A model that workers run, or ran."""

    kind: TaskKind
    name: str
    digest: str = Field(description="What tells it from others of its name; empty if its workers do not say.")
    labels: list[str] = Field(description="Names of the classes, by class_id; may be empty.")
    last_seen_at: datetime
    available: bool = Field(description="Whether a worker said lately that it runs it.")
    workers: list[WorkerDocument] = Field(description="Those that run it now.")

    @classmethod
    def of(cls, model: Model, living: Iterable[ModelWorker]) -> "ModelDocument":
        """Describes the model.

        Args:
            model: As it was told of.
            living: All workers that were heard lately, of whatever model.
        """
        every = list(living)
        its = [one for one in every if (one.kind, one.model, one.digest) == (model.kind, model.name, model.digest)]
        return cls(
            kind=TaskKind(model.kind),
            name=model.name,
            digest=model.digest,
            labels=model.labels,
            last_seen_at=_moment(model.seen_s),
            available=bool(its),
            workers=[
                WorkerDocument(
                    id=one.id,
                    host=one.host,
                    kinds=sorted({TaskKind(other.kind) for other in every if one.id and other.id == one.id})
                    or [TaskKind(one.kind)],
                    last_seen_at=_moment(one.seen_s),
                )
                for one in its
            ],
        )


class HealthDocument(BaseModel):
    """How the service and what it needs are."""

    status: Literal["ok", "degraded"] = Field(description="degraded: it takes tasks, and some of them wait for longer.")
    database: Literal["ok"]
    kafka: Literal["ok", "away"]
    workers: dict[TaskKind, int] = Field(description="How many were heard lately, by what they answer.")
    reasons: list[str] = Field(description="Why it is degraded.")

    @classmethod
    def of(cls, helpers: Helpers, waiting: Mapping[TaskKind, int]) -> "HealthDocument":
        """Describes it, from a database that has answered.

        Args:
            helpers: Who is there to answer tasks.
            waiting: For how many tasks an answer of each kind is the next to come.
        """
        reasons = helpers.reasons(waiting)
        return cls(
            status="degraded" if reasons else "ok",
            database="ok",
            kafka="away" if helpers.kafka_away else "ok",
            workers={kind: helpers.living(kind) for kind in TaskKind},
            reasons=reasons,
        )


class ErrorDocument(BaseModel):
    """Why a request was not done."""

    detail: str


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
