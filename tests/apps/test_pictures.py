"""What a camera shows, asked of an app that answers in all the ways that an app can, and of the port of the reference workload."""

import asyncio
import threading

import numpy as np
import pytest
from av.video.frame import VideoFrame

from nodeagent.apps.pictures import AppPicture, NoFrameError, PictureWish, take_picture
from nodeagent.apps.rest import NoAnswerError
from pipeline.alert_frames.store import KeptFrame
from pipeline.model import Detection, TrackedObject
from pipeline.rest.server import RestServer
from tests.apps.stand import Answer, app
from tests.differ.generations import instance
from tests.patience import patient
from tests.pipeline.rest.stand import DictControl, result_of

YARD = instance("yard", cameras=["dock"], image="app:1", app={"kind": "reference"})
JPEG = b"\xff\xd8\xff\xe0 and more"
HEADERS = {"X-Frame-Number": "7", "X-Frame-Age-Ms": "40", "X-Picture-Size": "320x180", "X-Objects": "[]"}


def shown(content: bytes = JPEG, status: str = "200 OK", **changes: str | None) -> bytes:
    headers = {**HEADERS, **{name.replace("_", "-"): value for name, value in changes.items()}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value is not None)
    head = f"HTTP/1.1 {status}\r\nContent-Type: image/jpeg\r\n{lines}Content-Length: {len(content)}\r\n\r\n"
    return head.encode("latin-1") + content


def taken(answer: Answer, max_bytes: int = 12_288) -> AppPicture:
    async def run() -> AppPicture:
        async with asyncio.timeout(patient(10)), app(answer) as port:
            config = YARD.model_copy(update={"rest_port": port})
            return await take_picture(config, "a b/ü", PictureWish(320, max_bytes))

    return asyncio.run(run())


def raw(*parts: bytes) -> Answer:
    def answer(_: str, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)

    return answer


def refusal(answer: Answer) -> str:
    with pytest.raises((NoAnswerError, NoFrameError)) as refused:
        taken(answer)
    return str(refused.value)


def test_what_is_asked_and_what_is_understood() -> None:
    paths: list[str] = []

    def answer(path: str, writer: asyncio.StreamWriter) -> None:
        paths.append(path)
        writer.write(shown(X_Objects='[[1,-2,3,4,5,"caf\\u00e9"]]'))

    assert taken(answer) == AppPicture(7, 40, 320, 180, ((1, -2, 3, 4, 5, "café"),), JPEG)
    assert paths == ["/api/v1/snapshot/a%20b%2F%C3%BC?width=320&max_bytes=12288"]
    whole = shown()
    assert taken(raw(whole[:50], whole[50:])).jpeg == JPEG


@pytest.mark.parametrize(
    "objects",
    [
        "",
        "{",
        "null",
        "7",
        "{}",
        '[["a",1,2,3,4,"x"]]',
        "[[1,2,3]]",
        "[NaN]",
        '[[1,2,3,4,-5,"x"]]',
        "[" * 2000,
        " " * 4000,
    ],
)
def test_a_picture_without_boxes_is_better_than_none(objects: str) -> None:
    assert taken(raw(shown(X_Objects=objects))).objects == ()
    assert taken(raw(shown(X_Objects=None))).objects == ()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(
            raw(shown(b"Error 404: Not Found\nno frame yet\n", "404 Not Found")), "no frame yet", id="no frame"
        ),
        pytest.param(raw(shown(b"a\x1b[31m\nb\x07 c\n", "404 Not Found")), "b  c", id="what a terminal would obey"),
        pytest.param(raw(shown(status="500 Oh")), "HTTP 500", id="a bug of it"),
        pytest.param(raw(shown(b"<html>")), "no picture", id="no picture"),
        pytest.param(raw(shown(b"")), "no picture", id="nothing"),
        pytest.param(raw(shown(X_Picture_Size=None)), "no picture", id="no size"),
        pytest.param(raw(shown(X_Frame_Number="-1")), "x-frame-number", id="a wrong number"),
        pytest.param(raw(shown(X_Frame_Age_Ms=None)), "x-frame-age-ms", id="no age"),
        pytest.param(raw(shown(JPEG + b"x" * 12_288)), "larger than 12288 bytes", id="too large"),
        pytest.param(raw(shown()[:-3]), "rules of HTTP", id="cut short"),
        pytest.param(raw(b"\x00" * 100), "rules of HTTP", id="no HTTP"),
        pytest.param(raw(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 70_000), "rules of HTTP", id="an endless head"),
        pytest.param(raw(), "rules of HTTP", id="nothing at all"),
    ],
)
def test_why_there_is_none_is_said_in_words(answer: Answer, why: str) -> None:
    assert why in refusal(answer)


@pytest.mark.parametrize("alert", [None, "other", "a b", "x" * 65])
def test_an_app_that_knows_no_alerts_shows_another_frame_which_is_not_taken_for_that(alert: str | None) -> None:
    async def run() -> None:
        async with app(raw(shown(X_Alert=alert))) as port:
            wish = PictureWish(320, 12_288, at="7f3c-1")
            await take_picture(YARD.model_copy(update={"rest_port": port}), "dock", wish)

    with pytest.raises(NoFrameError, match="keeps no frames of alerts"):
        asyncio.run(run())


def test_nobody_listens_and_one_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody() -> None:
        async with app(raw()) as port:
            pass
        await take_picture(YARD.model_copy(update={"rest_port": port}), "dock", PictureWish(320, 12_288))

    with pytest.raises(NoAnswerError, match="refused"):
        asyncio.run(nobody())
    monkeypatch.setattr("nodeagent.apps.pictures.TIMEOUT_S", 0.05)

    async def silent(_: str, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(patient(5))

    assert "has not answered within" in refusal(silent)


def test_the_port_of_the_reference_workload_is_understood() -> None:
    control = DictControl()
    noise = np.random.default_rng(2).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    box = TrackedObject(3, Detection(400, 100, 60, 120, 0, "person", 0.9))
    control.results["dock 1"] = result_of(VideoFrame.from_ndarray(noise, "bgr24"), box, number=42)
    control.add("dock 1", "dock", "rtsp://127.0.0.1/dock")
    control.kept["dock 1"] = [KeptFrame("7f3c-1", result_of(VideoFrame.from_ndarray(noise, "bgr24"), number=7))]
    server = RestServer(0, control)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    config = YARD.model_copy(update={"rest_port": server.server_port})
    try:
        found = asyncio.run(take_picture(config, "dock 1", PictureWish(320, 12_288)))
        assert (found.frame, found.width, found.height) == (42, 320, 180)
        assert found.objects == ((200, 50, 30, 60, 3, "person"),)
        assert len(found.jpeg) <= 12_288
        for at in ("alert", "7f3c-1"):
            kept = asyncio.run(take_picture(config, "dock 1", PictureWish(None, 524_288, overlay=True, at=at)))
            assert (kept.frame, kept.alert, kept.width) == (7, "7f3c-1", 640)
        with pytest.raises(NoFrameError, match=r"^no frame of this alert is kept$"):
            asyncio.run(take_picture(config, "dock 1", PictureWish(None, 524_288, at="none")))
        with pytest.raises(NoFrameError, match=r"^no such camera$"):
            asyncio.run(take_picture(config, "gate", PictureWish(320, 12_288)))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
