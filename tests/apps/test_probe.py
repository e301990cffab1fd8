import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from nodeagent.apps.probe import probe
from nodeagent.model import Pictures, Probe, StreamStats
from tests.apps.stand import OK, Answer, app, http
from tests.engines.stands import make_config
from tests.patience import patient

NOW = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)
METRICS, READY = "/api/v1/metrics", "/api/v1/health/get-dsready-state"
STREAM = {"source_id": 0, "sensor_id": "cam-1", "sensor_name": "c", "fps": 24.98, "latency_ms": 3, "frame_number": 77}


def metrics(*streams: Any) -> dict[str, Any]:
    info = {"stream-count": len(streams), "stream-stats": list(streams), "system-stats": {}}
    return {"metrics-info": info, "reason": "GET_METRICS_INFO_SUCCESS", "status": OK}


def health(ready: Any = "YES") -> dict[str, Any]:
    return {"health-info": {"ds-ready": ready}, "reason": "GET_READY_INFO_SUCCESS", "status": OK}


def ask(answer: Answer) -> Probe:
    async def run() -> Probe:
        async with asyncio.timeout(patient(5)), app(answer) as port:
            return await probe(make_config(rest_port=port), "runtime", NOW)

    return asyncio.run(run())


def says(**bodies: Any) -> Answer:
    def answer(path: str, writer: asyncio.StreamWriter) -> None:
        body = bodies.get("metrics", metrics(STREAM)) if path == METRICS else bodies.get("health", health())
        writer.write(body if isinstance(body, bytes) and body.startswith(b"HTTP") else http(body))

    return answer


def test_a_ready_app_is_understood() -> None:
    other = {**STREAM, "sensor_id": "cam-2", "fps": 0, "frame_number": 0}
    assert ask(says(metrics=metrics(STREAM, other))) == Probe(
        instance_name="lobby",
        runtime_id="runtime",
        at=NOW,
        answered=True,
        ready=True,
        streams=(StreamStats("cam-1", 24.98, 77), StreamStats("cam-2", 0.0, 0)),
    )


def test_an_app_that_is_known_to_be_ready_is_asked_for_its_frames_alone() -> None:
    asked = []

    def answer(path: str, writer: asyncio.StreamWriter) -> None:
        asked.append(path)
        writer.write(http(metrics(STREAM)))

    async def run() -> Probe:
        async with asyncio.timeout(patient(5)), app(answer) as port:
            return await probe(make_config(rest_port=port), "runtime", NOW, known_ready=True)

    found = asyncio.run(run())
    assert (found.answered, found.ready, found.streams) == (True, True, (StreamStats("cam-1", 24.98, 77),))
    assert asked == [METRICS]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Connection refused", "Connection refused"),
        ("two\nlines", "two lines"),
        ("x" * 500, "x" * 200),
        (7, ""),
        (None, ""),
    ],
)
def test_why_a_camera_has_no_frames_is_kept_short_and_in_one_line(said: object, kept: str) -> None:
    (stream,) = ask(says(metrics=metrics({**STREAM, "reason": said}))).streams
    assert stream.reason == kept


def test_an_app_that_is_not_ready_has_answered() -> None:
    found = ask(says(health=health("NO"), metrics=metrics()))
    assert (found.answered, found.ready, found.streams) == (True, False, ())


