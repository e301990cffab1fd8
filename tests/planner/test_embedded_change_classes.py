"""What a change of each of DeepStream's keys does, for each kind of app: hundreds of keys, with values made from types."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from controller.render.instance import render_instance
from crds.app_kind import AppKind
from crds.camera import Camera, CameraSpec
from crds.change import ChangeClass
from crds.difference import difference
from crds.dsinstance import DsInstance, DsInstanceSpec
from crds.instance_config import InstanceConfig
from tests.planner.embedded_keys import EmbeddedKey, keys_of, nested
from tests.planner.short_manifests import manifest, merged

# What makes all keys count: a converter for the messages of cameras, a frame for their points.
BASES: Mapping[AppKind, Mapping[str, Any]] = {
    AppKind.RETINAFACE: {},
    AppKind.REFERENCE: {},
    AppKind.DEEPSTREAM_APP: {"deepstreamApp": {"sinks": {"9": {"enable": True, "type": 6}}}},
}
CAMERA: Mapping[str, Any] = {"width": 1920, "height": 1080}
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "lineCrossing": {"lines": {"base": {"direction": [[0, 0], [0, 9]], "line": [[0, 5], [9, 5]]}}},
    "roiFiltering": {"regions": {"base": [[0, 0], [9, 0], [9, 9]]}},
    "overcrowding": {"regions": {"base": [[0, 0], [9, 0], [9, 9]]}},
    "directionDetection": {"directions": {"base": [[0, 0], [0, 9]]}},
}
"""By the group of a camera: a group without any is refused."""
READ_BY: Mapping[str, frozenset[AppKind]] = {
    "inference": frozenset({AppKind.RETINAFACE}),
    "deepstreamApp": frozenset({AppKind.DEEPSTREAM_APP}),
    "inferConfigs": frozenset({AppKind.DEEPSTREAM_APP}),
    "preprocessConfigs": frozenset({AppKind.DEEPSTREAM_APP}),
    "messageBrokers": frozenset({AppKind.DEEPSTREAM_APP}),
    "streammux": frozenset(AppKind),
    "analytics": frozenset({AppKind.DEEPSTREAM_APP, AppKind.REFERENCE}),
    "messages": frozenset({AppKind.DEEPSTREAM_APP, AppKind.REFERENCE}),
}
OF_APP_CONF = {"streammux." + name for name in ("width", "height", "batchSize", "bufferPool", "nvbufMemoryType")}
MADE_OF_CAMERAS = {
    *(f"deepstreamApp.sourceList.{name}" for name in ("numSourceBins", "uris", "sensorIdList", "sensorNameList")),
    *(f"deepstreamApp.sourceList.{name}" for name in ("useNvmultiurisrcbin", "maxBatchSize", "httpIp", "httpPort")),
    *(f"deepstreamApp.sourceAttrAll.{name}" for name in ("enable", "type", "uri", "numSources")),
    *(f"deepstreamApp.cameraSources.dock.{name}" for name in ("enable", "uri", "numSources")),
    *(f"deepstreamApp.{group}.sensorIdPadIdMapping" for group in ("sourceAttrAll", "cameraSources.dock")),
}
"""What is written is made of the cameras and the ports of the node, whatever stands here."""
# The other kinds refuse these fields.
OF_ONE_KIND = {"inference", "deepstreamApp", "inferConfigs", "preprocessConfigs", "messageBrokers"}


def told(key: EmbeddedKey, kind: AppKind) -> bool:
    if key.path[0] == "streammux" and kind is not AppKind.DEEPSTREAM_APP:
        return str(key) in OF_APP_CONF
    return kind in READ_BY[key.path[0]]


def rendered(kind: AppKind, key: EmbeddedKey, value: Any) -> InstanceConfig:
    of_camera = key in keys_of(CameraSpec)
    patch = nested(key.path, value)
    base = merged({"node": "gate", "app": {"kind": kind.value}}, BASES[kind])
    if key.path[:2] in (("deepstreamApp", "cameraSources"), ("deepstreamApp", "sourceAttrAll")):
        base = merged(base, {"deepstreamApp": {"streams": "static"}})
    if key.path[0] == "inferConfigs":
        base = merged(base, {"inferConfigs": {"dock": {"property": {}}}})
    instance = manifest("dsinstance/yard", base if of_camera else merged(base, patch))
    drawn = nested(key.path[:2], SHAPES[key.path[1]]) if of_camera and key.path[0] == "analytics" else {}
    camera = manifest("camera/dock", merged(merged(CAMERA, drawn), patch) if of_camera else CAMERA)
    assert isinstance(instance, DsInstance)
    assert isinstance(camera, Camera)
    return render_instance(instance, (camera,), 21000)


def sections(kind: AppKind) -> Iterator[tuple[type[BaseModel], str]]:
    for model in (CameraSpec, DsInstanceSpec):
        yield from ((model, name) for name in {key.path[0]: None for key in keys_of(model)})


CASES = [
    pytest.param(kind, model, name, id=f"{kind}-{model.__name__}-{name}")
    for kind in AppKind
    for model, name in sections(kind)
    if name not in OF_ONE_KIND or kind in READ_BY[name]
]


@pytest.mark.parametrize(("kind", "model", "section"), CASES)
def test_a_key_changes_as_its_field_declares(kind: AppKind, model: type[BaseModel], section: str) -> None:
    wrong = []
    for key in keys_of(model):
        if key.path[0] != section:
            continue
        before, after = (rendered(kind, key, value) for value in key.values)
        found = difference(before, after)
        if not told(key, kind):
            if before.digest != after.digest:
                wrong.append(f"{key}: {kind} does not read it, yet {[str(one) for one in found.fields]}")
            continue
        declared = ChangeClass.NONE if str(key) in MADE_OF_CAMERAS else key.declared
        if before.digests.engines and after.digests.engines and before.digests.engines != after.digests.engines:
            declared = ChangeClass.REBUILD_ENGINE
        expected = kind.effective(declared)
        where = ("camera/dock spec." if model is CameraSpec else "spec.") + str(key)
        named = [one for one in found.fields if one.path.startswith(where)]
        if found.change_class is not expected or not named:
            wrong.append(f"{key}: expected {expected}, got {[str(one) for one in found.fields]}")
        if (before.digests.files != after.digests.files) is (str(key) in MADE_OF_CAMERAS):
            wrong.append(f"{key}: what the app reads changed: {before.digests.files != after.digests.files}")
    assert not wrong, "\n".join(wrong)


def test_there_are_hundreds_of_keys_and_only_declared_ones_build_engines() -> None:
    keys = keys_of(DsInstanceSpec)

    assert len(keys) > 900
    assert {str(key) for key in keys if key.declared is ChangeClass.REBUILD_ENGINE} >= {
        "inference.facePgie.property.batchSize",
        "inferConfigs.dock.property.networkMode",
        "deepstreamApp.primaryGie.batchSize",
        "deepstreamApp.secondaryGies.0.gpuId",
        "deepstreamApp.sourceList.sgieBatchSize",
    }
    assert {key.declared for key in keys} == {ChangeClass.RESTART, ChangeClass.RELOAD, ChangeClass.REBUILD_ENGINE}


@pytest.mark.parametrize("kind", [AppKind.RETINAFACE, AppKind.DEEPSTREAM_APP])
def test_another_batch_of_a_group_or_file_builds_another_engine(kind: AppKind) -> None:
    of_kind = {
        AppKind.RETINAFACE: "inference.facePgie.property.batchSize",
        AppKind.DEEPSTREAM_APP: "deepstreamApp.primaryGie.batchSize",
    }
    (key,) = [key for key in keys_of(DsInstanceSpec) if str(key) == of_kind[kind]]
    before, after = (rendered(kind, key, value) for value in key.values)

    assert difference(before, after).change_class is ChangeClass.REBUILD_ENGINE
    assert difference(after, before).change_class is ChangeClass.REBUILD_ENGINE
