"""A packed manifest is the same object, and says the same as one that is not."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from crds.alike import AlikeTexts
from crds.document import Manifest
from crds.kinds import KINDS

SAID: dict[str, dict[str, Any]] = {
    "Camera": {"cameraId": "7", "exclusive": True},
    "DsInstance": {"nodeSelector": {"matchLabels": {"site": "north"}}, "cameraSelector": {}},
    "Node": {"capacity": 3},
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "Camera": {"address": "rtsp://10.0.0.1/dock", "limits": {"minimumFps": 3}},
    "DsInstance": {"image": "i:1", "node": "gate", "cameras": ["dock"], "app": {"kind": "reference"}},
    "Node": {"nodeId": "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f", "hostname": "gate"},
}


def manifest(kind: str, *, says_more: bool = False) -> Manifest:
    spec = DOCUMENTS[kind] | (SAID[kind] if says_more else {})
    if "nodeSelector" in spec:
        del spec["node"]
    metadata = {"name": "dock", "labels": {"site": "north"}, "annotations": {"note": "ü"}}
    document = {"apiVersion": "dsfleet.io/v1", "kind": kind, "metadata": metadata, "spec": spec}
    return KINDS[kind].model_validate(document, by_alias=True, by_name=False)


@pytest.mark.parametrize("says_more", [False, True])
@pytest.mark.parametrize("kind", DOCUMENTS)
@pytest.mark.parametrize(
    "look",
    [
        repr,
        hash,
        lambda one: one,
        lambda one: one.document(),
        lambda one: one.text(),
        lambda one: json.loads(one.text()) == one.document(),
        lambda one: one.model_dump(),
        lambda one: one.model_dump_json(exclude_unset=True),
        lambda one: one.spec,  # type: ignore[attr-defined]
        lambda one: one.spec.model_fields_set,  # type: ignore[attr-defined]
        lambda one: (one.metadata, one.api_version, one.kind, one.name, one.labels, one.annotations),
        lambda one: one.model_fields_set,
        lambda one: [
            getattr(one, name, None)
            for name in (
                "camera_id",
                "has_one_reader",
                "node",
                "cameras",
                "node_selector",
                "camera_selector",
                "node_id",
            )
        ],
        lambda one: one.opened().document(),
        lambda one: one.model_copy(),
        lambda one: one.model_copy(update={"kind": "another"}).document(),
        copy.copy,
        copy.deepcopy,
        lambda one: pickle.loads(pickle.dumps(one)),
    ],
)
def test_nobody_can_tell(kind: str, look: Callable[[Manifest], object], says_more: bool) -> None:
    packed, plain = manifest(kind, says_more=says_more), manifest(kind, says_more=says_more)
    texts = AlikeTexts()
    for _ in range(2):
        packed.pack(texts)
        assert look(packed) == look(plain)
        assert (packed, plain) == (plain, packed)
    packed.unpack()
    assert look(packed) == look(plain)
    assert vars(packed) == vars(plain)


def test_it_holds_nothing_large() -> None:
    packed = manifest("Camera")
    packed.pack(AlikeTexts())
    assert not vars(packed).keys() & {"metadata", "spec"}


def test_others_are_others() -> None:
    packed, texts = manifest("Camera"), AlikeTexts()
    packed.pack(texts)
    assert packed != packed.model_copy(update={"metadata": packed.metadata.model_copy(update={"name": "ramp"})})
    assert packed != "dock"
    with pytest.raises(AttributeError):
        _ = packed.nothing  # type: ignore[attr-defined]