@pytest.mark.parametrize(
    ("bodies", "message"),
    [
        ({"metrics": b"null"}, f"{METRICS}: the answer is not an object"),
        ({"metrics": b"# HELP fps_metrics\n"}, f"{METRICS}: the answer is not JSON"),
        ({"metrics": b"\xff"}, f"{METRICS}: the answer is not JSON"),
        ({"metrics": b""}, f"{METRICS}: the answer is not JSON"),
        ({"metrics": b"[" * 100_000}, f"{METRICS}: the answer is not JSON"),
        ({"metrics": b'{"a":' + b"9" * 5000 + b"}"}, f"{METRICS}: the answer is not JSON"),
        ({"metrics": {**metrics(), "status": "HTTP/1.1 500 Internal Server Error"}}, f"{METRICS}: the app says 'GET_METRICS_INFO_SUCCESS'"),
        ({"metrics": {"reason": "R" * 1000}}, f"{METRICS}: the app says '{'R' * 200}'"),
        ({"metrics": {"status": OK}}, f"{METRICS}: there is no list stream-stats"),
        ({"metrics": {"status": OK, "metrics-info": {"stream-stats": {}}}}, f"{METRICS}: there is no list stream-stats"),
        ({"health": health(None)}, f"{READY}: ds-ready is neither YES nor NO"),
        ({"health": health(["YES"])}, f"{READY}: ds-ready is neither YES nor NO"),
        ({"health": {"status": OK}}, f"{READY}: ds-ready is neither YES nor NO"),
        ({"health": http({}, "HTTP/1.1 404 Not Found")}, f"{READY}: HTTP 404"),
        ({"health": b"HTTP nonsense"}, f"{READY}: HTTP non"),
        ({"health": b"HTTP"}, f"{READY}: HTTP no status"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_says_why(bodies: dict[str, Any], message: str) -> None:
    found = ask(says(**bodies))
    assert (found.answered, found.ready, found.streams, found.message) == (False, False, (), message)


@pytest.mark.parametrize(
    "stream",
    [
        None,
        [],
        {},
        {**STREAM, "sensor_id": ""},
        {**STREAM, "sensor_id": 7},
        {**STREAM, "fps": "24"},
        {**STREAM, "fps": True},
        {**STREAM, "fps": -1},
        {**STREAM, "fps": 1e308 * 10},
        {**STREAM, "fps": float("nan")},
        {**STREAM, "frame_number": 2**63},
        {**STREAM, "frame_number": None},
    ],
)
def test_a_stream_that_is_none_makes_no_answer(stream: Any) -> None:
    assert not ask(says(metrics=metrics(STREAM, stream))).answered


def test_a_number_too_large_for_a_float_makes_no_answer() -> None:
    body = json.dumps(metrics(STREAM)).replace("24.98", "1e999").encode()
    assert not ask(says(metrics=body)).answered


def test_an_answer_without_end_is_cut_short() -> None:
    async def flood(path: str, writer: asyncio.StreamWriter) -> None:
        writer.write(f"{OK}\r\n\r\n".encode())
        while True:
            writer.write(b" " * 65536)
            await writer.drain()

    assert ask(flood).message.endswith("the answer is longer than 1048576 bytes")


@pytest.mark.parametrize("drip", [False, True])
def test_an_app_that_hangs_is_left_after_a_second(drip: bool) -> None:
    async def hang(path: str, writer: asyncio.StreamWriter) -> None:
        while True:
            await asyncio.sleep(0.05)
            if drip:
                writer.write(b" ")
                await writer.drain()

    found = ask(hang)
    assert (found.answered, found.message.partition(": ")[2]) == (False, "no answer within 1 s")


def test_nobody_listens(free_port: Callable[[], int]) -> None:
    found = asyncio.run(probe(make_config(rest_port=free_port()), "runtime", NOW))
    assert not found.answered
    assert "refused" in found.message.lower()


def test_an_app_without_rest_is_not_asked() -> None:
    found = asyncio.run(probe(make_config(app_kind="retinaface", rest_port=1), "runtime", NOW))
    assert found.message == "an app of kind retinaface has no REST interface"


def test_a_proxy_is_not_asked_for_the_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert ask(says()).answered


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({}, None),
        ({"damage": None, "width": 640, "height": 360}, Pictures(width=640, height=360)),
        ({"damage": {"reason": "BlackPicture", "message": "dark"}}, Pictures("BlackPicture", "dark")),
        ({"damage": {"reason": "Two words", "message": "a\nb"}}, Pictures("Damaged", "a b")),
        ({"damage": {"reason": "X" * 65, "message": "y" * 500}}, Pictures("Damaged", "y" * 200)),
        ({"damage": {}, "width": -1, "height": 2**40}, Pictures("Damaged")),
        ({"damage": ["BlackPicture"], "width": True, "height": "720"}, Pictures()),
        ({"width": 640, "height": 360}, None),
    ],
)
def test_what_an_app_says_of_its_pictures_is_bounded(said: dict[str, Any], kept: Pictures | None) -> None:
    (stream,) = ask(says(metrics=metrics({**STREAM, **said}))).streams
    assert stream.pictures == kept
    assert kept is None or stream.pictures is None or stream.pictures.message == kept.message
