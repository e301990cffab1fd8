"""A port with streams behind it that are no more than a dict, and a client that sees every byte."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from av.video.frame import VideoFrame

from pipeline.alert_frames.store import KeptFrame
from pipeline.files.rules import AnalyticsRules
from pipeline.messages.delivery import Delivery
from pipeline.model import CapturedFrame, FrameCounts, FrameResult, ModelIdentity, TrackedObject
from pipeline.rest.control import OK, SERVER_ERROR, StreamView, Verdict
from pipeline.rest.server import RestServer
from tests.patience import patient


class DictControl:
    """Streams as nvmultiurisrcbin keeps them: so many at most, ids once only, numbers handed out in turn."""

    def __init__(self, max_batch_size: int = 3) -> None:
        self.max_batch_size = max_batch_size
        self.ready = True
        self.alive = True
        self.messages = Delivery()
        self.analytics = AnalyticsRules()
        self.results: dict[str, FrameResult] = {}
        self.kept: dict[str, list[KeptFrame]] = {}
        self.reloads = 0
        self.views: dict[str, StreamView] = {}
        self._urls: dict[str, str] = {}
        self._next = 0
        self._lock = threading.Lock()

    def is_ready(self) -> bool:
        return self.ready

    def is_live(self) -> bool:
        return self.alive

    def streams(self) -> tuple[StreamView, ...]:
        with self._lock:
            return tuple(sorted(self.views.values(), key=lambda view: view.source_id))

    def model(self) -> ModelIdentity:
        return ModelIdentity("yard", "sha256:0123")

    def delivery(self) -> Delivery:
        return self.messages

    def add(self, camera_id: str, camera_name: str, camera_url: str) -> Verdict:
        assert camera_id
        assert camera_url
        with self._lock:
            if len(self.views) >= self.max_batch_size:
                return Verdict(SERVER_ERROR, "STREAM_ADD_FAIL, Active sources exceded max-batch-size of nvstreammux")
            if camera_id in self.views:
                return Verdict(SERVER_ERROR, "STREAM_ADD_FAIL, Duplicate Camera id, unable to add stream")
            taken = {view.source_id for view in self.views.values()}
            while self._next in taken:
                self._next = (self._next + 1) % self.max_batch_size
            self.views[camera_id] = StreamView(self._next, camera_id, camera_name, "connecting")
            self._next = (self._next + 1) % self.max_batch_size
            self._urls[camera_id] = camera_url
            return Verdict(OK, "STREAM_ADD_SUCCESS")

    def remove(self, camera_id: str, camera_url: str) -> Verdict:
        assert camera_id
        assert camera_url
        with self._lock:
            if self._urls.get(camera_id) != camera_url:
                return Verdict(SERVER_ERROR, "STREAM_REMOVE_FAIL, No record found. Failed to remove source stream")
            del self._urls[camera_id], self.views[camera_id]
            return Verdict(OK, "STREAM_REMOVE_SUCCESS")

    def reload_analytics(self) -> Verdict:
        self.reloads += 1
        return Verdict(OK, "RELOAD_CONFIG_UPDATE_SUCCESS")

    def last_result(self, camera_id: str) -> FrameResult | None:
        return self.results.get(camera_id)

    def alert_frames(self, camera_id: str) -> tuple[str, ...]:
        return tuple(one.alert_id for one in reversed(self.kept.get(camera_id, [])))

    def alert_frame(self, camera_id: str, alert_id: str) -> KeptFrame | None:
        kept = self.kept.get(camera_id, [])
        return next((one for one in reversed(kept) if alert_id in ("", one.alert_id)), None)

    def rules(self) -> AnalyticsRules:
        return self.analytics

    def tell(self, camera_id: str, **seen: Any) -> None:
        """Changes what is known of a stream."""
        with self._lock:
            self.views[camera_id] = replace(self.views[camera_id], **seen)


@dataclass(frozen=True)
class HttpAnswer:
    status_line: str
    headers: dict[str, str]
    body: bytes

    @property
    def status(self) -> int:
        return int(self.status_line.split()[1])

    @property
    def content_type(self) -> str:
        return self.headers["content-type"]

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Speaks to the port without a library in between."""

    def __init__(self, server: RestServer) -> None:
        self.port = server.server_port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=patient(20))

    def send(self, raw: bytes) -> HttpAnswer:
        """Sends the bytes and returns the answer to them."""
        with self.connect() as connection:
            connection.sendall(raw)
            return read_answer(connection)

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> HttpAnswer:
        """Sends a call; ``content_type="x"`` becomes the header ``content-type: x``."""
        told = {"host": f"127.0.0.1:{self.port}"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            told["content-length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        return self.send(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + (body or b""))

    def post(self, path: str, content: Any) -> Any:
        answer = self.ask(path, "POST", json.dumps(content).encode())
        assert answer.status == 200
        return answer.json


def read_answer(connection: socket.socket) -> HttpAnswer:
    raw = b""
    while part := connection.recv(65536):
        raw += part
    head, _, body = raw.partition(b"\r\n\r\n")
    status_line, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return HttpAnswer(status_line, headers, body)


def result_of(
    picture: VideoFrame,
    *objects: TrackedObject,
    source_id: int = 0,
    counts: FrameCounts | None = None,
    number: int = 7,
) -> FrameResult:
    frame = CapturedFrame("gate", number, picture, time.monotonic(), time.time())
    return FrameResult(source_id, frame, objects, counts or FrameCounts())


def grey_frame(width: int = 640, height: int = 360, level: int = 90) -> VideoFrame:
    return VideoFrame.from_ndarray(np.full((height, width, 3), level, np.uint8), "bgr24")
