"""The numbering of generations: a pure function from what is wanted and known to the next record, if there is one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from controller.model import NodeState, ObservedNode
from crds.messages import AgentConfig, GenerationRef, Removals

# Names of removed instances that one record may carry; an agent that skipped more waits for approval instead.
LONGEST_REMOVAL_LIST = 1000


# Numbers above it are no numbers of ours: JSON keeps integers up to here exact in every language.
LARGEST_NUMBER = 2**53 - 1


@dataclass(frozen=True)
class KnownGenerations:
    """What is known of the generations of one node."""

    published: AgentConfig | None = None
    """The newest record that this fleet's controller is known to have published."""
    observed: GenerationRef | None = None
    """The newest generation that the agent says it accepted: numbers never go below it, whatever the topics lost."""
    applied: GenerationRef | None = None
    """The newest generation of which the agent says that it saw every instance running."""


def next_record(
    state: NodeState,
    known: KnownGenerations,
    *,
    fleet_id: str,
    agent_key: str = "",
    epoch: int,
    revision: str,
    approved: bool,
    now: datetime,
) -> AgentConfig | None:
    """The record to publish for a node, or None when the newest one says it all.

    The generation grows when, and only when, the digest of the content changes. Two exceptions heal: an agent that
    waits for the approval of removals gets a number of its own for it; and an agent that
    holds more than the topics do (they were wiped), or something else under the same number (it was written without an
    acknowledgement, or by two controllers), gets a number above its own, or, when it holds this very content, the same
    number again.

    Args:
        state: what the node shall run.
        known: what was published, observed and applied before.
        fleet_id: the fleet.
        agent_key: the key of the node's agent, 64 hexadecimal digits; empty when it is not known.
        epoch: the term of this controller; stands in records that it makes, never rewrites old ones.
        revision: id of the manifests.
        approved: True when a person approved of the removals.
        now: time of issue, UTC.
    """
    published = known.published
    observed = known.observed if known.observed and _is_credible(known.observed) else None
    newest = max((ref.order for ref in (published.ref if published else None, observed) if ref), default=(0, 0))
    agent_is_ahead = published is None or (observed is not None and _is_beyond(observed, published.ref))
    # An agent that refused to remove what no record explained to it is told the same again, with the approval.
    asks_for_approval = (
        approved
        and published is not None
        and not published.removals.approved
        and observed is not None
        and observed.order < published.ref.order
    )
    if published is not None and published.digest == state.digest and not agent_is_ahead and not asks_for_approval:
        return None
    same_as_observed = agent_is_ahead and observed is not None and observed.digest == state.digest
    return AgentConfig(
        fleet_id=fleet_id,
        node_id=UUID(state.node_id),
        hostname=state.hostname,
        epoch=newest[0] if same_as_observed else max(epoch, newest[0]),
        generation=newest[1] if same_as_observed else newest[1] + 1,
        digest=state.digest,
        revision=revision,
        issued_at=now,
        drain=not state.instances,
        removals=_removals(state, known, approved=approved),
        node_config_list=state.instances,
        agent_key=agent_key,
    )


def _is_credible(ref: GenerationRef) -> bool:
    """False for numbers that only a broken agent, or somebody who pretends to be one, can tell of."""
    return ref.epoch < LARGEST_NUMBER and ref.generation < LARGEST_NUMBER


def _is_beyond(observed: GenerationRef, published: GenerationRef) -> bool:
    conflicts = observed.order == published.order and observed.digest not in ("", published.digest)
    return observed.order > published.order or conflicts


def _removals(state: NodeState, known: KnownGenerations, *, approved: bool) -> Removals:
    """The instances that went since the generation which the agent last applied."""
    published = known.published
    if published is None:
        return Removals(count=0, approved=approved)
    before = {one.instance_name for one in published.node_config_list}
    still_told = set() if known.applied == published.ref else set(published.removals.instances)
    wanted = {one.instance_name for one in state.instances}
    gone = sorted((before | still_told) - wanted)
    return Removals(count=len(before - wanted), approved=approved, instances=tuple(gone[:LONGEST_REMOVAL_LIST]))


def next_epoch(seen: tuple[GenerationRef, ...]) -> int:
    """The number of a new term: above every epoch that any record or agent tells of."""
    return max((ref.epoch for ref in seen if _is_credible(ref)), default=0) + 1


def newest_observed(node: ObservedNode) -> GenerationRef | None:
    """The newest generation that an agent says it holds, in its greeting or its report."""
    observed = [node.info.highest if node.info else None, node.response.observed if node.response else None]
    return max((ref for ref in observed if ref), key=lambda ref: ref.order, default=None)
