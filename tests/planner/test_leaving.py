"""An instance that shall leave a node goes where another one takes it, and stays where none does."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.model import FleetPlan, Holds
from controller.planner.guard import unwatched
from controller.planner.planner import plan, previous_from
from crds.messages import AgentConfig
from tests.planner.generated_fleets import INSTANCES, NODES, QUICK, Short, fleets
from tests.planner.short_manifests import NOW, merged, node_id, revision

HERE = {"labels": {"area": "in"}}
ANYWHERE = {"nodeSelector": {"matchLabels": {"area": "in"}}}
FLEET: Short = {
    "node/gate": HERE,
    "node/hut": HERE,
    "camera/dock": {},
    "camera/door": {},
    "dsinstance/hall": {**ANYWHERE, "cameras": ["door"]},
    "dsinstance/yard": {**ANYWHERE, "cameras": ["dock"]},
}
ONE_PORT = {"first": 21000, "last": 21000}
LEAVES = Holds(leaving={"hall": frozenset({node_id("gate")})})


def published(short: Short = FLEET) -> dict[str, AgentConfig]:
    return previous_from(plan(revision(short), {}), NOW)


def places(of: FleetPlan) -> dict[str, str]:
    return {one.name: state.node_name for state in of.nodes.values() for one in state.instances}


def test_it_goes_to_another_node_and_nothing_else_moves() -> None:
    previous = published()
    assert places(plan(revision(FLEET), previous)) == {"hall": "gate", "yard": "hut"}
    moved = plan(revision(FLEET), previous, holds=LEAVES)
    assert places(moved) == {"hall": "hut", "yard": "hut"}
    (change,) = moved.changes
    assert (change.kind, change.from_node, change.node) == ("move", "gate", "hut")
    assert change.cameras_interrupted == ("door",)


def test_it_stays_there_when_nobody_wants_that_any_more() -> None:
    moved = plan(revision(FLEET), published(), holds=LEAVES)
    after = plan(revision(FLEET), previous_from(moved, NOW))
    assert places(after) == {"hall": "hut", "yard": "hut"}
    assert after.changes == ()


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        pytest.param({"dsinstance/hall": {"node": "gate", "nodeSelector": None}}, "NoOtherNode", id="named"),
        pytest.param({"node/hut": {"labels": {"area": "out"}}}, "NoOtherNode", id="not selected"),
        pytest.param({"node/hut": {"unschedulable": True}}, "NodeUnschedulable", id="cordoned"),
        pytest.param({"node/hut": {"capacity": 1}}, "NodeFull", id="full"),
        pytest.param({"node/hut": {"instancePorts": ONE_PORT}}, "NoFreePort", id="no port"),
    ],
)
def test_it_stays_where_no_other_node_takes_it(edit: Short, word: str) -> None:
    short = merged(FLEET, edit)
    found = plan(revision(short), published(), holds=LEAVES)
    assert places(found)["hall"] == "gate"
    assert [one.reason for one in found.reasons if one.subject.name == "hall"] == [word]


def test_a_port_of_one_that_shall_leave_and_stays_is_not_given_away() -> None:
    named = {"node": "hut", "nodeSelector": None}
    short = merged(
        FLEET,
        {"node/gate": {"instancePorts": ONE_PORT}, "node/hut": {"instancePorts": ONE_PORT}, "dsinstance/yard": named},
    )
    leaving = {"hall": frozenset({node_id("gate")}), "yard": frozenset({node_id("hut")})}
    previous = published(short)
    found = plan(revision(short), previous, holds=Holds(leaving=leaving))
    assert places(found) == {"hall": "gate", "yard": "hut"}
    assert unwatched(found, previous) == ()


def test_what_is_published_on_both_nodes_goes_from_the_one_that_it_leaves() -> None:
    """The controller was ended between the two records of a move."""
    previous = published()
    moved = previous_from(plan(revision(FLEET), previous, holds=LEAVES), NOW)
    both = {**previous, node_id("hut"): moved[node_id("hut")]}
    assert places(plan(revision(FLEET), both, holds=LEAVES))["hall"] == "hut"


@QUICK
@given(
    short=fleets(),
    leaving=st.dictionaries(
        st.sampled_from(INSTANCES), st.frozensets(st.sampled_from([node_id(one) for one in NODES]), min_size=1)
    ),
)
def test_nothing_becomes_dark_and_nobody_else_moves(short: Short, leaving: Mapping[str, frozenset[str]]) -> None:
    previous = published(short)
    before = plan(revision(short), previous)
    after = plan(revision(short), previous, holds=Holds(leaving=leaving))
    assert unwatched(after, previous) == ()
    was, now = places(before), places(after)
    assert was.keys() == now.keys()
    assert {name for name in was if was[name] != now[name]} <= leaving.keys()
