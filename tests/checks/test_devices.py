"""Cameras of a machine: which instances can read them, kept and broken."""

from typing import Any, Final

import pytest

from crds.camera import Camera
from tests.checks.sound_instances import ERROR, IN_APP, STATIC, WARNING, camera, check, places
from tests.planner.short_manifests import merged

MODE: Final = {"width": 1280, "height": 720, "framesPerSecond": 30}
JETSON: Final = merged(STATIC, {"container": {"runtime": "nvidia"}})


def usb(name: str = "bench", **spec: Any) -> Camera:
    return camera(name, **{"type": "usb", "address": "usb:0", "capture": MODE, **spec})


def csi(name: str = "arm", **spec: Any) -> Camera:
    return camera(name, **{"type": "csi", "address": "csi:0", "capture": MODE, **spec})


def of_devices(spec: dict[str, Any], *cameras: Camera) -> list[tuple[Any, Any]]:
    return [place for place in places(check(spec, *cameras)) if place not in places(check(spec, camera("dock")))]


@pytest.mark.parametrize("spec", [STATIC, JETSON])
def test_a_usb_camera_is_read_on_any_machine(spec: dict[str, Any]) -> None:
    assert of_devices(spec, usb()) == []


def test_a_csi_camera_is_read_on_jetson_only() -> None:
    assert of_devices(JETSON, csi()) == []
    assert of_devices(STATIC, csi()) == [(ERROR, ("spec", "type"))]
    assert "container.runtime: nvidia" in check(STATIC, csi())[-1].message


@pytest.mark.parametrize("app", [{"app": {"kind": "retinaface"}}, {"app": {"kind": "reference"}}])
@pytest.mark.parametrize("one", [usb(), csi()])
def test_other_apps_read_none(app: dict[str, Any], one: Camera) -> None:
    [told] = [violation for violation in check(app, one) if violation.path == ("spec", "type")]
    assert (told.severity, told.camera) == (ERROR, one.name)
    assert "reads streams and files only" in told.message


def test_the_rest_interface_takes_none() -> None:
    spec = merged(STATIC, {"deepstreamApp": {"streams": "rest"}})
    assert (ERROR, (*IN_APP, "streams")) in of_devices(spec, usb())


def test_a_device_is_in_one_instance_once() -> None:
    assert of_devices(STATIC, usb("a"), usb("b")) == [(ERROR, ("spec", "address"))]
    assert of_devices(STATIC, usb("a"), usb("b", address="usb:1")) == []


def test_the_picture_is_said_by_the_camera_or_by_the_app() -> None:
    assert of_devices(STATIC, usb(capture=None)) == [(ERROR, ("spec", "capture"))]
    source = {"cameraWidth": 640, "cameraHeight": 480, "cameraFpsN": 30000, "cameraFpsD": 1001}
    for patch in ({"cameraSources": {"bench": source}}, {"sourceAttrAll": source}):
        assert of_devices(merged(STATIC, {"deepstreamApp": patch}), usb(capture=None)) == []


def test_the_machine_is_named() -> None:
    given = {**STATIC, "node": None, "nodeSelector": {"matchLabels": {"site": "hq"}}}
    found = [one for one in check(given, usb()) if one.path == ("spec", "nodeSelector")]
    assert [one.severity for one in found] == [WARNING]


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "usb", "address": "rtsp://h/"},
        {"type": "usb", "address": "csi:0"},
        {"type": "usb", "address": "/dev/video0"},
        {"type": "csi", "address": "csi:01"},
        {"type": "usb", "address": "usb:1234"},
        {"type": "usb", "address": "usb:0", "credentialsRef": {"name": "a"}},
        {"type": "rtsp", "address": "rtsp://h/", "capture": MODE},
        {"type": "rtsp", "address": "usb:0"},
    ],
)
def test_what_is_no_camera_of_a_machine(spec: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="camera of type"):
        camera("bench", **spec)
