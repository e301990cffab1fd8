"""Alerts over HTTP: the newest of each rule, and the frames that they began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from pipeline.alert_frames.store import KeptFrame
from pipeline.model import Alert, Detection, TrackedObject
from tests.pipeline.rest.stand import grey_frame, result_of

if TYPE_CHECKING:
    from tests.pipeline.rest.stand import Client, DictControl

GATE = "/api/v1/snapshot/gate"
BUSY = Alert(
    "20220812T065059Z-3f9a1c", "busy", 2, 3, 1660287059.006, "3 person", region="yard", message="Open the other gate"
)
TOLD = {
    "rule": "busy",
    "id": "20220812T065059Z-3f9a1c",
    "number": 2,
    "active": True,
    "began": "2022-08-12T06:50:59.006Z",
    "ended": None,
    "region": "yard",
    "count": 3,
    "seen": "3 person",
    "message": "Open the other gate",
}


@pytest.fixture
def kept(control: DictControl) -> DictControl:
    control.add("gate", "gate", "rtsp://10.0.0.1/1")
    control.results["gate"] = result_of(grey_frame(level=200), number=100)
    box = TrackedObject(3, Detection(400, 100, 60, 120, 0, "person", 0.9))
    control.kept["gate"] = [
        KeptFrame("a-1", result_of(grey_frame(level=10), box, number=1)),
        KeptFrame("a-2", result_of(grey_frame(level=50), number=2)),
    ]
    return control


@pytest.mark.parametrize(
    ("at", "alert_id", "number", "level"),
    [("?at=alert", "a-2", "2", 50), ("?at=a-1", "a-1", "1", 10), ("", None, "100", 200)],
)
def test_the_frame_of_an_alert(
    client: Client, kept: DictControl, at: str, alert_id: str | None, number: str, level: int
) -> None:
    assert kept.kept
    answer = client.ask(GATE + at)
    assert (answer.status, answer.content_type) == (200, "image/jpeg")
    assert answer.headers.get("x-alert") == alert_id
    assert answer.headers["x-frame-number"] == number
    picture = cv2.imdecode(np.frombuffer(answer.body, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert abs(float(picture.mean()) - level) < 3


def test_it_can_be_drawn_on_and_made_smaller_as_the_last_one_can(client: Client, kept: DictControl) -> None:
    assert kept.kept
    plain, drawn = client.ask(f"{GATE}?at=a-1&width=320"), client.ask(f"{GATE}?at=a-1&width=320&overlay=1")
    assert plain.headers["x-picture-size"] == drawn.headers["x-picture-size"] == "320x180"
    assert plain.headers["x-objects"] == '[[200,50,30,60,3,"person"]]'
    pictures = [cv2.imdecode(np.frombuffer(one.body, np.uint8), cv2.IMREAD_COLOR) for one in (plain, drawn)]
    assert np.abs(pictures[0].astype(int) - pictures[1].astype(int)).max() > 100


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (f"{GATE}?at=a-3", 404, "no frame of this alert is kept"),
        ("/api/v1/snapshot/yard?at=alert", 404, "no such camera"),
        (f"{GATE}?at=", 400, "at must be alert, or the id of an alert"),
        (f"{GATE}?at=..%2F..%2Fetc", 400, "at must be alert, or the id of an alert"),
    ],
)
def test_what_there_is_not_is_told(client: Client, kept: DictControl, path: str, status: int, said: str) -> None:
    assert kept.kept
    answer = client.ask(path)
    assert (answer.status, answer.text.strip().splitlines()[-1]) == (status, said)


def test_before_the_first_alert_there_is_no_frame_of_one(client: Client, control: DictControl) -> None:
    control.add("gate", "gate", "rtsp://10.0.0.1/1")
    answer = client.ask(f"{GATE}?at=alert")
    assert (answer.status, answer.text.strip().splitlines()[-1]) == (404, "no frame of an alert is kept")
    (stream,) = client.ask("/api/v1/alerts").json["alerts-info"]["streams"]
    assert stream == {"camera_id": "gate", "alerts": [], "frames": []}


def test_the_newest_alerts_and_which_frames_there_are(client: Client, kept: DictControl) -> None:
    kept.tell("gate", alerts=(BUSY,))
    answer = client.ask("/api/v1/alerts")
    assert answer.json == {
        "alerts-info": {"streams": [{"camera_id": "gate", "alerts": [TOLD], "frames": ["a-2", "a-1"]}]},
        "reason": "GET_ALERTS_INFO_SUCCESS",
        "status": "HTTP/1.1 200 OK",
    }
    (stream,) = client.ask("/api/v1/metrics").json["metrics-info"]["stream-stats"]
    assert stream["alerts"] == [TOLD]
