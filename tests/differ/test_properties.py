from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.differ.diff import diff, leads_on
from nodeagent.differ.history import (
    LONGEST_DELAY,
    after_observation,
    after_outcome,
    restart_delay,
)
from nodeagent.model import InstanceHistory, ObservedInstance
from nodeagent.operations import Chain, Note, Outcome, OutcomeKind, Remove, Stop, UnderWay
from tests.differ.generations import NOW, generation, instance
from tests.differ.node_model import NodeModel, container

# A busy machine is no failure.
unhurried = settings(deadline=None)

NAMES = ("attic", "barn", "hall", "yard")
SPECS: tuple[dict[str, Any], ...] = (
    {},
    {"app": {"motConfidenceThreshold": 0.9}},
    {"image": "retinaface:2"},
    {"container": {"env": {"A": "1"}}, "app": {"motConfidenceThreshold": 0.9}},
    {"cameras": ["dock"]},
    {"cameras": ["dock"], "limits": {"minimumFps": 5}},
)


def _form(name: str, spec: dict[str, Any]) -> InstanceConfig:
    limits = spec.get("limits")
    cameras = {"dock": {"limits": limits}} if limits else None
    return instance(name, cameras, **{key: value for key, value in spec.items() if key != "limits"})


FORMS = {name: tuple(_form(name, spec) for spec in SPECS) for name in NAMES}


def forms() -> st.SearchStrategy[dict[str, InstanceConfig]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(FORMS[name]) for name in NAMES})


def desired_states() -> st.SearchStrategy[AgentConfig]:
    return forms().map(lambda chosen: generation(chosen.values(), 7))


@st.composite
def containers(draw: st.DrawFn) -> ObservedInstance:
    config = draw(st.sampled_from(FORMS[draw(st.sampled_from(NAMES))]))
    name = config.instance_name
    made = container(config, f"id-{name}", 3)
    if draw(st.booleans()):
        # Started since, perhaps with another form in the same container, and the note may be lost.
        later = draw(st.sampled_from(FORMS[name]))
        note = Note(name, "a test", later, 5)
        noted = NodeModel({name: made}).after(note, NOW).containers[name] if draw(st.booleans()) else made
        running = draw(st.booleans())
        return replace(noted, running=running, finished_at=None if running else NOW, exit_code=None if running else 1)
    return made


@st.composite
def nodes(draw: st.DrawFn) -> NodeModel:
    there = {one.name: one for one in draw(st.lists(containers(), max_size=4))}
    digests = [one.digests.files for name in NAMES for one in FORMS[name]]
    files = draw(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["drifted", *digests])))
    return NodeModel(there, files)


def perform(node: NodeModel, chains: tuple[Chain, ...]) -> NodeModel:
    for chain in chains:
        for op in chain.ops:
            node = node.after(op, NOW)
    return node


@unhurried
@given(desired_states(), nodes())
def test_after_a_plan_is_performed_nothing_is_left_to_do(desired: AgentConfig, node: NodeModel) -> None:
    node = perform(node, diff(desired, node.observed(desired), {}, {}, NOW).begin)

    assert str(diff(desired, node.observed(desired), {}, {}, NOW)) == ""
    assert {name: one.digest for name, one in node.containers.items() if one.running} == {
        one.instance_name: one.digest for one in desired.node_config_list
    }
    assert node.files.keys() <= {one.instance_name for one in desired.node_config_list}


@unhurried
@given(desired_states(), nodes(), st.data())
def test_an_agent_that_dies_anywhere_in_a_plan_comes_to_the_same_end(
    desired: AgentConfig, node: NodeModel, data: st.DataObject
) -> None:
    chains = diff(desired, node.observed(desired), {}, {}, NOW).begin
    node = perform(
        node, tuple(replace(chain, ops=chain.ops[: data.draw(st.integers(0, len(chain.ops)))]) for chain in chains)
    )

    node = perform(node, diff(desired, node.observed(desired), {}, {}, NOW).begin)

    assert str(diff(desired, node.observed(desired), {}, {}, NOW)) == ""


@unhurried
@given(desired_states(), nodes(), st.data())
def test_what_is_left_of_a_chain_is_what_a_new_plan_would_do(
    desired: AgentConfig, node: NodeModel, data: st.DataObject
) -> None:
    for chain in diff(desired, node.observed(desired), {}, {}, NOW).begin:
        done = data.draw(st.integers(0, len(chain.ops) - 1))
        after = perform(node, (replace(chain, ops=chain.ops[:done]),))
        planned = {one.instance: one.ops for one in diff(desired, after.observed(desired), {}, {}, NOW).begin}

        assert leads_on(chain.ops[done:], planned.get(chain.instance, ())) or isinstance(chain.ops[done], Note)


@unhurried
@given(desired_states(), nodes(), st.randoms(use_true_random=False))
def test_a_plan_does_not_depend_on_the_order_of_its_input(desired: AgentConfig, node: NodeModel, random: Any) -> None:
    def shuffled(mapping: Mapping[str, Any]) -> dict[str, Any]:
        keys = list(mapping)
        random.shuffle(keys)
        return {key: mapping[key] for key in keys}

    configs = list(desired.node_config_list)
    random.shuffle(configs)
    other = desired.model_copy(update={"node_config_list": tuple(configs)})
    observed = node.observed(desired)
    mixed = replace(observed, instances=shuffled(observed.instances), files=shuffled(observed.files))

    assert diff(desired, observed, {}, {}, NOW) == diff(other, mixed, {}, {}, NOW)


