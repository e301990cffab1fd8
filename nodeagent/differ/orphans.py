"""What an agent that is no more has left on this machine: when it counts as that, and when it may be taken over."""

from collections.abc import Collection, Iterable, Mapping

from crds.messages import AgentConfig, OrphanStatus
from nodeagent.model import Leftover

# An agent that is restarted or upgraded is away for a few seconds, and has left nothing.
ORPHANED_AFTER_S = 15.0
_MOST_TOLD = 10


def seen_since(before: Mapping[str, float], leftovers: Iterable[Leftover], now_s: float) -> dict[str, float]:
    """Since when each leftover is seen without an agent, by its runtime id; seconds of a clock that is never set."""
    return {one.runtime_id: before.get(one.runtime_id, now_s) for one in leftovers}


def orphans_among(leftovers: Iterable[Leftover], since: Mapping[str, float], now_s: float) -> tuple[Leftover, ...]:
    """Those whose agent is away for so long that it will not come back."""
    return tuple(one for one in leftovers if now_s - since.get(one.runtime_id, now_s) >= ORPHANED_AFTER_S)


def why_not_adopted(orphan: Leftover, desired: AgentConfig | None, well: Collection[str]) -> str:
    """Why an orphan cannot become an instance of this node; empty when it can.

    Args:
        orphan: what a person wants to be taken over.
        desired: the generation in force.
        well: the instances of this node that are seen to run well.
    """
    config = desired.instance(orphan.instance) if desired else None
    if config is None:
        return f"this node is to run no instance {orphan.instance}"
    if not orphan.running:
        return "it does not run"
    if orphan.digest != config.digest:
        return f"it was made from another form of instance {orphan.instance} than this node is to run"
    if orphan.instance in well:
        return f"this node runs instance {orphan.instance} already, and well"
    return ""


def orphan_status(orphan: Leftover, desired: AgentConfig | None) -> OrphanStatus:
    """What is reported of an orphan; its cameras are known where it has the form that this node knows."""
    config = desired.instance(orphan.instance) if desired else None
    same = config is not None and config.digest == orphan.digest
    return OrphanStatus(
        node_id=orphan.node_id,
        instance_name=orphan.instance,
        runtime_id=orphan.runtime_id,
        running=orphan.running,
        ports=orphan.ports,
        cameras=tuple(one.name for one in config.cameras) if config and same else (),
    )


def told_of(statuses: Collection[OrphanStatus], failures: Mapping[str, str]) -> str:
    """The sentence about all of them.

    Args:
        statuses: the orphans.
        failures: what kept one from being taken over or ended, by its runtime id.
    """
    texts = [_told_of_one(one, failures.get(one.runtime_id, "")) for one in list(statuses)[:_MOST_TOLD]]
    more = f"; and {len(statuses) - _MOST_TOLD} more" if len(statuses) > _MOST_TOLD else ""
    return f"left by an earlier agent, and no agent looks after it: {'; '.join(texts)}{more}; see fleet node adopt and fleet node clean"


def _told_of_one(one: OrphanStatus, failure: str) -> str:
    held = [f"port {port}" for port in one.ports] + [f"camera {name}" for name in one.cameras]
    holds = f", holding {', '.join(held)}" if held and one.running else ""
    runs = "still runs" if one.running else "does not run and is still there"
    said = f" ({failure})" if failure else ""
    return f"instance {one.instance_name} of node {one.node_id} {runs} as {one.runtime_id[:12]}{holds}{said}"
