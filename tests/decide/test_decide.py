"""Decisions without a loop: a state and a time in, the next state and what is to be sent out."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from bus.base import BusEvent, CaughtUp, ConnectionChanged, Record, Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from controller import decide, generations_due, revision_gate
from controller.actions import Acknowledged, Admit, Outcome, Publish, PublishAgain, Send, Tell, TooLarge, Unacknowledged
from controller.inbox import Inbox
from controller.model import NodeState
from controller.observed import Pulse
from controller.publish.published import packed
from controller.rest import rest
from controller.rules import Rules
from controller.source.last_good import Recalled
from controller.state import State
from crds.messages import AgentInfo, ControllerRun
from tests.control_loop.stand import loaded, uuid
from tests.planner.short_manifests import NOW, node_id

pytestmark = pytest.mark.usefixtures("as_from_nothing")
KEY, AGENT_KEY = SigningKey.generate(), SigningKey.generate()
RUN = ControllerRun(name="test", started_at=NOW)
RULES = Rules("test", KEY.public_key_hex, run=RUN)
STEPS = (decide.publish, decide.publish_again, decide.admit)
YARD = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate"}})
RECALLED = decide.recall(State(), (), Recalled(YARD.revision), RULES, NOW)[0]


def after(state: State, *events: BusEvent) -> State:
    inbox = Inbox(state, RULES)
    for event in events:
        inbox.take(event, NOW)
    return inbox.done()[0]


def greeting(name: str = "gate") -> Record:
    info = AgentInfo(
        fleet_id="test",
        node_id=uuid(name),
        hostname=name,
        ip_address="10.0.0.1",
        agent_version="0",
        driver="fake",
        public_key=AGENT_KEY.public_key_hex,
        sent_at=NOW,
    )
    return Record(Topic.AGENT_INFO, 0, 0, node_id(name).encode(), encode_signed(info, AGENT_KEY), NOW)


def begun(state: State) -> State:
    return decide.settle(state, RULES, NOW)[0]


GREETED = begun(after(RECALLED, ConnectionChanged(connected=True), greeting(), CaughtUp()))


def taken(state: State, *, at: timedelta = timedelta(0)) -> tuple[State, list[Send]]:
    """All steps, with everything acknowledged."""
    sent: list[Send] = []
    for step in STEPS:
        state, sends, _ = step(state, RULES, NOW + at)
        state, _ = decide.after(state, [Acknowledged(one, packed(b"")) for one in sends], RULES)
        sent += sends
    return state, sent


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(after(RECALLED, greeting()), id="not caught up with the topics"),
        pytest.param(after(RECALLED, greeting(), CaughtUp()), id="caught up, and no term has begun"),
        pytest.param(replace(GREETED, term=None), id="the term has ended"),
    ],
)
def test_nothing_is_sent_without_a_term(state: State) -> None:
    assert taken(state)[1] == []


def test_a_term_begins_once_the_topics_were_read() -> None:
    assert begun(RECALLED).term is None
    assert GREETED.term == 1
    assert begun(GREETED) is GREETED


def test_what_was_acknowledged_is_not_sent_again() -> None:
    state, sent = taken(GREETED)
    assert [type(one) for one in sent] == [Publish, Admit]
    state, sent = taken(state)
    assert sent == []
    assert taken(state)[0].planned is state.planned


@pytest.mark.parametrize("step", STEPS)
def test_what_was_not_acknowledged_is_sent_again_and_told_once(step: decide.Step) -> None:
    state, sends, _ = step(GREETED, RULES, NOW)
    outcomes: list[Outcome] = [Unacknowledged(one, "no answer") for one in (*sends, *sends)]
    state, notes = decide.after(state, outcomes, RULES)
    assert step(state, RULES, NOW)[1] == sends
    assert [one.message for one in notes if isinstance(one, Tell)] == ["no answer; it is tried again every 1 s"] * bool(
        sends
    )


def test_what_is_too_large_is_not_sent_again_until_it_changes() -> None:
    state, (send,), _ = decide.publish(GREETED, RULES, NOW)
    assert isinstance(send, Publish)
    state, _ = decide.after(state, [TooLarge(send, "too large")], RULES)
    assert decide.publish(state, RULES, NOW)[1] == ()
    other = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}, "sha256:other")
    changed = begun(decide.has_read(state, other))
    assert decide.publish(changed, RULES, NOW)[1] == (), "its revision is not on disk yet"
    changed = decide.has_kept(changed, other.revision)
    assert len(decide.publish(changed, RULES, NOW)[1]) == 1


def test_it_rests_until_an_agent_lacks_for_too_long_what_was_published() -> None:
    state, _ = taken(GREETED)
    calm = rest(state, RULES, NOW)
    assert calm.until == NOW + RULES.resend_after
    assert calm.lasts(state, NOW + RULES.resend_after)
    assert not calm.lasts(state, NOW + RULES.resend_after + timedelta(seconds=1))
    assert not calm.lasts(state, NOW - timedelta(seconds=1)), "somebody set the clock"
    assert not calm.lasts(replace(state, connected=False), NOW)


def test_a_lost_node_that_gives_a_sign_of_life_gets_what_it_lacks() -> None:
    state, _ = taken(GREETED)
    later = NOW + RULES.resend_after + timedelta(seconds=1)
    assert decide.publish_again(state, RULES, later)[1] == ()
    calm = rest(state, RULES, later)
    assert calm.until is None
    pulses = {node_id("gate"): Pulse(later)}
    alive = replace(state, observed=replace(state.observed, fleet=replace(state.fleet, pulses=pulses)))
    assert not calm.lasts(alive, later)
    assert [type(one) for one in decide.publish_again(alive, RULES, later)[1]] == [PublishAgain]


def test_a_record_that_the_topic_lost_is_the_same_again() -> None:
    state, _ = taken(GREETED)
    lost = after(state, Record(Topic.AGENT_CONFIG, 0, 0, node_id("gate").encode(), None, NOW))
    state, sent = taken(lost)
    assert [type(one) for one in sent] == [PublishAgain]
    assert state.published.configs == lost.published.configs


def test_events_that_say_nothing_new_are_no_new_state() -> None:
    assert after(GREETED, greeting(), CaughtUp()) is GREETED


def test_what_is_acknowledged_late_takes_nothing_back() -> None:
    state, _ = taken(GREETED)
    lost = after(state, Record(Topic.AGENT_CONFIG, 0, 0, node_id("gate").encode(), None, NOW))
    _, (again,), _ = decide.publish_again(lost, RULES, NOW)
    newest = lost.published.by_node[node_id("gate")]
    newer = replace(newest, config=newest.config.model_copy(update={"generation": 9}), on_topic=True)
    meanwhile = replace(lost, published=lost.published.with_changes({node_id("gate"): newer}))
    state, _ = decide.after(meanwhile, [Acknowledged(again)], RULES)
    assert state.published.by_node[node_id("gate")] is newer


@pytest.mark.parametrize("step", [decide.publish, decide.publish_again])
def test_what_a_topic_loses_while_it_is_acknowledged_is_sent_again(step: decide.Step) -> None:
    gone = Record(Topic.AGENT_CONFIG, 0, 0, node_id("gate").encode(), None, NOW)
    state = after(taken(GREETED)[0], gone)
    if step is decide.publish:
        other = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}, "sha256:other")
        state = decide.has_kept(begun(decide.has_read(state, other)), other.revision)
    state, (send,), _ = step(state, RULES, NOW)
    state, _ = decide.after(after(state, gone), [Acknowledged(send, packed(b""))], RULES)
    assert not state.published.by_node[node_id("gate")].on_topic


@pytest.mark.parametrize("step", ["plan_again", "why_parked"])
def test_a_recalled_revision_that_cannot_be_planned_lets_the_term_begin(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setattr(revision_gate, step, broken)
    state, notes = decide.settle(after(RECALLED, greeting(), CaughtUp()), RULES, NOW)
    assert (state.term, state.gate.in_force) == (1, None)
    assert [one.reason for one in notes if isinstance(one, Tell)] == ["RevisionRejected"]


def test_a_revision_that_cannot_be_planned_is_rejected_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision_gate, "plan_again", broken)
    other = loaded({"node/gate": {}}, "sha256:other")
    state, notes = decide.settle(decide.has_read(GREETED, other), RULES, NOW)
    assert state.gate.in_force == YARD.revision
    assert state.gate.candidate is not None
    assert state.gate.candidate.message.startswith("it cannot be planned, the controller met an error (KeyError)")
    assert "RevisionRejected" in [one.reason for one in notes if isinstance(one, Tell)]


def test_a_node_of_which_no_record_can_be_made_keeps_no_other_from_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    both = loaded({"node/gate": {}, "node/hut": {}, **{f"dsinstance/{one}": {"node": one} for one in ("gate", "hut")}})
    state = decide.recall(State(), (), Recalled(both.revision), RULES, NOW)[0]
    state = begun(after(state, greeting("gate"), greeting("hut"), CaughtUp()))
    made = generations_due.next_record

    def sometimes(wanted: NodeState, *arguments: Any, **more: Any) -> Any:
        return broken() if wanted.node_name == "gate" else made(wanted, *arguments, **more)

    monkeypatch.setattr(generations_due, "next_record", sometimes)
    state, (send,), notes = decide.publish(state, RULES, NOW)
    assert isinstance(send, Publish)
    assert send.node_name == "hut"
    assert [str(one.subject) for one in notes if isinstance(one, Tell)] == ["node/gate"]
    assert decide.publish(state, RULES, NOW)[2] == (), "it is told once"


def broken(*_: Any, **__: Any) -> NoReturn:
    raise KeyError("a bug")
