"""A camera that allows one reader is never given to two, whatever moves (invariant S6)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from controller.model import FleetPlan, Previous
from controller.observed import Fleet, ObservedNode
from controller.planner.exclusive import Holding, holding_of_exclusive_cameras
from controller.planner.planner import plan, previous_from
from controller.status.fold import fold
from crds.messages import AgentResponse, GenerationRef, InstanceState, InstanceStatus
from tests.planner.generated_fleets import QUICK
from tests.planner.short_manifests import NOW, ShortFleet, node_id, revision

FLEET: ShortFleet = {
    "node/a": {},
    "node/b": {},
    "camera/dock": {"exclusive": True},
    "camera/door": {},
    "dsinstance/yard": {"node": "a", "cameras": ["dock", "door"]},
}
MOVED: ShortFleet = {**FLEET, "dsinstance/yard": {"node": "b", "cameras": ["dock", "door"]}}


def cameras_on(planned: FleetPlan, node: str) -> dict[str, tuple[str, ...]]:
    return {
        one.instance_name: tuple(camera.name for camera in one.cameras)
        for one in planned.nodes[node_id(node)].instances
    }


def slots_on(planned: FleetPlan, node: str) -> dict[str, dict[str, int]]:
    return {
        one.instance_name: {camera.name: camera.slot for camera in one.cameras}
        for one in planned.nodes[node_id(node)].instances
    }


def fleet_where(holding: Mapping[str, tuple[str, ...]]) -> Fleet:
    """Agents that say of their instance `yard` which exclusive cameras it holds."""
    nodes = {}
    for node, cameras in holding.items():
        status = InstanceStatus(instance_name="yard", state=InstanceState.RUNNING, since=NOW, exclusive_cameras=cameras)
        response = AgentResponse(
            fleet_id="default",
            node_id=UUID(node_id(node)),
            observed=GenerationRef(epoch=1, generation=1),
            applied=None,
            status=(status,),
            sequence=1,
            sent_at=NOW,
        )
        nodes[node_id(node)] = fold(ObservedNode(node_id(node)), response, NOW)
    return Fleet(nodes)


def replan(short: ShortFleet, previous: Previous, fleet: Fleet) -> FleetPlan:
    wanted = revision(short, "sha256:2")
    return plan(wanted, previous, holding_of_exclusive_cameras(Holding(), wanted, previous, fleet).holders)


def test_a_moved_instance_gets_its_exclusive_camera_when_the_other_node_has_let_go_of_it() -> None:
    before = previous_from(plan(revision(FLEET), {}), NOW)

    at_first = replan(MOVED, before, fleet_where({"a": ("dock",)}))
    assert cameras_on(at_first, "a") == {}
    assert cameras_on(at_first, "b") == {"yard": ("door",)}, "the other camera need not wait"
    assert [(str(one.subject), one.reason) for one in at_first.reasons] == [("camera/dock", "HeldElsewhere")]
    assert "dsinstance/yard on node/a" in at_first.reasons[0].message

    published = previous_from(at_first, NOW)
    not_heard_yet = replan(MOVED, published, fleet_where({"a": ("dock",)}))
    assert cameras_on(not_heard_yet, "b") == {"yard": ("door",)}, "published is not yet applied"

    released = replan(MOVED, published, fleet_where({"a": (), "b": ()}))
    assert cameras_on(released, "b") == {"yard": ("dock", "door")}
    assert released.reasons == ()


def test_a_withheld_camera_has_its_slot_already() -> None:
    before = previous_from(plan(revision(FLEET), {}), NOW)
    holding = fleet_where({"a": ("dock",)})
    more: ShortFleet = {
        **MOVED,
        "camera/alley": {},
        "dsinstance/yard": {"node": "b", "cameras": ["alley", "dock", "door"]},
    }

    meanwhile = replan(more, before, holding)
    released = replan(more, previous_from(meanwhile, NOW), fleet_where({"a": (), "b": ()}))

    assert slots_on(meanwhile, "b") == {"yard": {"door": 1, "alley": 2}}
    assert slots_on(released, "b") == {"yard": {"dock": 0, "door": 1, "alley": 2}}


def test_who_has_the_camera_keeps_it() -> None:
    before = previous_from(plan(revision(FLEET), {}), NOW)
    again = replan(FLEET, before, fleet_where({"a": ("dock",)}))
    assert again.changes == ()


def test_a_silent_node_keeps_its_camera_until_its_manifest_is_removed() -> None:
    before = previous_from(plan(revision(FLEET), {}), NOW)
    published = previous_from(replan(MOVED, before, fleet_where({"a": ("dock",)})), NOW)
    silent = fleet_where({"a": ("dock",), "b": ()})
    assert cameras_on(replan(MOVED, published, silent), "b") == {"yard": ("door",)}
    without_a = {key: one for key, one in MOVED.items() if key != "node/a"}
    assert cameras_on(replan(without_a, published, silent), "b") == {"yard": ("dock", "door")}


def test_what_people_are_shown_is_the_plan_that_is_reached_in_the_end() -> None:
    before = previous_from(plan(revision(FLEET), {}), NOW)
    shown = plan(revision(MOVED, "sha256:2"), before)
    assert cameras_on(shown, "b") == {"yard": ("dock", "door")}
    assert shown.removed == ()


READ_BY: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"node": st.sampled_from(["a", "b"]), "cameras": st.sampled_from([["dock"], ["door"], ["dock", "door"], []])}
)
SEEN = st.tuples(
    st.fixed_dictionaries({}, optional={f"camera/{name}": st.just({"exclusive": True}) for name in ("dock", "door")}),
    st.fixed_dictionaries({"node/a": st.just({})}, optional={"node/b": st.just({})}),
    st.fixed_dictionaries({}, optional={"dsinstance/yard": READ_BY, "dsinstance/hall": READ_BY}),
    st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([(), ("dock",), ("dock", "door")])),
)


@QUICK
@given(looks=st.lists(SEEN, min_size=2, max_size=5))
def test_who_holds_what_is_found_from_the_look_before_as_from_nothing(looks: list[Any]) -> None:
    holding = Holding()
    for cameras, nodes, instances, holds in looks:
        wanted = revision({"camera/dock": {}, "camera/door": {}, **cameras, **nodes})
        previous = previous_from(plan(revision({**FLEET, **instances}), {}), NOW)
        fleet = fleet_where(holds)

        holding = holding_of_exclusive_cameras(holding, wanted, previous, fleet)

        assert holding.holders == holding_of_exclusive_cameras(Holding(), wanted, previous, fleet).holders
        again = holding_of_exclusive_cameras(holding, wanted, dict(previous), Fleet({**fleet.nodes}))
        assert again.holders is holding.holders
