"""The database: its tables as types.

They are made when they are missing (``create_all``), and columns that came later are added to those that are there (``add_missing_columns``).
"""

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Connection, Index, Integer, String, inspect, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tasks.wire import MOST_NAME_CHARACTERS

# SQLite numbers its rows by themselves only in a column of exactly this type.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")


class TaskStatus(StrEnum):
    """Where a task stands.

    Attributes:
        PENDING: It is stored, and not handed to Kafka yet.
        SENT: Kafka has it, and no answer came yet.
        DONE: It was answered.
        FAILED: It was answered with an error.
    """

    PENDING = "pending"
    SENT = "sent"
    DONE = "done"
    FAILED = "failed"


UNANSWERED: Final = (TaskStatus.PENDING, TaskStatus.SENT)


class Base(DeclarativeBase):
    """What the tables have in common."""


class Task(Base):
    """One picture and what became of it.

    Attributes:
        id: Never used again, also when the task is deleted.
        owner: Name of the user whose it is.
        kind: What is asked of the picture, as ``TaskKind`` spells it.
        status: As ``TaskStatus`` spells it.
        image: Name of the picture's file, of our own making.
        content_type: Of the picture.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        message_key: Key of its messages. An answer with the key of another task that once had this id, in a database that was
            restored or begun anew, is not taken for ours.
        created_s: When it came, in seconds of Unix time.
        answered_s: When its answer came.
        claimed_until_s: So long one service alone may hand it to Kafka.
        result: The answer, a list as on the wire.
        error: Why there is no answer.
        model: Name of the model that answered; None if nobody said, as for all tasks of before there was this column.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        Index("tasks_of_owner", "owner", "id"),
        Index("tasks_by_status", "status", "id"),
        Index("tasks_waiting", "status", "owner"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=True)
    owner: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10))
    image: Mapped[str] = mapped_column(String(40))
    content_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    height: Mapped[int]
    message_key: Mapped[str] = mapped_column(String(40))
    created_s: Mapped[float]
    answered_s: Mapped[float | None]
    claimed_until_s: Mapped[float | None]
    result: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True), deferred=True)
    error: Mapped[str | None]
    model: Mapped[str | None] = mapped_column(String(MOST_NAME_CHARACTERS))


class Token(Base):
    """One token that was given out. Only its hash is kept: who reads the database cannot use it.

    Attributes:
        digest: SHA-256 of the token, in hexadecimal.
        owner: Name of the user who got it.
        credential: Fingerprint of the user's password entry; with another password the token is void.
        expires_s: Until when it is good, in seconds of Unix time.
    """

    __tablename__ = "tokens"
    __table_args__ = (Index("tokens_of_owner", "owner", "expires_s"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(100))
    credential: Mapped[str] = mapped_column(String(64))
    expires_s: Mapped[float]


class Model(Base):
    """One model that workers told of.

    Attributes:
        kind: Of the tasks that it answers, as ``TaskKind`` spells it.
        name: Of the model.
        labels: Names of its classes, by class id.
        seen_s: When a worker last said that it runs it, in seconds of Unix time.
    """

    __tablename__ = "models"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(MOST_NAME_CHARACTERS), primary_key=True)
    labels: Mapped[list[str]] = mapped_column(JSON)
    seen_s: Mapped[float]


def add_missing_columns(connection: Connection) -> None:
    """Adds to tables of an earlier release what was not in them yet; their rows say nothing there.

    A service of that release can go on beside this one: it does not see the column. What changes rows would be another matter.
    """
    known = {column["name"] for column in inspect(connection).get_columns(Task.__tablename__)}
    if Task.model.key not in known:
        connection.execute(text(f"ALTER TABLE {Task.__tablename__} ADD COLUMN model VARCHAR({MOST_NAME_CHARACTERS})"))
