"""Cameras of a machine as sources of deepstream-app, and what their container needs."""

from typing import Any, Final

import pytest

from controller.render.devices import ARGUS_SOCKET
from crds.camera import Camera
from crds.change import ChangeClass
from crds.difference import difference
from crds.instance_config import InstanceConfig
from deepstream.app.config import read_app_file
from deepstream.groups import write_group
from tests.render.deepstream_app import camera, files, rendered

MODE: Final = {"width": 1280, "height": 720, "framesPerSecond": 30}
STATIC: Final[dict[str, Any]] = {"deepstreamApp": {"streams": "static"}}


USB: Final = camera("bench", type="usb", address="usb:2", capture=MODE)
CSI: Final = camera("arm", type="csi", address="csi:1", capture=MODE)
DOCK: Final = camera("dock")


def sources(config: InstanceConfig) -> list[dict[str, str]]:
    app = read_app_file(files(config)["deepstream_app.txt"], "deepstream_app.txt")[0]
    return [dict(write_group(one)) for one in app.sources.values()]


def test_each_type_is_a_source_of_its_own_kind() -> None:
    of_mode = {"camera-width": "1280", "camera-height": "720", "camera-fps-n": "30", "camera-fps-d": "1"}
    assert sources(rendered((USB, CSI, DOCK), STATIC)) == [
        {"enable": "1", "type": "1", **of_mode, "camera-v4l2-dev-node": "2"},
        {"enable": "1", "type": "5", **of_mode, "camera-csi-sensor-id": "1"},
        {"enable": "1", "type": "4", "uri": "rtsp://10.0.0.9/dock"},
    ]


def test_what_the_app_is_told_of_one_source_goes_before_the_mode() -> None:
    patch = {
        "deepstreamApp": {"streams": "static", "cameraSources": {"bench": {"cameraFpsN": 30000, "cameraFpsD": 1001}}}
    }
    [source] = sources(rendered((USB,), patch))
    assert (source["camera-fps-n"], source["camera-fps-d"], source["camera-width"]) == ("30000", "1001", "1280")


def test_the_container_has_the_devices_of_its_cameras() -> None:
    settings = rendered((USB, CSI), {**STATIC, "container": {"devices": ["/dev/ttyUSB0"]}}).container
    assert settings.devices == ("/dev/ttyUSB0", "/dev/video2")
    [socket] = settings.volumes
    assert (socket.host_path, socket.mount_path, socket.read_only) == (ARGUS_SOCKET, ARGUS_SOCKET, False)
    assert rendered((USB,), STATIC).container.volumes == ()
    own = {**STATIC, "container": {"volumes": [{"hostPath": "/run/argus", "mountPath": ARGUS_SOCKET}]}}
    assert [one.host_path for one in rendered((CSI,), own).container.volumes] == ["/run/argus"]


def test_cameras_of_a_network_are_rendered_as_before() -> None:
    shown = rendered((DOCK,), STATIC).model_dump(mode="json")
    assert "devices" not in shown["container"]
    assert "capture" not in str(shown["settings"])


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (camera("bench", type="usb", address="usb:2", capture={**MODE, "framesPerSecond": 15}), ChangeClass.RESTART),
        (camera("bench", type="usb", address="usb:3", capture=MODE), ChangeClass.RECREATE),
        (camera("bench", type="csi", address="csi:2", capture=MODE), ChangeClass.RECREATE),
    ],
)
def test_another_mode_restarts_and_another_device_needs_another_container(
    changed: Camera, expected: ChangeClass
) -> None:
    assert difference(rendered((USB,), STATIC), rendered((changed,), STATIC)).change_class is expected


def test_a_device_has_one_reader_without_being_told() -> None:
    assert [one.exclusive for one in rendered((USB, CSI, DOCK), STATIC).cameras] == [True, True, False]


def test_points_are_drawn_in_the_picture_that_is_asked_for() -> None:
    frame = USB.spec.frame
    assert frame is not None
    assert (frame.width, frame.height) == (1280, 720)
