"""A plan that is made from the one before is the plan that is made from nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model import FleetPlan, Holds, Revision
from controller.planner import placement
from controller.planner.exclusive import Holders
from controller.planner.guard import unwatched
from controller.planner.memo import PlanMemo
from controller.planner.planner import plan, plan_again, previous_from
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import cameras_of
from crds.messages import AgentConfig
from crds.node import Node
from tests.planner.generated_fleets import CAMERAS, INSTANCES, NODES, QUICK
from tests.planner.short_manifests import NOW, manifest, node_id, revision, revision_of

NAMES = st.sampled_from(INSTANCES)
IDS = st.sampled_from([node_id(name) for name in (*NODES, "spare")])


@dataclass
class World:
    """A fleet that changes, as a controller meets it."""

    revision: Revision
    previous: Mapping[str, AgentConfig] = field(default_factory=dict)
    holders: Holders = field(default_factory=dict)
    holds: Holds = Holds()
    memo: PlanMemo = field(default_factory=PlanMemo)
    commits: int = 0

    def commit(
        self,
        cameras: Mapping[str, Camera | None] = {},
        instances: Mapping[str, DsInstance | None] = {},
        nodes: Mapping[str, Node | None] = {},
    ) -> None:
        self.commits += 1
        self.revision = self.revision.edited(f"sha256:{self.commits}", "a test", cameras, instances, nodes)

    def write(self, key: str, short: dict[str, Any] | None) -> None:
        one = manifest(key, short) if short is not None else None
        name = key.partition("/")[2]
        if key.startswith("camera/") and (one or name in self.revision.camera_by_name):
            self.commit(cameras={name: one})
        elif key.startswith("dsinstance/") and (one or name in self.revision.instance_by_name):
            self.commit(instances={name: one})
        elif key.startswith("node/") and (one or name in self.revision.node_by_name):
            self.commit(nodes={name: one})

    def rename(self, old: str, new: str) -> None:
        if (one := self.revision.instance_by_name.get(old)) is not None:
            metadata = one.metadata.model_copy(update={"name": new})
            self.commit(instances={old: None, new: one.model_copy(update={"metadata": metadata})})

    def read_all_again(self) -> None:
        every = [type(one).model_validate(one.document()) for one in self.revision.objects]
        self.revision = revision_of(every, self.revision.id)

    def publish(self, ids: frozenset[str], *, are_read_back: bool) -> None:
        records = {key: one for key, one in previous_from(self.memo.plan, NOW).items() if key in ids}
        if are_read_back:
            records = {key: AgentConfig.model_validate_json(one.model_dump_json()) for key, one in records.items()}
        self.previous = {**self.previous, **records}

    def hold(self, names: frozenset[str], released: frozenset[str]) -> None:
        self.holds = replace(self.holds, held=dict.fromkeys(sorted(names), "cabling"), released=released)

    def leave(self, leaving: Mapping[str, frozenset[str]]) -> None:
        self.holds = replace(self.holds, leaving=leaving)

    def read(self, camera: str, readers: frozenset[tuple[str, str]]) -> None:
        self.holders = {**self.holders, camera: readers}

    def restart(self) -> None:
        self.memo = PlanMemo()

    def plan(self) -> FleetPlan:
        # Who is in no manifest any more reads nothing.
        there = self.revision.node_by_id
        self.holders = {
            camera: frozenset(one for one in readers if one[0] in there) for camera, readers in self.holders.items()
        }
        self.memo = plan_again(self.memo, self.revision, self.previous, self.holders, self.holds)
        return self.memo.plan


Step = Callable[[World], None]


def to_call(name: str, *arguments: st.SearchStrategy[Any], **named: st.SearchStrategy[Any]) -> st.SearchStrategy[Step]:
    def step(given_in_order: tuple[Any, ...], given_by_name: dict[str, Any]) -> Step:
        return lambda world: getattr(world, name)(*given_in_order, **given_by_name)

    return st.builds(step, st.tuples(*arguments), st.fixed_dictionaries(named))


def together(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda drawn: {key: value for part in drawn for key, value in part.items()})


def keys(kind: str, names: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{kind}/{name}" for name in names])


def some(*choices: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(choices)


AREAS: st.SearchStrategy[dict[str, Any]] = some({}, {"labels": {"area": "in"}}, {"labels": {"area": "out"}})
IN: dict[str, Any] = {"matchLabels": {"area": "in"}}
PLACES = some(*({"node": name} for name in (*NODES, "nowhere")), {"nodeSelector": IN}, {"nodeSelector": {}})
WATCHED = some(
    *({"cameras": list(names)} for size in (0, 1, 2) for names in combinations(CAMERAS, size)),
    {"cameraSelector": IN},
    {"cameras": ["roof"], "cameraSelector": IN},
)
INSTANCE_SPECS = together(
    PLACES,
    WATCHED,
    some({}, {"image": "retinaface:2"}),
    some({}, {"streammux": {"batchSize": 2}}),
    some({}, {}, {}, {"annotations": {"dsfleet.io/hold": "cabling"}}),
    some({}, {}, {}, {"replicas": 0}, {"restartedAt": "2026-03-01T12:00:00Z"}),
)
CAMERA_SPECS = together(AREAS, some({}, {"exclusive": True}), some({}, {"address": "rtsp://10.0.0.7/other"}))
NODE_SPECS = together(
    AREAS,
    some({}, {"capacity": 2}),
    some({}, {"unschedulable": True}),
    some({}, {"instancePorts": {"first": 21000, "last": 21001}}),
    some({}, {}, {"nodeId": node_id("spare"), "hostname": "spare"}),
)
BEGINNING = st.fixed_dictionaries(
    {f"node/{name}": AREAS for name in NODES}
    | {f"camera/{name}": CAMERA_SPECS for name in CAMERAS}
    | {f"dsinstance/{name}": INSTANCE_SPECS for name in INSTANCES[:4]}
)
STEPS = st.lists(
    st.one_of(
        to_call("write", keys("dsinstance", INSTANCES), INSTANCE_SPECS | st.none()),
        to_call("write", keys("camera", CAMERAS), CAMERA_SPECS | st.none()),
        to_call("write", keys("node", NODES), NODE_SPECS | st.none()),
        to_call("rename", NAMES, NAMES),
        to_call("publish", st.frozensets(IDS, min_size=1), are_read_back=st.booleans()),
        to_call("hold", st.frozensets(NAMES, max_size=2), st.frozensets(NAMES, max_size=2)),
        to_call("leave", st.dictionaries(NAMES, st.frozensets(IDS, min_size=1, max_size=2), max_size=2)),
        to_call("read", st.sampled_from(CAMERAS), st.frozensets(st.tuples(IDS, NAMES), max_size=2)),
        to_call("restart"),
        to_call("read_all_again"),
    ),
    min_size=1,
    max_size=8,
)


@settings(QUICK, max_examples=30)
@given(beginning=BEGINNING, steps=STEPS)
def test_any_sequence_of_edits_ends_as_a_plan_from_nothing(beginning: dict[str, Any], steps: list[Step]) -> None:
    world = World(revision(beginning))
    world.publish(frozenset(world.plan().nodes), are_read_back=False)
    for step in steps:
        step(world)
        if len({one.node_id for one in world.revision.nodes}) < len(world.revision.nodes):
            return  # no revision has two nodes of one id
        before = world.memo.plan
        found = world.plan()
        from_nothing = plan(world.revision, world.previous, world.holders, world.holds)
        assert found == from_nothing
        assert list(found.nodes) == list(from_nothing.nodes)
        watched = (cameras_of(one.node_config_list) for one in world.previous.values())
        planned = (cameras_of(state.instances) for state in found.nodes.values())
        dark = frozenset[str]().union(*watched) - frozenset[str]().union(*planned)
        assert unwatched(found, world.previous) == tuple(sorted(dark))
        for id_, state in found.nodes.items():
            # What is held is what was published: another object once that was read back.
            if state == before.nodes.get(id_) and all(one.hold is None for one in state.instances):
                assert state is before.nodes[id_]


def test_what_a_release_will_do_is_told_anew_when_the_manifest_of_a_stopped_instance_goes() -> None:
    yard = {"node": "gate", "cameras": ["dock"]}
    world = World(revision({"node/gate": {}, "camera/dock": {}, "dsinstance/yard": yard}))
    world.publish(frozenset(world.plan().nodes), are_read_back=False)
    world.hold(frozenset({"yard"}), frozenset())
    said = []
    for written in ({**yard, "replicas": 0}, None, {**yard, "replicas": 0}):
        world.write("dsinstance/yard", written)
        said.append([one.message for one in world.plan().reasons if one.reason == "Held"])
        assert world.memo.plan == plan(world.revision, world.previous, world.holders, world.holds)
    assert said[0] == said[2] != said[1]


def test_who_names_its_node_is_placed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the start of a controller nodes are published as they greet: each time all that wait were placed again."""
    chosen: list[str] = []
    choose = placement._choose

    def counted(fleet: Revision, wish: placement.Wish, *rest: Any) -> Any:
        chosen.append(wish.manifest.name)
        return choose(fleet, wish, *rest)

    monkeypatch.setattr(placement, "_choose", counted)
    world = World(
        revision(
            {f"node/{name}": {} for name in NODES}
            | {f"dsinstance/{name}": {"node": name} for name in NODES}
            | {"dsinstance/lost": {"node": "nowhere"}}
        )
    )
    world.plan()
    assert sorted(chosen) == sorted(["lost", *NODES])
    for name in NODES:
        world.publish(frozenset({node_id(name)}), are_read_back=False)
        assert [one.subject.name for one in world.plan().reasons] == ["lost"]
    assert len(chosen) == 1 + len(NODES)


def test_after_a_restart_what_is_published_is_not_kept_a_second_time() -> None:
    fleet = revision({"node/gate": {}, "camera/dock": {}, "dsinstance/yard": {"node": "gate", "cameras": ["dock"]}})
    previous = previous_from(plan(fleet, {}), NOW)
    memo = plan_again(PlanMemo(), fleet, previous)
    (outcome,) = memo.outcomes.values()
    (published,) = previous[node_id("gate")].node_config_list
    assert outcome.resolved["yard"].config is published
