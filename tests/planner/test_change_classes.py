"""The class that a field declares is the class that every change of it gets, in the plan as at the agent."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from controller.model import ChangeKind
from controller.planner.planner import plan, previous_from
from crds.camera import CameraSpec
from crds.change import ChangeClass, change_class_of, declared_change_class
from crds.difference import Difference, difference
from crds.dsinstance import AppKind, DsInstanceSpec
from crds.messages import InstanceConfig
from tests.planner.short_manifests import NOW, ShortFleet, merged, revision

# For every field that a manifest can set: other valid values. A field that is missing here fails a test below.
OTHER_VALUES_OF_CAMERA: dict[str, list[Any]] = {
    "cameraId": ["DOCK-1", "7"],
    "address": ["rtsp://10.0.0.10/dock", "rtsps://cam.example:8554/a?b=1%2C2", "rtsp://10.0.0.9/" + "x" * 200],
    "credentialsRef.name": ["dock-camera", "all.cameras"],
    "encodeType": ["h265"],
    "type": ["file"],
    "width": [1920, 16],
    "height": [1080],
    "exclusive": [True],
    "limits.notReachableAfterSeconds": [30, 10.5],
    "limits.minimumFps": [0.1, 240],
}
OTHER_VALUES_OF_INSTANCE: dict[str, list[Any]] = {
    "image": ["retinaface:2", "registry.local:5000/retinaface@sha256:" + "0" * 64],
    "app.appType": ["VISUAL"],
    "app.faceRawMetaTopic": ["Faces"],
    "app.motRawMetaTopic": ["Tracks"],
    "app.visualTopic": ["Pictures"],
    "app.kafkaConnectionStr": ["kafka:9092", "a:1,b:2"],
    "app.faceConfidenceThreshold": [0.450001, 1],
    "app.motConfidenceThreshold": [0.6],
    "app.gpuId": [1],
    "streammux.width": [1920],
    "streammux.height": [1080],
    "streammux.batchSize": [4],
    "streammux.bufferPool": [41],
    "streammux.nvbufMemoryType": [0],
    "container.command": [["--verbose"], ["a", "b", "a"], ["b", "a"]],
    "container.env": [{"LOG": "debug"}, {"LOG": "", "TZ": "UTC"}],
    "container.volumes": [
        [{"hostPath": "/models", "mountPath": "/models"}],
        [{"hostPath": "/models", "mountPath": "/models", "readOnly": False}],
        [{"hostPath": "/a", "mountPath": "/models"}, {"hostPath": "/b", "mountPath": "/b"}],
    ],
    "container.network": ["none"],
    "container.runtime": ["nvidia"],
    "container.gpus": [["0"], ["GPU-1", "0"]],
    "container.shmSizeMib": [64, 1],
    "container.memoryMib": [2048],
    "container.cpus": [0.5, 1],
    "container.configMountPath": ["/configs"],
    "container.stopTimeoutSeconds": [0, 30],
}
# Fields that say which instance, where, and what it watches; they have tests of their own.
NOT_IN_ONE_INSTANCE = {"app.kind", "node", "nodeSelector.matchLabels", "cameras", "cameraSelector.matchLabels"}

BASE: ShortFleet = {
    "node/gate": {},
    "camera/dock": {"labels": {"area": "yard"}},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock"]},
}


def leaves(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every field that holds a value, as (path in camelCase, path of attributes); lists and mappings are values."""
    for name, field in model.model_fields.items():
        inner = _model_in(field)
        path = (*prefix, name)
        if inner is not None:
            for written, attributes in leaves(inner, path):
                yield f"{field.alias}.{written}", attributes
        else:
            yield str(field.alias), path


def _model_in(field: FieldInfo) -> type[BaseModel] | None:
    candidates = getattr(field.annotation, "__args__", ()) or (field.annotation,)
    if getattr(field.annotation, "__origin__", None) in (tuple, dict, list):
        return None
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


ATTRIBUTES_OF_CAMERA = dict(leaves(CameraSpec))
ATTRIBUTES_OF_INSTANCE = dict(leaves(DsInstanceSpec))


