"""The class that a field declares is the class that every change of it gets, in the plan as at the agent."""

from typing import Any

import pytest

from controller.model import ChangeKind
from controller.planner.planner import plan, previous_from
from crds.app_kind import AppKind
from crds.camera import CameraSpec
from crds.change import ChangeClass, change_class_of, declared_change_class
from crds.difference import Difference, difference
from crds.dsinstance import DsInstanceSpec
from crds.instance_config import InstanceConfig
from tests.planner.field_values import (
    ATTRIBUTES_OF_CAMERA,
    ATTRIBUTES_OF_INSTANCE,
    BASE,
    BESIDE_A_SECRET,
    FOLLOWS,
    NOT_IN_ONE_INSTANCE,
    OF_A_DEVICE,
    OF_A_DRAWING,
    OF_ONE_KIND,
    OTHER_VALUES_OF_CAMERA,
    OTHER_VALUES_OF_INSTANCE,
    base_of,
    changed,
    check_nothing_changes,
    model_in,
    nested,
    other_values,
    resolved,
    told,
)
from tests.planner.short_manifests import NOW, ShortFleet, merged, revision


def test_every_field_of_the_kinds_has_other_values_here() -> None:
    assert ATTRIBUTES_OF_CAMERA.keys() == OTHER_VALUES_OF_CAMERA.keys() | OF_A_DRAWING | BESIDE_A_SECRET | OF_A_DEVICE
    assert ATTRIBUTES_OF_INSTANCE.keys() == OTHER_VALUES_OF_INSTANCE.keys() | NOT_IN_ONE_INSTANCE


def test_every_field_of_the_kinds_declares_a_class() -> None:
    for model, fields in ((CameraSpec, ATTRIBUTES_OF_CAMERA), (DsInstanceSpec, ATTRIBUTES_OF_INSTANCE)):
        for path in fields.values():
            change_class_of(model, path)
        assert all(declared_change_class(field) or model_in(field) for field in model.model_fields.values())


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


def declared_class_of_camera(path: str, kind: AppKind) -> ChangeClass:
    """The class of a field of a camera; by limits the agent judges, and of the apps one alone is told of them."""
    if path.startswith("limits.") and kind is not AppKind.REFERENCE:
        return ChangeClass.NONE
    return change_class_of(CameraSpec, ATTRIBUTES_OF_CAMERA[path])


def taken_by(kind: AppKind) -> list[str]:
    return [path for path in OTHER_VALUES_OF_INSTANCE if OF_ONE_KIND.get(path, kind) is kind]


FIELDS_BY_KIND = [(path, kind) for kind in AppKind for path in taken_by(kind)]


@pytest.mark.parametrize(("path", "kind"), FIELDS_BY_KIND)
def test_a_field_of_an_instance_changes_as_it_declares(path: str, kind: AppKind) -> None:
    if not told(path, kind):
        for value in OTHER_VALUES_OF_INSTANCE[path]:
            check_nothing_changes(kind, {"dsinstance/yard": nested(path, value)})
        return
    declared = declared_class(path, kind)
    for value in other_values(path, kind):
        for found, _, _ in changed(kind, {"dsinstance/yard": nested(path, value)}, path):
            check_written(found, f"spec.{path}", kind.effective(declared), FOLLOWS.get((path, kind)))


@pytest.mark.parametrize("kind", list(AppKind))
@pytest.mark.parametrize("path", OTHER_VALUES_OF_CAMERA)
def test_a_field_of_a_camera_changes_as_it_declares(path: str, kind: AppKind) -> None:
    declared = declared_class_of_camera(path, kind)
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
        if declared_class_of_camera(path, kind) is ChangeClass.NONE
    ] + [
        {"dsinstance/yard": nested(path, value)}
        for path in taken_by(kind)
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
    for key, paths in (("camera/dock", list(OTHER_VALUES_OF_CAMERA)), ("dsinstance/yard", taken_by(kind))):
        for path in paths:
            if not told(path, kind):
                continue
            if key == "camera/dock":
                value, declared = OTHER_VALUES_OF_CAMERA[path][0], declared_class_of_camera(path, kind)
            else:
                value = other_values(path, kind)[0]
                declared = change_class_of(DsInstanceSpec, ATTRIBUTES_OF_INSTANCE[path])
            patch = nested(path, value)
            if path == "type":
                patch["address"] = "file:///clips/dock.mp4"
            declared = kind.effective(declared)
            for _, before, after in changed(kind, {key: patch}, path):
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


@pytest.mark.parametrize("kind", list(AppKind))
def test_limits_beside_another_change_are_still_told_as_what_they_are(kind: AppKind) -> None:
    patch = {"camera/dock": {"address": "rtsp://10.0.0.10/dock", "limits": {"minimumFps": 5}}}
    reaches_the_app = kind is AppKind.REFERENCE
    for found, before, after in changed(kind, patch):
        assert {field.path.rpartition(" ")[2]: field.change_class for field in found.fields} == {
            "spec.address": kind.effective(ChangeClass.HOT),
            "spec.limits.minimumFps": kind.effective(ChangeClass.RELOAD) if reaches_the_app else ChangeClass.NONE,
        }
        assert [one.limits for one in before.cameras] != [one.limits for one in after.cameras]


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
