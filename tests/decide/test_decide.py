"""Decisions without a loop: a state and a time in, the next state and what is to be sent out."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bus.base import CaughtUp, Record, Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from controller import decide
from controller.actions import Acknowledged, Admit, Outcome, Publish, PublishAgain, Send, Tell, TooLarge, Unacknowledged
from controller.inbox import Inbox
from controller.rules import Rules
from controller.source.last_good import Recalled
from controller.state import State
from crds.messages import AgentInfo
from tests.control_loop.stand import loaded, uuid
from tests.planner.short_manifests import NOW, node_id

KEY, AGENT_KEY = SigningKey.generate(), SigningKey.generate()
RULES = Rules("test", KEY.public_key_hex)
STEPS = (decide.publish, decide.publish_again, decide.admit)
YARD = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate"}})
RECALLED = decide.recall(State(), (), Recalled(YARD.revision), RULES, NOW)[0]


def after(state: State, *events: Record | CaughtUp) -> State:
    inbox = Inbox(state, RULES)
    for event in events:
        inbox.take(event, NOW)
    return inbox.done()[0]


def greeting() -> Record:
    info = AgentInfo(
        fleet_id="test",
        node_id=uuid("gate"),
        hostname="gate",
        ip_address="10.0.0.1",
        agent_version="0",
        driver="fake",
        public_key=AGENT_KEY.public_key_hex,
        sent_at=NOW,
    )
    return Record(Topic.AGENT_INFO, 0, 0, node_id("gate").encode(), encode_signed(info, AGENT_KEY), NOW)


def begun(state: State) -> State:
    return decide.settle(state, RULES, NOW)[0]


GREETED = begun(after(RECALLED, greeting(), CaughtUp()))


def taken(state: State, *, at: timedelta = timedelta(0)) -> tuple[State, list[Send]]:
    """All steps, with everything acknowledged."""
    sent: list[Send] = []
    for step in STEPS:
        state, sends = step(state, RULES, NOW + at)
        state, _ = decide.after(state, [Acknowledged(one, b"") for one in sends], RULES)
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
    state, sends = step(GREETED, RULES, NOW)
    outcomes: list[Outcome] = [Unacknowledged(one, "no answer") for one in (*sends, *sends)]
    state, notes = decide.after(state, outcomes, RULES)
    assert step(state, RULES, NOW)[1] == sends
    assert [one.message for one in notes if isinstance(one, Tell)] == ["no answer; it is tried again every 1 s"] * bool(
        sends
    )


def test_what_is_too_large_is_not_sent_again_until_it_changes() -> None:
    state, sends = decide.publish(GREETED, RULES, NOW)
    (send,) = sends
    assert isinstance(send, Publish)
    state, _ = decide.after(state, [TooLarge(send, "too large")], RULES)
    assert decide.publish(state, RULES, NOW)[1] == ()
    other = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}, "sha256:other")
    changed = begun(decide.has_read(state, other))
    assert len(decide.publish(changed, RULES, NOW)[1]) == 1


def test_it_rests_until_an_agent_lacks_for_too_long_what_was_published() -> None:
    state, _ = taken(GREETED)
    calm = decide.rest(state, RULES, NOW)
    assert calm.until == NOW + RULES.resend_after
    assert calm.lasts(state, NOW + RULES.resend_after)
    assert not calm.lasts(state, NOW + RULES.resend_after + timedelta(seconds=1))
    assert not calm.lasts(state, NOW - timedelta(seconds=1)), "somebody set the clock"
    assert not calm.lasts(replace(state, connected=True), NOW)


def test_a_record_that_the_topic_lost_is_the_same_again() -> None:
    state, _ = taken(GREETED)
    lost = after(state, Record(Topic.AGENT_CONFIG, 0, 0, node_id("gate").encode(), None, NOW))
    state, sent = taken(lost)
    assert [type(one) for one in sent] == [PublishAgain]
    assert state.published.configs == lost.published.configs


def test_events_that_say_nothing_new_are_no_new_state() -> None:
    assert after(GREETED, greeting(), CaughtUp()) is GREETED