def test_every_field_of_the_kinds_has_other_values_here() -> None:
    assert ATTRIBUTES_OF_CAMERA.keys() == OTHER_VALUES_OF_CAMERA.keys()
    assert ATTRIBUTES_OF_INSTANCE.keys() == OTHER_VALUES_OF_INSTANCE.keys() | NOT_IN_ONE_INSTANCE


def test_every_field_of_the_kinds_declares_a_class() -> None:
    for model, fields in ((CameraSpec, ATTRIBUTES_OF_CAMERA), (DsInstanceSpec, ATTRIBUTES_OF_INSTANCE)):
        for path in fields.values():
            change_class_of(model, path)
        assert all(declared_change_class(field) or _model_in(field) for field in model.model_fields.values())


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    return value


def resolved(fleet: ShortFleet) -> InstanceConfig:
    (instance,) = next(iter(plan(revision(fleet), {}).nodes.values())).instances
    return instance


def changed(kind: AppKind, patch: ShortFleet) -> Iterator[tuple[Difference, InstanceConfig, InstanceConfig]]:
    """The difference that an edit makes, there and back."""
    base = merged(BASE, {"dsinstance/yard": {"app": {"kind": kind.value}}})
    before, after = resolved(base), resolved(merged(base, patch))
    assert before.digest != after.digest
    yield difference(before, after), before, after
    yield difference(after, before), after, before


def check_written(found: Difference, path: str, expected: ChangeClass) -> None:
    assert found.fields, f"{path}: a change without a cause"
    assert found.change_class is expected
    for field in found.fields:
        is_below = field.path == path or field.path.startswith((f"{path}.", f"{path}["))
        is_above = path.startswith(f"{field.path}.") and "present" in (field.before, field.after)
        assert is_below or is_above, f"{field} tells of another field than {path}"
        assert field.change_class is expected
        assert len(str(field)) < 250


@pytest.mark.parametrize("kind", list(AppKind))
@pytest.mark.parametrize("path", OTHER_VALUES_OF_INSTANCE)
def test_a_field_of_an_instance_changes_as_it_declares(path: str, kind: AppKind) -> None:
    declared = change_class_of(DsInstanceSpec, ATTRIBUTES_OF_INSTANCE[path])
    for value in OTHER_VALUES_OF_INSTANCE[path]:
        for found, _, _ in changed(kind, {"dsinstance/yard": nested(path, value)}):
            check_written(found, f"spec.{path}", kind.effective(declared))


@pytest.mark.parametrize("kind", list(AppKind))
@pytest.mark.parametrize("path", OTHER_VALUES_OF_CAMERA)
def test_a_field_of_a_camera_changes_as_it_declares(path: str, kind: AppKind) -> None:
    declared = change_class_of(CameraSpec, ATTRIBUTES_OF_CAMERA[path])
    for value in OTHER_VALUES_OF_CAMERA[path]:
        patch = nested(path, value)
        if path == "type":
            patch["address"] = "file:///clips/dock.mp4"
        for found, _, _ in changed(kind, {"camera/dock": patch}):
            # Another type needs another address, of which the other case tells.
            fields = (one for one in found.fields if path != "type" or not one.path.endswith("address"))
            check_written(Difference(tuple(fields)), f"camera/dock spec.{path}", kind.effective(declared))


@pytest.mark.parametrize("kind", list(AppKind))
def test_what_the_app_is_not_told_changes_none_of_its_files_and_no_container(kind: AppKind) -> None:
    told_nothing = [
        {"camera/dock": nested(path, value)}
        for path, values in OTHER_VALUES_OF_CAMERA.items()
        for value in values
        if change_class_of(CameraSpec, ATTRIBUTES_OF_CAMERA[path]) is ChangeClass.NONE
    ] + [
        {"dsinstance/yard": nested(path, value)}
        for path, values in OTHER_VALUES_OF_INSTANCE.items()
        for value in values
        if change_class_of(DsInstanceSpec, ATTRIBUTES_OF_INSTANCE[path]) is ChangeClass.NONE
    ]
    assert told_nothing
    for patch in told_nothing:
        for _, before, after in changed(kind, patch):
            assert after.digests == before.digests
            assert after.files == before.files


