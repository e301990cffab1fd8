"""What is packed says the same as what is not."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from controller.planner.planner import plan
from crds.alike import AlikeTexts
from crds.instance_config import Hold, InstanceConfig
from tests.planner.short_manifests import node_id, revision

FLEET = {
    "node/gate": {},
    "camera/dock": {"limits": {"notReachableAfterSeconds": 7}},
    "camera/ramp": {"limits": {"notReachableAfterSeconds": 7}},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock", "ramp"], "container": {"env": {"A": "1"}}},
}


def content() -> dict[str, Any]:
    """As another version may write it: with a field that this one does not know."""
    (rendered,) = plan(revision(FLEET), {}).nodes[node_id("gate")].instances
    found = json.loads(rendered.model_dump_json()) | {"newer": {"field": [1, 2.5, None]}}
    return found | {"digest": InstanceConfig.digest_of(found)}


def instance(*, packed: bool) -> InstanceConfig:
    config = InstanceConfig.model_validate_json(json.dumps(content()))
    if packed:
        config.pack(AlikeTexts())
    return config


@pytest.mark.parametrize(
    "look",
    [
        lambda one: one,
        lambda one: one.model_dump_json(),
        lambda one: one.wire_json(),
        lambda one: one.wire_json() == one.model_dump_json().encode(),
        lambda one: one.model_dump(mode="json"),
        lambda one: one.model_dump(),
        lambda one: one.model_dump(exclude={"files"}),
        lambda one: one.model_dump(include={"settings", "image"}),
        lambda one: one.model_dump(mode="json", include={"container": {"env"}}),
        lambda one: (one.settings, one.files, one.container, one.cameras, one.digest, one.name),
        lambda one: one.model_copy(),
        lambda one: one.model_copy(update={"image": "another"}),
        lambda one: one.model_copy(update={"image": "another"}).model_dump_json(),
        lambda one: one.model_copy(update={"settings": {}}).settings,
        lambda one: one.with_hold(Hold(reason="cabling")),
        lambda one: one.with_manifest_name("court").model_dump(mode="json"),
        copy.deepcopy,
        hash,
        lambda one: pickle.loads(pickle.dumps(one)),
        lambda one: one.model_fields_set,
        InstanceConfig.model_validate,
    ],
)
def test_nobody_can_tell(look: Callable[[InstanceConfig], object]) -> None:
    packed, plain = instance(packed=True), instance(packed=False)
    assert look(packed) == look(plain)
    assert look(packed) == look(packed)
    assert packed == plain
    assert plain == packed


def test_what_another_version_put_there_is_written_again() -> None:
    assert json.loads(instance(packed=True).model_dump_json()) == content()


def test_it_keeps_one_of_equal_limits_and_nothing_large() -> None:
    packed = instance(packed=True)
    dock, ramp = packed.cameras
    assert dock.limits is ramp.limits
    assert "settings" not in vars(packed)
    packed.pack(AlikeTexts())
    assert packed == instance(packed=False)


def test_others_are_others() -> None:
    packed = instance(packed=True)
    assert packed != packed.model_copy(update={"image": "another"})
    assert packed != "yard"
    with pytest.raises(AttributeError):
        _ = packed.nothing  # type: ignore[attr-defined]
