"""The plan: desired states of all nodes from one revision."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from controller.differing import differing
from controller.model import FleetPlan, Holds, NodeState, Previous, Reason, Revision
from controller.planner.changes import changes_between
from controller.planner.exclusive import Holders
from controller.planner.holds import held_apart, kept
from controller.planner.memo import Differences, PlanMemo, differences, ids_of
from controller.planner.node_outcome import Outcome, Surroundings, drained, outcome_of
from controller.planner.placement import place
from controller.planner.places import Place, places_in
from controller.planner.renames import renamed
from crds.messages import AgentConfig, Removals


def plan(
    revision: Revision,
    previous: Previous,
    holders: Holders = MappingProxyType({}),
    holds: Holds = Holds(),
) -> FleetPlan:
    """Plans the whole fleet: see `plan_again`, with nothing known from before."""
    return plan_again(PlanMemo(), revision, previous, holders, holds).plan


def plan_again(
    before: PlanMemo,
    revision: Revision,
    previous: Previous,
    holders: Holders = MappingProxyType({}),
    holds: Holds = Holds(),
) -> PlanMemo:
    """Plans the whole fleet. What can differ from the plan before is made again, the rest are the very same objects.

    Args:
        before: what an earlier call gave, whatever that was about.
        revision: the manifests that are, or would be, in force.
        previous: what was published last, by node id: instances stay where they are and keep their ports, cameras
            keep their slots.
        holders: who holds exclusive cameras now; those of others are withheld. Without it the plan is the one that is
            reached in the end: what people are shown before anything happens.
        holds: which instances people hold by request; others are held by their annotations. And which shall leave their nodes.

    Returns:
        The plan: the desired state of every node, the reasons for what is not in it, and the changes against `previous`.
        The same input in any order gives the same bytes (invariant S8). The very same memo when nothing differs.
    """
    differ = differences(before, revision, previous, holders, holds)
    if not differ and before.plan.revision == revision.id:
        return before
    published, _, _ = places_in(previous, before.published)
    renames = renamed(revision, published, before.renames, are_nodes_same=not differ.nodes)
    places, ids, moved = places_in(renames.under_new_names(previous), before.places)
    here = (
        one.name for id_ in differ.node_ids if id_ in places.records for one in places.records[id_].node_config_list
    )
    touched = {*differ.instances, *differ.leaving, *moved, *here}
    placement, replaced = place(revision, places, before.placement, touched, holds.leaving)
    on_node = before.on_node_now(placement, replaced)
    annotated = before.annotated_in(revision, differ.instances)
    nodes = revision.node_by_name
    asked = renames.as_asked_by_old_names(holds)
    held = kept(revision.instance_by_name, places, placement.nodes, nodes, asked, annotated, before.held)
    names = differ.instances | moved | replaced | differ.holds | differing(before.held, held)
    ids_touched = {
        *ids,
        *differ.node_ids,
        *ids_of(names, before.placement, before.nodes, before.held),
        *ids_of(names, placement, nodes, held),
        *_withholding(before, differ),
    }
    given = Surroundings(revision, places, holders, holds, held, before.texts, before.specs)
    outcomes = _outcomes(before.outcomes, ids_touched, on_node, given)
    after = replace(
        before,
        instances=revision.instance_by_name,
        nodes=nodes,
        cameras=revision.cameras_by_instance,
        holders=holders,
        holds=holds,
        published=published,
        renames=renames,
        places=places,
        placement=placement,
        on_node=on_node,
        annotated=annotated,
        held=held,
        outcomes=outcomes,
    )
    return _told(before, after, revision, ids_touched, moved)


def _told(
    before: PlanMemo, after: PlanMemo, revision: Revision, touched: Collection[str], moved: AbstractSet[str]
) -> PlanMemo:
    """What the outcomes of the nodes come to: the plan, with its changes and reasons."""
    states = [(_state(before.outcomes.get(node_id)), _state(after.outcomes.get(node_id))) for node_id in touched]
    states = [(old, new) for old, new in states if old is not new]
    nodes = _nodes(before.plan.nodes, states)
    names = {node_id: state.node_name for node_id, state in nodes.items()}
    if any(old is None or new is None or old.node_name != new.node_name for old, new in states):
        # All that names a node is told anew.
        moved |= before.changes.by_instance.keys()
        before = replace(before, waiting={})
    stopped = after.placement.stopped
    moved |= differing(before.renames.by_new_name, after.renames.by_new_name)
    moved |= differing(before.placement.stopped, stopped)
    old_names = {name: one.old_name for name, one in after.renames.by_new_name.items()}
    changes = changes_between(after.places, names, old_names, before.changes, states, moved, stopped.keys())
    wanted = _wanted(after)
    waiting = held_apart(after.held, wanted, revision.instance_by_name, names, before.waiting, stopped.keys())
    reasons = [*after.placement.reasons, *stopped.values(), *(one.reason for one in waiting.values())]
    for outcome in after.outcomes.values():
        if outcome.reasons:
            reasons += outcome.reasons
    told = FleetPlan(revision.id, nodes, tuple(sorted(reasons, key=_order)), changes.all)
    return replace(after, plan=told, waiting=waiting, changes=changes)


def _order(reason: Reason) -> tuple[str, str, str, str]:
    return (reason.subject.kind, reason.subject.name, reason.reason, reason.message)


def _state(outcome: Outcome | None) -> NodeState | None:
    return outcome.state if outcome is not None else None


def _nodes(
    before: Mapping[str, NodeState], states: Collection[tuple[NodeState | None, NodeState | None]]
) -> Mapping[str, NodeState]:
    """The states of all nodes, sorted by id; the very same when none differs."""
    if not states:
        return before
    come = {new.node_id: new for _, new in states if new is not None}
    gone = {old.node_id for old, _ in states if old is not None} - come.keys()
    nodes = {**before, **come}
    for node_id in gone:
        del nodes[node_id]
    return nodes if nodes.keys() == before.keys() else dict(sorted(nodes.items()))


def _wanted(memo: PlanMemo) -> Mapping[str, Place]:
    """What manifests ask for of the instances that are held."""
    wanted = {}
    for name in memo.held:
        if (node := memo.placement.nodes.get(name)) is not None:
            node_id = memo.nodes[node].node_id
            if (config := memo.outcomes[node_id].wanted.get(name)) is not None:
                wanted[name] = (node_id, config)
    return wanted


def _withholding(before: PlanMemo, differ: Differences) -> Iterator[str]:
    """The ids of the nodes that may be given other exclusive cameras now, or for another reason."""
    for node_id, outcome in before.outcomes.items() if differ.contended or differ.nodes else ():
        if not outcome.exclusive.isdisjoint(differ.contended) or (differ.nodes and outcome.tells_of_other_nodes):
            yield node_id


def _outcomes(
    before: Mapping[str, Outcome], touched: Collection[str], on_node: Mapping[str, frozenset[str]], given: Surroundings
) -> Mapping[str, Outcome]:
    kept_on: dict[str, list[str]] = defaultdict(list)
    for name, one in given.held.items():
        kept_on[one.node_id].append(name)
    outcomes = dict(before)
    for node_id in touched:
        node, record = given.revision.node_by_id.get(node_id), given.places.records.get(node_id)
        kept_here, known = kept_on.get(node_id, ()), before.get(node_id)
        if node is not None:
            outcomes[node_id] = outcome_of(node, on_node.get(node.name, ()), kept_here, given, known)
        elif record is not None:
            # Its manifest is gone: what it runs goes too, by an explicit drain, and under the removal guard.
            outcomes[node_id] = drained(node_id, record.hostname, kept_here, given.held, known)
        else:
            outcomes.pop(node_id, None)
    return outcomes


def previous_from(planned: FleetPlan, issued_at: datetime) -> dict[str, AgentConfig]:
    """A plan as if it had been published: what an offline comparison of two revisions starts from."""
    return {
        node_id: AgentConfig(
            fleet_id="offline",
            node_id=UUID(node_id),
            hostname=state.hostname,
            epoch=1,
            generation=1,
            digest=state.digest,
            revision=planned.revision,
            issued_at=issued_at,
            drain=not state.instances,
            removals=Removals(count=0, approved=False),
            node_config_list=state.instances,
        )
        for node_id, state in planned.nodes.items()
    }
