"""Which workers are there, and what a task waits for when none of its kind is: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tasks.service.steps import AskedKind, TaskStatus, step_in
from tasks.wire import TaskKind

GONE_AFTER_S: Final = 200.0
"""Workers say every minute that they run; one that has missed this three times is gone."""


@dataclass(frozen=True)
class WorkersOfKind:
    """The workers of one kind of task.

    Attributes:
        living: So many were heard lately.
        heard_s: When one was last heard, in seconds of Unix time; None if never.
    """

    living: int = 0
    heard_s: float | None = None


@dataclass(frozen=True)
class Helpers:
    """What tasks need besides the service, as it is at one moment.

    Attributes:
        workers: By kind; kinds of which none was ever heard may be left out.
        kafka_away: Whether no broker answers.
        now_s: The moment, in seconds of Unix time.
    """

    workers: Mapping[TaskKind, WorkersOfKind]
    kafka_away: bool
    now_s: float

    def living(self, kind: TaskKind) -> int:
        """Returns how many workers of this kind were heard lately."""
        return self.workers.get(kind, WorkersOfKind()).living

    def missing(self, kind: TaskKind) -> str | None:
        """Returns why no task of this kind can be answered now, in a sentence; None if nothing is missing."""
        if self.kafka_away:
            # Nobody can be heard then, and everybody may be there.
            return "Kafka does not answer"
        seen = self.workers.get(kind, WorkersOfKind())
        if seen.living:
            return None
        if seen.heard_s is None:
            return f"no worker for {kind} has ever been heard"
        return f"no worker for {kind} is there; the last one was heard {_ago(self.now_s - seen.heard_s)}"

    def waiting_for(self, asked: AskedKind, status: TaskStatus) -> str | None:
        """Returns what a task waits for besides its turn; None if nothing is missing, or it waits for nothing."""
        step = step_in(asked, status)
        return None if step is None else self.missing(step.kind)

    def reasons(self, waiting: Mapping[TaskKind, int]) -> list[str]:
        """Returns why tasks wait longer than they should, in sentences.

        Args:
            waiting: For how many tasks an answer of each kind is the next to come.
        """
        if self.kafka_away:
            return ["Kafka does not answer"]
        missing = {kind: self.missing(kind) for kind in TaskKind if waiting.get(kind)}
        return [f"tasks wait: {why}" for why in missing.values() if why is not None]


def _ago(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return "less than a minute ago"
    if minutes < 120:
        return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"
    return f"{minutes // 60} hours ago"
