from __future__ import annotations

import json
import threading
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

import cv2
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from pipeline.files.rules import AnalyticsRules, CrossingLine, LineCrossingRule, StreamRules
from pipeline.model import Detection, TrackedObject
from tests.pipeline.rest.stand import grey_frame, result_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.pipeline.rest.stand import Client, DictControl, HttpAnswer

GATE = "/api/v1/snapshot/gate"
LINE = CrossingLine(((900, 500), (900, 700)), (300, 600), (1600, 600))


def _picture(answer: HttpAnswer) -> NDArray[np.uint8]:
    assert (answer.status, answer.content_type) == (200, "image/jpeg"), answer.text
    picture = cv2.imdecode(np.frombuffer(answer.body, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def _colourful(width: int, height: int) -> VideoFrame:
    """Left half blue, right half red: channels that were mixed up would show."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2] = (200, 30, 30)
    picture[:, width // 2 :] = (30, 30, 200)
    return VideoFrame.from_ndarray(picture, "bgr24")


def test_the_frame_as_it_is(client: Client, control: DictControl) -> None:
    control.results["gate"] = result_of(_colourful(640, 360), number=42)
    answer = client.ask(GATE)
    picture = _picture(answer)
    assert picture.shape == (360, 640, 3)
    assert np.abs(picture[180, 100].astype(int) - (200, 30, 30)).max() < 12
    assert np.abs(picture[180, 500].astype(int) - (30, 30, 200)).max() < 12
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-number"] == "42"
    assert 0 <= int(answer.headers["x-frame-age-ms"]) < 60_000
    assert abs(parsedate_to_datetime(answer.headers["last-modified"]).timestamp() - time.time()) < 60


def test_with_and_without_overlay(client: Client, control: DictControl) -> None:
    box = TrackedObject(3, Detection(400, 100, 60, 120, 0, "person", 0.9))
    control.results["gate"] = result_of(grey_frame(640, 360), box)
    control.analytics = AnalyticsRules(1920, 1080, {0: StreamRules(line_crossing=LineCrossingRule({"in": LINE}))})
    for query in ("", "?overlay=0"):
        assert np.abs(_picture(client.ask(GATE + query)).astype(int) - 90).max() < 4
    drawn = _picture(client.ask(f"{GATE}?overlay=1")).astype(int)
    blue, _, red = drawn[200, 300:500].mean(axis=0)
    assert red > blue + 50
    assert np.abs(drawn[100:220, 398:403] - 90).max() > 60
    assert np.abs(drawn[340:, :200] - 90).max() < 12


@pytest.mark.parametrize(
    ("query", "shape"),
    [
        ("?width=320", (180, 320, 3)),
        ("?width=321&overlay=1", (181, 321, 3)),
        ("?width=16", (9, 16, 3)),
        ("?width=640", (360, 640, 3)),
        ("?width=8192", (360, 640, 3)),
        ("?width=9999&width=100", (56, 100, 3)),
    ],
)
def test_made_smaller_but_never_larger(
    client: Client, control: DictControl, query: str, shape: tuple[int, ...]
) -> None:
    control.results["gate"] = result_of(grey_frame(640, 360))
    assert _picture(client.ask(GATE + query)).shape == shape


def _noise(width: int, height: int) -> VideoFrame:
    """The worst that a camera can show: nothing in it repeats."""
    return VideoFrame.from_ndarray(
        np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8), "bgr24"
    )


def test_so_many_bytes_at_most_and_no_worse_than_needed(client: Client, control: DictControl) -> None:
    control.results["gate"] = result_of(_noise(640, 360))
    plain = len(client.ask(f"{GATE}?width=320").body)
    assert plain > 12_288
    for most in (12_288, 1024, 300_000):
        answer = client.ask(f"{GATE}?width=320&max_bytes={most}&overlay=1")
        assert len(answer.body) <= most
        height, width = _picture(answer).shape[:2]
        assert answer.headers["x-picture-size"] == f"{width}x{height}"
        assert width == 320 or most == 1024
    control.results["gate"] = result_of(_noise(1280, 720))
    assert len(client.ask(f"{GATE}?width=1280&max_bytes=55296").body) <= 55_296
    control.results["gate"] = result_of(_colourful(640, 360))
    assert client.ask(f"{GATE}?max_bytes=12288").body == client.ask(GATE).body


def test_the_objects_of_the_very_frame_in_pixels_of_the_picture(client: Client, control: DictControl) -> None:
    box = TrackedObject(3, Detection(400, 100, 60.9, 120, 0, "Fußgänger\r\n" + "x" * 99, 0.9))
    control.results["gate"] = result_of(grey_frame(640, 360), box)
    for query, places in (("", [400, 100, 61, 120]), ("?width=320", [200, 50, 30, 60])):
        answer = client.ask(GATE + query)
        assert json.loads(answer.headers["x-objects"]) == [[*places, 3, "Fußgänger\r\n" + "x" * 21]]
    many = (TrackedObject(number, Detection(1, 2, 3, 4, 0, "人" * 32, 0.9)) for number in range(500))
    control.results["gate"] = result_of(grey_frame(640, 360), *many)
    told = client.ask(GATE).headers["x-objects"]
    assert len(told) <= 3000
    assert [one[4] for one in json.loads(told)] == list(range(len(json.loads(told))))
    control.results["gate"] = result_of(grey_frame())
    assert client.ask(GATE).headers["x-objects"] == "[]"


@pytest.mark.parametrize("pixels", ["yuv420p", "yuvj420p", "yuv422p", "nv12", "gray", "rgb24", "yuv420p10le", "bgr24"])
@pytest.mark.parametrize(("width", "height"), [(640, 360), (333, 187), (17, 3)])
def test_whatever_the_decoder_gives(client: Client, control: DictControl, pixels: str, width: int, height: int) -> None:
    frame = VideoReformatter().reformat(grey_frame(width, height, 128), format=pixels)
    control.results["gate"] = result_of(frame)
    for query in ("", "?width=16"):
        picture = _picture(client.ask(GATE + query))
        assert picture.shape[1] == (16 if query else width)
        assert np.abs(picture.astype(int) - 128).max() < 12


@pytest.mark.parametrize(
    "query",
    [
        *("?width=0", "?width=15", "?width=8193", "?width=-5", "?width=1e3", "?width=", "?overlay=x", "?" + "&" * 99),
        *("?max_bytes=1023", "?max_bytes=1048577", "?max_bytes=", "?max_bytes=-1", "?max_bytes=2e3"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_line(client: Client, control: DictControl, query: str) -> None:
    control.results["gate"] = result_of(grey_frame())
    answer = client.ask(GATE + query)
    assert (answer.status, answer.content_type) == (400, "text/plain; charset=utf-8")
    assert len(answer.text.splitlines()) == 2


@pytest.mark.parametrize("camera_id", ["gate 1", "a/b", "Straße 5", "100%", "a?b#c", "..", "x" * 200])
def test_ids_of_any_kind(client: Client, control: DictControl, camera_id: str) -> None:
    control.results[camera_id] = result_of(grey_frame(32, 32))
    assert _picture(client.ask(f"/api/v1/snapshot/{quote(camera_id, safe='')}")).shape == (32, 32, 3)


@pytest.mark.parametrize("path", ["", "nobody", "gate/", "gate/x", "%ff", "%"])
def test_no_such_camera(client: Client, control: DictControl, path: str) -> None:
    control.results["gate"] = result_of(grey_frame())
    answer = client.ask(f"/api/v1/snapshot/{path}")
    assert (answer.status, answer.content_type) == (404, "text/plain; charset=utf-8")


def test_no_frame_yet(client: Client, control: DictControl) -> None:
    control.add("gate", "Gate", "rtsp://h/1")
    assert client.ask(GATE).text == "Error 404: Not Found\nno frame yet\n"
    assert client.ask("/api/v1/snapshot/dock").text == "Error 404: Not Found\nno such camera\n"


def test_other_methods(client: Client, control: DictControl) -> None:
    control.results["gate"] = result_of(grey_frame())
    assert client.ask(GATE, "POST", b"{}").text == "null"
    head = client.ask(GATE, "HEAD")
    assert (head.status, head.body) == (404, b"")


def test_many_look_while_the_frame_is_analysed(client: Client, control: DictControl) -> None:
    frame = VideoReformatter().reformat(_colourful(1280, 720), format="yuv420p")
    control.results["gate"] = result_of(frame)
    wrong: list[object] = []
    done = threading.Event()

    def analyse() -> None:
        while not done.is_set():
            small = frame.reformat(width=320, height=180, format="bgr24").to_ndarray()
            if np.abs(small[90, 50].astype(int) - (200, 30, 30)).max() > 12:
                wrong.append(small[90, 50])

    def look(number: int) -> None:
        for _ in range(10):
            picture = _picture(client.ask(f"{GATE}?width={200 + 10 * number}"))
            if np.abs(picture[10, 10].astype(int) - (200, 30, 30)).max() > 12:
                wrong.append(picture[10, 10])

    analysis = threading.Thread(target=analyse)
    lookers = [threading.Thread(target=look, args=(number,)) for number in range(6)]
    analysis.start()
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()
    done.set()
    analysis.join()
    assert not wrong
