"""Which revision is in force: the newest valid one, unless it removes too much and nobody approved of that."""

import logging
from dataclasses import dataclass
from datetime import datetime

from controller.api.control import ApproveRefused
from controller.model import Previous, Revision
from controller.picture.events import EventType, Tell
from controller.planner.describe import describe_plan
from controller.planner.guard import RemovalLimit, why_parked
from controller.planner.planner import plan
from controller.source.last_good import LastGood
from controller.source.read.reader import Loaded, Reading, Rejected, Unreadable

_log = logging.getLogger(__name__)

# Fewer digits of a revision than this are no approval: someone might mean another one.
_FEWEST_DIGITS = 7


@dataclass(frozen=True)
class Candidate:
    """A reading of the manifests that is not in force, and why."""

    state: str
    """Rejected (it has errors), Parked (it waits for approval) or Unreadable."""
    message: str
    revision_id: str = ""
    description: str = ""
    problems: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """The instances that a parked one would take away."""
    changes: str = ""
    """The plan as text, for a parked one."""


class RevisionGate:
    """Takes readings of the manifests into force, or sets them aside. The last good revision stays until then."""

    def __init__(self, *, last_good: LastGood, limit: RemovalLimit, tell: Tell) -> None:
        """Makes a gate that nothing has passed yet.

        Args:
            last_good: the copy on disk of the revision in force.
            limit: how many instances a revision may remove without approval.
            tell: takes what happened.
        """
        self._last_good = last_good
        self._limit = limit
        self._tell = tell
        self._approved: set[str] = set()
        self._recalled: Revision | None = None
        self.in_force: Revision | None = None
        self.in_force_since: datetime | None = None
        self.candidate: Candidate | None = None

    @property
    def approved(self) -> bool:
        """True when a person approved of what the revision in force removes."""
        return self.in_force is not None and self.in_force.id in self._approved

    def recall(self, now: datetime) -> None:
        """Shows the revision that was in force when the controller stopped, if that is still known: see `begin`."""
        recalled = self._last_good.load()
        if recalled.warning:
            _log.warning("the last good revision: %s", recalled.warning)
        if recalled.revision is not None:
            _log.info("revision %s was in force when the controller stopped", recalled.revision.id)
            self._recalled = self.in_force = recalled.revision
            self.in_force_since = now

    def begin(self, published: Previous, now: datetime) -> None:
        """Lets the recalled revision pass like any other, now that it is known what is published.

        The copy on disk may be old: its directory came from a backup, or the newest could not be written.
        """
        recalled, self._recalled = self._recalled, None
        if recalled is None or self.in_force is not recalled:
            return
        if why_parked(plan(recalled, published), published, self._limit) is not None:
            self.in_force = self.in_force_since = None
            self._consider_revision(recalled, published, now)

    def consider(self, reading: Reading, published: Previous | None, now: datetime) -> bool:
        """Takes a reading into force, or sets it aside.

        Args:
            reading: the source as it is now.
            published: the generations that the agents hold; None while that is not known yet.
            now: the time, UTC.

        Returns:
            False when it cannot be decided before `published` is known: what would it remove?
        """
        match reading:
            case Loaded(revision=revision):
                return self._consider_revision(revision, published, now)
            case Rejected(revision_id=revision_id, description=description, problems=problems):
                message = f"it has {len(problems)} error{'s' if len(problems) != 1 else ''}"
                self._set_aside(Candidate("Rejected", message, revision_id, description, tuple(map(str, problems))))
            case Unreadable(message=message):
                self._set_aside(Candidate("Unreadable", message))
        return True

    def _consider_revision(self, revision: Revision, published: Previous | None, now: datetime) -> bool:
        if self.in_force is not None and revision.id == self.in_force.id:
            if self.candidate is not None:
                self._tell(
                    EventType.NORMAL, "RevisionRestored", f"the manifests are again as in revision {revision.id}"
                )
            self.candidate = None
            return True
        if published is None:
            return False
        planned = plan(revision, published)
        parked = why_parked(planned, published, self._limit)
        if parked is not None and revision.id not in self._approved:
            self._set_aside(
                Candidate(
                    "Parked",
                    parked,
                    revision.id,
                    revision.description,
                    removed=planned.removed,
                    changes=describe_plan(planned),
                )
            )
            return True
        self.candidate = None
        self.in_force, self.in_force_since = revision, now
        try:
            self._last_good.store(revision)
        except OSError as error:
            self._tell(EventType.WARNING, "LastGoodNotKept", f"the revision cannot be kept on disk: {error}")
        self._tell(EventType.NORMAL, "RevisionAccepted", f"revision {revision.id} is in force ({revision.description})")
        _log.info("revision %s:\n%s", revision.id, describe_plan(planned))
        return True

    def _set_aside(self, candidate: Candidate) -> None:
        if candidate == self.candidate:
            return
        self.candidate = candidate
        stays = f"revision {self.in_force.id} stays in force" if self.in_force else "no revision is in force"
        name = f"revision {candidate.revision_id}: " if candidate.revision_id else ""
        self._tell(EventType.WARNING, f"Revision{candidate.state}", f"{name}{candidate.message}; {stays}")
        for problem in candidate.problems:
            _log.warning("%s", problem)

    def approve(self, revision: str) -> str:
        """Approves the removals of a revision, named by its id or the beginning of it.

        That is the parked one, which the next reading lets through, or else the one in force, for agents that refused
        to remove what no record explained to them.

        Returns:
            A sentence for people.

        Raises:
            ApproveRefused: no such revision is parked or in force.
        """
        parked = self.candidate if self.candidate is not None and self.candidate.state == "Parked" else None
        waiting = [parked.revision_id] if parked else []
        waiting += [self.in_force.id] if self.in_force else []
        enough = len(revision.removeprefix("sha256:")) >= _FEWEST_DIGITS
        full = next((one for one in waiting if enough and one.startswith((revision, f"sha256:{revision}"))), None)
        if full is None:
            waits = f"revision {parked.revision_id} waits" if parked else "no revision waits"
            raise ApproveRefused(f"{waits} for approval, not {revision!r} (at least {_FEWEST_DIGITS} digits of it)")
        self._approved.add(full)
        what = parked.message if parked and parked.revision_id == full else "agents may remove what it does not name"
        self._tell(EventType.NORMAL, "RevisionApproved", f"revision {full} was approved: {what}")
        return f"revision {full} is approved: {what}"
