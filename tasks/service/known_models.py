"""The models that workers told of, and the workers that run them. Each method is one transaction."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Delete, Engine, delete, func, select
from sqlalchemy.orm import Session

from tasks.service.tables import Model, ModelWorker
from tasks.service.waiting import GONE_AFTER_S, WorkersOfKind
from tasks.wire import ModelNotice, TaskKind

# Whoever was not heard for so long is no longer kept.
_FORGOTTEN_AFTER_S: Final = 3600.0


@dataclass(frozen=True)
class HeardNotice:
    """What a worker told of its model.

    Attributes:
        notice: As it came.
        heard_s: When it was told, in seconds of Unix time.
    """

    notice: ModelNotice
    heard_s: float


class KnownModels:
    """The models and workers in the database. Methods raise ``SQLAlchemyError`` when it is away."""

    def __init__(self, engine: Engine) -> None:
        """Works on an open database."""
        self._engine = engine

    def hear(self, heard: Iterable[HeardNotice]) -> None:
        """Workers run these models, or stop."""
        with Session(self._engine) as session, session.begin():
            for one in heard:
                notice = one.notice
                named = {"kind": notice.kind, "digest": notice.digest}
                if notice.leaving:
                    session.execute(_leaving(notice))
                    continue
                session.merge(Model(name=notice.name, labels=list(notice.labels), seen_s=one.heard_s, **named))
                session.merge(
                    ModelWorker(id=notice.worker, model=notice.name, host=notice.host, seen_s=one.heard_s, **named)
                )
            long_ago_s = time.time() - _FORGOTTEN_AFTER_S
            session.execute(delete(ModelWorker).where(ModelWorker.seen_s < long_ago_s))

    def models(self) -> Sequence[Model]:
        """Returns all models that workers ever told of, by kind, name and digest."""
        with Session(self._engine) as session:
            return session.scalars(select(Model).order_by(Model.kind, Model.name, Model.digest)).all()

    def living_workers(self, now_s: float) -> Sequence[ModelWorker]:
        """Returns the workers that were heard lately, by id; one that runs two models is there twice."""
        query = select(ModelWorker).where(ModelWorker.seen_s > now_s - GONE_AFTER_S)
        with Session(self._engine) as session:
            return session.scalars(query.order_by(ModelWorker.id, ModelWorker.kind)).all()

    def workers_of_kinds(self, now_s: float) -> Mapping[TaskKind, WorkersOfKind]:
        """Returns for each kind of which a worker was ever heard how many are there."""
        living = select(ModelWorker.kind, func.count(ModelWorker.id.distinct()))
        living = living.where(ModelWorker.seen_s > now_s - GONE_AFTER_S).group_by(ModelWorker.kind)
        heard = select(Model.kind, func.max(Model.seen_s)).group_by(Model.kind)
        with self._engine.connect() as connection:
            counts = {row[0]: row[1] for row in connection.execute(living)}
            return {
                TaskKind(kind): WorkersOfKind(counts.get(kind, 0), heard_s)
                for kind, heard_s in connection.execute(heard)
            }


def _leaving(notice: ModelNotice) -> Delete:
    """Of those that do not say who they are, others may still be there."""
    return delete(ModelWorker).where(
        ModelWorker.id == notice.worker,
        ModelWorker.id != "",
        ModelWorker.kind == notice.kind,
        ModelWorker.model == notice.name,
        ModelWorker.digest == notice.digest,
    )
