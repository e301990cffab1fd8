"""The database: its tables as types. They are made when they are missing; `earlier_tables` moves what stands in those of earlier releases."""

from typing import Final

from sqlalchemy import JSON, BigInteger, ForeignKey, ForeignKeyConstraint, Index, Integer, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from tasks.wire import MOST_CLASS_NAME_CHARACTERS, MOST_DIGEST_CHARACTERS, MOST_NAME_CHARACTERS

# SQLite numbers its rows by themselves only in a column of exactly this type.
_NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
_KIND: Final = String(20)


class Base(DeclarativeBase):
    """What the tables have in common."""


class Task(Base):
    """One picture and what became of it.

    Attributes:
        id: Never used again, also when the task is deleted.
        owner: Name of the user whose it is.
        kind: What is asked of the picture, as ``AskedKind`` spells it.
        status: As ``TaskStatus`` spells it.
        image: Name of the picture's file, of our own making.
        content_type: Of the picture.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
        message_key: Key of its messages. An answer with the key of another task that once had this id, in a database that was
            restored or begun anew, is not taken for ours.
        created_s: When it came, in seconds of Unix time.
        answered_s: When nothing was left to be answered.
        claimed_until_s: So long one service alone may hand it to Kafka.
        error: Why it failed.
        answers: One for each step that was answered, in that order.
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
    kind: Mapped[str] = mapped_column(_KIND)
    status: Mapped[str] = mapped_column(String(20))
    image: Mapped[str] = mapped_column(String(40))
    content_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    height: Mapped[int]
    message_key: Mapped[str] = mapped_column(String(40))
    created_s: Mapped[float]
    answered_s: Mapped[float | None]
    claimed_until_s: Mapped[float | None]
    error: Mapped[str | None]
    answers: Mapped[list["StepAnswer"]] = relationship(lazy="selectin", order_by="StepAnswer.answered_s", viewonly=True)


class StepAnswer(Base):
    """That one step of a task was answered, and by which model; what it found are its predictions.

    Attributes:
        task_id: Of the task.
        kind: Of the step, as ``TaskKind`` spells it.
        model: Name of the model that answered; None if its worker does not say.
        model_digest: Of that model; the same.
        failed: Whether the answer was an error.
        answered_s: When it came, in seconds of Unix time.
        predictions: What was found, in the order of the answer; read only when it is asked for.
    """

    __tablename__ = "answers"
    __table_args__ = (Index("answers_by_model", "model", "task_id"),)

    task_id: Mapped[int] = mapped_column(_NUMBER, ForeignKey(Task.id, ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(_KIND, primary_key=True)
    model: Mapped[str | None] = mapped_column(String(MOST_NAME_CHARACTERS))
    model_digest: Mapped[str | None] = mapped_column(String(MOST_DIGEST_CHARACTERS))
    failed: Mapped[bool]
    answered_s: Mapped[float]
    predictions: Mapped[list["Prediction"]] = relationship(lazy="raise", order_by="Prediction.number", viewonly=True)


class Prediction(Base):
    """One object that was found in a picture, or one class that it may be of.

    Attributes:
        task_id: Of the task.
        kind: Of the step, as ``TaskKind`` spells it.
        number: Its place in the answer, from 0.
        class_id: As the model counts its classes.
        class_name: As the model calls it, cut off where it is long; None if it has no names.
        x_coord: Of the middle of its box, relative to the picture; None for a class, as the four below.
        y_coord: The same.
        width: Of its box.
        height: Of its box.
        rotation: Of its box, in radians, clockwise.
        probability: 0 to 1.
    """

    __tablename__ = "predictions"
    __table_args__ = (
        ForeignKeyConstraint(["task_id", "kind"], [StepAnswer.task_id, StepAnswer.kind], ondelete="CASCADE"),
    )

    task_id: Mapped[int] = mapped_column(_NUMBER, primary_key=True)
    kind: Mapped[str] = mapped_column(_KIND, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int]
    class_name: Mapped[str | None] = mapped_column(String(MOST_CLASS_NAME_CHARACTERS))
    x_coord: Mapped[float | None]
    y_coord: Mapped[float | None]
    width: Mapped[float | None]
    height: Mapped[float | None]
    rotation: Mapped[float | None]
    probability: Mapped[float]


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
        digest: Of what it was made from; empty if its workers do not say. Two files of one name are two models.
        labels: Names of its classes, by class id.
        seen_s: When a worker last said that it runs it, in seconds of Unix time.
    """

    __tablename__ = "models"

    kind: Mapped[str] = mapped_column(_KIND, primary_key=True)
    name: Mapped[str] = mapped_column(String(MOST_NAME_CHARACTERS), primary_key=True)
    digest: Mapped[str] = mapped_column(String(MOST_DIGEST_CHARACTERS), primary_key=True)
    labels: Mapped[list[str]] = mapped_column(JSON)
    seen_s: Mapped[float]


class ModelWorker(Base):
    """One worker, as it runs one model; it is removed when it says that it leaves, and a while after nothing was heard of it.

    Attributes:
        id: Of its process, of its own making; empty for all that do not say.
        kind: Of the tasks that it answers, as ``TaskKind`` spells it.
        model: Name of the model that it runs.
        digest: Of that model.
        host: Name of its machine; empty if it does not say.
        seen_s: When it was last heard, in seconds of Unix time.
    """

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(MOST_NAME_CHARACTERS), primary_key=True)
    kind: Mapped[str] = mapped_column(_KIND, primary_key=True)
    model: Mapped[str] = mapped_column(String(MOST_NAME_CHARACTERS), primary_key=True)
    digest: Mapped[str] = mapped_column(String(MOST_DIGEST_CHARACTERS), primary_key=True)
    host: Mapped[str] = mapped_column(String(MOST_NAME_CHARACTERS))
    seen_s: Mapped[float]
