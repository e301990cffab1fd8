"""Pure: whose word counts for each node, and who is forgotten."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from controller.actions import KeepKeys, Log, Note, Tell
from controller.differing import differing
from controller.model import ObjectRef, TrustRefused
from controller.observed import Fleet
from controller.picture.events import EventType
from controller.publish.admission import Answer, still_there
from controller.publish.published import Sent
from controller.rules import Rules
from controller.state import State
from controller.status.fold import is_believed
from controller.status.hearing import Hearing
from controller.status.strangers import STRANGER_FOR, strangers_leave_at, without_silent_strangers
from controller.status.trust import about_stranger, agent_keys, named_key, with_keys
from crds.fingerprint import fingerprint


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
    state = state.looked_over()
    if (revision := state.gate.in_force) is not None and state.attention.rekeyed:
        before = state.fleet.keys
        keys = agent_keys(revision, state.fleet, state.published.configs, is_caught_up=state.term is not None)
        if keys is not before:
            state, notes = _known_by(state, keys, now)
            for node_id in (one for one, key in keys.items() if before.get(one) != key):
                name = revision.node_by_id[node_id].name
                text = f"node {name} is known by the key {fingerprint(keys[node_id])} from now on"
                notes.append(Log(EventType.NORMAL, text))
        state = state.looked_over()
    if state.attention.readable or _has_waited_for_long(state, now):
        hearing = Hearing(state.observed, fleet_id=rules.fleet_id, members=state.members)
        hearing.take_waiting(now)
        state = replace(state, observed=hearing.done()).looked_over()
    if revision is not None and state.term is not None:
        attention = state.attention
        fleet = without_silent_strangers(state.fleet, attention.outsiders, attention.disputed, now)
        if fleet is not state.fleet:
            answered = _still_there(state, fleet)
            state = replace(state, observed=replace(state.observed, fleet=fleet), answered=answered).looked_over()
    return state, tuple(notes)


def _has_waited_for_long(state: State, now: datetime) -> bool:
    """True when the report that has waited for longest is to be forgotten."""
    ends = _oldest_waits_until(state)
    return ends is not None and ends < now


def _oldest_waits_until(state: State) -> datetime | None:
    oldest = next(iter(state.observed.waiting.values()), None)
    return oldest[1] + STRANGER_FOR if oldest is not None else None


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
    ends = [_oldest_waits_until(state)]
    if state.gate.in_force is not None and state.term is not None:
        ends.append(strangers_leave_at(state.fleet, state.attention.outsiders, state.attention.disputed))
    return min((end for end in ends if end is not None), default=None)


def _still_there(state: State, fleet: Fleet) -> Mapping[str, tuple[Answer, ...]]:
    """What was answered to those who are not forgotten."""
    answered = dict(state.answered)
    for node_id in answered.keys() & differing(state.fleet.nodes, fleet.nodes):
        node = fleet.nodes.get(node_id)
        if node is not None and (left := still_there(answered[node_id], node)):
            answered[node_id] = left
        else:
            del answered[node_id]
    return answered


def lacked_by_the_believed(state: State, now: datetime) -> Mapping[str, Sent]:
    """The newest records that agents lack whose word counts now, by node id."""
    nodes, pulses = state.fleet.nodes, state.fleet.pulses
    return {
        node_id: sent
        for node_id, sent in state.attention.lacked.items()
        if is_believed(nodes[node_id], pulses.get(node_id), now)
    }
