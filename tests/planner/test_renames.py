"""What was renamed, and nothing else, goes on: under the name that it began with."""

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller.model import ChangeKind, FleetPlan, Holds
from controller.planner.planner import plan, previous_from
from controller.planner.renames import name_to_run_as
from crds.change import ChangeClass
from crds.difference import difference
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from tests.planner.generated_fleets import QUICK, Short, fleets
from tests.planner.short_manifests import NOW, merged, node_id, revision

FLEET: Short = {
    "node/gate": {},
    "node/hut": {},
    "camera/dock": {},
    "camera/door": {},
    "dsinstance/hall": {"node": "gate", "cameras": ["door"]},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock"]},
}
RENAMED = merged(FLEET, {"dsinstance/yard": None, "dsinstance/court": FLEET["dsinstance/yard"]})


def planned(
    short: Mapping[str, Any], previous: Mapping[str, AgentConfig] | None = None, holds: Holds = Holds()
) -> FleetPlan:
    return plan(revision(short), previous or {}, holds=holds)


def after(*steps: Mapping[str, Any]) -> dict[str, AgentConfig]:
    """What is published after these fleets, one after the other."""
    previous: dict[str, AgentConfig] = {}
    for short in steps:
        previous = previous_from(planned(short, previous), NOW)
    return previous


def configs(of: FleetPlan | Mapping[str, AgentConfig]) -> dict[str, InstanceConfig]:
    if isinstance(of, FleetPlan):
        return {one.name: one for state in of.nodes.values() for one in state.instances}
    return {one.name: one for config in of.values() for one in config.node_config_list}


def test_its_content_is_what_it_was_but_for_the_name_and_nothing_is_told_of_a_difference() -> None:
    before, now = configs(after(FLEET))["yard"], configs(after(FLEET, RENAMED))["court"]

    assert (now.instance_name, now.manifest_name, now.rest_port) == ("yard", "court", before.rest_port)
    assert now.files == before.files
    assert now.digest != before.digest
    assert before.digest in now.digests_of_the_same
    assert difference(before, now).change_class is ChangeClass.NONE
    assert difference(before, now).fields == ()


def test_the_next_plan_changes_nothing_and_a_later_edit_is_one_of_what_runs() -> None:
    published = after(FLEET, RENAMED)
    assert planned(RENAMED, published).changes == ()

    edited = planned(merged(RENAMED, {"dsinstance/court": {"app": {"motConfidenceThreshold": 0.9}}}), published)

    [change] = edited.changes
    assert (change.kind, change.instance, change.change_class) == (ChangeKind.UPDATE, "court", ChangeClass.RESTART)
    assert configs(edited)["court"].instance_name == "yard"


def test_who_gets_its_first_name_back_is_as_it_was() -> None:
    back = configs(after(FLEET, RENAMED, FLEET))["yard"]
    assert back.digest == configs(after(FLEET))["yard"].digest


def test_who_was_renamed_twice_keeps_the_name_that_it_began_with() -> None:
    again = merged(RENAMED, {"dsinstance/court": None, "dsinstance/plaza": FLEET["dsinstance/yard"]})
    assert configs(after(FLEET, RENAMED, again))["plaza"].instance_name == "yard"


def test_a_newcomer_that_is_called_as_another_one_runs_gets_another_name_to_run_as() -> None:
    newcomer = merged(RENAMED, {"dsinstance/yard": {"node": "gate", "cameras": ["dock"]}})
    published = after(FLEET, RENAMED, newcomer)

    found = configs(published)

    assert (found["court"].instance_name, found["yard"].instance_name) == ("yard", "yard-2")
    assert found["court"].rest_port != found["yard"].rest_port
    assert planned(newcomer, published).changes == ()


def test_a_move_ends_the_old_name() -> None:
    moved = merged(RENAMED, {"dsinstance/court": {"node": "hut"}})
    found = configs(after(FLEET, RENAMED, moved))["court"]
    assert (found.instance_name, found.manifest_name) == ("court", "")


def test_a_held_instance_that_is_renamed_stays_held_and_is_not_made_twice() -> None:
    held = previous_from(planned(FLEET, after(FLEET), Holds({"yard": "cabling"})), NOW)

    found = planned(RENAMED, held, Holds({"yard": "cabling"}))

    assert set(configs(found)) == {"court", "hall"}
    assert configs(found)["court"].instance_name == "yard"
    assert str(configs(found)["court"].hold) == "held by request: cabling"
    released = planned(RENAMED, previous_from(found, NOW), Holds(released=frozenset({"court"})))
    assert configs(released)["court"].hold is None


def test_names_to_run_as_are_names() -> None:
    assert name_to_run_as("yard", frozenset()) == "yard"
    assert name_to_run_as("yard", frozenset({"yard", "yard-2"})) == "yard-3"
    long = "a" * 60 + "-aa"
    assert name_to_run_as(long, frozenset({long})) == "a" * 60 + "-2"


@QUICK
@given(fleet=fleets(), data=st.data())
def test_whatever_is_renamed_runs_on_or_goes_and_comes_whole(fleet: Short, data: st.DataObject) -> None:
    first = plan(revision(fleet), {})
    start = previous_from(first, NOW)
    names = [key for key in fleet if key.startswith("dsinstance/")]
    chosen = data.draw(st.sets(st.sampled_from(names))) if names else set()
    after_it = {(f"{key}-new" if key in chosen else key): short for key, short in fleet.items()}

    found = plan(revision(after_it), start)
    again = plan(revision(after_it), previous_from(found, NOW))

    renames = [one for one in found.changes if one.kind == ChangeKind.RENAME]
    assert not {one.instance for one in renames} & {one.instance for one in found.changes if one not in renames}
    for one in renames:
        before, now = configs(first)[str(one.old_name)], configs(found)[one.instance]
        assert now.instance_name == before.instance_name
        assert now.with_manifest_name(before.instance_name).digest == before.digest
    for state in found.nodes.values():
        runs_as = [one.instance_name for one in state.instances]
        assert len(set(runs_as)) == len(runs_as)
    assert all(one.kind != ChangeKind.RENAME for one in again.changes)
    if not chosen:
        assert renames == []


def test_the_node_of_the_old_name_must_be_one_of_the_new() -> None:
    elsewhere = merged(RENAMED, {"dsinstance/court": {"node": "hut"}})
    kinds = {one.instance: one.kind for one in planned(elsewhere, after(FLEET)).changes}
    assert kinds == {"court": ChangeKind.CREATE, "yard": ChangeKind.REMOVE}
    assert node_id("hut") in planned(elsewhere, after(FLEET)).nodes
