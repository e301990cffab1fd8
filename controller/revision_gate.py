"""Which revision is in force: the newest valid one, unless it removes too much and nobody approved of that.

Until a reading has passed, the last good revision stays.
"""

import contextlib
from dataclasses import replace
from datetime import datetime

from controller.actions import KeepLastGood, Log, Note, Tell
from controller.model import ApproveRefused, Change, ChangeKind, Holds, ObjectRef, Previous, Revision
from controller.picture.events import EventType
from controller.planner.describe import describe_plan
from controller.planner.guard import RemovalLimits, unwatched, why_parked
from controller.planner.planner import plan_again
from controller.source.last_good import Recalled
from controller.source.read.reader import Loaded, Reading, Rejected, Unreadable
from controller.state import Candidate, Gate

# Fewer digits of a revision than this are no approval: someone might mean another one.
_FEWEST_DIGITS = 7

Passed = tuple[Gate, tuple[Note, ...]]


def recall(recalled: Recalled, now: datetime) -> Passed:
    """Shows the revision that was in force when the controller stopped, if that is still known: see `begin`."""
    approved_ids = frozenset({recalled.approved_id} if recalled.approved_id else ())
    notes: tuple[Note, ...] = ()
    if recalled.warning:
        text = f"the last good revision: {recalled.warning}"
        is_told = recalled.is_of_another_format
        notes = (Tell(EventType.WARNING, "UnknownFormat", text) if is_told else Log(EventType.WARNING, text),)
        if recalled.is_outdated:
            notes = (Tell(EventType.WARNING, "LastGoodOutdated", recalled.warning),)
    if (revision := recalled.revision) is None:
        return Gate(approved_ids=approved_ids), notes
    said = Log(EventType.NORMAL, f"revision {revision.id} was in force when the controller stopped")
    return Gate(revision, now, approved_ids=approved_ids, is_recalled=True), (*notes, said)


def begin(gate: Gate, published: Previous, limits: RemovalLimits, now: datetime, holds: Holds) -> Passed:
    """Lets the recalled revision pass like any other, now that it is known what is published.

    The copy on disk may be old: its directory came from a backup, or the newest could not be written. What was approved of it
    then lets the very revision through when the source says that it is still wanted, and not before.
    """
    recalled = gate.in_force
    if not gate.is_recalled or recalled is None:
        return gate, ()
    with contextlib.suppress(Exception):  # told below, where the plan is made again
        memo = plan_again(gate.in_the_end, recalled, published, holds=holds)
        if why_parked(memo.plan, published, limits) is None:
            return replace(gate, is_recalled=False, in_the_end=memo), ()
    outside = replace(gate, in_force=None, in_force_since=None, is_recalled=False, approved_ids=frozenset())
    aside, notes = _consider_revision(outside, recalled, published, limits, now, holds)
    return replace(aside, approved_ids=gate.approved_ids), notes


def consider(
    gate: Gate,
    reading: Reading,
    published: Previous | None,
    limits: RemovalLimits,
    now: datetime,
    holds: Holds = Holds(),
) -> Passed | None:
    """Takes a reading into force, or sets it aside.

    Args:
        gate: as it was before.
        reading: the source as it is now.
        published: the generations that the agents hold; None while that is not known yet.
        limits: how many instances and cameras a revision may take away without approval.
        now: the time, UTC.
        holds: which instances people hold by request: no revision removes them.

    Returns:
        None when it cannot be decided before `published` is known: what would it remove?
    """
    match reading:
        case Rejected(revision_id=revision_id, description=description, problems=problems):
            message = f"it has {len(problems)} error{'s' if len(problems) != 1 else ''}"
            candidate = Candidate("Rejected", message, revision_id, description, tuple(map(str, problems)))
            return _set_aside(gate, candidate)
        case Unreadable(message=message):
            return _set_aside(gate, Candidate("Unreadable", message))
        case Loaded(revision=revision) if gate.in_force is not None and revision.id == gate.in_force.id:
            return _restored(gate, revision)
        case Loaded(revision=revision) if published is not None:
            return _consider_revision(gate, revision, published, limits, now, holds)
    return None


