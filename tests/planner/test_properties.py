"""What holds for every fleet, whatever its manifests are."""

import json
import re
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st

from controller.model import ChangeKind, FleetPlan, Revision
from controller.planner.describe import describe_plan
from controller.planner.planner import plan, previous_from
from crds.digest import canonical_json
from crds.messages import AgentConfig
from crds.secret import secrets_named_in
from tests.planner.generated_fleets import QUICK, Short, fleets, roomy_nodes, settings
from tests.planner.short_manifests import NOW, manifest, revision, revision_of

USERINFO = re.compile(r"^\$\{secret:[a-z0-9.-]+:userinfo\}$")


def content(planned: FleetPlan) -> dict[str, list[bytes]]:
    return {node_id: [canonical_json(one) for one in state.instances] for node_id, state in planned.nodes.items()}


def digests(planned: FleetPlan) -> dict[str, str]:
    return {node_id: state.digest for node_id, state in planned.nodes.items()}


def published(planned: FleetPlan) -> dict[str, AgentConfig]:
    return previous_from(planned, NOW)


def places(planned: FleetPlan) -> list[str]:
    return [one.name for state in planned.nodes.values() for one in state.instances]


@QUICK
@given(fleet=fleets(), before=fleets(), data=st.data())
def test_the_order_of_the_input_does_not_matter(fleet: Short, before: Short, data: st.DataObject) -> None:
    previous = published(plan(revision(before), {}))
    shuffled = data.draw(st.permutations([manifest(key, short) for key, short in fleet.items()]))
    previous_shuffled = dict(data.draw(st.permutations(list(previous.items()))))

    one = plan(revision(fleet), previous)
    other = plan(revision_of(shuffled), previous_shuffled)

    assert content(one) == content(other)
    assert list(one.nodes) == list(other.nodes)
    assert describe_plan(one) == describe_plan(other)


@QUICK
@given(fleet=fleets(), before=fleets())
def test_a_published_plan_is_the_next_plan(fleet: Short, before: Short) -> None:
    first = plan(revision(fleet), published(plan(revision(before), {})))
    for _ in fleet:  # what waits for room moves when others have moved; every round but the last brings one home
        if not plan(revision(fleet), published(first)).changes:
            break
        assert any("it stays on" in one.message or one.reason == "NoFreePort" for one in first.reasons)
        first = plan(revision(fleet), published(first))

    again = plan(revision(fleet), published(first))

    assert again.changes == ()
    assert digests(again) == digests(first)
    assert {one.subject for one in again.reasons} == {one.subject for one in first.reasons}


@QUICK
@given(fleet=fleets(), before=fleets(), data=st.data())
def test_a_plan_that_was_published_in_part_comes_to_the_same(fleet: Short, before: Short, data: st.DataObject) -> None:
    """Nodes get their records one after the other, and the controller may die in between."""
    old = published(plan(revision(before), {}))
    wanted = plan(revision(fleet), old)
    # An instance that waits for room may find it on another node once a part of the others has moved.
    assume(not wanted.reasons)
    new = published(wanted)
    done = data.draw(st.sets(st.sampled_from(sorted(new)))) if new else set()
    mixed = {**old, **{node_id: new[node_id] for node_id in done}}

    resumed = plan(revision(fleet), mixed)

    for node_id in done:
        assert resumed.nodes[node_id].digest == wanted.nodes[node_id].digest
    assert sorted(places(resumed)) == sorted(places(wanted))


@QUICK
@given(data=st.data())
def test_an_edit_of_one_instance_leaves_the_other_nodes_alone(data: st.DataObject) -> None:
    fleet = data.draw(fleets())
    first = plan(revision(fleet), {})
    placed = places(first)
    assume(placed)
    edited = data.draw(st.sampled_from(sorted(placed)))
    key = f"dsinstance/{edited}"
    # One that is stopped makes room: its port may be the one that another waits for.
    changed = {name: value for name, value in data.draw(settings()).items() if name != "replicas"}
    after: Short = {**fleet, key: {**fleet[key], **changed}}

    second = plan(revision(after), published(first))

    home = next(one for one, state in first.nodes.items() if edited in [two.instance_name for two in state.instances])
    assert {one: digest for one, digest in digests(second).items() if one != home} == {
        one: digest for one, digest in digests(first).items() if one != home
    }
    assert {change.instance for change in second.changes} <= {edited}


@QUICK
@given(data=st.data())
def test_going_back_gives_what_was_there_before(data: st.DataObject) -> None:
    """Invariant L7. A selector may leave an instance where the second revision brought it, so nodes are named here."""
    nodes = data.draw(roomy_nodes())
    a, b = (revision(data.draw(fleets(pinned_only=True, nodes=nodes)), name) for name in ("sha256:a", "sha256:b"))
    first = plan(a, {})

    second = plan(b, published(first))
    third = plan(a, published(second))

    assert digests(third) == digests(first)
    event(f"{min(len(second.changes), 3)} changes on the way")


