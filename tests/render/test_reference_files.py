"""pipeline.json: the settings of the reference workload from its manifest, as that very workload reads them."""

import dataclasses
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from controller.render.instance import render_instance
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from pipeline.files.alert_rules import AlertRule, AlertSettings, Distance, Window
from pipeline.files.settings import (
    CameraSettings,
    MessageSettings,
    MotionSettings,
    OnnxSettings,
    PeopleSettings,
    Settings,
    read_settings,
)
from tests.planner.short_manifests import manifest

DOCK = manifest("camera/dock", {})
LOBBY = manifest(
    "camera/lobby",
    {
        "cameraId": "LOBBY-2",
        "frameDelaySeconds": 0.2,
        "limits": {"notReachableAfterSeconds": 3, "minimumFps": 5, "aliveIntervalSeconds": 12.5},
    },
)


def rendered(reference: dict[str, Any] | None = None, *cameras: Any, **spec: Any) -> InstanceConfig:
    given = {"reference": reference} if reference is not None else {}
    instance = manifest("dsinstance/yard", {"node": "gate", "app": {"kind": "reference"}, **given, **spec})
    assert isinstance(instance, DsInstance)
    assert all(isinstance(one, Camera) for one in cameras)
    return render_instance(instance, cameras, 21000)


def text_of(config: InstanceConfig) -> str:
    (text,) = [file.content for file in config.files if file.path == "pipeline.json"]
    return text


def read(folder: Path, config: InstanceConfig) -> Settings:
    file = folder / "pipeline.json"
    file.write_text(text_of(config), encoding="utf-8")
    return read_settings(file)


def test_nothing_said_is_the_defaults_written_out(tmp_path: Path) -> None:
    config = rendered()

    assert read(tmp_path, config) == dataclasses.replace(
        Settings(), messages=MessageSettings(analytics_topic="Analytics")
    )
    written = json.loads(text_of(config))
    # Of alerts the file says nothing where no camera has rules for them: it is what it was before there were any.
    assert set(written) == {field.name for field in dataclasses.fields(Settings)} - {"alerts"}
    assert set(written["messages"]) == {field.name for field in dataclasses.fields(MessageSettings)}
    assert set(written["detector"]) == {"kind", *(field.name for field in dataclasses.fields(MotionSettings))}


@pytest.mark.parametrize(
    ("detector", "expected"),
    [
        ({}, MotionSettings()),
        ({"kind": "motion", "pictureWidth": 160, "minimumAreaPercent": 0}, MotionSettings(160, 0.0)),
        ({"kind": "people"}, PeopleSettings()),
        ({"kind": "people", "pictureWidth": 960, "minimumConfidence": 0.7}, PeopleSettings(960, 0.7)),
        ({"kind": "onnx", "model": "/models/a.onnx"}, OnnxSettings(Path("/models/a.onnx"))),
        (
            {"kind": "onnx", "model": "/models/a.onnx", "inputWidth": 640, "layout": "yolox"},
            OnnxSettings(Path("/models/a.onnx"), input_size=(640, 640), layout="yolox"),
        ),
        (
            {"kind": "onnx", "model": "/models/a.onnx", "inputWidth": 640, "inputHeight": 384},
            OnnxSettings(Path("/models/a.onnx"), input_size=(640, 384)),
        ),
    ],
)
def test_a_detector_gets_the_defaults_of_its_kind(tmp_path: Path, detector: dict[str, Any], expected: object) -> None:
    assert read(tmp_path, rendered({"detector": detector})).detector == expected


def test_paths_are_passed_on_and_count_from_the_configuration_folder(tmp_path: Path) -> None:
    detector = {
        "kind": "onnx",
        "model": "/models/yard.onnx",
        "labels": "labels.txt",
        "minimumConfidence": 0.4,
        "nmsIou": 0.6,
        "colours": "bgr",
        "scale": 1,
    }
    config = rendered({"detector": detector}, files={"labels.txt": "person\n"})

    assert read(tmp_path, config).detector == OnnxSettings(
        Path("/models/yard.onnx"), tmp_path / "labels.txt", 0.4, 0.6, "bgr", 1.0
    )
    assert "labels.txt" in [file.path for file in config.files]


