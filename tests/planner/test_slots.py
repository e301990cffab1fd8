"""A camera keeps its slot for as long as it stays with its instance."""

from hypothesis import given
from hypothesis import strategies as st

from controller.model import FleetPlan
from controller.planner.memo import PlanMemo
from controller.planner.planner import plan, plan_again, previous_from
from controller.planner.slots import assign_slots
from crds.difference import difference
from crds.digest import canonical_json
from tests.planner.generated_fleets import CAMERAS, QUICK, fleets, roomy_nodes
from tests.planner.short_manifests import NOW, revision

names = st.sets(st.sampled_from([f"cam-{number}" for number in range(12)]))
previous_slots = st.dictionaries(st.sampled_from([f"cam-{number}" for number in range(12)]), st.integers(-2, 14))
sizes = st.integers(0, 14)


@QUICK
@given(names, previous_slots, sizes)
def test_slots_are_unique_and_below_the_size_and_none_is_left_over(
    cameras: set[str], previous: dict[str, int], size: int
) -> None:
    slots = assign_slots(cameras, previous, size)

    assert slots.keys() <= cameras
    assert len(slots) == min(len(cameras), size)
    assert len(set(slots.values())) == len(slots)
    assert all(0 <= slot < size for slot in slots.values())


@QUICK
@given(names, previous_slots, sizes)
def test_a_previous_slot_is_kept_unless_it_is_gone_or_was_given_twice(
    cameras: set[str], previous: dict[str, int], size: int
) -> None:
    slots = assign_slots(cameras, previous, size)

    rivals = [previous[name] for name in cameras if name in previous]
    for name in cameras & previous.keys():
        if 0 <= previous[name] < size and rivals.count(previous[name]) == 1:
            assert slots[name] == previous[name]


@QUICK
@given(names, sizes, st.data())
def test_new_cameras_take_the_lowest_free_slots_in_the_order_given(
    cameras: set[str], size: int, data: st.DataObject
) -> None:
    in_order = data.draw(st.permutations(sorted(cameras)))
    known = data.draw(st.sets(st.sampled_from(sorted(cameras)))) if cameras else set()
    previous = dict(zip(sorted(known), data.draw(st.permutations(range(len(known)))), strict=True))

    slots = assign_slots(in_order, previous, size)

    kept = {slots[name] for name in known if slots.get(name) == previous[name]}
    rest = [slots[name] for name in in_order if name in slots and slots[name] not in kept]
    assert rest == [slot for slot in range(size) if slot not in kept][: len(rest)]


@QUICK
@given(names, previous_slots, sizes, st.data())
def test_the_order_of_the_previous_slots_does_not_matter(
    cameras: set[str], previous: dict[str, int], size: int, data: st.DataObject
) -> None:
    in_order = data.draw(st.permutations(sorted(cameras)))
    mixed = dict(data.draw(st.permutations(list(previous.items()))))

    assert assign_slots(in_order, mixed, size) == assign_slots(in_order, previous, size)


def test_holes_stay_and_are_filled_from_below() -> None:
    assert assign_slots(["dock", "gate"], {"dock": 0, "fence": 1, "gate": 2}, 4) == {"dock": 0, "gate": 2}
    assert assign_slots(["dock", "gate", "a", "b"], {"dock": 0, "gate": 2}, 4) == {"dock": 0, "a": 1, "gate": 2, "b": 3}


def test_what_has_no_slot_left_is_missing_and_takes_none_from_those_that_have_one() -> None:
    assert assign_slots(["a", "b", "z"], {"z": 0}, 2) == {"z": 0, "a": 1}
    assert assign_slots(["a"], {}, 0) == {}


# --- in the plan ---


def slots_in(planned: FleetPlan) -> dict[str, dict[str, int]]:
    return {
        one.instance_name: {camera.name: camera.slot for camera in one.cameras}
        for state in planned.nodes.values()
        for one in state.instances
    }