@QUICK
@given(fleet=fleets(), before=fleets())
def test_an_instance_is_on_one_node_or_there_is_a_reason(fleet: Short, before: Short) -> None:
    wanted = revision(fleet)
    for previous in ({}, published(plan(revision(before), {}))):
        planned = plan(wanted, previous)
        placed = places(planned)
        excused = [one.subject.name for one in planned.reasons]

        assert len(set(placed)) == len(placed)
        stays = [one.subject.name for one in planned.reasons if "it stays on" in one.message]
        assert sorted([*placed, *excused]) == sorted([*(one.name for one in wanted.instances), *stays])
        assert all(one.message and one.reason for one in planned.reasons)


@QUICK
@given(fleet=fleets(), before=fleets())
def test_an_instance_runs_only_where_its_manifest_allows_it(fleet: Short, before: Short) -> None:
    wanted = revision(fleet)
    planned = plan(wanted, published(plan(revision(before), {})))
    stays = {one.subject.name for one in planned.reasons if "it stays on" in one.message}

    for instance in (one for one in wanted.instances if one.name not in stays):
        for state in planned.nodes.values():
            if instance.name in [one.instance_name for one in state.instances]:
                node = wanted.node_by_id[state.node_id]
                selector = instance.spec.node_selector
                assert node.name == instance.spec.node if selector is None else selector.matches(node.metadata.labels)


@QUICK
@given(fleet=fleets(), before=fleets())
def test_ports_are_unique_on_a_node_and_in_its_range(fleet: Short, before: Short) -> None:
    wanted = revision(fleet)
    planned = plan(wanted, published(plan(revision(before), {})))

    for state in planned.nodes.values():
        ports = [one.rest_port for one in state.instances]
        assert len(set(ports)) == len(ports)
        if ports:
            allowed = wanted.node_by_id[state.node_id].spec.instance_ports
            assert all(allowed.first <= port <= allowed.last for port in ports)


@QUICK
@given(data=st.data())
def test_new_instances_take_nothing_from_those_that_run(data: st.DataObject) -> None:
    before = data.draw(fleets())
    more = {key: short for key, short in data.draw(fleets(nodes=_nodes(before))).items() if "dsinstance" in key}
    cameras = {key for key in before if "camera" in key}
    for short in more.values():
        short["cameras"] = [name for name in short["cameras"] if f"camera/{name}" in cameras]
    first = plan(revision(before), {})

    second = plan(revision({**more, **before}), published(first))

    assert {change.kind for change in second.changes} <= {ChangeKind.CREATE}
    assert set(places(first)) <= set(places(second))


@QUICK
@given(fleet=fleets(), before=fleets())
def test_changes_tell_all_that_differs(fleet: Short, before: Short) -> None:
    previous = published(plan(revision(before), {}))
    planned = plan(revision(fleet), previous)
    old = {one.name: (home, one) for home, config in previous.items() for one in config.node_config_list}
    new = {one.name: (home, one) for home, state in planned.nodes.items() for one in state.instances}

    differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}

    told = {name for change in planned.changes for name in (change.instance, change.old_name) if name}
    assert told == differing
    assert all(change.causes for change in planned.changes), describe_plan(planned)


@QUICK
@given(fleet=fleets())
def test_secrets_are_placeholders_wherever_they_would_stand(fleet: Short) -> None:
    wanted = revision(fleet)
    planned = plan(wanted, {})

    for state in planned.nodes.values():
        for instance in state.instances:
            cameras = _cameras(wanted, instance.instance_name)
            secrets = {one.spec.credentials_ref.name for one in cameras if one.spec.credentials_ref}
            files = {file.path: file.content for file in instance.files}
            assert set(secrets_named_in("".join(files.values()))) == secrets
            for source, camera in zip(json.loads(files["source_list.json"])["sources"], cameras, strict=True):
                scheme, rest = camera.spec.address.split("://")
                userinfo = source["address"].removeprefix(f"{scheme}://").removesuffix(rest)
                assert USERINFO.match(userinfo) if camera.spec.credentials_ref else userinfo == ""


@QUICK
@given(fleet=fleets(), after=fleets())
def test_a_plan_survives_the_topic_that_carries_it(fleet: Short, after: Short) -> None:
    """What was read back from topic 210 plans as what was published."""
    first = published(plan(revision(fleet), {}))
    read_back = {one: AgentConfig.model_validate_json(config.model_dump_json()) for one, config in first.items()}

    wanted = revision(after)

    assert describe_plan(plan(wanted, read_back)) == describe_plan(plan(wanted, first))


def _nodes(fleet: Short) -> Short:
    return {key: short for key, short in fleet.items() if key.startswith("node/")}


def _cameras(wanted: Revision, instance: str) -> tuple[Any, ...]:
    return next(wanted.cameras_of(one) for one in wanted.instances if one.name == instance)