def test_every_other_setting_reaches_the_file(tmp_path: Path) -> None:
    config = rendered(
        {
            "batchSize": 8,
            "batchDeadlineMilliseconds": 5,
            "significantChangePercent": 0,
            "analyticsTopic": None,
            "objectsTopic": "Objects",
            "cameraStatesTopic": "States",
            "messageIntervalSeconds": 10,
            "visualIntervalSeconds": 0.5,
        }
    )

    assert read(tmp_path, config) == Settings(
        batch_size=8,
        batch_deadline_ms=5.0,
        significant_change_percent=0.0,
        messages=MessageSettings("", "Objects", "States", 10.0, 0.5),
    )


def test_each_camera_stands_there_by_the_id_that_the_app_knows_it_by(tmp_path: Path) -> None:
    settings = read(tmp_path, rendered(None, LOBBY, DOCK))

    assert settings.cameras == {
        "LOBBY-2": CameraSettings(0.2, 3.0, 12.5, 5.0),
        "dock": CameraSettings(0.0, 10.0, 30.0, 0.0),
    }


def test_rules_for_alerts_reach_the_camera_and_where_they_go_the_app(tmp_path: Path) -> None:
    rules = {
        "no-helmet": {
            "classes": ["NoHelmet"],
            "region": "yard",
            "atLeast": 2,
            "forSeconds": 1.5,
            "endsAfterSeconds": 7,
            "pauseSeconds": 60,
            "schedule": ["Mon-Fri 06:00-22:00", "Fri 22:00-06:00"],
            "timeZone": "Europe/Berlin",
            "keepFrames": False,
            "message": "Wear a helmet",
        },
        "near": {"distance": {"withinHeights": 1, "withinPicture": {"x": 0.25, "y": 0.5}}},
        "any": {},
    }
    regions = {"yard": [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]}
    yard = manifest("camera/yard", {"alerts": rules, "analytics": {"roiFiltering": {"regions": regions}}})
    frames = {"perCamera": 3, "megabytes": 5, "days": 0.5}
    config = rendered({"alertsTopic": "Alarms", "alertFrames": frames}, DOCK, yard)
    settings = read(tmp_path, config)

    assert settings.alerts == AlertSettings("Alarms", 3, 5, 0.5)
    assert settings.cameras["dock"].alerts == {}
    assert settings.cameras["yard"].alerts == {
        "no-helmet": AlertRule(
            frozenset({"nohelmet"}),
            "yard",
            at_least=2,
            for_s=1.5,
            ends_after_s=7,
            pause_s=60,
            schedule=(Window(frozenset(range(5)), 360, 1320), Window(frozenset({4}), 1320, 360)),
            zone=ZoneInfo("Europe/Berlin"),
            keep_frames=False,
            message="Wear a helmet",
        ),
        "near": AlertRule(distance=Distance(1.0, (0.25, 0.5))),
        "any": AlertRule(),
    }
    assert read(tmp_path, rendered(None, yard)).alerts == AlertSettings("Alerts")
    assert read(tmp_path, rendered({"alertsTopic": None}, yard)).alerts.topic == ""


def test_a_limit_that_no_camera_could_keep_is_the_shortest_that_the_app_takes(tmp_path: Path) -> None:
    hasty = manifest("camera/dock", {"limits": {"notReachableAfterSeconds": 0.001}})

    config = rendered(None, hasty)

    assert read(tmp_path, config).cameras["dock"].not_reachable_after_s == 0.1
    assert config.cameras[0].limits.not_reachable_after_seconds == 0.001


def test_the_text_is_for_people_and_the_same_for_equal_manifests() -> None:
    text = text_of(rendered({"batchSize": 2, "detector": {"kind": "people"}}, DOCK))

    assert text == text_of(rendered({"detector": {"kind": "people"}, "batchSize": 2}, DOCK))
    assert text.startswith('{\n  "detector": {\n    "kind": "people",\n    "picture_width": 640,\n')
    assert text.endswith("\n  }\n}\n")


def test_it_is_in_the_digest_of_the_files() -> None:
    assert rendered().digests.files != rendered({"batchSize": 2}).digests.files
    assert rendered().digests.container == rendered({"batchSize": 2}).digests.container


def test_no_other_app_gets_it() -> None:
    for kind in ({"app": {"kind": "retinaface"}}, {"app": {"kind": "deepstream-app"}, "deepstreamApp": {}}):
        assert "pipeline.json" not in [file.path for file in rendered(**kind).files]
