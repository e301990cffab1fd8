"""A report, and in short whether it would say anything new: pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from crds.condition import Condition
from crds.messages import AgentInfo, AgentResponse, GenerationRef, InstanceStatus, OrphanStatus
from nodeagent.reporter.status import InstanceFacts, Known, instance_facts, instance_statuses, is_applied

_MOST_ORPHANS = 50


@dataclass(frozen=True)
class Told:
    """What the last report said, as far as the next one hangs on it."""

    statuses: Mapping[str, InstanceStatus] = field(default_factory=dict)
    """By name of the instance."""
    applied: GenerationRef | None = None


@dataclass(frozen=True)
class Standing:
    """What a report would say, without the numbers and words that move all the time. Made every second: it is cheap."""

    observed: GenerationRef | None
    applied: GenerationRef | None
    instances: tuple[InstanceFacts, ...]
    conditions: tuple[tuple[object, ...], ...]
    messages: tuple[str, ...] = field(default=(), compare=False)
    """Of the conditions."""
    orphans: tuple[OrphanStatus, ...] = field(default=(), compare=False)


def standing(
    known: Known,
    told: Told,
    conditions: tuple[Condition, ...],
    now: datetime,
    orphans: tuple[OrphanStatus, ...] = (),
) -> Standing:
    """What a report would say at this moment.

    Args:
        known: what was observed and remembered.
        told: what the last report said.
        conditions: of the agent.
        now: the time, UTC.
        orphans: what earlier agents have left on the machine.
    """
    instances = instance_facts(known, now)
    return Standing(
        observed=known.desired.ref if known.desired else None,
        applied=_applied(known, told, instances),
        instances=instances,
        conditions=tuple((one.type, one.status, one.reason, one.last_transition_time) for one in conditions),
        messages=tuple(one.message for one in conditions),
        orphans=orphans,
    )


def after_report(told: Told, known: Known, now: datetime) -> Told:
    """What the report of this moment says of the instances, and which generation is applied.

    Args:
        told: what the report before said.
        known: what was observed and remembered.
        now: the time, UTC.
    """
    statuses = instance_statuses(known, told.statuses, now)
    return Told({one.instance_name: one for one in statuses}, _applied(known, told, statuses))


def report(
    told: Told,
    known: Known,
    conditions: tuple[Condition, ...],
    identity: AgentInfo,
    sequence: int,
    now: datetime,
    orphans: tuple[OrphanStatus, ...] = (),
) -> AgentResponse:
    """The report of this moment.

    Args:
        told: what it says, from `after_report`.
        known: what was observed and remembered.
        conditions: of the agent.
        identity: whose report it is.
        sequence: its number.
        now: the time, UTC.
        orphans: what earlier agents have left on the machine.
    """
    return AgentResponse(
        fleet_id=identity.fleet_id,
        node_id=identity.node_id,
        observed=known.desired.ref if known.desired else None,
        applied=told.applied,
        status=tuple(told.statuses.values()),
        conditions=conditions,
        boot_id=identity.boot_id,
        starts=identity.starts,
        sequence=sequence,
        sent_at=now,
        orphans=orphans[:_MOST_ORPHANS],
    )


def _applied(
    known: Known, told: Told, instances: tuple[InstanceFacts, ...] | tuple[InstanceStatus, ...]
) -> GenerationRef | None:
    """The newest generation of which every instance was seen running, with nothing left to do."""
    if known.settled and known.desired is not None and is_applied(known.desired, instances):
        return known.desired.ref
    return told.applied
