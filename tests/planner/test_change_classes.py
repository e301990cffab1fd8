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
from tests.planner.embedded_keys import is_embedded
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
    "visual": [False],
    "exclusive": [True],
    "limits.notReachableAfterSeconds": [30, 10.5],
    "limits.minimumFps": [0.1, 240],
}
OTHER_VALUES_OF_INSTANCE: dict[str, list[Any]] = {
    "image": ["retinaface:2", "registry.local:5000/retinaface@sha256:" + "0" * 64],
    "app.appType": ["VISUAL"],
    "app.release": ["2023-01", "2022-11"],
    "app.faceRawMetaTopic": ["Faces"],
    "app.motRawMetaTopic": ["Tracks"],
    "app.visualTopic": ["Pictures"],
    "app.kafkaConnectionStr": ["kafka:9092", "a:1,b:2"],
    "app.faceConfidenceThreshold": [0.450001, 1],
    "app.motConfidenceThreshold": [0.6],
    "app.gpuId": [1],
    "dsVersion": ["8.0", "6.3"],
    "prebuiltEngines": [["pgie.txt"]],
    "files": [{"labels.txt": "person\n"}, {"labels.txt": "face\n", "tracker.yml": "%YAML:1.0\n"}],
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
    "container.stopSignal": ["SIGINT", "SIGTERM"],
}
# What an app is not told: a change is nothing to it. Fields of DeepStream's own groups have a table of their own.
_OF_RETINAFACE = frozenset({AppKind.RETINAFACE})
_OF_APP_CONF = frozenset({AppKind.RETINAFACE, AppKind.REFERENCE})
READ_BY: dict[str, frozenset[AppKind]] = {
    "encodeType": _OF_APP_CONF,
    "visual": _OF_APP_CONF,
    "dsVersion": frozenset({AppKind.RETINAFACE, AppKind.DEEPSTREAM_APP}),
    "app.release": _OF_RETINAFACE,
    "prebuiltEngines": frozenset(),
    **{
        f"app.{name}": _OF_APP_CONF
        for name in (
            "appType",
            "faceRawMetaTopic",
            "motRawMetaTopic",
            "visualTopic",
            "kafkaConnectionStr",
            "faceConfidenceThreshold",
            "motConfidenceThreshold",
            "gpuId",
        )
    },
}
# What the kind of the app makes of another field: a change of the one is told as a change of both.
FOLLOWS = {("container.configMountPath", AppKind.DEEPSTREAM_APP): "container.command"}
# Fields that say which instance, where, and what it watches; they have tests of their own.
NOT_IN_ONE_INSTANCE = {"app.kind", "node", "nodeSelector.matchLabels", "cameras", "cameraSelector.matchLabels"}

# They stand beside lines or regions only, and have a test of their own too.
OF_A_DRAWING = {"analytics.frame.width", "analytics.frame.height"}

BASE: ShortFleet = {
    "node/gate": {},
    "camera/dock": {"labels": {"area": "yard"}},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock"]},
}


def told(path: str, kind: AppKind) -> bool:
    return kind in READ_BY.get(path, frozenset(AppKind))


def base_of(kind: AppKind) -> ShortFleet:
    groups = {"deepstreamApp": {}} if kind is AppKind.DEEPSTREAM_APP else {}
    return merged(BASE, {"dsinstance/yard": {"app": {"kind": kind.value}, **groups}})  # type: ignore[no-any-return]