@pytest.mark.parametrize("kind", list(AppKind))
def test_what_restarts_or_replaces_is_seen_from_the_digests_of_the_parts_too(kind: AppKind) -> None:
    """An agent that lost its note of what it applied has only these."""
    for model, attributes, table, key in (
        (CameraSpec, ATTRIBUTES_OF_CAMERA, OTHER_VALUES_OF_CAMERA, "camera/dock"),
        (DsInstanceSpec, ATTRIBUTES_OF_INSTANCE, OTHER_VALUES_OF_INSTANCE, "dsinstance/yard"),
    ):
        for path, values in table.items():
            patch = nested(path, values[0])
            if path == "type":
                patch["address"] = "file:///clips/dock.mp4"
            declared = kind.effective(change_class_of(model, attributes[path]))
            for _, before, after in changed(kind, {key: patch}):
                assert (after.digests.container != before.digests.container) is (declared is ChangeClass.RECREATE)
                if declared is ChangeClass.RESTART:
                    assert after.digests.files != before.digests.files, path


def test_another_kind_of_app_replaces_the_container() -> None:
    for found, before, after in changed(AppKind.RETINAFACE, {"dsinstance/yard": {"app": {"kind": "reference"}}}):
        check_written(found, "spec.app.kind", ChangeClass.RECREATE)
        assert before.digests.container != after.digests.container


@pytest.mark.parametrize("kind", list(AppKind))
def test_cameras_come_and_go_as_the_field_declares(kind: AppKind) -> None:
    declared = kind.effective(change_class_of(DsInstanceSpec, ("cameras",)))
    assert declared is kind.effective(change_class_of(DsInstanceSpec, ("camera_selector", "match_labels")))
    door = {"camera/door": {"labels": {"area": "hall"}}}
    for patch in (
        {**door, "dsinstance/yard": {"cameras": ["dock", "door"]}},
        {**door, "dsinstance/yard": {"cameraSelector": {"matchLabels": {"area": "hall"}}}},
    ):
        for found, _, _ in changed(kind, patch):
            check_written(found, "camera/door", declared)


def test_another_node_is_a_move_that_replaces_and_another_selector_is_nothing() -> None:
    hut = {"node/hut": {}}
    previous = previous_from(plan(revision(merged(BASE, hut)), {}), NOW)

    (move,) = plan(revision(merged(BASE, {**hut, "dsinstance/yard": {"node": "hut"}})), previous).changes
    selector = merged(BASE, {**hut, "dsinstance/yard": {"node": None, "nodeSelector": {}}})

    assert (move.kind, move.change_class) == (ChangeKind.MOVE, change_class_of(DsInstanceSpec, ("node",)))
    assert plan(revision(selector), previous).changes == ()
    assert change_class_of(DsInstanceSpec, ("node_selector",)) is ChangeClass.NONE


def test_the_same_form_differs_in_nothing() -> None:
    found = difference(resolved(BASE), resolved(BASE))
    assert found == Difference(())
    assert found.change_class is ChangeClass.NONE


def test_a_newer_renderer_says_so() -> None:
    before = resolved(BASE)
    files = tuple(file.model_copy(update={"content": file.content + "\n"}) for file in before.files)
    digests = before.digests.model_copy(update={"files": "sha256:other"})
    content = before.model_copy(update={"files": files, "digests": digests}).model_dump(mode="json")
    after = InstanceConfig.model_validate({**content, "digest": InstanceConfig.digest_of(content)})

    (field,) = difference(before, after).fields

    assert str(field) == "rendered files: old form -> new form (restart)"


def test_a_field_that_this_version_does_not_know_replaces_the_container() -> None:
    before = resolved(BASE)
    content = before.model_dump(mode="json")
    content["settings"]["tracker"] = {"kind": "nvdcf"}
    after = InstanceConfig.model_validate({**content, "digest": InstanceConfig.digest_of(content)})

    (field,) = difference(before, after).fields

    assert str(field) == "spec.tracker: none -> present (recreate)"
