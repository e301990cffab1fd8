"""A turn that looks at what changed decides what a turn that looks at every node decides."""

from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller import attention, decide
from controller.actions import Acknowledged, AskAgents, Note, Send
from controller.attention import Attention
from controller.model import Revision
from controller.observed import ObservedNode
from controller.publish.generations import newest_observed
from controller.publish.published import Published, Sent
from controller.rest import Rest, rest
from controller.rules import Rules
from controller.state import Gate, State
from controller.status.fold import AgentMessage
from controller.status.strangers import STRANGER_FOR
from controller.status.trust import agent_keys, with_stranger
from crds.messages import AgentConfig, GenerationRef, Removals
from tests.picture.fleets import FLEET_ID, KEY, NOW, alive, greeting, heard, node, node_id, report, revision

OTHER_KEY = "cd" * 32
RULES = Rules(FLEET_ID, KEY)
N1, N2, PINNED = node("n1", 1), node("n2", 2), node("n2", 2, publicKey=OTHER_KEY)
REVISIONS = (None, revision(N1), revision(N1, N2), revision(N1, PINNED), revision(node("n3", 3)))
CAUGHT_UP = State(connected=True, caught_up=True)
ORDERS = ((1, 1), (1, 2), (2, 1), (9, 9))

numbers, runs, orders = st.sampled_from([1, 2, 3]), st.sampled_from(["", "a", "b", "c"]), st.sampled_from(ORDERS)
steps = st.one_of(
    st.tuples(st.just("greets"), numbers, runs, st.sampled_from([KEY, OTHER_KEY])),
    st.tuples(st.just("reports"), numbers, runs, orders),
    st.tuples(st.just("is alive"), numbers),
    st.tuples(st.just("is pretended"), numbers, st.sampled_from([KEY, OTHER_KEY])),
    st.tuples(st.just("has a record"), numbers, orders, st.booleans(), st.sampled_from(["", KEY, OTHER_KEY])),
    st.tuples(st.just("waits"), numbers),
    st.tuples(st.just("revision"), st.sampled_from(REVISIONS)),
    st.tuples(st.just("seconds"), st.sampled_from([1, 20, 90, 700])),
    st.tuples(st.just("turn"), st.booleans()),
)


def record(number: int, order: tuple[int, int], at: datetime, *, on_topic: bool = True, agent_key: str = "") -> Sent:
    config = AgentConfig(
        fleet_id=FLEET_ID,
        node_id=node_id(number),
        hostname="host",
        epoch=order[0],
        generation=order[1],
        digest=AgentConfig.content_digest(()),
        revision="sha256:1",
        issued_at=at,
        drain=True,
        removals=Removals(count=0, approved=False),
        node_config_list=(),
        agent_key=agent_key,
    )
    return Sent(config, b"", at, on_topic)


def with_node(state: State, one: ObservedNode) -> State:
    nodes = {**state.fleet.nodes, one.node_id: one}
    return replace(state, observed=replace(state.observed, fleet=replace(state.fleet, nodes=nodes)))


def said(state: State, message: AgentMessage, now: datetime) -> State:
    return replace(state, observed=replace(state.observed, fleet=heard(state.fleet, message, now)))


def in_force(state: State, of: Revision | None) -> State:
    return replace(state, gate=Gate(of, NOW if of else None))


def after(state: State, step: tuple[object, ...], number: int, now: datetime) -> State:
    match step:
        case ("greets", int(who), str(run), str(key)):
            return said(state, greeting(who, boot_id=run, sequence=number, sent_at=now, public_key=key), now)
        case ("reports", int(who), str(run), (int(epoch), int(generation))):
            ref = GenerationRef(epoch=epoch, generation=generation)
            return said(state, report(who, ref=ref, boot_id=run, sequence=number, sent_at=now), now)
        case ("is alive", int(who)):
            return replace(state, observed=replace(state.observed, fleet=alive(state.fleet, who, now)))
        case ("is pretended", int(who), str(key)):
            known = state.fleet.nodes.get(node_id(who)) or ObservedNode(node_id(who))
            return with_node(state, with_stranger(known, greeting(who, sent_at=now, public_key=key), now))
        case ("has a record", int(who), (int(), int()) as order, bool(on_topic), str(key)):
            sent = record(who, order, now, on_topic=on_topic, agent_key=key)
            return replace(state, published=state.published.with_changes({node_id(who): sent}))
        case ("waits", int(who)):
            waiting = {**state.observed.waiting, node_id(who): (b"not a report", now)}
            return replace(state, observed=replace(state.observed, waiting=waiting))
        case ("revision", Revision() | None as of):
            return in_force(state, of)
    return state


def turn(state: State, now: datetime, *, acknowledged: bool) -> tuple[State, list[Send], list[Note], Rest]:
    state, noted = decide.settle(state, RULES, now)
    sent: list[Send] = []
    notes = list(noted)
    for step in (decide.publish_again, decide.ask_agents, decide.admit):
        state, sends, noted = step(state, RULES, now)
        sent += sends
        notes += noted
        if acknowledged:
            state, noted = decide.after(state, [Acknowledged(one) for one in sends], RULES)
            notes += noted
    return state, sent, notes, rest(state, RULES, now)


def with_nothing_remembered(state: State) -> State:
    return replace(state, attention=Attention())


def found(of: Attention) -> dict[str, object]:
    return {one.name: getattr(of, one.name) for one in fields(Attention) if one.name != "seen"}


