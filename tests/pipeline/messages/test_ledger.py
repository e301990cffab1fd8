"""What became of messages, and what that says of the broker."""

import pytest

from pipeline.messages.ledger import Delivery, Lane, Ledger, Turn


def test_messages_are_counted_to_their_end() -> None:
    ledger = Ledger()
    for _ in range(4):
        ledger.accepted(Lane.COUNTS, 0.0)
    ledger.delivered(Lane.COUNTS, 1.0)
    ledger.refused(Lane.COUNTS, 1.0)
    ledger.expired(Lane.COUNTS)
    ledger.skipped()
    assert ledger.delivery() == Delivery(connected=True, waiting=1, delivered=1, dropped=3)


def test_a_broker_that_takes_nothing_is_away_until_it_answers() -> None:
    ledger = Ledger()
    ledger.accepted(Lane.COUNTS, 100.0)
    ledger.complained("Broker transport failure")
    assert ledger.look(104.9) is None
    assert ledger.look(105.0) == Turn(connected=False, reason="Broker transport failure", was_there=False)
    assert ledger.look(106.0) is None, "it is said once"
    ledger.expired(Lane.COUNTS)
    assert ledger.look(400.0) is None, "a message that was given up says nothing new"
    assert not ledger.delivery().connected
    ledger.accepted(Lane.COUNTS, 500.0)
    ledger.delivered(Lane.COUNTS, 501.0)
    ledger.complained("from another client that is not connected yet")
    assert ledger.look(501.2) == Turn(connected=True, dropped=1)
    assert ledger.delivery().connected


def test_a_refusal_is_an_answer_too() -> None:
    ledger = Ledger()
    ledger.accepted(Lane.COUNTS, 0.0)
    ledger.complained("x")
    assert ledger.look(6.0) is not None
    ledger.refused(Lane.COUNTS, 7.0)
    assert ledger.look(7.0) == Turn(connected=True, dropped=1)


def test_while_the_client_does_not_complain_more_patience_is_due() -> None:
    ledger = Ledger()
    ledger.accepted(Lane.COUNTS, 0.0)
    assert ledger.look(14.9) is None
    assert ledger.look(15.0) == Turn(connected=False, was_there=False)


def test_a_broker_that_takes_some_is_there() -> None:
    ledger = Ledger()
    for at in range(100):
        ledger.accepted(Lane.COUNTS, float(at))
        ledger.accepted(Lane.OBJECTS, float(at))
        ledger.delivered(Lane.COUNTS, float(at))
        ledger.complained("x")
        assert ledger.look(at + 0.5) is None


def test_idleness_is_no_outage() -> None:
    ledger = Ledger()
    ledger.accepted(Lane.COUNTS, 0.0)
    ledger.delivered(Lane.COUNTS, 0.1)
    ledger.complained("disconnected while idle")
    assert ledger.look(1000.0) is None
    ledger.accepted(Lane.COUNTS, 1000.0)
    assert ledger.look(1004.0) is None, "the wait begins with the first that waits"


@pytest.mark.parametrize(
    ("was_there", "lane", "waiting", "is_open"),
    [
        (True, Lane.COUNTS, True, True),
        (True, Lane.OBJECTS, True, True),
        (True, Lane.PICTURES, True, False),
        (True, Lane.PICTURES, False, True),
        (False, Lane.COUNTS, True, True),
        (False, Lane.OBJECTS, True, False),
        (False, Lane.OBJECTS, False, True),
        (False, Lane.PICTURES, True, False),
        (False, Lane.PICTURES, False, True),
    ],
)
def test_what_is_worth_being_made_while_the_broker_is_away(
    was_there: bool, lane: Lane, waiting: bool, is_open: bool
) -> None:
    ledger = Ledger()
    other = next(one for one in Lane if one is not lane)
    if was_there:
        ledger.accepted(other, 0.0)
        ledger.delivered(other, 0.0)
    assert all(ledger.is_open(one) for one in Lane)
    ledger.accepted(lane if waiting else other, 1.0)
    assert ledger.is_open(lane)
    assert ledger.look(20.0) is not None
    assert ledger.is_open(lane) is is_open
