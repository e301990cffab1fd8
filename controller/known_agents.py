"""Pure: whose word counts for each node, and who is forgotten."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from controller.actions import KeepKeys, Log, Note, Tell
from controller.model import Fleet, ObjectRef, TrustRefused
from controller.picture.events import EventType
from controller.publish.admission import Addressee, Answer
from controller.rules import Rules
from controller.state import State
from controller.status.hearing import Heard, Hearing
from controller.status.strangers import strangers_leave_at, without_silent_strangers
from controller.status.trust import about_stranger, agent_keys, named_key, with_keys
from crds.node import fingerprint


def trust(state: State, name: str, key: str, now: datetime) -> tuple[State, tuple[Note, ...], str]:
    """Has a node known by a key from now on: see `trust.named_key`.

    Raises:
        TrustRefused: with the reason.
    """
    if state.superseded is not None:
        raise TrustRefused(f"no key can be named here: {state.superseded.message}")
    revision = state.gate.in_force
    node = revision.node_by_name.get(name) if revision else None
    public_key = named_key(state.fleet, node, name, key)
    node_id = node.node_id if node else ""
    if state.fleet.keys.get(node_id) == public_key:
        return state, (), f"node {name} is known by {fingerprint(public_key)} already"
    said = f"node {name} is known by {fingerprint(public_key)} from now on, and by no other key"
    state, notes = _known_by(state, {**state.fleet.keys, node_id: public_key}, now)
    return state, (Tell(EventType.NORMAL, "KeyTrusted", said, ObjectRef("Node", name)), *notes), said


def renew(state: State, rules: Rules, now: datetime) -> tuple[State, tuple[Note, ...]]:
    """Whose word counts for each node, by the revision in force; who is a stranger and silent for long is forgotten."""
    notes: list[Note] = []
    if (revision := state.gate.in_force) is not None:
        before = state.fleet.keys
        keys = agent_keys(revision, state.fleet, state.published.configs, is_caught_up=state.term is not None)
        if keys is not before:
            state, notes = _known_by(state, keys, now)
            for node_id in (one for one, key in keys.items() if before.get(one) != key):
                name = revision.node_by_id[node_id].name
                text = f"node {name} is known by the key {fingerprint(keys[node_id])} from now on"
                notes.append(Log(EventType.NORMAL, text))
    if state.observed.waiting:
        hearing = Hearing(state.observed, fleet_id=rules.fleet_id, members=state.members)
        hearing.take_waiting(now)
        state = _with_observed(state, hearing.done())
    if revision is not None and state.term is not None:
        fleet = without_silent_strangers(state.fleet, state.outsiders, now)
        if fleet is not state.fleet:
            state = replace(state, observed=replace(state.observed, fleet=fleet), answered=_still_there(state, fleet))
    return state, tuple(notes)


def _with_observed(state: State, observed: Heard) -> State:
    return state if observed is state.observed else replace(state, observed=observed)


def _known_by(state: State, keys: Mapping[str, str], now: datetime) -> tuple[State, list[Note]]:
    """The state when these keys count; who was believed until now and is not any more is told."""
    before, after = state.fleet, with_keys(state.fleet, keys, now)
    notes: list[Note] = [KeepKeys()]
    nodes = state.gate.in_force.node_by_id if state.gate.in_force else {}
    for node_id in (one for one, node in after.nodes.items() if before.nodes[one] is not node):
        node = nodes[node_id]
        text = about_stranger(after.nodes[node_id].strangers[-1], node.name, keys[node_id], is_pinned=node.is_pinned)
        notes.append(Tell(EventType.WARNING, "KeyRefused", text, ObjectRef("Node", node.name)))
    return replace(state, observed=replace(state.observed, fleet=after)), notes


def renew_after(state: State) -> datetime | None:
    """The time after which `renew` forgets somebody, if nobody speaks; None when it never does."""
    if state.gate.in_force is None or state.term is None:
        return None
    return strangers_leave_at(state.fleet, state.outsiders)


def _still_there(state: State, fleet: Fleet) -> dict[Addressee, Answer]:
    """What was answered to those who are not forgotten."""
    there = {(node_id, node.info.public_key) for node_id, node in fleet.nodes.items() if node.info}
    there |= {(node_id, one.public_key) for node_id, node in fleet.nodes.items() for one in node.strangers}
    return {to: answer for to, answer in state.answered.items() if to in there}
