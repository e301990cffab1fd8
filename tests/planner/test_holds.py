"""What a person holds stays as it was published, and nothing else notices."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.model import FleetPlan, Holds
from controller.planner.describe import describe_plan
from controller.planner.guard import RemovalLimits, why_parked
from controller.planner.planner import plan, previous_from
from crds.annotations import DISPLAY_NAME, HOLD
from crds.change import ChangeClass
from crds.difference import difference
from crds.instance_config import Hold, InstanceConfig
from crds.messages import AgentConfig
from tests.planner.generated_fleets import INSTANCES, QUICK, Short, fleets
from tests.planner.short_manifests import NOW, merged, node_id, revision

FLEET: Short = {
    "node/gate": {},
    "node/hut": {},
    "camera/dock": {},
    "camera/door": {},
    "dsinstance/hall": {"node": "gate"},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock", "door"]},
}
BY_REQUEST = Holds({"yard": "cabling"})
BY_MANIFEST = {"dsinstance/yard": {"annotations": {HOLD: "cabling"}}}


def planned(
    short: Mapping[str, Any], previous: Mapping[str, AgentConfig] | None = None, holds: Holds = Holds()
) -> FleetPlan:
    return plan(revision(short), previous or {}, holds=holds)


def published(short: Mapping[str, Any] = FLEET, holds: Holds = Holds()) -> dict[str, AgentConfig]:
    return previous_from(planned(short, published(short) if holds.held else None, holds), NOW)


def configs(of: FleetPlan | Mapping[str, AgentConfig]) -> dict[str, tuple[str, InstanceConfig]]:
    if isinstance(of, FleetPlan):
        return {one.instance_name: (key, one) for key, state in of.nodes.items() for one in state.instances}
    return {one.instance_name: (key, one) for key, config in of.items() for one in config.node_config_list}


def said(of: FleetPlan) -> list[str]:
    return [one.message for one in of.reasons if one.reason == "Held"]


EDITS = [
    pytest.param(
        {"dsinstance/yard": {"image": "retinaface:2"}},
        "; its release will update it (rebuild-engine): spec.image: retinaface:1 -> retinaface:2 (rebuild-engine)",
        id="another image",
    ),
    pytest.param(
        {"dsinstance/yard": {"cameras": ["dock"]}, "camera/door": None},
        "; its release will update it (restart): camera/door: present -> none (restart)",
        id="a camera less",
    ),
    pytest.param(
        {"dsinstance/yard": {"node": "hut"}},
        "; its release will move it (recreate): node: gate -> hut",
        id="another node",
    ),
    pytest.param(
        {"dsinstance/yard": None},
        "; its release will remove it (recreate): no manifest places it here any more",
        id="its manifest is gone",
    ),
    pytest.param(
        {"dsinstance/yard": None, "node/gate": None, "dsinstance/hall": None},
        "; its release will remove it (recreate): no manifest places it here any more",
        id="the manifest of its node is gone",
    ),
    pytest.param({}, "", id="nothing"),
]


@pytest.mark.parametrize(("edit", "waits"), EDITS)
def test_a_held_instance_stays_as_it_was_published_whatever_its_manifest_says(
    edit: Mapping[str, Any], waits: str
) -> None:
    before = published()

    found = planned(merged(FLEET, edit), before, BY_REQUEST)

    where, config = configs(found)["yard"]
    assert where == node_id("gate")
    assert config.hold == Hold(reason="cabling")
    assert config.with_hold(None).model_dump(mode="json") == configs(before)["yard"][1].model_dump(mode="json")
    assert said(found) == [f"held by request: cabling{waits}"]
    assert "yard" not in found.removed
    assert difference(configs(before)["yard"][1], config).change_class is ChangeClass.NONE


@pytest.mark.parametrize(("edit", "waits"), EDITS)
def test_its_release_brings_what_the_manifests_say(edit: Mapping[str, Any], waits: str) -> None:
    after = merged(FLEET, edit)
    held = previous_from(planned(after, published(), BY_REQUEST), NOW)

    released = planned(after, held, Holds(released=frozenset({"yard"})))

    assert said(released) == []
    if "dsinstance/yard" not in after:
        assert "yard" in released.removed
        return
    where, config = configs(released)["yard"]
    wanted_at, wanted = configs(planned(after, published()))["yard"]
    assert (where, config.digest) == (wanted_at, wanted.digest)
    assert bool(waits) == (config.digest != configs(published())["yard"][1].digest or where != node_id("gate"))


def test_the_plan_tells_of_it() -> None:
    found = planned(merged(FLEET, {"dsinstance/yard": {"node": "hut"}}), published(), BY_REQUEST)

    assert describe_plan(found) == (
        "~ update dsinstance/yard on gate (none)\n"
        "    hold: none -> held by request: cabling (none)\n"
        "! dsinstance/yard: Held: held by request: cabling; its release will move it (recreate): node: gate -> hut\n"
        "Instances: 1 to update; cameras: 0 added, 0 removed, 0 interrupted."
    )


def test_no_revision_takes_a_held_instance_away_so_the_guard_does_not_count_it() -> None:
    before = published()
    found = planned(merged(FLEET, {"dsinstance/yard": None}), before, BY_REQUEST)
    assert why_parked(found, before, RemovalLimits()) is None


def test_the_annotation_holds_as_a_request_does() -> None:
    found = planned(merged(FLEET, BY_MANIFEST), published())
    assert configs(found)["yard"][1].hold == Hold(reason="cabling", requested=False)
    assert said(found) == ["held by its manifest: cabling"]

    back = planned(FLEET, previous_from(found, NOW))
    assert configs(back)["yard"][1].digest == configs(published())["yard"][1].digest


def test_who_deletes_the_manifest_with_the_annotation_has_not_released_it() -> None:
    held = previous_from(planned(merged(FLEET, BY_MANIFEST), published()), NOW)
    without = merged(FLEET, {"dsinstance/yard": None})

    assert configs(planned(without, held))["yard"][1].hold == Hold(reason="cabling", requested=False)
    assert "yard" not in configs(planned(without, held, Holds(released=frozenset({"yard"}))))


def test_a_request_that_the_disk_lost_is_known_from_what_was_published() -> None:
    held = published(FLEET, BY_REQUEST)
    assert configs(planned(FLEET, held))["yard"][1].hold == Hold(reason="cabling")


def test_an_instance_that_is_held_before_it_was_ever_published_is_not_created() -> None:
    found = planned(merged(FLEET, BY_MANIFEST))
    assert configs(found)["yard"][1].hold == Hold(reason="cabling", requested=False)
    assert said(found) == ["held by its manifest: cabling; it is created when it is released"]


def test_a_held_instance_keeps_its_port_from_newcomers() -> None:
    one_port = {"instancePorts": {"first": 21000, "last": 21001}}
    before = published(merged(FLEET, {"node/gate": one_port}))
    edit = {"node/gate": one_port, "dsinstance/yard": None, "dsinstance/shed": {"node": "gate"}}

    found = planned(merged(FLEET, edit), before, BY_REQUEST)

    assert "shed" not in configs(found)
    assert [one.reason for one in found.reasons] == ["NoFreePort", "Held"]


def test_who_holds_or_releases_an_instance_that_is_renamed_meanwhile_means_what_runs() -> None:
    renamed = merged(FLEET, {"dsinstance/yard": None, "dsinstance/court": FLEET["dsinstance/yard"]})
    away = {"node/gate": {"instancePorts": {"first": 22000, "last": 22009}}}

    found = planned(merged(renamed, away), published(), BY_REQUEST)
    where, config = configs(found)["yard"]
    assert (where, config.name, config.hold) == (node_id("gate"), "court", Hold(reason="cabling"))
    assert config.rest_port == configs(published())["yard"][1].rest_port

    released = planned(renamed, published(FLEET, BY_REQUEST), Holds(released=frozenset({"yard"})))
    assert configs(released)["yard"][1].hold is None


@QUICK
@given(fleet=fleets(), before=fleets(), asked=st.sets(st.sampled_from(INSTANCES)))
@example(  # renamed in the edit that takes its port away, before any record says that it is held
    fleet={"node/gate": {"instancePorts": {"first": 21000, "last": 21000}}, "dsinstance/faces": {"node": "gate"}},
    before={"node/gate": {"instancePorts": {"first": 21000, "last": 21002}}, "dsinstance/hall": {"node": "gate"}},
    asked={"hall"},
)
def test_holding_one_instance_changes_no_other_and_its_release_is_as_if_nobody_had(
    fleet: Short, before: Short, asked: set[str]
) -> None:
    start = previous_from(plan(revision(before), {}), NOW)
    held = asked & configs(start).keys()

    on = plan(revision(before), start, holds=Holds(dict.fromkeys(held, "")))
    off = plan(revision(before), previous_from(on, NOW), holds=Holds(released=frozenset(held)))
    edited = plan(revision(fleet), start, holds=Holds(dict.fromkeys(held, "")))

    for name in held:
        as_it_was = configs(edited)[name][1].with_hold(None).with_manifest_name(name)  # it may have been renamed
        assert as_it_was.digest == configs(start)[name][1].digest
        assert configs(edited)[name][0] == configs(start)[name][0]
    assert all(one.instance not in held or one.change_class is ChangeClass.NONE for one in edited.changes)
    calm = plan(revision(before), start)
    assert {node: state.digest for node, state in off.nodes.items()} == {
        node: state.digest for node, state in calm.nodes.items()
    }


@QUICK
@given(fleet=fleets(), data=st.data())
def test_no_annotation_but_that_one_reaches_any_digest(fleet: Short, data: st.DataObject) -> None:
    keys = st.sampled_from([DISPLAY_NAME, "dsfleet.io/other", "example.com/owner", "note"])
    notes = st.dictionaries(keys, st.text(max_size=20))
    annotated = {key: {**(short or {}), "annotations": data.draw(notes)} for key, short in fleet.items()}
    start = previous_from(plan(revision(fleet), {}), NOW)

    found = plan(revision(annotated), start)

    assert found.changes == plan(revision(fleet), start).changes
    assert {node: one.digest for node, one in found.nodes.items()} == {
        node: one.digest for node, one in plan(revision(fleet), start).nodes.items()
    }
