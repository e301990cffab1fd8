from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.base import Record, Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from controller.observed import Fleet
from controller.status.fold import NODE_LOST_AFTER_SECONDS, AgentMessage, connected
from controller.status.hearing import Heard, Hearing
from crds.messages import AgentInfo
from tests.picture.fleets import FLEET_ID, NOW, greeting, heard, node_id, report

SECOND = timedelta(seconds=1)
KEY = SigningKey.generate()

offsets = st.integers(min_value=-200, max_value=200).map(lambda number: NOW + number * SECOND)
numbers = st.integers(min_value=1, max_value=3)
messages = st.one_of(
    st.builds(lambda number, at: greeting(number, sent_at=at), numbers, offsets),
    st.builds(
        lambda number, at, sequence: report(number, sent_at=at, sequence=sequence),
        numbers,
        offsets,
        st.integers(min_value=0, max_value=3),
    ),
)
seen = st.lists(st.tuples(messages, offsets), max_size=12)


def heard_all(fleet: Fleet, steps: Iterable[tuple[AgentMessage, datetime]]) -> Fleet:
    for message, at in steps:
        fleet = heard(fleet, message, at)
    return fleet


def folded(*steps: tuple[AgentMessage, int]) -> Fleet:
    return heard_all(Fleet(), [(message, NOW + second * SECOND) for message, second in steps])


def test_a_greeting_and_a_report_are_kept_side_by_side() -> None:
    fleet = folded((greeting(1), 0), (report(1), 3))
    known = fleet.nodes[node_id(1)]
    assert (known.info, known.response, known.last_seen) == (greeting(1), report(1), NOW + 3 * SECOND)


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        pytest.param((0, 5), (1, 0), 1, id="a new run counts from 0 again and is newer by its time"),
        pytest.param((1, 0), (0, 5), 0, id="the late report of an old run is ignored"),
        pytest.param((0, 1), (0, 2), 1, id="the sequence decides at equal times"),
        pytest.param((0, 2), (0, 1), 0, id="whichever comes first"),
    ],
)
def test_the_newest_report_wins(first: tuple[int, int], second: tuple[int, int], winner: int) -> None:
    reports = [report(1, sent_at=NOW + at * SECOND, sequence=sequence) for at, sequence in (first, second)]
    assert folded((reports[0], 1), (reports[1], 1)).nodes[node_id(1)].response == reports[winner]


def test_an_older_greeting_does_not_overwrite_a_newer_one() -> None:
    newer = greeting(1, sent_at=NOW + SECOND, agent_version="2")
    assert folded((newer, 1), (greeting(1), 2)).nodes[node_id(1)].info == newer


def test_a_message_delivered_again_is_no_sign_of_life() -> None:
    fleet = folded((report(1), 0))
    assert heard(fleet, report(1), NOW + 60 * SECOND) is fleet


def test_an_agent_whose_clock_was_years_ahead_is_heard_again_when_it_is_right() -> None:
    ahead = report(1, sent_at=NOW + timedelta(days=3650))
    right = report(1, sent_at=NOW + 5 * SECOND, sequence=2)
    assert folded((ahead, 0), (right, 5)).nodes[node_id(1)].response == right


@pytest.mark.parametrize("ahead", [3, 5, 14, 20, 55, 70])
def test_a_node_is_not_lost_while_its_clock_is_put_right(ahead: int) -> None:
    fleet = folded((report(1, sent_at=NOW + ahead * SECOND), 0))
    for second in range(5, 100, 5):
        before = fleet.nodes[node_id(1)]
        assert connected(before, None, NOW + second * SECOND)
        fleet = heard(fleet, report(1, sent_at=NOW + second * SECOND, sequence=second), NOW + second * SECOND)


def test_a_node_is_connected_until_three_reports_are_missing() -> None:
    known = folded((report(1), 0)).nodes[node_id(1)]
    assert connected(known, None, NOW + (NODE_LOST_AFTER_SECONDS - 1) * SECOND)
    assert not connected(known, None, NOW + NODE_LOST_AFTER_SECONDS * SECOND)


@given(seen, messages, offsets)
def test_folding_is_idempotent(
    before: list[tuple[AgentMessage, datetime]], message: AgentMessage, at: datetime
) -> None:
    once = heard(heard_all(Fleet(), before), message, at)
    assert heard(once, message, at) is once


@given(st.permutations([1, 2, 3]), seen)
def test_the_order_of_messages_of_distinct_nodes_does_not_matter(
    order: list[int], mixed: list[tuple[AgentMessage, datetime]]
) -> None:
    node_by_node = [one for number in order for one in mixed if str(one[0].node_id) == node_id(number)]
    assert heard_all(Fleet(), node_by_node) == heard_all(Fleet(), mixed)


@given(seen)
def test_last_seen_never_goes_back(steps: list[tuple[AgentMessage, datetime]]) -> None:
    fleet = Fleet()
    for message, at in steps:
        before = fleet
        fleet = heard(fleet, message, at)
        for known in before.nodes.values():
            known_now = fleet.nodes[known.node_id]
            assert known.last_seen is not None
            assert known_now.last_seen is not None
            assert known.last_seen <= known_now.last_seen


def signed(message: AgentMessage) -> Record:
    topic = Topic.AGENT_RESPONSE
    if isinstance(message, AgentInfo):
        topic, message = Topic.AGENT_INFO, message.model_copy(update={"public_key": KEY.public_key_hex})
    return Record(topic, 0, 0, str(message.node_id).encode(), encode_signed(message, KEY), NOW)


@given(seen)
def test_hearing_one_by_one_and_all_at_once_is_the_same(steps: list[tuple[AgentMessage, datetime]]) -> None:
    one_by_one, together = Heard(), Hearing(Heard(), fleet_id=FLEET_ID, members={node_id(one) for one in (1, 2, 3)})
    for message, at in steps:
        alone = Hearing(one_by_one, fleet_id=FLEET_ID, members={node_id(one) for one in (1, 2, 3)})
        for hearing in (alone, together):
            hearing.take(signed(message), at)
        one_by_one = alone.done()
    assert together.done() == one_by_one


def test_what_was_heard_before_is_no_other_observation() -> None:
    before = Heard()
    for _ in range(2):
        hearing = Hearing(before, fleet_id=FLEET_ID, members={node_id(one) for one in (1, 2, 3)})
        hearing.take(signed(greeting(1)), NOW)
        hearing.take(signed(report(1)), NOW)
        observed, before = before, hearing.done()
    assert before is observed
    assert set(before.fleet.nodes) == {node_id(1)}
