"""What the service answers, as JSON documents; their fields are what its OpenAPI description says."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from tasks.service.tables import Model, Task, TaskStatus
from tasks.service.users import MOST_PASSWORD_CHARACTERS, MOST_USER_NAME_CHARACTERS
from tasks.wire import TaskKind

# Workers say every minute which model they run; one that has missed this three times is gone.
_GONE_AFTER_S = 200.0


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


class TaskDocument(BaseModel):
    """One task, without its picture and its result."""

    id: int
    kind: TaskKind
    status: TaskStatus
    width: int = Field(description="Of the picture, in pixels.")
    height: int = Field(description="Of the picture, in pixels.")
    created_at: datetime
    answered_at: datetime | None = None
    error: str | None = Field(default=None, description="Why it failed.")
    model: str | None = Field(default=None, description="The model that answered; null if its worker does not say.")

    @classmethod
    def of(cls, task: Task) -> "TaskDocument":
        """Describes the task."""
        return cls(
            id=task.id,
            kind=TaskKind(task.kind),
            status=TaskStatus(task.status),
            width=task.width,
            height=task.height,
            created_at=_moment(task.created_s),
            answered_at=None if task.answered_s is None else _moment(task.answered_s),
            error=task.error,
            model=task.model,
        )


class TaskPage(BaseModel):
    """Some of the user's tasks, the newest first."""

    tasks: list[TaskDocument]
    next_before: int | None = Field(description="Asked for as `before`, it gives the next page; null on the last one.")


class ResultDocument(BaseModel):
    """The answer to a task."""

    id: int
    kind: TaskKind
    status: TaskStatus
    result: list[dict[str, Any]] | None = Field(
        default=None,
        description="detection: class_id, x_coord, y_coord (middle of the box), width, height, rotation, probability, "
        "relative to the picture; classification: class_id, probability, the best first.",
    )
    error: str | None = None


class ModelDocument(BaseModel):
    """A model that workers run, or ran."""

    kind: TaskKind
    name: str
    labels: list[str] = Field(description="Names of the classes, by class_id; may be empty.")
    last_seen_at: datetime
    available: bool = Field(description="Whether a worker said lately that it runs it.")

    @classmethod
    def of(cls, model: Model, now_s: float) -> "ModelDocument":
        """Describes the model as it is at that moment, in seconds of Unix time."""
        return cls(
            kind=TaskKind(model.kind),
            name=model.name,
            labels=model.labels,
            last_seen_at=_moment(model.seen_s),
            available=now_s - model.seen_s < _GONE_AFTER_S,
        )


class ErrorDocument(BaseModel):
    """Why a request was not done."""

    detail: str


def _moment(unix_s: float) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)
