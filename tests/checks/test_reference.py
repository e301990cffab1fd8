"""Rules for the settings that only the reference workload has, and for what only it makes of cameras."""

from typing import Any

import pytest

from controller.checks.checker import Violation, check_instance
from crds.camera import Camera
from crds.dsinstance import DsInstance
from deepstream.findings import Severity
from tests.planner.short_manifests import manifest

DETECTOR = ("spec", "reference", "detector")
MODEL, LABELS = (*DETECTOR, "model"), (*DETECTOR, "labels")
ONNX = {"kind": "onnx", "model": "/models/yard.onnx"}
VOLUME = {"volumes": [{"hostPath": "/opt/networks", "mountPath": "/workspace/configs/networks"}]}


def check(spec: dict[str, Any], **of_camera: Any) -> tuple[Violation, ...]:
    instance = manifest("dsinstance/yard", {"node": "gate", "app": {"kind": "reference"}, **spec})
    camera = manifest("camera/dock", of_camera)
    assert isinstance(instance, DsInstance)
    assert isinstance(camera, Camera)
    return check_instance(instance, (camera,))


@pytest.mark.parametrize(
    ("detector", "rest"),
    [
        ({}, {}),
        ({"kind": "people"}, {}),
        (ONNX, {}),
        ({**ONNX, "labels": "labels.txt"}, {"files": {"labels.txt": "person\n"}}),
        ({**ONNX, "labels": "./labels.txt"}, {"files": {"labels.txt": "person\n"}}),
        ({**ONNX, "labels": "/workspace/configs/labels.txt"}, {"files": {"labels.txt": "person\n"}}),
        ({"kind": "onnx", "model": "networks/a.onnx", "labels": "networks/a.txt"}, {"container": VOLUME}),
        ({"kind": "onnx", "model": "../models/a.onnx"}, {}),
    ],
)
def test_files_that_are_there_or_in_the_image_are_fine(detector: dict[str, Any], rest: dict[str, Any]) -> None:
    assert check({"reference": {"detector": detector}, **rest}) == ()


@pytest.mark.parametrize(
    ("detector", "rest", "path", "said"),
    [
        ({"kind": "onnx", "model": "yard.onnx"}, {}, MODEL, "nothing brings 'yard.onnx' into the configuration folder"),
        ({"kind": "onnx", "model": "networks/a.onnx"}, {}, MODEL, "write the path that it has in the container"),
        ({"kind": "onnx", "model": "a.onnx"}, {"container": VOLUME}, MODEL, "nothing brings"),
        ({"kind": "onnx", "model": "/workspace/configs/a.onnx"}, {}, MODEL, "nothing brings"),
        ({"kind": "onnx", "model": "a.onnx"}, {"files": {"a.onnx": "text"}}, MODEL, "a network is none"),
        (
            {**ONNX, "labels": "label.txt"},
            {"files": {"labels.txt": "person\n"}},
            LABELS,
            "describe it in spec.files, or write the path that it has in the container; did you mean labels.txt?",
        ),
    ],
)
def test_files_that_nobody_brings_are_told(
    detector: dict[str, Any], rest: dict[str, Any], path: tuple[str, ...], said: str
) -> None:
    (found,) = check({"reference": {"detector": detector}, **rest})

    assert (found.severity, found.path) == (Severity.WARNING, path)
    assert said in found.message


def test_a_file_of_the_name_of_its_settings_is_an_error() -> None:
    (found,) = check({"files": {"pipeline.json": "{}"}})

    assert (found.severity, found.path) == (Severity.ERROR, ("spec", "files", "pipeline.json"))


def test_other_apps_analyse_every_picture() -> None:
    assert check({}, frameDelaySeconds=0.2) == ()
    (found,) = check({"app": {"kind": "retinaface"}}, frameDelaySeconds=0.2)

    assert (found.severity, found.camera, found.path) == (Severity.WARNING, "dock", ("spec", "frameDelaySeconds"))


def test_rules_for_alerts_are_for_this_app_alone() -> None:
    rules = {"busy": {"atLeast": 5}}
    assert check({}, alerts=rules) == ()
    (found,) = check({"app": {"kind": "retinaface"}}, alerts=rules)
    assert (found.severity, found.camera, found.path) == (Severity.WARNING, "dock", ("spec", "alerts"))
    assert "an app of kind retinaface does not look for alerts" in found.message


@pytest.mark.parametrize(
    ("reference", "classes", "said"),
    [
        ({}, ["Object"], None),
        ({}, ["person"], "of kind motion, finds no 'person'; it finds object"),
        ({"detector": {"kind": "people"}}, ["people"], "of kind people, finds no 'people'; it finds person"),
        ({"detector": {"kind": "people"}}, ["persn"], "finds no 'persn'; did you mean person?"),
        ({"detector": ONNX}, ["nohelmet"], None),
        ({"detector": {**ONNX, "labels": "labels.txt"}}, ["NoHelmet"], None),
        ({"detector": {**ONNX, "labels": "labels.txt"}}, ["nohelmt"], "finds no 'nohelmt'; did you mean nohelmet?"),
        ({"detector": {**ONNX, "labels": "labels.txt"}}, ["cat"], "of kind onnx, finds no 'cat'"),
    ],
)
def test_an_alert_for_what_the_detector_never_finds_is_told(
    reference: dict[str, Any], classes: list[str], said: str | None
) -> None:
    files = {"labels.txt": "nohelmet\nnovest\n"}
    found = check({"reference": reference, "files": files}, alerts={"busy": {"classes": classes}})
    assert [one.path for one in found] == [("spec", "alerts", "busy", "classes")] * (said is not None)
    assert all(str(said) in one.message and one.severity is Severity.WARNING for one in found)
