"""The port against a transcript of NVIDIA's own server (DeepStream 9.1), line by line, in its order.

Left out are the paths that this port does not have, and the two calls that killed the server.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.rest.server import RestServer
from tests.pipeline.rest.stand import Client, DictControl, HttpAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = "text/plain"
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
ADD, REMOVE = "/api/v1/stream/add", "/api/v1/stream/remove"
INVENTORY = "/api/v1/stream/get-stream-info"
RELOAD = "/api/v1/analytics/reload-config"


def _verdict(status: str, reason: str) -> dict[str, str]:
    return {"reason": reason, "status": f"HTTP/1.1 {status}"}


ADDED = _verdict("200 OK", "STREAM_ADD_SUCCESS")
REMOVED = _verdict("200 OK", "STREAM_REMOVE_SUCCESS")
FULL = _verdict("500 Internal Server Error", "STREAM_ADD_FAIL, Active sources exceded max-batch-size of nvstreammux")
NOT_SUPPORTED = _verdict("400 Bad Request", "Sensor API change string not supported")
NO_TEXT = _verdict("400 Bad Request", "STREAM ADD/REMOVE_FAIL, error: Type is not convertible to string")
NO_OBJECT = _verdict(
    "400 Bad Request",
    "STREAM ADD/REMOVE_FAIL, error: in Json::Value::find(begin, end): requires objectValue or nullValue",
)
NOT_FOUND = "Error 404: Not Found Not Found"
READY = {"ready-info": {"ds-ready": "YES"}, "reason": "GET_READY_INFO_SUCCESS", "status": "HTTP/1.1 200 OK"}


def _inventory(*streams: tuple[str, int]) -> dict[str, Any]:
    entries = [{"camera_id": camera_id, "camera_name": "n", "source_id": number} for camera_id, number in streams]
    return _verdict("200 OK", "GET_LIVE_STREAM_INFO_SUCCESS") | {
        "stream-info": {"stream-count": len(entries), "stream-info": entries}
    }


THREE = _inventory(("cam-1", 0), ("cam-2", 1), ("cam-3", 2))


def _value(camera_id: Any, change: str = "camera_add", **keys: Any) -> dict[str, Any]:
    url = {"camera_url": f"rtsp://h/{camera_id}"}
    return {"camera_id": camera_id, "camera_name": "n", "change": change} | url | keys


def _body(value: Any, **keys: Any) -> bytes:
    usual = {"key": "sensor", "headers": {"source": "vst", "created_at": "2021-06-01T14:34:13.417Z"}}
    return json.dumps(usual | {"value": value} | keys).encode()


def _without(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: told for name, told in value.items() if name != key}


METADATA = {"resolution": "1920 x1080", "codec": "h264", "framerate": 30}


@dataclass(frozen=True)
class Line:
    """One line of the transcript; ``answer`` is None where it has only the type."""

    case: str
    method: str
    path: str
    answer: Any
    body: bytes | None = None
    accept: str | None = None
    content_type: str = PLAIN
    chunked: bool = False

    @property
    def status_line(self) -> str:
        return "HTTP/1.1 404 Not Found" if "charset" in self.content_type and self.accept is None else "HTTP/1.1 200 OK"


LINES = [
    Line("inventory empty", "GET", INVENTORY, _inventory()),
    Line("add ok", "POST", ADD, ADDED, _body(_value("cam-1", metadata=METADATA))),
    Line(
        "add duplicate",
        "POST",
        ADD,
        _verdict("500 Internal Server Error", "STREAM_ADD_FAIL, Duplicate Camera id, unable to add stream"),
        _body(_value("cam-1")),
    ),
    Line(
        "add without key, headers, metadata; event", "POST", ADD, ADDED, json.dumps({"event": _value("cam-2")}).encode()
    ),
    Line("add change=camera_streaming", "POST", ADD, ADDED, _body(_value("cam-3", "camera_streaming"))),
    Line("add over max-batch-size", "POST", ADD, FULL, _body(_value("cam-4"))),
    Line("inventory", "GET", INVENTORY, THREE),
    Line("inventory Accept: text/plain", "GET", INVENTORY, None, accept=PLAIN, content_type=PROMETHEUS),
    Line("inventory Accept: */*", "GET", INVENTORY, THREE, accept="*/*"),
    Line(
        "remove wrong url",
        "POST",
        REMOVE,
        _verdict("500 Internal Server Error", "STREAM_REMOVE_FAIL, No record found. Failed to remove source stream"),
        _body(_value("cam-1", "camera_remove", camera_url="rtsp://h/other")),
    ),
    Line(
        "remove without url",
        "POST",
        REMOVE,
        _verdict("400 Bad Request", "STREAM_REMOVE_FAIL, Source url empty"),
        _body(_without(_value("cam-1", "camera_remove"), "camera_url")),
    ),
    Line("remove via /add endpoint", "POST", ADD, REMOVED, _body(_value("cam-1", "camera_remove"))),
    Line("add via /remove endpoint", "POST", REMOVE, ADDED, _body(_value("cam-5"))),
    Line("remove ok", "POST", REMOVE, REMOVED, _body(_value("cam-2", "camera_remove"))),
    Line("PUT instead of POST", "PUT", ADD, None, _body(_value("cam-6"))),
    Line("GET on add", "GET", ADD, None),
    Line("DELETE on remove", "DELETE", REMOVE, None),
    Line("POST on get-stream-info", "POST", INVENTORY, None, b"{}"),
    Line("empty object", "POST", ADD, NOT_SUPPORTED, b"{}"),
    Line("no body", "POST", ADD, NOT_SUPPORTED),
    Line("malformed json", "POST", ADD, NOT_SUPPORTED, b'{"value":'),
    Line("chunked body", "POST", ADD, NOT_SUPPORTED, _body(_value("cam-6")), chunked=True),
    Line("camera_id int", "POST", ADD, ADDED, _body(_value(7))),
    Line(
        "camera_id null",
        "POST",
        ADD,
        _verdict("400 Bad Request", "STREAM_ADD_FAIL, Source id empty"),
        _body(_value(None)),
    ),
    Line("camera_id object", "POST", ADD, NO_TEXT, _body(_value({"a": 1}))),
    Line("camera_url array", "POST", ADD, NO_TEXT, _body(_value("cam-6", camera_url=["rtsp://h/1"]))),
    Line("body = JSON string", "POST", ADD, NOT_SUPPORTED, b'"camera_add"'),
    Line("body = JSON array", "POST", ADD, NO_OBJECT, b"[" + _body(_value("cam-6")) + b"]"),
    Line("value = string", "POST", ADD, NOT_SUPPORTED, _body("camera_add")),
    Line("value = null", "POST", ADD, NOT_SUPPORTED, _body(None)),
    Line("metadata = string", "POST", ADD, NO_OBJECT, _body(_value("cam-6", metadata="1080p"))),
    Line("headers = string", "POST", ADD, FULL, _body(_value("cam-6"), headers="vst")),
    Line("unicode id", "POST", ADD, FULL, _body(_value("Straße 5"))),
    Line(
        "no camera_url",
        "POST",
        ADD,
        _verdict("400 Bad Request", "STREAM_ADD_FAIL, Source url empty"),
        _body(_without(_value("cam-6"), "camera_url")),
    ),
    Line("no change", "POST", ADD, NOT_SUPPORTED, _body(_without(_value("cam-6"), "change"))),
    Line("trailing slash", "GET", f"{INVENTORY}/", NOT_FOUND, content_type="text/plain; charset=utf-8"),
    Line("old path /stream/add", "POST", "/stream/add", NOT_FOUND, b"{}", content_type="text/plain; charset=utf-8"),
    Line("unknown path", "GET", "/api/v1/nothing", NOT_FOUND, content_type="text/plain; charset=utf-8"),
    Line("query string", "GET", f"{INVENTORY}?a=1&b", _inventory(("cam-5", 0), ("7", 1), ("cam-3", 2))),
    Line("/version", "GET", "/version", {"version": "DeepStream-SDK 9.1 - REST API Version v1 (reference pipeline)"}),
    Line("/ready", "GET", "/ready", READY),
    Line(
        "/live",
        "GET",
        "/live",
        {"live-info": {"ds-liveness": "YES"}, "reason": "GET_LIVE_INFO_SUCCESS", "status": "HTTP/1.1 200 OK"},
    ),
    Line(
        "/startup",
        "GET",
        "/startup",
        {"reason": "GET_STARTUP_INFO_SUCCESS", "startup-info": {"ds-startup": "YES"}, "status": "HTTP/1.1 200 OK"},
    ),
    Line("/api/v1/ready", "GET", "/api/v1/ready", READY),
    Line(
        "get-dsready-state",
        "GET",
        "/api/v1/health/get-dsready-state",
        {"health-info": {"ds-ready": "YES"}, "reason": "GET_READY_INFO_SUCCESS", "status": "HTTP/1.1 200 OK"},
    ),
    Line("/ready Accept: text/plain", "GET", "/ready", None, accept=PLAIN, content_type=PROMETHEUS),
    Line("HEAD /ready", "HEAD", "/ready", "", content_type="text/plain; charset=utf-8"),
    Line(
        "analytics/reload ok",
        "POST",
        RELOAD,
        _verdict("200 OK", "RELOAD_CONFIG_UPDATE_SUCCESS"),
        b'{"stream": {"config_file_path": "/configs/config_nvdsanalytics.txt"}}',
    ),
    Line("analytics/reload no body", "POST", RELOAD, _verdict("200 OK", "RELOAD_CONFIG_UPDATE_SUCCESS")),
    Line("alive after all", "GET", "/ready", READY),
]


@pytest.fixture(scope="module")
def played() -> Iterator[dict[str, HttpAnswer]]:
    """The answers to all lines, asked in their order: they build on each other."""
    server = RestServer(0, DictControl(max_batch_size=3))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        client = Client(server)
        yield {line.case: _play(client, line) for line in LINES}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _play(client: Client, line: Line) -> HttpAnswer:
    accept = {} if line.accept is None else {"accept": line.accept}
    if line.chunked:
        assert line.body is not None
        head = f"{line.method} {line.path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        return client.send(head.encode() + b"%x\r\n%b\r\n0\r\n\r\n" % (len(line.body), line.body))
    return client.ask(line.path, line.method, line.body, **accept)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.case)
def test_answers_as_deepstream(line: Line, played: dict[str, HttpAnswer]) -> None:
    answer = played[line.case]
    assert (answer.status_line, answer.content_type) == (line.status_line, line.content_type)
    if isinstance(line.answer, str):
        assert " ".join(answer.text.split()) == line.answer
    elif line.content_type == PROMETHEUS:
        assert answer.text.startswith("# HELP ")
    else:
        assert answer.json == line.answer
        # The vendor's writer sorts keys and escapes what is not ASCII.
        assert answer.text == json.dumps(line.answer, sort_keys=True)
    assert answer.headers["connection"] == "close"
    assert "access-control-allow-origin" not in answer.headers
