"""Whose word counts: keys that are pinned, kept, told by a record, or those of a first greeting, in this order."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.base import Record, Topic
from bus.codec import Undecodable, encode_signed
from bus.signature import SigningKey
from controller.observed import Fleet, ObservedNode
from controller.status.hearing import Heard, Hearing
from controller.status.strangers import STRANGER_FOR, strangers_leave_at, without_silent_strangers
from controller.status.trust import (
    MOST_STRANGERS,
    agent_keys,
    with_keys,
    with_stranger,
)
from tests.picture import fleets
from tests.picture.fleets import FLEET_ID, NOW, greeting, node, node_id, report

OURS = SigningKey.generate()
THEIRS = tuple(SigningKey.generate() for _ in range(MOST_STRANGERS + 2))
PIN, KEPT, RECORD, FIRST = ("aa" * 32, "bb" * 32, "cc" * 32, "dd" * 32)


@pytest.mark.parametrize(
    ("sources", "caught_up", "expected"),
    [
        ({PIN, KEPT, RECORD, FIRST}, True, PIN),
        ({KEPT, RECORD, FIRST}, True, KEPT),
        ({RECORD, FIRST}, True, RECORD),
        ({FIRST}, True, FIRST),
        ({FIRST}, False, None),
        ({RECORD}, False, RECORD),
        (set(), True, None),
    ],
)
def test_which_key_counts(sources: set[str], caught_up: bool, expected: str | None) -> None:
    pinned = {"publicKey": PIN} if PIN in sources else {}
    revision = fleets.revision(node("n1", 1, **pinned))
    (config,) = fleets.published(revision).values()
    info = greeting(1, public_key=FIRST)
    fleet = Fleet(
        {node_id(1): ObservedNode(node_id(1), info)} if FIRST in sources else {},
        {node_id(1): KEPT} if KEPT in sources else {},
    )
    published = {node_id(1): config.model_copy(update={"agent_key": RECORD})} if RECORD in sources else {}
    found = agent_keys(revision, fleet, published, is_caught_up=caught_up)
    assert found.get(node_id(1)) == expected
    assert agent_keys(revision, Fleet(fleet.nodes, found), published, is_caught_up=caught_up) is found


def test_who_is_in_no_manifest_has_no_key() -> None:
    stray = Fleet({node_id(2): ObservedNode(node_id(2), greeting(2))}, {node_id(2): KEPT})
    assert agent_keys(fleets.revision(node("n1", 1)), stray, {}, is_caught_up=True) == {}


def signed(key: SigningKey, number: int, *, is_report: bool, at: datetime) -> Record:
    message = report(number, sent_at=at) if is_report else greeting(number, sent_at=at, public_key=key.public_key_hex)
    topic = Topic.AGENT_RESPONSE if is_report else Topic.AGENT_INFO
    return Record(topic, 0, 0, node_id(number).encode(), encode_signed(message, key), NOW)


said = st.tuples(st.sampled_from(THEIRS), st.booleans(), st.integers(min_value=-100, max_value=100))


@given(st.lists(said, max_size=20))
def test_whatever_strangers_say_nothing_of_what_is_known_of_the_node_changes(
    words: list[tuple[SigningKey, bool, int]],
) -> None:
    heard = Heard(Fleet(keys={node_id(1): OURS.public_key_hex}))
    own = Hearing(heard, fleet_id=FLEET_ID, members={node_id(1)})
    own.take(signed(OURS, 1, is_report=False, at=NOW), NOW)
    own.take(signed(OURS, 1, is_report=True, at=NOW), NOW)
    before = own.done().fleet.nodes[node_id(1)]
    hearing = Hearing(own.done(), fleet_id=FLEET_ID, members={node_id(1)})
    told = 0
    for key, is_report, second in words:
        at = NOW + timedelta(seconds=second)
        try:
            hearing.take(signed(key, 1, is_report=is_report, at=at), at)
        except Undecodable:
            told += not is_report
    after = hearing.done().fleet.nodes[node_id(1)]
    assert replace(after, strangers=()) == before
    assert told == len(after.strangers) <= MOST_STRANGERS


def test_a_report_is_believed_without_a_greeting_where_the_key_is_known() -> None:
    """The forged greeting may have taken the place of the right one on the compacted topic."""
    hearing = Hearing(Heard(Fleet(keys={node_id(1): OURS.public_key_hex})), fleet_id=FLEET_ID, members={node_id(1)})
    hearing.take(signed(OURS, 1, is_report=True, at=NOW), NOW)
    assert hearing.done().fleet.nodes[node_id(1)].response == report(1)


def test_with_another_key_all_that_was_said_before_is_forgotten() -> None:
    known = ObservedNode(node_id(1), greeting(1, public_key=FIRST), report(1), NOW)
    fleet = with_keys(Fleet({node_id(1): known}), {node_id(1): PIN}, NOW)
    after = fleet.nodes[node_id(1)]
    assert (after.info, after.response, after.last_seen) == (None, None, None)
    assert [one.public_key for one in after.strangers] == [FIRST]
    assert with_keys(fleet, fleet.keys, NOW) is fleet


def test_strangers_leave_when_they_are_silent_for_long() -> None:
    fleet = Fleet({node_id(1): with_stranger(ObservedNode(node_id(1)), greeting(1), NOW)})
    end = strangers_leave_at(fleet, (), {node_id(1)})
    assert end == NOW + STRANGER_FOR
    assert without_silent_strangers(fleet, (), {node_id(1)}, end) is fleet
    later = without_silent_strangers(fleet, (), {node_id(1)}, end + timedelta(seconds=1))
    assert later.nodes == {node_id(1): ObservedNode(node_id(1))}
