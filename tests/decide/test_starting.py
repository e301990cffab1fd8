"""What a controller that starts says of how far it is."""

from dataclasses import replace

import pytest

from bus.base import CaughtUp, ConnectionChanged
from controller import decide
from controller.publish.published import Published, Sent, packed
from controller.source.read.reader import Unreadable
from controller.starting import progress
from controller.state import State
from tests.decide.test_decide import RECALLED, RULES, YARD, after, begun
from tests.planner.short_manifests import NOW, node_id
from tests.publish.test_publisher import config

ON_DISK = Sent(config(), packed(b""), NOW, on_topic=False)
COPIED = replace(State(), published=Published({f"n{number}": ON_DISK for number in range(1499)}))
READ = {f"n{number}": replace(ON_DISK, on_topic=True) for number in range(1234)}
HERE = ConnectionChanged(connected=True)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (replace(COPIED, copies_left=501), "reading the copies of what was published: 1,499 of 2,000"),
        (State(), "waiting for Kafka, to read the topics"),
        (after(State(), HERE), "reading the topics: 0 nodes' records so far"),
        (after(RECALLED, HERE), "reading the topics: 0 of 1 nodes' records"),
        (
            after(replace(COPIED, published=COPIED.published.with_changes(READ)), HERE),
            "reading the topics: 1,234 of 1,499 nodes' records",
        ),
        (
            after(replace(RECALLED, published=Published({node_id("gate"): READ["n0"]})), HERE),
            "reading the topics: 1 nodes' records so far",
        ),
        (after(State(), HERE, CaughtUp()), "reading the manifests"),
        (decide.has_read(after(State(), HERE, CaughtUp()), YARD), "reading the manifests"),
        (after(RECALLED, HERE, CaughtUp()), "deciding what is in force"),
        (begun(after(RECALLED, HERE, CaughtUp())), ""),
        (begun(decide.has_read(after(State(), HERE, CaughtUp()), Unreadable("no such directory"))), ""),
    ],
)
def test_progress(state: State, expected: str) -> None:
    assert progress(state) == expected


def test_copies_are_taken_in_a_few_at_a_time() -> None:
    state, _ = decide.recall_copies(State(), (), RULES, NOW, left=7)
    assert progress(state) == "reading the copies of what was published: 0 of 7"


@pytest.mark.parametrize("state", [RECALLED, decide.has_read(State(), YARD)])
def test_what_is_planned_ahead_is_what_is_decided(state: State) -> None:
    read = after(state, HERE, CaughtUp())
    ahead = decide.plan_ahead(read)
    begun_at_once, begun_ahead = begun(read), begun(ahead)
    assert ahead.gate.in_the_end.plan.nodes.keys() == {node_id("gate")}
    assert begun_ahead.gate.in_the_end is ahead.gate.in_the_end
    assert begun_ahead.gate.in_the_end.plan == begun_at_once.gate.in_the_end.plan
    assert begun_ahead == begun_at_once


def test_nothing_is_planned_ahead_where_nothing_begins() -> None:
    for state in (State(), RECALLED, after(State(), HERE, CaughtUp()), begun(after(RECALLED, HERE, CaughtUp()))):
        assert decide.plan_ahead(state) is state
