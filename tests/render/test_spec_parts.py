"""What is rendered with the parts of a spec that was met before is what is rendered from nothing."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from controller.planner.memo import PlanMemo
from controller.planner.planner import plan, plan_again
from controller.render.spec_parts import KnownSpecs
from crds.alike import AlikeTexts
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from tests.planner.generated_fleets import CAMERAS, QUICK, camera_specs, settings
from tests.planner.short_manifests import manifest, node_id, revision

DEVICE: dict[str, Any] = {"type": "usb", "address": "usb:0"}
APP: dict[str, Any] = {
    "image": "deepstream:1",
    "app": {"kind": "deepstream-app"},
    "deepstreamApp": {"streams": "static", "sinks": {"0": {"enable": True, "type": 1}}},
    "streammux": {"batchSize": 8, "width": 640, "height": 360},
}


def kept(config: InstanceConfig) -> tuple[Any, ...]:
    """All that it holds, as it holds it."""
    cameras = [(vars(one), one.model_fields_set, one.limits.model_fields_set) for one in config.cameras]
    return list(vars(config).items()), config.model_fields_set, cameras, config.model_dump_json()


@QUICK
@given(
    spec=settings(),
    cameras=st.fixed_dictionaries({f"camera/{name}": camera_specs() for name in CAMERAS}),
    watched=st.lists(st.lists(st.sampled_from(CAMERAS), unique=True), min_size=2, max_size=4),
)
def test_instances_that_share_a_spec_are_what_each_would_be(
    spec: dict[str, Any], cameras: dict[str, Any], watched: list[list[str]]
) -> None:
    instances = {
        f"dsinstance/i{number}": {**spec, "node": "gate", "cameras": names, "streammux": {"batchSize": 8}}
        for number, names in enumerate(watched)
    }
    fleet = revision({"node/gate": {}, **cameras, **instances})
    for one in (*fleet.cameras, *fleet.instances):
        one.pack(AlikeTexts())
    for config in plan(fleet, {}).nodes[node_id("gate")].instances:
        # Reading it checks its digest.
        read = InstanceConfig.model_validate_json(config.model_dump_json())
        read.pack(AlikeTexts())
        assert kept(config) == kept(read)


def test_devices_of_cameras_are_of_their_instance_alone() -> None:
    fleet = {
        "node/gate": {},
        "camera/dock": DEVICE,
        "camera/roof": {},
        "dsinstance/a": {**APP, "node": "gate", "cameras": ["roof"]},
        "dsinstance/b": {**APP, "node": "gate", "cameras": ["dock"]},
        "dsinstance/c": {**APP, "node": "gate", "cameras": ["roof"]},
    }
    first, second, third = plan(revision(fleet), {}).nodes[node_id("gate")].instances
    assert [one.container.devices for one in (first, second, third)] == [(), ("/dev/video0",), ()]
    assert first.digests.container != second.digests.container


def test_what_is_kept_of_specs_is_bounded() -> None:
    specs = KnownSpecs()
    for number in range(200):
        one = manifest(f"dsinstance/i{number}", {"node": "gate", "image": f"retinaface:{number}"})
        assert isinstance(one, DsInstance)
        assert specs.parts_of(one).spec.image == f"retinaface:{number}"
        assert specs.parts_of(one) is specs.parts_of(one)
    assert len(specs._parts) == 64
    large = manifest("dsinstance/large", {"node": "gate", "files": {"labels.txt": "x" * 20_000}})
    assert isinstance(large, DsInstance)
    assert specs.parts_of(large) is not specs.parts_of(large)


def test_a_spec_is_known_from_one_plan_to_the_next() -> None:
    fleet = revision({"node/gate": {}, "dsinstance/a": {"node": "gate"}})
    memo = plan_again(PlanMemo(), fleet, {})
    assert plan_again(memo, revision({"node/gate": {}, "dsinstance/b": {"node": "gate"}}), {}).specs is memo.specs
