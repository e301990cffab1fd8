"""Whoever may write to Kafka may be any number of machines: they fill a bounded part of memory, and take no member's place."""

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.base import Record, Topic
from bus.codec import Undecodable, encode_signed
from bus.signature import SigningKey
from bus.topics import SETTINGS
from controller.observed import Fleet
from controller.status.hearing import Heard, Hearing, TooManyStrangers
from controller.status.strangers import (
    MOST_PENDING,
    PENDING_AGAIN_AFTER,
    PENDING_BYTES,
    RECORD_OVERHEAD_BYTES,
    STRANGER_BYTES,
    STRANGER_FOR,
    WAITING_BYTES,
    shortened,
    without_silent_strangers,
)
from controller.status.trust import with_keys
from tests.picture.fleets import FLEET_ID, NOW, greeting, node_id, report

KEY = SigningKey.generate()
MEMBERS = frozenset(node_id(number) for number in (1, 2))
LARGEST = SETTINGS[Topic.AGENT_RESPONSE].max_value_bytes


def hearing_of(heard: Heard) -> Hearing:
    return Hearing(heard, fleet_id=FLEET_ID, members=MEMBERS)


def raw(number: int, size: int) -> Record:
    """A report that nobody can read yet."""
    return Record(Topic.AGENT_RESPONSE, 0, 0, node_id(number).encode(), b"x" * size, NOW)


def asks(number: int, *, hostname: str = "stray", second: int = 0) -> Record:
    info = greeting(number, public_key=KEY.public_key_hex, hostname=hostname, sent_at=NOW + timedelta(seconds=second))
    return Record(Topic.AGENT_INFO, 0, 0, node_id(number).encode(), encode_signed(info, KEY), NOW)


def reports(number: int) -> Record:
    value = encode_signed(report(number), KEY)
    return Record(Topic.AGENT_RESPONSE, 0, 0, node_id(number).encode(), value, NOW)


def test_the_parts_of_the_budget_are_within_it() -> None:
    assert WAITING_BYTES + MOST_PENDING * PENDING_BYTES <= STRANGER_BYTES


@given(
    st.lists(st.tuples(st.integers(min_value=1, max_value=40), st.integers(min_value=0, max_value=400)), max_size=80)
)
def test_reports_that_wait_stay_within_their_budget_and_those_of_members_leave_last(
    written: list[tuple[int, int]],
) -> None:
    budget = 4 * (RECORD_OVERHEAD_BYTES + 400)
    with patch("controller.status.hearing.WAITING_BYTES", budget):
        heard, members = Heard(), set()
        for number, size in written:
            hearing = hearing_of(heard)
            hearing.take(raw(number, size), NOW)
            heard = hearing.done()
            members |= {node_id(number)} & MEMBERS
            held = sum(len(value) + RECORD_OVERHEAD_BYTES for value, _ in heard.waiting.values())
            assert held == heard.waiting_bytes <= budget
            assert members <= heard.waiting.keys()


def test_twenty_thousand_of_the_largest_reports_take_no_more_than_the_budget() -> None:
    hearing = hearing_of(Heard())
    hearing.take(raw(1, 100), NOW)
    value = b"x" * LARGEST
    for number in range(100, 20_100):
        hearing.take(Record(Topic.AGENT_RESPONSE, 0, 0, node_id(number).encode(), value, NOW), NOW)
    heard = hearing.done()
    assert heard.waiting_bytes <= WAITING_BYTES
    assert node_id(1) in heard.waiting


@pytest.mark.parametrize("key", [b"", b"x" * 64, b"\xff", b"not-a-node", node_id(7).upper().encode() + b" "])
def test_a_report_under_what_is_no_node_id_does_not_wait(key: bytes) -> None:
    hearing = hearing_of(Heard())
    hearing.take(Record(Topic.AGENT_RESPONSE, 0, 0, key, b"x", NOW), NOW)
    assert hearing.done().waiting == {}


def flooded(numbers: Iterator[int] | range) -> tuple[Heard, int]:
    hearing, refused = hearing_of(Heard()), 0
    for number in numbers:
        try:
            hearing.take(asks(number), NOW)
        except TooManyStrangers:
            refused += 1
    return hearing.done(), refused


