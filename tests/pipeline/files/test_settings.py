"""pipeline.json: what it may say, and what is said of what it may not."""

import json
import zoneinfo
from pathlib import Path
from typing import Any

import pytest

from pipeline.files.json_reader import ConfigError
from pipeline.files.settings import (
    CameraSettings,
    MessageSettings,
    MotionSettings,
    OnnxSettings,
    PeopleSettings,
    Settings,
    read_settings,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "pipeline.json"


def _written(file: Path, content: Any) -> Path:
    file.write_text(json.dumps(content))
    return file


def _rule(**keys: Any) -> Any:
    return {"cameras": {"dock": {"alerts": {"busy": keys}}}}


def test_without_a_file_all_is_as_usual(file: Path) -> None:
    assert read_settings(file) == Settings() == read_settings(_written(file, {}))


def test_everything_can_be_said(file: Path) -> None:
    content = {
        "detector": {"kind": "motion", "picture_width": 640, "minimum_area_percent": 0.5},
        "batch_size": 8,
        "batch_deadline_ms": 5,
        "significant_change_percent": 0,
        "messages": {
            "analytics_topic": "a",
            "objects_topic": "b",
            "camera_states_topic": "c",
            "interval_s": 2,
            "visual_interval_s": 0.5,
        },
        "cameras": {
            "dock": {"frame_delay_s": 0.2, "not_reachable_after_s": 10, "alive_interval_s": 60, "minimum_fps": 2}
        },
    }
    found = read_settings(_written(file, content))
    assert found == Settings(
        detector=MotionSettings(640, 0.5),
        batch_size=8,
        batch_deadline_ms=5.0,
        significant_change_percent=0.0,
        messages=MessageSettings("a", "b", "c", 2.0, 0.5),
        cameras={"dock": CameraSettings(0.2, 10.0, 60.0, 2.0)},
    )
    assert found.camera("dock").minimum_fps == 2
    assert found.camera("another") == CameraSettings()


@pytest.mark.parametrize(
    ("detector", "expected"),
    [
        ({"kind": "motion"}, MotionSettings()),
        ({"kind": "people", "minimum_confidence": 0.7}, PeopleSettings(minimum_confidence=0.7)),
    ],
)
def test_detectors(file: Path, detector: dict[str, Any], expected: object) -> None:
    assert read_settings(_written(file, {"detector": detector})).detector == expected


def test_files_of_a_model_lie_beside_the_file_that_names_them(file: Path) -> None:
    detector = {"kind": "onnx", "model": "yolo.onnx", "labels": "/models/labels.txt", "colours": "bgr", "scale": 1}
    assert read_settings(_written(file, {"detector": detector})).detector == OnnxSettings(
        file.parent / "yolo.onnx", Path("/models/labels.txt"), colours="bgr", scale=1.0
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "the file: must be an object"),
        ({"batch_sise": 1}, "batch_sise: not known here; known are alerts, batch_deadline_ms, batch_size, "),
        ({"batch_size": 0}, "batch_size: must be at least 1"),
        ({"batch_size": True}, "batch_size: must be an integer"),
        ({"batch_deadline_ms": -1}, "batch_deadline_ms: must be between 0 and 1000"),
        ({"significant_change_percent": "1"}, "significant_change_percent: must be a number"),
        ({"detector": "motion"}, "detector: must be an object"),
        ({"detector": {}}, "detector.kind: missing"),
        ({"detector": {"kind": "faces"}}, 'detector.kind: must be "motion" or "people" or "onnx"'),
        ({"detector": {"kind": "motion", "model": "x"}}, "detector.model: not known here"),
        ({"detector": {"kind": "onnx"}}, "detector.model: missing"),
        ({"detector": {"kind": "onnx", "model": ""}}, "detector.model: must name a file"),
        ({"messages": {"topic": "x"}}, "messages.topic: not known here"),
        ({"messages": {"interval_s": None}}, "messages.interval_s: must be a number"),
        ({"alerts": {"frames": 1}}, "alerts.frames: not known here"),
        (_rule(at_leest=1), "cameras.dock.alerts.busy.at_leest: not known here"),
        (_rule(at_least=257), "cameras.dock.alerts.busy.at_least: must be at most 256"),
        (_rule(pause_s=0), "cameras.dock.alerts.busy.pause_s: must be between 1 and 86400"),
        (_rule(classes=[1]), "cameras.dock.alerts.busy.classes: must be a list of strings"),
        (_rule(distance={"within_heights": "1"}), "alerts.busy.distance.within_heights: must be a number"),
        (_rule(distance={"within_picture": {"x": 1}}), "alerts.busy.distance.within_picture.y: missing"),
        (_rule(schedule={}), "cameras.dock.alerts.busy.schedule: must be a list"),
        (_rule(schedule=[{"days": [7]}]), "alerts.busy.schedule[0].days: must be a list of numbers from 0"),
        (_rule(time_zone="Europe/Berln"), "cameras.dock.alerts.busy.time_zone: is no time zone"),
        (_rule(time_zone="../../etc/passwd"), "cameras.dock.alerts.busy.time_zone: is no time zone"),
        ({"cameras": []}, "cameras: must be an object"),
        ({"cameras": {"dock": 1}}, "cameras.dock: must be an object"),
        ({"cameras": {"dock": {"frame_delay_s": -6}}}, "cameras.dock.frame_delay_s: must be between 0 and 86400"),
        ({"cameras": {"dock": {"minimum_fps": float("nan")}}}, "cameras.dock.minimum_fps: must be between 0 and 240"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(file: Path, content: Any, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_settings(_written(file, content))
    assert str(error.value).startswith(f"{file}: ")
    assert message in str(error.value)


def test_without_a_database_of_time_zones_it_is_said_what_to_install(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zoneinfo, "available_timezones", set)
    window = {"days": [0], "from_minute": 0, "to_minute": 1440}
    with pytest.raises(ConfigError, match="time_zone: is not known here: install the package tzdata"):
        read_settings(_written(file, _rule(schedule=[window], time_zone="Europe/Nowhere")))
    assert read_settings(_written(file, _rule(schedule=[window], time_zone="UTC"))).camera("dock").alerts