@settings(max_examples=100)
@given(st.lists(steps, max_size=25))
def test_whatever_comes_in_whatever_order_what_is_remembered_changes_no_decision(
    taken: Iterable[tuple[object, ...]],
) -> None:
    state, now = CAUGHT_UP, NOW
    for number, step in enumerate((*taken, ("turn", True), ("turn", True))):
        match step:
            case ("seconds", int(seconds)):
                now += timedelta(seconds=seconds)
            case ("turn", bool(acknowledged)):
                fresh = turn(with_nothing_remembered(state), now, acknowledged=acknowledged)
                remembering = turn(state, now, acknowledged=acknowledged)
                assert remembering[:3] == fresh[:3]
                assert (remembering[3].until, remembering[3].awaited) == (fresh[3].until, fresh[3].awaited)
                state = remembering[0]
            case _:
                state = after(state, step, number, now)
        looked = state.looked_over()
        assert looked.looked_over() is looked
        assert found(looked.attention) == found(with_nothing_remembered(state).looked_over().attention)
        if number % 3:
            state = looked


@given(st.lists(steps, max_size=12))
def test_a_key_is_looked_for_when_there_is_another_one(taken: Iterable[tuple[object, ...]]) -> None:
    state = CAUGHT_UP
    for number, step in enumerate(taken):
        state = after(state, step, number, NOW).looked_over()
        if (of := state.gate.in_force) is not None:
            fleet, configs = state.fleet, state.published.configs
            keys = agent_keys(of, fleet, configs, is_caught_up=state.term is not None)
            assert bool(state.attention.rekeyed) == (keys is not fleet.keys)
            state = replace(state, observed=replace(state.observed, fleet=replace(fleet, keys=keys)))


SECONDS = st.sampled_from([0.5, 3, 11, 29, 45, 61, 301, 601])


@settings(max_examples=100)
@given(st.lists(steps, max_size=20), st.lists(st.tuples(SECONDS, st.sampled_from([0, 1, 2, 3])), max_size=6))
def test_as_long_as_a_rest_lasts_there_is_nothing_to_do(
    taken: Iterable[tuple[object, ...]], later: Iterable[tuple[float, int]]
) -> None:
    """Whatever comes: seconds pass, and nodes give signs of life."""
    state, now = CAUGHT_UP, NOW
    for number, step in enumerate(taken):
        match step:
            case ("seconds", int(seconds)):
                now += timedelta(seconds=seconds)
            case ("turn", bool(acknowledged)):
                state, *_ = turn(state, now, acknowledged=acknowledged)
            case _:
                state = after(state, step, number, now)
    sent: list[Send] = [AskAgents("begin")]
    while sent:
        now += timedelta(seconds=2)
        state, sent, _, calm = turn(state, now, acknowledged=True)
    for pause, who in later:
        now += timedelta(seconds=pause)
        if node_id(who) in state.fleet.nodes:
            state = after(state, ("is alive", who), 0, now)
        if now == calm.until or not calm.lasts(state, now):
            break
        again, sent, notes, _ = turn(with_nothing_remembered(state), now, acknowledged=True)
        assert (again, sent, notes) == (state, [], [])


def calm_fleet() -> tuple[State, Rest]:
    """Two nodes that have what was published for them."""
    sent = {node_id(number): record(number, (1, 1), NOW) for number in (1, 2)}
    state = in_force(replace(CAUGHT_UP, published=Published(sent)), revision(N1, N2))
    for number in (1, 2):
        state = said(state, greeting(number, boot_id="a", sequence=1), NOW)
        state = said(state, report(number, ref=sent[node_id(number)].config.ref, boot_id="a"), NOW)
    state, *_ = turn(state, NOW, acknowledged=True)
    state, sent_again, _, calm = turn(state, NOW, acknowledged=True)
    assert not sent_again
    return state, calm


def test_nothing_is_to_be_looked_at_in_a_calm_fleet() -> None:
    state, calm = calm_fleet()
    assert not any(found(state.attention).values())
    assert (calm.until, calm.awaited) == (None, frozenset())


def test_one_report_has_one_node_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    state, _ = calm_fleet()
    asked: list[str] = []

    def counted(one: ObservedNode, config: AgentConfig | None) -> GenerationRef | None:
        asked.append(one.node_id)
        return newest_observed(one, config)

    monkeypatch.setattr(attention, "newest_observed", counted)
    turn(said(state, report(2, boot_id="a", sequence=2), NOW), NOW, acknowledged=True)
    assert asked == [node_id(2)]


def test_signs_of_life_alone_end_no_rest() -> None:
    state, calm = calm_fleet()
    later = NOW + timedelta(hours=1)
    for number in (1, 2):
        state = after(state, ("is alive", number), 0, later)
        assert calm.lasts(state, later)
    assert not calm.lasts(said(state, report(1, boot_id="a", sequence=2), later), later)
    assert not calm.lasts(in_force(state, None), later)
    assert not calm.lasts(replace(state, connected=False), later)


def test_who_left_the_fleet_is_forgotten_in_time_although_it_gave_signs_of_life_during_the_rest() -> None:
    state, _ = calm_fleet()
    sent = {node_id(1): state.published.by_node[node_id(1)]}
    state = in_force(replace(state, published=Published(sent)), revision(N1))
    state, *_ = turn(state, NOW, acknowledged=True)
    *_, calm = turn(state, NOW, acknowledged=True)
    assert calm.until == NOW + STRANGER_FOR
    at = NOW + timedelta(minutes=5)
    state = after(state, ("is alive", 2), 0, at)
    assert calm.lasts(state, at)
    for end, is_known in ((NOW + STRANGER_FOR, True), (at + STRANGER_FOR, False)):
        state, *_ = turn(state, end + timedelta(seconds=1), acknowledged=True)
        assert (node_id(2) in state.fleet.nodes) is is_known
