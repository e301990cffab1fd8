"""What goes on topic 210 is composed of what its instances keep, and is what pydantic writes."""

import pytest

from controller.planner.planner import plan, previous_from
from crds.alike import AlikeTexts
from crds.instance_config import Hold
from crds.messages import AgentConfig, Removals
from tests.planner.short_manifests import NOW, node_id, revision

FLEET = {
    "node/gate": {},
    "node/hut": {},
    "camera/dock": {"address": "rtsp://10.0.0.7/größer?x=€"},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock"]},
    "dsinstance/hall": {"node": "gate", "app": {"motConfidenceThreshold": 1e-7}},
}


def written(config: AgentConfig) -> bytes:
    return config.model_dump_json().encode()


@pytest.mark.parametrize("node", ["gate", "hut"])
def test_a_record_is_written_as_its_model_is(node: str) -> None:
    record = previous_from(plan(revision(FLEET), {}), NOW)[node_id(node)]
    config = record.model_copy(update={"hostname": 'a "node_config_list":[] b'})
    assert config.wire_json() == written(config)
    read = AgentConfig.model_validate_json(written(config))
    assert read.wire_json() == written(config)
    read.pack(AlikeTexts())
    assert read.wire_json() == written(config)
    told = read.model_copy(update={"removals": Removals(count=0, approved=True, instances=('"node_config_list":[]',))})
    assert told.wire_json() == written(told)


def test_an_instance_that_is_held_or_a_copy_is_written_as_it_is() -> None:
    for one in plan(revision(FLEET), {}).nodes[node_id("gate")].instances:
        for form in (
            one.with_hold(Hold(reason='"x"')),
            one.with_manifest_name("other"),
            one.model_copy(update={"image": "i"}),
        ):
            assert form.wire_json() == form.model_dump_json().encode()
            form.pack(AlikeTexts())
            assert form.wire_json() == form.model_dump_json().encode()