watched = st.lists(st.sampled_from(CAMERAS), unique=True)


@QUICK
@given(st.lists(st.tuples(st.sampled_from(("gate", "hut")), watched, st.integers(5, 8)), min_size=2, max_size=8))
def test_a_camera_that_stays_keeps_its_slot_through_any_sequence_of_edits(
    edits: list[tuple[str, list[str], int]],
) -> None:
    """Also when the instance moves between nodes, and when the batch changes to any size that still has the slot."""
    before: dict[str, int] = {}
    previous = {}
    for node, cameras, size in edits:
        fleet = {
            "node/gate": {},
            "node/hut": {},
            **{f"camera/{name}": {} for name in CAMERAS},
            "dsinstance/yard": {"node": node, "cameras": cameras, "streammux": {"batchSize": size}},
        }
        planned = plan(revision(fleet), previous)
        (slots,) = slots_in(planned).values()
        assert slots.keys() == set(cameras)
        assert all(0 <= slot < size for slot in slots.values())
        assert all(slots[name] == slot for name, slot in before.items() if name in slots)
        before, previous = slots, previous_from(planned, NOW)


@QUICK
@given(st.data())
def test_slots_are_unique_in_every_instance_of_every_plan(data: st.DataObject) -> None:
    nodes = data.draw(roomy_nodes())
    first = plan(revision(data.draw(fleets(nodes=nodes))), {})

    second = plan(revision(data.draw(fleets(nodes=nodes))), previous_from(first, NOW))

    for slots in (*slots_in(first).values(), *slots_in(second).values()):
        assert len(set(slots.values())) == len(slots)
    for state in second.nodes.values():
        for one in state.instances:
            assert [camera.slot for camera in one.cameras] == sorted(camera.slot for camera in one.cameras)


def test_a_plan_that_remembers_tells_other_slots_apart() -> None:
    fleet = revision(
        {
            "node/gate": {},
            **{f"camera/{name}": {} for name in ("dock", "fence", "gate")},
            "dsinstance/yard": {"node": "gate", "cameras": ["dock", "gate"]},
        }
    )
    with_fence = revision(
        {
            "node/gate": {},
            **{f"camera/{name}": {} for name in ("dock", "fence", "gate")},
            "dsinstance/yard": {"node": "gate", "cameras": ["dock", "fence", "gate"]},
        }
    )
    fresh = plan_again(PlanMemo(), fleet, {})
    previous = previous_from(plan(with_fence, {}), NOW)

    with_hole = plan_again(fresh, fleet, previous).plan

    assert slots_in(fresh.plan) == {"yard": {"dock": 0, "gate": 1}}
    assert slots_in(with_hole) == {"yard": {"dock": 0, "gate": 2}}
    assert [canonical_json(one) for state in with_hole.nodes.values() for one in state.instances] == [
        canonical_json(one) for state in plan(fleet, previous).nodes.values() for one in state.instances
    ]


def test_holes_are_closed_in_the_list_of_an_app_that_knows_positions_only() -> None:
    cameras = {f"camera/{name}": {} for name in ("dock", "fence", "gate")}
    three = {"node/gate": {}, **cameras, "dsinstance/yard": {"node": "gate", "cameras": ["dock", "fence", "gate"]}}
    two = {"node/gate": {}, **cameras, "dsinstance/yard": {"node": "gate", "cameras": ["dock", "gate"]}}
    previous = previous_from(plan(revision(three), {}), NOW)

    with_hole = plan(revision(two), previous)
    without = plan(revision(two), {})

    (yard,), (fresh,) = (next(iter(one.nodes.values())).instances for one in (with_hole, without))
    assert yard.files == fresh.files
    # A slot that no file tells reaches no app: nothing is restarted for it.
    assert [str(one) for one in difference(yard, fresh).fields] == ["camera/gate slot: 2 -> 1 (none)"]
