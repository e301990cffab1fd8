"""A newer controller alone makes no new generation: what says the same stays as it was published."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.planner.as_published import as_published
from controller.planner.planner import plan
from crds.change import ChangeClass
from crds.difference import difference
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from tests.differ.generations import generation
from tests.planner.short_manifests import ShortFleet, node_id, revision

GATE = node_id("gate")
FLEET: ShortFleet = {
    "node/gate": {},
    "camera/dock": {},
    "dsinstance/yard": {
        "node": "gate",
        "app": {"kind": "reference"},
        "cameras": ["dock"],
        "container": {"volumes": [{"hostPath": "/models", "mountPath": "/models"}]},
    },
}


def rendered(fleet: ShortFleet = FLEET) -> InstanceConfig:
    (one,) = plan(revision(fleet), {}).nodes[GATE].instances
    return one


def published(change: Callable[[dict[str, Any]], object]) -> AgentConfig:
    """The fleet as another version of the controller published it."""
    content = rendered().model_dump(mode="json")
    change(content)
    return generation([InstanceConfig.model_validate({**content, "digest": InstanceConfig.digest_of(content)})])


# What another version did not write out yet, with the value that this one has for it.
OLDER = [
    pytest.param(lambda one: one["cameras"][0].pop("exclusive"), id="a field of a camera"),
    pytest.param(lambda one: one["cameras"][0]["limits"].pop("alive_interval_seconds"), id="a limit"),
    pytest.param(lambda one: one["digests"].pop("engines"), id="a digest of a part"),
    pytest.param(
        lambda one: (one["container"].pop("memory_mib"), one["digests"].update(container="sha256:without it")),
        id="a setting of the container",
    ),
    pytest.param(lambda one: one["container"]["volumes"][0].pop("read_only"), id="a setting of a volume"),
    pytest.param(lambda one: one["settings"]["app"].pop("gpuId"), id="a setting of the app"),
    pytest.param(lambda one: one["settings"]["cameras"]["dock"].pop("visual"), id="a setting of a camera"),
]


@pytest.mark.parametrize("change", OLDER)
def test_what_an_older_version_did_not_write_out_makes_no_new_generation(
    change: Callable[[dict[str, Any]], object],
) -> None:
    before = published(change)
    assert before.digest != AgentConfig.content_digest((rendered(),))

    planned = plan(revision(FLEET), {GATE: before})

    assert planned.nodes[GATE].digest == before.digest
    assert planned.changes == ()
    assert planned.nodes[GATE].instances[0].model_dump(mode="json") == before.node_config_list[0].model_dump(
        mode="json"
    )


@pytest.mark.parametrize("change", OLDER)
def test_an_edit_beside_it_is_told_by_itself(change: Callable[[dict[str, Any]], object]) -> None:
    edited = {**FLEET, "dsinstance/yard": {**(FLEET["dsinstance/yard"] or {}), "image": "retinaface:2"}}

    (found,) = plan(revision(edited), {GATE: published(change)}).changes

    assert found.causes == ("spec.image: retinaface:1 -> retinaface:2 (recreate)",)


@pytest.mark.parametrize("change", OLDER)
def test_both_forms_are_no_difference_to_an_agent(change: Callable[[dict[str, Any]], object]) -> None:
    older, newer = published(change).node_config_list[0], rendered()

    assert difference(older, newer).change_class is ChangeClass.NONE
    assert difference(newer, older).change_class is ChangeClass.NONE


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda one: one["cameras"][0].update(note="x"), id="a field of a camera"),
        pytest.param(lambda one: one["container"]["volumes"][0].update(note="x"), id="a setting of a volume"),
        pytest.param(lambda one: one["settings"]["app"].update(note="x"), id="a setting of the app"),
        pytest.param(lambda one: one.update(note="x"), id="a field of the instance"),
        pytest.param(lambda one: one["settings"]["app"].update(gpuId=1), id="another value"),
        pytest.param(
            lambda one: one["cameras"][0]["limits"].pop("minimum_fps") or one.update(image="b"), id="an image"
        ),
    ],
)
def test_what_nobody_asks_for_any_more_is_taken_back(change: Callable[[dict[str, Any]], object]) -> None:
    planned = plan(revision(FLEET), {GATE: published(change)})

    assert planned.nodes[GATE].instances == (rendered(),)


def test_a_required_field_that_is_not_there_is_no_default() -> None:
    before = published(lambda one: one["settings"]["cameras"]["dock"].pop("address"))

    assert plan(revision(FLEET), {GATE: before}).nodes[GATE].instances == (rendered(),)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda one: one["settings"]["app"].update(note="x"), id="of the app"),
        pytest.param(lambda one: one["settings"]["cameras"]["dock"].update(note="x"), id="of a camera"),
        pytest.param(lambda one: one["settings"]["streammux"].update(note={"with": ["parts"]}), id="of the muxer"),
    ],
)
def test_a_default_that_only_a_newer_controller_writes_out_touches_nothing(
    change: Callable[[dict[str, Any]], object],
) -> None:
    newer = published(change).node_config_list[0]

    assert difference(rendered(), newer).change_class is ChangeClass.NONE
    assert difference(newer, rendered()).change_class is ChangeClass.NONE


# --- settings are any mapping: nobody checked what another version wrote there ---


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of everything that stands in a value, and of something more in every mapping."""
    if isinstance(value, dict):
        yield (*path, "more")
        for key, one in value.items():
            yield (*path, key)
            yield from places(one, (*path, key))
    elif isinstance(value, list):
        for position, one in enumerate(value):
            yield (*path, position)
            yield from places(one, (*path, position))


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES = tuple(places(rendered().settings))


@given(place=st.sampled_from(PLACES), odd=ODD)
@example(place=("cameras",), odd=[])
@example(place=("cameras",), odd="dock")
@example(place=("cameras", "dock"), odd=5)
@example(place=("cameras", "dock"), odd=None)
@example(place=("app",), odd=[["kind"]])
def test_odd_settings_of_a_published_record_are_only_not_the_same(place: tuple[str | int, ...], odd: Any) -> None:
    def put(one: dict[str, Any]) -> None:
        inside: Any = one["settings"]
        for part in place[:-1]:
            inside = inside[part]
        inside[place[-1]] = odd

    record, wanted = published(put), rendered()
    (before,) = record.node_config_list

    stays = as_published(wanted, before)
    assert stays in (wanted, before)
    # An empty mapping leaves all to the defaults; what is none never says the same as something else.
    assert isinstance(odd, dict) or before.settings == wanted.settings or stays is wanted
    assert plan(revision(FLEET), {GATE: record}).nodes[GATE].instances == (stays,)
    for found in (difference(before, wanted), difference(wanted, before)):
        assert all(len(str(field)) < 300 for field in found.fields)
