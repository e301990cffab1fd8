"""Topics that lost everything: what is sent again, how fast, and what people are told."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bus.base import CaughtUp, ConnectionChanged, MadeAnew, Record, Topic, TopicsChecked
from controller import decide, topic_loss
from controller.actions import Acknowledged, AskAgents, Note, Publish, PublishAgain, Send, Tell, Unacknowledged
from controller.publish.published import next_in_turn
from controller.rest import rest
from controller.rules import Rules
from controller.source.last_good import Recalled
from controller.state import State, TopicLoss
from controller.timings import Timings
from tests.control_loop.stand import loaded
from tests.decide.test_decide import KEY, RECALLED, RULES, RUN, after, begun, greeting, taken
from tests.planner.short_manifests import NOW, node_id

SECOND = timedelta(seconds=1)
NODES = tuple(f"n{number}" for number in range(7))
MANY = loaded({f"node/{name}": {} for name in NODES} | {f"dsinstance/{name}": {"node": name} for name in NODES})
SLOW = Rules("test", KEY.public_key_hex, run=RUN, timings=Timings(resend_per_second=3))
LOST = [MadeAnew(Topic.AGENT_CONFIG), MadeAnew(Topic.AGENT_INFO), MadeAnew(Topic.AGENT_RESPONSE)]


def published(state: State = RECALLED, names: Iterable[str] = ("gate",)) -> State:
    events = (ConnectionChanged(connected=True), *(greeting(name) for name in names), CaughtUp())
    return taken(begun(after(state, *events)))[0]


def many() -> State:
    return published(decide.recall(State(), (), Recalled(MANY.revision), SLOW, NOW)[0], NODES)


MANY_PUBLISHED = many()


def told(notes: Iterable[Note]) -> list[str]:
    return [one.reason for one in notes if isinstance(one, Tell)]


def healed(state: State, now: datetime) -> tuple[State, list[str]]:
    state, notes = decide.settle(state, RULES, now)
    return state, told(notes)


def test_a_loss_is_told_once_the_agents_are_asked_once_and_it_is_told_when_it_is_healed() -> None:
    state = published()
    state, notes = topic_loss.lost(after(state, *LOST[:1]), (Topic.AGENT_CONFIG,), NOW)
    assert told(notes) == [], "it is known from the event"
    state, sent = taken(after(state, *LOST, *LOST), at=SECOND)
    assert [type(one) for one in sent] == [PublishAgain]
    _, asked, _ = decide.ask_agents(state, RULES, NOW)
    assert [type(one) for one in asked] == [AskAgents]
    unheard, _ = decide.after(state, [Unacknowledged(asked[0], "no answer")], RULES)
    assert decide.ask_agents(unheard, RULES, NOW)[1] == asked
    state, _ = decide.after(state, [Acknowledged(asked[0])], RULES)
    assert decide.ask_agents(state, RULES, NOW)[1] == ()

    assert healed(state, NOW + SECOND)[1] == []
    calm = rest(state, RULES, NOW + 2 * SECOND)
    assert not calm.lasts(state, NOW + topic_loss.HEALED_AFTER + SECOND), "it looks again when it may be healed"
    state, reasons = healed(state, NOW + topic_loss.HEALED_AFTER)
    assert reasons == ["TopicsHealed"]
    assert state.loss is not None
    assert (state.loss.found_at, state.loss.healed_at) == (NOW, NOW + topic_loss.HEALED_AFTER)
    assert healed(state, NOW + 60 * SECOND) == (state, [])
    again, notes = topic_loss.lost(state, (Topic.REFRESH,), NOW + 60 * SECOND)
    assert again.loss == TopicLoss((Topic.REFRESH,), NOW + 60 * SECOND)
    assert told(notes) == ["TopicsLost"]


def test_nothing_is_healed_while_a_generation_is_missing_or_the_brokers_are_away() -> None:
    state = after(published(), *LOST)
    _, asked, _ = decide.ask_agents(state, RULES, NOW)
    state, _ = decide.after(state, [Acknowledged(asked[0])], RULES)
    later = NOW + 60 * SECOND
    assert healed(state, later)[1] == []
    state, _ = taken(state)
    assert healed(after(state, ConnectionChanged(connected=False)), later)[1] == []
    assert healed(state, later)[1] == ["TopicsHealed"]


def test_an_edit_right_after_the_loss_goes_out_before_the_rest() -> None:
    state = after(MANY_PUBLISHED, *LOST)
    edited = loaded(
        {f"node/{name}": {} for name in NODES}
        | {f"dsinstance/{name}": {"node": name, "image": f"retinaface:{2 if name == 'n3' else 1}"} for name in NODES},
        "sha256:edited",
    )
    state = decide.has_kept(decide.settle(decide.has_read(state, edited), SLOW, NOW)[0], edited.revision)
    _, sends, _ = decide.publish(state, SLOW, NOW)
    assert [(one.node_name, one.config.generation) for one in sends if isinstance(one, Publish)] == [("n3", 2)]


def test_what_is_sent_again_is_so_many_in_a_second_and_all_of_it_in_the_end() -> None:
    state, sent, at = after(MANY_PUBLISHED, *LOST), list[Send](), timedelta(0)
    while any(not one.on_topic for one in state.published.by_node.values()):
        state, sends, _ = decide.publish_again(state, SLOW, NOW + at)
        assert len(sends) <= 3
        state, _ = decide.after(state, [Acknowledged(one) for one in sends], SLOW)
        assert decide.publish_again(state, SLOW, NOW + at + SECOND / 2)[1] == ()
        calm = rest(state, SLOW, NOW + at)
        assert not calm.lasts(state, NOW + at + SECOND + SECOND / 100), "the next ones have their turn"
        sent += sends
        at += SECOND
    assert len(sent) == len(NODES)
    assert at == 3 * SECOND


def test_a_clock_that_is_set_back_holds_up_nothing_that_was_lost() -> None:
    state, sends, _ = decide.publish_again(after(MANY_PUBLISHED, *LOST), SLOW, NOW)
    state, _ = decide.after(state, [Acknowledged(one) for one in sends], SLOW)
    assert len(decide.publish_again(state, SLOW, NOW - timedelta(hours=1))[1]) == 3


@given(st.sets(st.sampled_from(NODES), max_size=len(NODES) - 1), st.integers(1, 4))
def test_those_that_cannot_be_sent_keep_no_others_from_it(stuck: set[str], most: int) -> None:
    rules = Rules("test", KEY.public_key_hex, run=RUN, timings=Timings(resend_per_second=most))
    state, tried = after(MANY_PUBLISHED, *LOST), Counter[str]()
    for second in range(2 * len(NODES)):
        state, sends, _ = decide.publish_again(state, rules, NOW + second * SECOND)
        again = [one for one in sends if isinstance(one, PublishAgain)]
        tried.update(one.sent.config.hostname for one in again)
        state, _ = decide.after(
            state,
            [
                Unacknowledged(one, "no leader") if one.sent.config.hostname in stuck else Acknowledged(one)
                for one in again
            ],
            rules,
        )
    missing = {one.config.hostname for one in state.published.by_node.values() if not one.on_topic}
    assert missing == stuck
    assert set(tried) == set(NODES)
    assert all(tried[name] == 1 for name in set(NODES) - stuck)


def test_turns_go_round() -> None:
    missing = MANY_PUBLISHED.published.by_node
    ids = sorted(missing)
    assert list(next_in_turn(missing, "", 2)) == ids[:2]
    assert list(next_in_turn(missing, ids[1], 2)) == ids[2:4]
    assert list(next_in_turn(missing, ids[-1], 2)) == ids[:2]
    assert list(next_in_turn(missing, ids[-2], 2)) == [ids[-1], ids[0]]


def test_settings_that_differ_are_told_and_told_when_they_are_right() -> None:
    wrong = TopicsChecked(differences=("AgentConfig: cleanup.policy is delete, must be compact",))
    state, notes = topic_loss.found(RECALLED, wrong)
    assert told(notes) == ["TopicSettingsDiffer"]
    assert topic_loss.found(state, wrong) == (state, ())
    state, notes = topic_loss.found(state, TopicsChecked())
    assert told(notes) == ["TopicSettingsRight"]
    assert state.topic_differences == ()


def test_a_tombstone_is_no_loss_of_the_topic() -> None:
    state = after(published(), Record(Topic.AGENT_CONFIG, 0, 0, node_id("gate").encode(), None, NOW))
    assert state.loss is None
    assert [type(one) for one in taken(state)[1]] == [PublishAgain]
