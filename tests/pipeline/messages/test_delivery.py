"""What became of messages, and what that says of the broker."""

import pytest

from pipeline.messages.delivery import Delivery, DeliveryTally, Lane, Turn


def test_messages_are_counted_to_their_end() -> None:
    tally = DeliveryTally()
    for _ in range(4):
        tally.accepted(Lane.COUNTS, 0.0)
    tally.delivered(Lane.COUNTS, 1.0)
    tally.refused(Lane.COUNTS, 1.0)
    tally.expired(Lane.COUNTS)
    tally.skipped()
    assert tally.delivery() == Delivery(connected=True, waiting=1, delivered=1, dropped=3)


def test_a_broker_that_takes_nothing_is_away_until_it_answers() -> None:
    tally = DeliveryTally()
    tally.accepted(Lane.COUNTS, 100.0)
    tally.complained("Broker transport failure")
    assert tally.look(104.9) is None
    assert tally.look(105.0) == Turn(connected=False, reason="Broker transport failure", was_there=False)
    assert tally.look(106.0) is None, "it is said once"
    tally.expired(Lane.COUNTS)
    assert tally.look(400.0) is None, "a message that was given up says nothing new"
    assert not tally.delivery().connected
    tally.accepted(Lane.COUNTS, 500.0)
    tally.delivered(Lane.COUNTS, 501.0)
    tally.complained("from another client that is not connected yet")
    assert tally.look(501.2) == Turn(connected=True, dropped=1)
    assert tally.delivery().connected


def test_a_refusal_is_an_answer_too() -> None:
    tally = DeliveryTally()
    tally.accepted(Lane.COUNTS, 0.0)
    tally.complained("x")
    assert tally.look(6.0) is not None
    tally.refused(Lane.COUNTS, 7.0)
    assert tally.look(7.0) == Turn(connected=True, dropped=1)


def test_while_the_client_does_not_complain_more_patience_is_due() -> None:
    tally = DeliveryTally()
    tally.accepted(Lane.COUNTS, 0.0)
    assert tally.look(14.9) is None
    assert tally.look(15.0) == Turn(connected=False, was_there=False)


def test_a_broker_that_takes_some_is_there() -> None:
    tally = DeliveryTally()
    for at in range(100):
        tally.accepted(Lane.COUNTS, float(at))
        tally.accepted(Lane.OBJECTS, float(at))
        tally.delivered(Lane.COUNTS, float(at))
        tally.complained("x")
        assert tally.look(at + 0.5) is None


def test_idleness_is_no_outage() -> None:
    tally = DeliveryTally()
    tally.accepted(Lane.COUNTS, 0.0)
    tally.delivered(Lane.COUNTS, 0.1)
    tally.complained("disconnected while idle")
    assert tally.look(1000.0) is None
    tally.accepted(Lane.COUNTS, 1000.0)
    assert tally.look(1004.0) is None, "the wait begins with the first that waits"


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
    tally = DeliveryTally()
    other = next(one for one in Lane if one is not lane)
    if was_there:
        tally.accepted(other, 0.0)
        tally.delivered(other, 0.0)
    assert all(tally.is_open(one) for one in Lane)
    tally.accepted(lane if waiting else other, 1.0)
    assert tally.is_open(lane)
    assert tally.look(20.0) is not None
    assert tally.is_open(lane) is is_open
