"""USB and CSI cameras of a deepstream-app file become cameras of a machine, and come back as they were."""

import pytest

from cli.import_problems import broken_rules
from tests.importer.stand import cameras_of, documents, imported, instance_of, said
from tests.importer.test_same_meaning import MUX, SINK, assert_same

USB = "[source0]\nenable=1\ntype=1\ncamera-width=1280\ncamera-height=720\ncamera-fps-n=30\ncamera-fps-d=1\ncamera-v4l2-dev-node=2\n"
CSI = "[source1]\nenable=1\ntype=5\ncamera-width=1920\ncamera-height=1080\ncamera-fps-n=60\ncamera-fps-d=1\ncamera-csi-sensor-id=1\n"
RTSP = "[source2]\nenable=1\ntype=4\nuri=rtsp://10.0.0.7/a\n"


def test_each_kind_is_a_camera_of_its_own_type() -> None:
    result = imported({"app.txt": f"{USB}{CSI}{RTSP}{SINK}{MUX}"}, "app.txt")
    assert [one["spec"] for one in documents(result)[:2]] == [
        {"address": "usb:2", "type": "usb", "capture": {"width": 1280, "height": 720, "framesPerSecond": 30}},
        {"address": "csi:1", "type": "csi", "capture": {"width": 1920, "height": 1080, "framesPerSecond": 60}},
    ]
    assert instance_of(result).spec.cameras == ("usb-2", "csi-1", "10-0-0-7-a")
    app = documents(result)[-1]["spec"]["deepstreamApp"]
    assert "cameraSources" not in app
    assert "app.txt:1: note: [source0] uri: usb-2 is a camera of one machine" in said(result)
    assert not any(one.left_out for one in result.remarks)


@pytest.mark.parametrize(
    "sources",
    [
        f"{USB}{CSI}{RTSP}",
        f"{RTSP}\n{USB}",
        USB.replace("camera-v4l2-dev-node=2\n", ""),
        USB.replace("fps-n=30\ncamera-fps-d=1", "fps-n=30000\ncamera-fps-d=1001"),
        USB.replace("camera-width=1280\n", ""),
        USB.replace("width=1280", "width=8"),
        f"{USB}gpu-id=0\nnvbuf-memory-type=0\nvideo-format=NV12\nodd=1\n",
        f"{CSI}camera-v4l2-dev-node=4\n",
    ],
)
def test_they_come_back_as_they_were(sources: str) -> None:
    assert_same({"/etc/ds/app.txt": f"{sources}{SINK}{MUX}"}, "/etc/ds/app.txt")


def test_a_board_with_csi_cameras_has_its_runtime() -> None:
    result = imported({"app.txt": f"{CSI}{SINK}{MUX}"}, "app.txt")
    assert instance_of(result).spec.container.runtime == "nvidia"
    assert "spec.container.runtime is nvidia" in said(result)
    assert not [one for one in broken_rules(result) if "csi" in str(one).lower()]
    assert instance_of(imported({"app.txt": f"{USB}{SINK}{MUX}"}, "app.txt")).spec.container.runtime == "default"


def test_a_rate_without_its_divisor_is_told() -> None:
    result = imported({"app.txt": f"{USB.replace('camera-fps-d=1', 'latency=5')}{SINK}{MUX}"}, "app.txt")
    assert "app.txt:1: warning: [source0] camera-fps-d is missing" in said(result)


def test_devices_of_a_list() -> None:
    text = (
        "[source-list]\nnum-source-bins=2\nlist=usb:1;csi:0\n[source-attr-all]\nenable=1\ncamera-width=640\n"
        f"camera-height=480\ncamera-fps-n=15\ncamera-fps-d=1\n{SINK}{MUX}"
    )
    result = imported({"app.txt": text}, "app.txt")
    assert [one.spec.address for one in cameras_of(result)] == ["usb:1", "csi:0"]


@pytest.mark.parametrize("number", ["-1", "1000"])
def test_a_number_of_no_device_is_left_out(number: str) -> None:
    result = imported({"app.txt": f"{USB.replace('node=2', f'node={number}')}{SINK}{MUX}"}, "app.txt")
    assert not cameras_of(result)
    assert "source 0 is left out: a camera of type usb needs an address such as usb:0" in said(result)
