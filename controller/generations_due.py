"""Pure: the generations that are due, by the plan, what lies on the topic, and what the agents said.

No record is due for a node until something differs: its state, its newest record, what its agent said, or the term. What
also differs with time alone is looked at again.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from controller import term
from controller.actions import Log, Note, Publish, Send, Tell
from controller.differing import differing
from controller.model import NodeState, ObjectRef, Revision
from controller.picture.events import EventType
from controller.planner.exclusive import holding_of_exclusive_cameras
from controller.planner.planner import plan_again
from controller.publish.generations import KnownGenerations, is_beyond, newest_observed, next_record
from controller.rules import Rules
from controller.state import Looked, State
from controller.status.runs import rivals
from crds.messages import AgentConfig


def due(state: State, rules: Rules, now: datetime) -> tuple[State, tuple[Send, ...], tuple[Note, ...]]:
    """The generations that are due, each with its number.

    That the revision is in force must be on disk before: a controller that knows only the one before it would publish
    that again.
    """
    revision, number = state.gate.in_force, state.term
    if revision is None or number is None:
        return state, (), ()
    state = planned(state, revision)  # shown from now on: what is planned and not published is not there yet
    if state.plan is None or revision.id != state.kept or not state.leads:
        return state, (), ()
    nodes = state.plan.nodes
    looked = Looked(nodes, state.published.by_node, state.fleet.nodes, number, is_approved=state.gate.is_approved)
    sends: list[Send] = []
    notes: list[Note] = []
    failed: dict[str, str] = {}
    again: set[str] = set()
    for node_id in sorted(_to_look_at(looked, state.looked) & nodes.keys()):
        node = nodes[node_id]
        try:
            record = (
                None
                if (waits := _waits(node_id, state, now))
                else _next_record(node, revision.id, number, state, rules, now)
            )
        except Exception as error:  # noqa: BLE001 - a bug that one node meets keeps no other from its generation (S15)
            failed[node_id] = node.digest
            notes += _bug(f"no record can be made for node {node.node_name}", error, ObjectRef("Node", node.node_name))
            continue
        if record is not None:
            sends.append(Publish(record, node.node_name, state.published.by_node.get(node_id)))
        if record is not None or waits:
            again.add(node_id)
    if failed:
        state = replace(state, failed={**state.failed, **failed})
    looked = replace(looked, again=frozenset(again))
    return state if looked.is_same_as(state.looked) else replace(state, looked=looked), tuple(sends), tuple(notes)


def _to_look_at(now: Looked, before: Looked | None) -> Collection[str]:
    """The ids of the nodes for which a record may be due now."""
    if before is None or (now.term, now.is_approved) != (before.term, before.is_approved):
        return now.nodes.keys()
    return (
        differing(before.nodes, now.nodes)
        | differing(before.published, now.published)
        | differing(before.observed, now.observed)
        | before.again
    )


def _bug(what: str, error: Exception, subject: ObjectRef) -> tuple[Note, ...]:
    text = f"{what}: the controller met an error ({type(error).__name__}): see its log"
    return Log(EventType.WARNING, what, error), Tell(EventType.WARNING, "UnexpectedError", text, subject)


def planned(state: State, revision: Revision) -> State:
    """With the plan of now; the same state when nothing differs that it is made from."""
    published = state.published.configs
    holding = holding_of_exclusive_cameras(state.holding, revision, published, state.fleet)
    # Where nobody holds an exclusive camera it is the plan that the gate has made.
    before = state.planned if holding.holders and state.planned is not None else state.gate.in_the_end
    memo = plan_again(before, revision, published, holding.holders, state.holds)
    if holding is not state.holding:
        state = replace(state, holding=holding)
    if memo is state.planned:
        return state
    gate = state.gate if holding.holders else replace(state.gate, in_the_end=memo)
    return replace(state, planned=memo, gate=gate)


def _waits(node_id: str, state: State, now: datetime) -> bool:
    """True when a record may be due once time has passed."""
    node, published = state.fleet.nodes.get(node_id), state.published.configs.get(node_id)
    if node is None:
        return False
    if rivals(node, now):
        return True  # two machines would begin to run it
    observed = newest_observed(node, published)
    is_unexplained = observed is not None and is_beyond(observed, published)
    return is_unexplained and not term.is_heeded(state.unexplained.get(node_id), now)


def _next_record(
    wanted: NodeState, revision_id: str, epoch: int, state: State, rules: Rules, now: datetime
) -> AgentConfig | None:
    """The record to publish for a node now. Without a record before, its agent must greet and say what it holds."""
    node = state.fleet.nodes.get(wanted.node_id)
    greeted = node is not None and node.info is not None
    published = state.published.configs.get(wanted.node_id)
    if (published is None and not greeted) or state.failed.get(wanted.node_id) == wanted.digest:
        return None
    response = node.response if node else None
    observed = newest_observed(node, published) if node else None
    known = KnownGenerations(published, observed, response.applied if response else None)
    return next_record(
        wanted,
        known,
        fleet_id=rules.fleet_id,
        agent_key=state.fleet.keys.get(wanted.node_id, ""),
        issued_by=rules.run,
        epoch=epoch,
        revision=revision_id,
        approved=state.gate.is_approved,
        now=now,
    )