def _restored(gate: Gate, revision: Revision) -> Passed:
    if gate.candidate is None:
        return gate, ()
    message = f"the manifests are again as in revision {revision.id}"
    return replace(gate, candidate=None), (Tell(EventType.NORMAL, "RevisionRestored", message),)


def _consider_revision(
    gate: Gate,
    revision: Revision,
    published: Previous,
    limits: RemovalLimits,
    now: datetime,
    holds: Holds,
) -> Passed:
    try:
        memo = plan_again(gate.in_the_end, revision, published, holds=holds)
        planned = memo.plan
        parked = why_parked(planned, published, limits)
    except Exception as error:  # noqa: BLE001 - a revision that cannot be planned must keep no good one from its work (S15)
        message = f"it cannot be planned, the controller met an error ({type(error).__name__}): see its log"
        aside, said = _set_aside(gate, Candidate("Rejected", message, revision.id, revision.description))
        return aside, (Log(EventType.WARNING, f"revision {revision.id} cannot be planned", error), *said)
    if parked is not None and revision.id not in gate.approved_ids:
        changes = describe_plan(planned)
        candidate = Candidate(
            "Parked",
            parked,
            revision.id,
            revision.description,
            removed=planned.removed,
            unwatched=unwatched(planned, published),
            changes=changes,
        )
        return _set_aside(gate, candidate)
    message = f"revision {revision.id} is in force ({revision.description})"
    return replace(gate, in_force=revision, in_force_since=now, candidate=None, is_recalled=False, in_the_end=memo), (
        KeepLastGood(),
        Tell(EventType.NORMAL, "RevisionAccepted", message),
        Log(EventType.NORMAL, f"revision {revision.id}:\n{describe_plan(planned)}"),
        *(_renamed(one) for one in planned.changes if one.kind == ChangeKind.RENAME),
    )


def _renamed(change: Change) -> Tell:
    message = f"It was {change.old_name}; what runs goes on under the name that it began with"
    return Tell(EventType.NORMAL, "Renamed", message, ObjectRef("DsInstance", change.instance))


def _set_aside(gate: Gate, candidate: Candidate) -> Passed:
    if candidate == gate.candidate:
        return gate, ()
    stays = f"revision {gate.in_force.id} stays in force" if gate.in_force else "no revision is in force"
    name = f"revision {candidate.revision_id}: " if candidate.revision_id else ""
    return replace(gate, candidate=candidate), (
        Tell(EventType.WARNING, f"Revision{candidate.state}", f"{name}{candidate.message}; {stays}"),
        *(Log(EventType.WARNING, problem) for problem in candidate.problems),
    )


def approve(gate: Gate, revision: str) -> tuple[Gate, Tell, str]:
    """Approves the removals of a revision, named by its id or the beginning of it.

    That is the parked one, which the next reading lets through, or else the one in force, for agents that refused
    to remove what no record explained to them.

    Returns:
        With a sentence for people.

    Raises:
        ApproveRefused: no such revision is parked or in force.
    """
    parked = gate.candidate if gate.candidate is not None and gate.candidate.state == "Parked" else None
    waiting = [parked.revision_id] if parked else []
    waiting += [gate.in_force.id] if gate.in_force else []
    enough = len(revision.removeprefix("sha256:")) >= _FEWEST_DIGITS
    full = next((one for one in waiting if enough and one.startswith((revision, f"sha256:{revision}"))), None)
    if full is None:
        waits = f"revision {parked.revision_id} waits" if parked else "no revision waits"
        raise ApproveRefused(f"{waits} for approval, not {revision!r} (at least {_FEWEST_DIGITS} digits of it)")
    what = parked.message if parked and parked.revision_id == full else "agents may remove what it does not name"
    told = Tell(EventType.NORMAL, "RevisionApproved", f"revision {full} was approved: {what}")
    return replace(gate, approved_ids=gate.approved_ids | {full}), told, f"revision {full} is approved: {what}"