@unhurried
@given(st.none() | desired_states(), nodes(), st.sets(st.sampled_from(NAMES)))
def test_only_what_is_desired_or_there_is_touched_and_nothing_that_is_busy(
    desired: AgentConfig | None, node: NodeModel, busy: set[str]
) -> None:
    under_way = {name: UnderWay(Chain((Remove(name, "a test"),), towards=None)) for name in busy}
    plan = diff(desired, node.observed(desired), {}, under_way, NOW)

    touched = {op.instance for chain in plan.begin for op in chain.ops}
    wanted = {one.instance_name for one in desired.node_config_list} if desired else set()
    assert touched <= (wanted | node.containers.keys() | node.files.keys()) - busy
    assert all(op.instance == chain.instance for chain in plan.begin for op in chain.ops)
    assert len(plan.begin) == len({chain.instance for chain in plan.begin})
    if desired is None:
        assert not touched


@unhurried
@given(desired_states(), nodes())
def test_what_is_stopped_or_removed_is_the_very_container_that_was_seen(desired: AgentConfig, node: NodeModel) -> None:
    for chain in diff(desired, node.observed(desired), {}, {}, NOW).begin:
        for op in chain.ops:
            if isinstance(op, Stop | Remove) and op.instance in node.containers:
                assert op.runtime_id == node.containers[op.instance].runtime_id


@unhurried
@given(forms(), st.data())
def test_equal_digest_running_and_files_current_is_never_touched(
    chosen: dict[str, InstanceConfig], data: st.DataObject
) -> None:
    desired = generation(chosen.values(), 7)
    node = perform(NodeModel(), diff(desired, NodeModel().observed(desired), {}, {}, NOW).begin)
    history = {name: data.draw(histories()) for name in chosen}

    assert str(diff(desired, node.observed(desired), history, {}, NOW)) == ""


# --- history ---------------------------------------------------------------------------------------------------------

moments = st.floats(0, 1e6).map(lambda seconds: NOW + timedelta(seconds=seconds))


@st.composite
def histories(draw: st.DrawFn) -> InstanceHistory:
    exits = draw(st.integers(0, 2000))
    return InstanceHistory(
        exits=exits,
        restarts=exits + draw(st.integers(0, 10)),
        last_exit_at=draw(st.none() | moments),
        seen_running=draw(st.sampled_from([None, "id-1", "id-2"])),
        running_since=draw(st.none() | moments),
        stopped_on_purpose=draw(st.sampled_from([None, "id-1", "id-2"])),
        stops=draw(st.integers(0, 2000)),
        last_stop_at=draw(st.none() | moments),
    )


@st.composite
def sights(draw: st.DrawFn) -> ObservedInstance | None:
    if draw(st.booleans()):
        return None
    made = container(FORMS["yard"][0], draw(st.sampled_from(["id-1", "id-2"])), 1)
    running = draw(st.booleans())
    return replace(
        made,
        running=running,
        started_at=draw(st.none() | moments),
        finished_at=None if running else draw(st.none() | moments),
        exit_code=draw(st.none() | st.integers(-15, 255)),
    )


@unhurried
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_restart_delays_grow_and_are_capped(one: int, other: int) -> None:
    fewer, more = sorted((one, other))

    assert timedelta(0) <= restart_delay(fewer) <= restart_delay(more) <= LONGEST_DELAY


@unhurried
@given(desired_states(), nodes(), st.data(), moments)
def test_no_wait_is_longer_than_the_longest_delay_whatever_the_clock_does(
    desired: AgentConfig, node: NodeModel, data: st.DataObject, now: Any
) -> None:
    history = {one.instance_name: data.draw(histories()) for one in desired.node_config_list}
    plan = diff(desired, node.observed(desired), history, {}, now)

    assert plan.wake_at is None or now < plan.wake_at <= now + LONGEST_DELAY


@unhurried
@given(histories(), st.lists(st.tuples(sights(), st.booleans(), moments)))
def test_restarts_never_decrease_and_never_grow_by_more_than_one_a_look(
    history: InstanceHistory, looks: list[tuple[ObservedInstance | None, bool, Any]]
) -> None:
    for sight, being_changed, now in looks:
        after = after_observation(history, sight, being_changed=being_changed, now=now)

        assert history.restarts <= after.restarts <= history.restarts + 1
        if being_changed:
            assert after.restarts == history.restarts
        history = after


@unhurried
@given(histories(), sights(), moments)
def test_an_exit_counts_once_however_often_it_is_seen(
    history: InstanceHistory, sight: ObservedInstance | None, now: Any
) -> None:
    once = after_observation(history, sight, being_changed=False, now=now)

    assert after_observation(once, sight, being_changed=False, now=now).restarts == once.restarts


@unhurried
@given(histories(), sights().filter(bool), st.lists(moments, max_size=5))
def test_an_intentional_stop_is_never_counted(
    history: InstanceHistory, sight: ObservedInstance, looks: list[Any]
) -> None:
    stop = Stop("yard", "a test", sight.runtime_id, towards=FORMS["yard"][0].digest)
    stopped = after_outcome(history, Outcome(stop, OutcomeKind.DONE, NOW))
    sight = replace(sight, running=False, finished_at=NOW)
    for now in looks:
        stopped = after_observation(stopped, sight, being_changed=False, now=now)

    assert stopped.restarts == history.restarts
