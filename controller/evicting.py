"""An instance that is to run on another node, without that a manifest says so: what becomes of such a wish. Pure.

The wish lives as long as somebody waits for its answer. What outlives the controller is that the instance was published on another
node: what is published somewhere stays there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from controller.actions import Tell
from controller.model import EvictionRefused, FleetPlan, Holds, ObjectRef
from controller.picture.events import EventType
from controller.planner.describe import what_comes
from controller.planner.placement import Wish, allowed_nodes
from controller.planner.planner import plan_again
from controller.state import State
from controller.status.fold import is_believed
from crds.dsinstance import DsInstance
from crds.messages import AgentConfig


@dataclass(frozen=True)
class Eviction:
    """A move that will be made."""

    instance: str
    node: str
    """Name of the node that it leaves."""
    node_id: str
    to_node: str
    plan: FleetPlan
    """What happens for it, and nothing that happens anyway."""

    @property
    def said(self) -> str:
        """A sentence for people."""
        return f"dsinstance/{self.instance} moves from node {self.node} to node {self.to_node}"

    @property
    def told(self) -> Tell:
        """The event of it."""
        text = f"it leaves node {self.node} by request, and runs on node {self.to_node}"
        return Tell(EventType.NORMAL, "Evicted", text, ObjectRef("DsInstance", self.instance))


def evict(state: State, name: str, now: datetime) -> tuple[Holds, Eviction]:
    """Finds another node for an instance.

    It goes where its manifest lets it, where an agent is heard, and where there is room. Nothing becomes dark for it but while it
    moves.

    Args:
        state: what is known.
        name: of the instance.
        now: the time, UTC.

    Returns:
        What people ask then, and the move that comes of it.

    Raises:
        EvictionRefused: it stays where it is.
    """
    revision, memo = state.gate.in_force, state.planned
    if state.superseded is not None:
        raise EvictionRefused(f"nothing is moved here: {state.superseded.message}", is_final=True)
    if revision is None or memo is None or not state.leads:
        raise EvictionRefused("nothing is planned yet: ask again", is_final=False)
    if not state.connected:
        raise EvictionRefused("Kafka is away, so that no agent can be told: ask again", is_final=False)
    instance = revision.instance_by_name.get(name)
    if instance is None:
        raise EvictionRefused(f"no manifest in force is that of dsinstance/{name}", is_final=True)
    if name in memo.held:
        hold = memo.held[name].config.hold
        why = f"dsinstance/{name} is {hold}: an instance that somebody works on is not moved, until it is released"
        raise EvictionRefused(why, is_final=True)
    places = memo.places.of.get(name, ())
    planned = memo.changes.planned.get(name)
    if name in state.holds.leaving or planned is None or [node_id for node_id, _ in places] != [planned[0]]:
        raise EvictionRefused(f"dsinstance/{name} begins, or is moved already: ask again", is_final=False)
    node_id = planned[0]
    _require_another_node(state, instance, node_id, now)
    shunned = frozenset((node_id, *_silent(state, instance, now)))
    holds = replace(state.holds, leaving={**state.holds.leaving, name: shunned})
    after = plan_again(memo, revision, state.published.configs, state.holding.holders, holds)
    found = after.changes.planned.get(name)
    if found is None or found[0] == node_id:
        reasons = [one.message for one in after.plan.reasons if one.subject == ObjectRef("DsInstance", name)]
        raise EvictionRefused(
            f"dsinstance/{name} is not moved: {'; '.join(reasons) or 'nobody takes it'}", is_final=True
        )
    names = {one: state_of.node_name for one, state_of in after.plan.nodes.items()}
    return holds, Eviction(name, names[node_id], node_id, names[found[0]], what_comes(after.plan, memo.plan))


def withdrawn(holds: Holds, name: str) -> Holds:
    """Without the wish that an instance leaves its node."""
    return replace(holds, leaving={one: ids for one, ids in holds.leaving.items() if one != name})


def has_left(state: State, eviction: Eviction) -> bool:
    """True when the instance is published elsewhere and nowhere else, or is wanted no more."""
    if state.gate.in_force is None or eviction.instance not in state.gate.in_force.instance_by_name:
        return True
    planned = state.planned.changes.planned.get(eviction.instance) if state.planned else None
    if planned is None or planned[0] == eviction.node_id:
        return False
    published = state.published.configs
    return _holds(published.get(planned[0]), eviction.instance) and not _holds(
        published.get(eviction.node_id), eviction.instance
    )


def _holds(record: AgentConfig | None, name: str) -> bool:
    return record is not None and any(one.name == name for one in record.node_config_list)


def _require_another_node(state: State, instance: DsInstance, node_id: str, now: datetime) -> None:
    revision = state.gate.in_force
    assert revision is not None  # noqa: S101 - whoever calls has looked
    if (pinned := instance.spec.node) is not None:
        why = f"its manifest names its node (spec.node: {pinned}). Name another one there, or give it a nodeSelector"
        raise EvictionRefused(f"dsinstance/{instance.name} is not moved: {why}", is_final=True)
    others = {name for name, one in allowed_nodes(revision, Wish.of(instance)).items() if one.node_id != node_id}
    if not others:
        why = "its nodeSelector finds no other node"
        raise EvictionRefused(f"dsinstance/{instance.name} is not moved: {why}", is_final=True)
    silent = {revision.node_by_id[one].name for one in _silent(state, instance, now)}
    if others <= silent:
        why = f"nothing is heard of the other nodes that it may run on: {', '.join(sorted(others))}"
        raise EvictionRefused(f"dsinstance/{instance.name} is not moved: {why}", is_final=True)


def _silent(state: State, instance: DsInstance, now: datetime) -> Iterator[str]:
    """The ids of nodes that it may run on, and whose agents do not say that they are there."""
    assert state.gate.in_force is not None  # noqa: S101 - whoever calls has looked
    for node in allowed_nodes(state.gate.in_force, Wish.of(instance)).values():
        heard = state.fleet.nodes.get(node.node_id)
        if heard is None or not is_believed(heard, state.fleet.pulses.get(node.node_id), now):
            yield node.node_id
