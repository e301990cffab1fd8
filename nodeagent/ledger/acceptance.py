"""The acceptance rule: one pure function, the same for every record from anywhere."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crds.instance_config import cameras_of
from crds.messages import LARGEST_NUMBER, AgentConfig

# The agent's own copy of the guard against mass removals: more than this many instances, or cameras, and more than this
# part of what the ledger holds, never go without being named in the record or approved.
UNEXPLAINED_REMOVALS_ALLOWED = 1
UNEXPLAINED_PERCENT_ALLOWED = 25.0


class Verdict(StrEnum):
    """What becomes of a record."""

    ACCEPTED = "Accepted"
    UNCHANGED = "Unchanged"
    """The same generation with the same digest: nothing to do (invariant S7)."""
    STALE = "Stale"
    """An older generation or epoch: a late record, or a controller that was deposed (invariant S9)."""
    CONFLICT = "Conflict"
    """The same generation with another digest: two controllers, or a broken one. The old one stays."""
    REFUSED = "Refused"
    """Not for this node or fleet, expired, or it takes away what it does not name. The old one stays."""
    UNKNOWN_FORMAT = "UnknownFormat"
    """The controller signed it, in a format of another version. The old one stays."""


@dataclass(frozen=True)
class Decision:
    """A verdict and the sentence for people."""

    verdict: Verdict
    message: str


def accept(
    current: AgentConfig | None, incoming: AgentConfig, *, fleet_id: str, node_id: str, now: datetime
) -> Decision:
    """Decides on a record whose signature is known to be right.

    Args:
        current: the newest accepted generation.
        incoming: the record.
        fleet_id: the fleet of this agent.
        node_id: the id of this node.
        now: the time, UTC.
    """
    name = str(incoming.ref)
    wrong = _why_refused(incoming, fleet_id, node_id, now)
    if wrong:
        return Decision(Verdict.REFUSED, f"{name} {wrong}")
    if current is not None and incoming.ref.order <= current.ref.order:
        return _not_newer(current, incoming, name)
    unexplained = unexplained_removals(current, incoming) if current else ()
    if current and unexplained:
        return Decision(
            Verdict.REFUSED,
            f"{name} takes away {len(unexplained)} of {len(current.node_config_list)} instances without naming them "
            f"({', '.join(unexplained)}): run `fleet approve {incoming.revision}` if that is meant",
        )
    dark = unexplained_cameras(current, incoming) if current else ()
    if current and dark:
        return Decision(
            Verdict.REFUSED,
            f"{name} takes away {len(dark)} of {len(current.camera_names)} cameras without naming them "
            f"({', '.join(dark)}): run `fleet approve {incoming.revision}` if that is meant",
        )
    return Decision(Verdict.ACCEPTED, name)


def _not_newer(current: AgentConfig, incoming: AgentConfig, name: str) -> Decision:
    if incoming.ref.order < current.ref.order:
        return Decision(Verdict.STALE, f"{name} is older than {current.ref}, which this node holds")
    if incoming.digest == current.digest:
        return Decision(Verdict.UNCHANGED, name)
    return Decision(
        Verdict.CONFLICT,
        f"{name} came with digest {incoming.digest}, and this node holds it with {current.digest}: "
        "are two controllers at work?",
    )


def _why_refused(incoming: AgentConfig, fleet_id: str, node_id: str, now: datetime) -> str | None:
    if incoming.fleet_id != fleet_id:
        return f"is of fleet {incoming.fleet_id!r}, this agent belongs to {fleet_id!r}"
    if str(incoming.node_id) != node_id:
        return f"is for node {incoming.node_id}, this is {node_id}"
    if not incoming.ref.is_in_range:
        return f"has a number above {LARGEST_NUMBER}: its controller believed somebody who made numbers up; upgrade it"
    if incoming.expires_at is not None and now > incoming.expires_at:
        return f"expired at {incoming.expires_at.isoformat()}"
    return None


def unexplained_removals(current: AgentConfig, incoming: AgentConfig) -> tuple[str, ...]:
    """The instances that would go although the record neither names them nor was approved; empty when few enough."""
    if incoming.removals.approved:
        return ()
    before = {one.instance_name for one in current.node_config_list}
    after = {one.instance_name for one in incoming.node_config_list}
    return _unless_few(before - after - set(incoming.removals.instances), len(before))


def unexplained_cameras(current: AgentConfig, incoming: AgentConfig) -> tuple[str, ...]:
    """The same for cameras. Those of an instance that the record names are explained with it.

    Older controllers name no cameras, and say so: their records pass.
    """
    removals = incoming.removals
    if removals.approved or removals.cameras is None:
        return ()
    removed = set(removals.instances)
    with_it = cameras_of(one for one in current.node_config_list if one.instance_name in removed)
    gone = current.camera_names - incoming.camera_names
    return _unless_few(gone - with_it - set(removals.cameras), len(current.camera_names))


def _unless_few(unexplained: AbstractSet[str], before: int) -> tuple[str, ...]:
    allowed = len(unexplained) <= UNEXPLAINED_REMOVALS_ALLOWED
    few = len(unexplained) * 100 <= UNEXPLAINED_PERCENT_ALLOWED * before
    return () if allowed or few else tuple(sorted(unexplained))
