"""Instances that watch nothing, or whose selectors find nothing, are valid and warned of."""

from collections.abc import Callable, Mapping

import pytest

from controller.source.read.reader import Loaded, Reading, Rejected

Read = Callable[[Mapping[str, str | bytes]], Reading]

OTHERS = """\
apiVersion: dsfleet.io/v1
kind: Node
metadata: {name: gate}
spec: {nodeId: 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f, hostname: gate}
---
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: lobby, labels: {area: hall, floor: "1"}}
spec: {address: "rtsp://10.0.0.1/1"}
---
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: dock, labels: {area: yard}}
spec: {address: "rtsp://10.0.0.1/2"}
"""
INSTANCE = """\
apiVersion: dsfleet.io/v1
kind: DsInstance
metadata: {name: counts}
spec:
  image: retinaface:1
  node: gate
"""
NOTHING = ", so the instance watches nothing"


def warnings(read_files: Read, spec: str, others: str = OTHERS) -> list[str]:
    reading = read_files({"i.yaml": f"{INSTANCE}{spec}", "others.yaml": others})
    assert isinstance(reading, Loaded | Rejected), reading
    return [str(one) for one in reading.remarks]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param(
            "",
            [
                (
                    "i.yaml:5:3: spec: warning: the instance watches no camera: name some in spec.cameras, or select them with "
                    "spec.cameraSelector"
                )
            ],
            id="no cameras",
        ),
        pytest.param(
            "  cameraSelector: {matchLabels: {area: yrad}}\n",
            [
                (
                    "i.yaml:7:40: spec.cameraSelector.matchLabels.area: warning: no camera has the label area=yrad"
                    f"{NOTHING}; did you mean yard?"
                )
            ],
            id="a typo in the value",
        ),
        pytest.param(
            "  cameraSelector: {matchLabels: {aera: yard}}\n",
            [
                (
                    "i.yaml:7:40: spec.cameraSelector.matchLabels.aera: warning: no camera has the label aera=yard"
                    f"{NOTHING}; did you mean area?"
                )
            ],
            id="a typo in the key",
        ),
        pytest.param(
            "  cameraSelector: {matchLabels: {area: yard, floor: '1'}}\n",
            [f"i.yaml:7:19: spec.cameraSelector: warning: no camera has all of these labels together{NOTHING}"],
            id="each label is there, and never both",
        ),
        pytest.param(
            "  cameras: [lobby]\n  cameraSelector: {matchLabels: {area: yrad}}\n",
            [
                (
                    "i.yaml:8:40: spec.cameraSelector.matchLabels.area: warning: no camera has the label area=yrad; "
                    "did you mean yard?"
                )
            ],
            id="beside cameras that are named",
        ),
        pytest.param("  cameras: [lobby]\n", [], id="a camera is named"),
        pytest.param("  cameraSelector: {matchLabels: {area: yard}}\n", [], id="a camera is selected"),
        pytest.param("  cameraSelector: {}\n", [], id="all are selected"),
    ],
)
def test_what_watches_nothing_is_warned_of(read_files: Read, spec: str, expected: list[str]) -> None:
    assert warnings(read_files, spec) == expected


def test_all_are_selected_and_there_is_none(read_files: Read) -> None:
    node = OTHERS.split("---\n", maxsplit=1)[0]
    assert warnings(read_files, "  cameraSelector: {}\n", node) == [
        f"i.yaml:7:19: spec.cameraSelector: warning: there is no camera at all{NOTHING}"
    ]


@pytest.mark.parametrize(
    "broken", ['rtsp://10.0.0.1/2"}\n---\n{', 'rtsp://10.0.0.1/2", width: 1}\n'], ids=["unreadable", "refused"]
)
def test_a_broken_document_may_be_the_camera_that_is_missed(read_files: Read, broken: str) -> None:
    others = OTHERS.replace('rtsp://10.0.0.1/2"}\n', broken)
    assert warnings(read_files, "  cameraSelector: {matchLabels: {area: yrad}}\n", others) == []