def test_so_many_may_ask_to_join_and_members_are_heard_all_the_same() -> None:
    with patch("controller.status.hearing.MOST_PENDING", 5):
        heard, refused = flooded(range(10, 30))
        assert (len(heard.fleet.nodes), refused) == (5, 15)
        hearing = hearing_of(heard)
        hearing.take(asks(1), NOW)
        hearing.take(reports(1), NOW)
        assert hearing.done().fleet.nodes[node_id(1)].response == report(1)


def test_who_is_silent_leaves_and_makes_room_and_members_stay() -> None:
    with patch("controller.status.hearing.MOST_PENDING", 5):
        heard, _ = flooded(range(1, 7))
        later = NOW + STRANGER_FOR + timedelta(seconds=1)
        fleet = without_silent_strangers(
            heard.fleet, heard.fleet.nodes.keys() - MEMBERS, MEMBERS & heard.fleet.nodes.keys(), later
        )
        assert set(fleet.nodes) == MEMBERS
        hearing = hearing_of(Heard(fleet))
        hearing.take(asks(20), later)
        assert node_id(20) in hearing.done().fleet.nodes


def test_reports_that_waited_for_long_leave() -> None:
    hearing = hearing_of(Heard())
    hearing.take(raw(7, 10), NOW)
    hearing.take_waiting(NOW + STRANGER_FOR)
    assert hearing.done().waiting
    hearing.take_waiting(NOW + STRANGER_FOR + timedelta(seconds=1))
    assert (hearing.done().waiting, hearing.done().waiting_bytes) == ({}, 0)


def test_a_pending_greeting_is_kept_short_whatever_it_holds() -> None:
    text = "\U0001f600" * 20_000
    changes = dict.fromkeys(("hostname", "ip_address", "agent_version", "driver", "description"), text)
    info = greeting(7, gpulist=(text,) * 100, highest={"epoch": 1, "generation": 1, "digest": text}, **changes)
    assert len(shortened(info).model_dump_json().encode()) <= PENDING_BYTES
    assert shortened(info).highest is not None
    assert shortened(greeting(7)) == greeting(7)


def test_what_is_shown_of_a_pending_node_changes_no_faster_than_agents_greet() -> None:
    hearing = hearing_of(Heard())
    for second in range(60):
        hearing.take(asks(7, hostname=f"h{second}", second=second), NOW + timedelta(seconds=second))
        info = hearing.done().fleet.nodes[node_id(7)].info
        assert info is not None
        assert info.hostname == ("h0" if second < PENDING_AGAIN_AFTER.seconds else "h30")


def test_the_report_of_a_node_that_is_admitted_counts_at_once() -> None:
    """Whichever of record, greeting and report of a node was read first."""
    outside = Hearing(Heard(), fleet_id=FLEET_ID, members=())
    outside.take(asks(1), NOW)
    outside.take(reports(1), NOW)
    heard = outside.done()
    assert heard.fleet.nodes[node_id(1)].response is None
    hearing = hearing_of(heard)
    hearing.take_waiting(NOW)
    assert hearing.done().fleet.nodes[node_id(1)].response == report(1)
    assert hearing.done().waiting == {}


def test_a_waiting_report_that_is_forged_is_passed_by() -> None:
    outside = Hearing(Heard(), fleet_id=FLEET_ID, members=())
    outside.take(asks(1), NOW)
    outside.take(raw(1, 10), NOW)
    heard = outside.done()
    hearing = hearing_of(Heard(with_keys(heard.fleet, {node_id(1): KEY.public_key_hex}, NOW), heard.waiting))
    hearing.take_waiting(NOW)
    assert hearing.done().fleet.nodes[node_id(1)].response is None


def test_of_two_that_greet_as_a_member_the_first_counts() -> None:
    other = SigningKey.generate()
    info = greeting(1, public_key=other.public_key_hex, sent_at=NOW + timedelta(hours=1))
    second = Record(Topic.AGENT_INFO, 0, 0, node_id(1).encode(), encode_signed(info, other), NOW)
    for is_caught_up, expected in ((True, KEY), (False, other)):
        hearing = Hearing(Heard(Fleet()), fleet_id=FLEET_ID, members=MEMBERS, is_caught_up=is_caught_up)
        hearing.take(asks(1), NOW)
        try:
            hearing.take(second, NOW)
        except Undecodable:
            assert is_caught_up
        known = hearing.done().fleet.nodes[node_id(1)].info
        assert known is not None
        assert known.public_key == expected.public_key_hex