def leaves(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every field of ours that holds a value, as (path in camelCase, path of attributes); lists and mappings are values."""
    for name, field in model.model_fields.items():
        inner = _model_in(field)
        path = (*prefix, name)
        if is_embedded(field.annotation):
            continue
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
    assert ATTRIBUTES_OF_CAMERA.keys() == OTHER_VALUES_OF_CAMERA.keys() | OF_A_DRAWING
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
    base = base_of(kind)
    before, after = resolved(base), resolved(merged(base, patch))
    assert before.digest != after.digest
    yield difference(before, after), before, after
    yield difference(after, before), after, before


def other_values(path: str, kind: AppKind) -> list[Any]:
    """The values of a field of an instance that change something for an app of that kind."""
    return [
        value
        for value in OTHER_VALUES_OF_INSTANCE[path]
        if path != "container.stopSignal" or value != kind.stop_signal  # what it has without being told
    ]


def check_nothing_changes(kind: AppKind, patch: ShortFleet) -> None:
    base = base_of(kind)
    assert resolved(merged(base, patch)) == resolved(base)


def check_written(found: Difference, path: str, expected: ChangeClass, follows: str | None = None) -> None:
    assert found.fields, f"{path}: a change without a cause"
    assert found.change_class is expected
    fields = [one for one in found.fields if follows is None or not one.path.startswith(f"spec.{follows}")]
    assert fields
    for field in fields:
        is_below = field.path == path or field.path.startswith((f"{path}.", f"{path}["))
        is_above = path.startswith(f"{field.path}.") and "present" in (field.before, field.after)
        assert is_below or is_above, f"{field} tells of another field than {path}"
        assert field.change_class is expected
        assert len(str(field)) < 250


def declared_class(path: str, kind: AppKind) -> ChangeClass:
    """The class of a field of an instance; engines are of no use to another TensorRT or GPU."""
    if path in ("image", "container.gpus", "container.runtime") and kind is AppKind.RETINAFACE:
        return ChangeClass.REBUILD_ENGINE
    if (path, kind) == ("dsVersion", AppKind.RETINAFACE):
        return ChangeClass.NONE  # it is in no file of that app: it tells how its engines are named
    return change_class_of(DsInstanceSpec, ATTRIBUTES_OF_INSTANCE[path])


@pytest.mark.parametrize("kind", list(AppKind))
@pytest.mark.parametrize("path", list(OTHER_VALUES_OF_INSTANCE))
def test_a_field_of_an_instance_changes_as_it_declares(path: str, kind: AppKind) -> None:
    if not told(path, kind):
        for value in OTHER_VALUES_OF_INSTANCE[path]:
            check_nothing_changes(kind, {"dsinstance/yard": nested(path, value)})
        return
    declared = declared_class(path, kind)
    for value in other_values(path, kind):
        for found, _, _ in changed(kind, {"dsinstance/yard": nested(path, value)}):
            check_written(found, f"spec.{path}", kind.effective(declared), FOLLOWS.get((path, kind)))


@pytest.mark.parametrize("kind", list(AppKind))
@pytest.mark.parametrize("path", OTHER_VALUES_OF_CAMERA)
def test_a_field_of_a_camera_changes_as_it_declares(path: str, kind: AppKind) -> None:
    declared = change_class_of(CameraSpec, ATTRIBUTES_OF_CAMERA[path])
    for value in OTHER_VALUES_OF_CAMERA[path]:
        patch = nested(path, value)
        if not told(path, kind):
            check_nothing_changes(kind, {"camera/dock": patch})
            continue
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
        for path in OTHER_VALUES_OF_INSTANCE
        for value in other_values(path, kind)
        if told(path, kind) and change_class_of(DsInstanceSpec, ATTRIBUTES_OF_INSTANCE[path]) is ChangeClass.NONE
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
            if not told(path, kind):
                continue
            value = values[0] if model is CameraSpec else other_values(path, kind)[0]
            patch = nested(path, value)
            if path == "type":
                patch["address"] = "file:///clips/dock.mp4"
            declared = kind.effective(change_class_of(model, attributes[path]))
            for _, before, after in changed(kind, {key: patch}):
                assert (after.digests.container != before.digests.container) is (declared is ChangeClass.RECREATE)
                # The release of DeepStream alone is in no file of that app: it tells how its engines are named.
                if declared is ChangeClass.RESTART and (path, kind) != ("dsVersion", AppKind.RETINAFACE):
                    assert after.digests.files != before.digests.files, path


@pytest.mark.parametrize("kind", list(AppKind))
@pytest.mark.parametrize("patch", [{"analytics": {"frame": {"width": 960, "height": 540}}}, {"width": 960}])
def test_another_frame_moves_the_points(kind: AppKind, patch: dict[str, Any]) -> None:
    """The width of a camera touches nothing, unless points are drawn in it."""
    shape = {"direction": [[0, 0], [0, 90]], "line": [[0, 50], [90, 50]]}
    drawn = {"width": 1920, "height": 1080, "analytics": {"lineCrossing": {"lines": {"gate": shape}}}}
    base = merged(base_of(kind), {"camera/dock": drawn})
    before, after = resolved(base), resolved(merged(base, {"camera/dock": patch}))

    found = difference(before, after)

    if kind is AppKind.RETINAFACE:
        assert found.change_class is ChangeClass.NONE
        assert after.digests == before.digests
        return
    assert found.change_class is kind.effective(ChangeClass.RELOAD)
    assert "camera/dock spec.analytics.frame.width" in [field.path for field in found.fields]
    assert before.digests.analytics != after.digests.analytics
    assert before.digests.streams == after.digests.streams


def test_another_image_builds_the_engines_of_deepstream_app_again() -> None:
    model = {"pgie.txt": {"property": {"onnxFile": "/models/a.onnx"}}}
    groups = {"primaryGie": {"enable": True, "configFile": "pgie.txt"}}
    base = merged(
        base_of(AppKind.DEEPSTREAM_APP), {"dsinstance/yard": {"inferConfigs": model, "deepstreamApp": groups}}
    )

    found = difference(resolved(base), resolved(merged(base, {"dsinstance/yard": {"image": "deepstream:2"}})))

    assert [str(field) for field in found.fields] == ["spec.image: retinaface:1 -> deepstream:2 (rebuild-engine)"]


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


def test_a_setting_that_the_kind_would_have_chosen_changes_nothing() -> None:
    for kind in AppKind:
        given: dict[str, Any] = {"container": {"stopSignal": kind.stop_signal}}
        if kind is not AppKind.REFERENCE:
            given["dsVersion"] = "6.0" if kind is AppKind.RETINAFACE else "9.1"
        check_nothing_changes(kind, {"dsinstance/yard": given})


ENGINES_OF_MUXER: ShortFleet = {
    "dsinstance/yard": {
        "app": {"kind": "deepstream-app"},
        "streammux": {"batchSize": 4},
        "deepstreamApp": {"primaryGie": {"enable": True, "configFile": "cars.txt", "batchSize": 4}},
        "inferConfigs": {"cars.txt": {"property": {"onnxFile": "/models/cars.onnx", "batchSize": 4}}},
    }
}


def test_a_field_that_an_engine_follows_from_is_told_to_need_another_one() -> None:
    """max-batch-size replaces the batch of the primary model, and is made of that of the muxer."""
    before = resolved(merged(BASE, ENGINES_OF_MUXER))
    after = resolved(merged(BASE, merged(ENGINES_OF_MUXER, {"dsinstance/yard": {"streammux": {"batchSize": 8}}})))

    found = difference(before, after)

    assert found.change_class is ChangeClass.REBUILD_ENGINE
    assert [str(one) for one in found.fields] == [
        "spec.streammux.batchSize: 4 -> 8 (restart)",
        "TensorRT engines: built -> to be built anew (rebuild-engine)",
    ]


def test_what_is_written_out_as_it_was_filled_in_restarts_nothing() -> None:
    before = resolved(merged(BASE, ENGINES_OF_MUXER))
    written_out = {"dsinstance/yard": {"streammux": {"batchedPushTimeout": 40000}}}
    after = resolved(merged(BASE, merged(ENGINES_OF_MUXER, written_out)))

    found = difference(before, after)

    assert [str(one) for one in found.fields] == ["spec.streammux.batchedPushTimeout: none -> 40000 (none)"]
    assert found.change_class is ChangeClass.NONE


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
