"""The numbering of generations: a pure function from what is wanted and known to the next record, if there is one."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from controller.model import NodeState
from controller.observed import ObservedNode
from crds.instance_config import cameras_of
from crds.messages import LARGEST_NUMBER, AgentConfig, ControllerRun, GenerationRef, Removals

# Names of removed instances, and of cameras, that one record may carry; an agent that skipped more waits for approval.
LONGEST_REMOVAL_LIST = 1000


LARGEST_CLAIM = LARGEST_NUMBER // 2
"""Numbers of an agent are followed up to here, when no record of ours explains them: topics and disk may be lost, and then
nobody else knows them. An honest fleet stays below for 136 years of a change in each second, and has as many left above,
whatever anybody claims."""

NOT_FOLLOWED = (
    f"No record of this controller explains a number above {LARGEST_CLAIM}, so it is not followed. If that is what the "
    "ledger of the node holds, and its agent refuses newer generations as Stale, run `rm ledger/current.record` in the "
    "state directory of the agent and restart it: what runs goes on"
)


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
    issued_by: ControllerRun | None = None,
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
    number again. A record whose numbers are out of range was published by a controller that followed a forged claim: the
    numbering begins anew, and agents take that for newer.

    Args:
        state: what the node shall run.
        known: what was published, observed and applied before.
        fleet_id: the fleet.
        agent_key: the key of the node's agent, 64 hexadecimal digits; empty when it is not known.
        issued_by: this controller.
        epoch: the term of this controller; stands in records that it makes, never rewrites old ones. Above it nothing is
            published: either another controller leads, or a term must begin that is above all that agents hold.
        revision: id of the manifests.
        approved: True when a person approved of the removals.
        now: time of issue, UTC.
    """
    published = known.published
    observed = followed(known.observed, published)
    newest = max((one.order for one in (published, observed) if one), default=(0, 0))
    agent_is_ahead = (
        published is None or not published.ref.is_in_range or (observed is not None and is_beyond(observed, published))
    )
    # An agent that refused to remove what no record explained to it is told the same again, with the approval.
    asks_for_approval = (
        approved
        and published is not None
        and not published.removals.approved
        and observed is not None
        and observed.order < published.order
    )
    if published is not None and published.digest == state.digest and not agent_is_ahead and not asks_for_approval:
        return None
    if newest[0] > epoch:
        return None
    same_as_observed = agent_is_ahead and observed is not None and observed.digest == state.digest
    return AgentConfig(
        fleet_id=fleet_id,
        node_id=UUID(state.node_id),
        hostname=state.hostname,
        epoch=newest[0] if same_as_observed else epoch,
        generation=newest[1] if same_as_observed else newest[1] + 1,
        digest=state.digest,
        revision=revision,
        issued_at=now,
        drain=not state.instances,
        removals=_removals(state, known, approved=approved),
        node_config_list=state.instances,
        agent_key=agent_key,
        issued_by=issued_by,
    )


def followed(claim: GenerationRef | None, published: AgentConfig | None) -> GenerationRef | None:
    """What an agent says it holds, if numbers go by that: a record of ours explains it, or it is small enough."""
    if claim is None or not claim.is_in_range:
        return None
    if published is not None and claim.order <= published.order:
        return claim
    return claim if max(claim.order) <= LARGEST_CLAIM else None


def is_beyond(observed: GenerationRef, published: AgentConfig | None) -> bool:
    """True when an agent holds what the newest record does not explain: more, or something else under its number."""
    if published is None:
        return True
    claimed, order = observed.order, published.order
    return claimed > order or (claimed == order and observed.digest not in ("", published.digest))


def _removals(state: NodeState, known: KnownGenerations, *, approved: bool) -> Removals:
    """The instances and cameras that went since the generation which the agent last applied."""
    published = known.published
    if published is None:
        return Removals(count=0, approved=approved, cameras=())
    told = Removals(count=0, approved=False, cameras=()) if known.applied == published.ref else published.removals
    before = {one.instance_name for one in published.node_config_list}
    wanted = {one.instance_name for one in state.instances}
    return Removals(
        count=len(before - wanted),
        approved=approved,
        instances=_first((before | set(told.instances)) - wanted),
        # A record of an older controller does not say what it took away, and its agent may have skipped it.
        cameras=None
        if told.cameras is None
        else _first((published.camera_names | set(told.cameras)) - cameras_of(state.instances)),
    )


def _first(names: AbstractSet[str]) -> tuple[str, ...]:
    return tuple(sorted(names)[:LONGEST_REMOVAL_LIST])


def next_epoch(seen: tuple[GenerationRef, ...]) -> int:
    """The number of a new term: above every epoch that any record or agent tells of."""
    return max((ref.order[0] for ref in seen), default=0) + 1


def newest_observed(node: ObservedNode, published: AgentConfig | None) -> GenerationRef | None:
    """The newest generation that an agent says it holds, in its greeting or its report, as far as that is followed."""
    observed = (followed(claim, published) for claim in _claims(node))
    return max((ref for ref in observed if ref), key=lambda ref: ref.order, default=None)


def _claims(node: ObservedNode) -> tuple[GenerationRef, ...]:
    claims = (node.info.highest if node.info else None, node.response.observed if node.response else None)
    return tuple(claim for claim in claims if claim)
