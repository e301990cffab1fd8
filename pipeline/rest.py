"""The REST calls of DeepStream that only look: same paths, same bodies, on the loopback interface alone.

As there, a path that is known answers 200 whatever is asked of it, with the verdict in the body, and the JSON is labelled
``text/plain``. Two keys per stream in the metrics are ours: ``state`` and ``last_frame_age_ms``.
"""

import json
import resource
import socketserver
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from pipeline.camera_stats import CameraStats

_HOST: Final = "127.0.0.1"
_VERSION: Final = "DeepStream-SDK 9.1 - REST API Version v1 (reference pipeline)"
_OK: Final = "HTTP/1.1 200 OK"

# Each call is answered at once, so more than a few at a time are a client gone wrong; it must not cost us a thread each.
_CALLS_AT_ONCE: Final = 32
_CLIENT_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True)
class WatchedCamera:
    """One camera as the REST calls show it; its place in the list is its ``source_id``."""

    camera_id: str
    stats: CameraStats


class RestServer(ThreadingHTTPServer):
    """Listens from the moment it is made; answers once ``serve_forever`` runs.

    Attributes:
        ready: To be set when the thread of every camera runs; until then, ``ds-ready`` and its kin say NO.

    Raises:
        OSError: If the port cannot be listened on.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, cameras: Sequence[WatchedCamera]) -> None:
        self.ready = threading.Event()
        self._cameras = tuple(cameras)
        self._readers = self._make_readers()
        self._calls = threading.BoundedSemaphore(_CALLS_AT_ONCE)
        super().__init__((_HOST, port), _Call)

    def server_bind(self) -> None:
        """Binds the socket, without the base class's look-up of the host's name, which can hang."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers in a thread, unless too many are at it already."""
        if self._calls.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answers one call."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._calls.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stays quiet: what fails here is a client that went away."""

    def body(self, path: str) -> dict[str, Any] | None:
        """Returns the answer to a GET of the path, None if there is no such path."""
        reader = self._readers.get(path)
        return None if reader is None else reader()

    def _make_readers(self) -> dict[str, Callable[[], dict[str, Any]]]:
        """Returns what answers which path; the health checks stand at two."""
        readers: dict[str, Callable[[], dict[str, Any]]] = {
            "/api/v1/health/get-dsready-state": lambda: self._health(
                "GET_READY_INFO_SUCCESS", "health-info", "ds-ready"
            ),
            "/api/v1/stream/get-stream-info": lambda: _answer(
                "GET_LIVE_STREAM_INFO_SUCCESS", "stream-info", self._stream_info()
            ),
            "/api/v1/metrics": lambda: _answer("GET_METRICS_INFO_SUCCESS", "metrics-info", self._metrics()),
            "/version": lambda: {"version": _VERSION},
        }
        for prefix in ("", "/api/v1"):
            readers[f"{prefix}/ready"] = lambda: self._health("GET_READY_INFO_SUCCESS", "ready-info", "ds-ready")
            readers[f"{prefix}/live"] = lambda: self._health("GET_LIVE_INFO_SUCCESS", "live-info", "ds-liveness")
            readers[f"{prefix}/startup"] = lambda: self._health(
                "GET_STARTUP_INFO_SUCCESS", "startup-info", "ds-startup"
            )
        return readers

    def _health(self, reason: str, key: str, name: str) -> dict[str, Any]:
        return _answer(reason, key, {name: "YES" if self.ready.is_set() else "NO"})

    def _stream_info(self) -> dict[str, Any]:
        streams = [
            {"camera_id": camera.camera_id, "camera_name": camera.camera_id, "source_id": index}
            for index, camera in enumerate(self._cameras)
        ]
        return {"stream-count": len(streams), "stream-info": streams}

    def _metrics(self) -> dict[str, Any]:
        now = time.monotonic()
        streams = [_stream_stats(index, camera, now) for index, camera in enumerate(self._cameras)]
        return {"stream-count": len(streams), "stream-stats": streams, "system-stats": _system_stats()}


class _Call(BaseHTTPRequestHandler):
    """One call of one client."""

    server: RestServer
    protocol_version = "HTTP/1.1"
    timeout = _CLIENT_TIMEOUT_S

    def do_GET(self) -> None:
        body = self.server.body(self._path())
        if body is None:
            self._send(HTTPStatus.NOT_FOUND, "Error 404: Not Found")
        else:
            self._send(HTTPStatus.OK, json.dumps(body))

    def do_HEAD(self) -> None:
        self._send(HTTPStatus.NOT_FOUND, "")

    def do_POST(self) -> None:
        known = self.server.body(self._path()) is not None
        self._send(HTTPStatus.OK if known else HTTPStatus.NOT_FOUND, "null" if known else "Error 404: Not Found")

    def do_PUT(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Stays quiet: clients poll."""

    def version_string(self) -> str:
        return "pipeline"

    def _path(self) -> str:
        return self.path.partition("?")[0]

    def _send(self, status: HTTPStatus, text: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header(
            "Content-Type", "text/plain; charset=utf-8" if status is HTTPStatus.NOT_FOUND else "text/plain"
        )
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


def _answer(reason: str, key: str, info: dict[str, Any]) -> dict[str, Any]:
    return {key: info, "reason": reason, "status": _OK}


def _stream_stats(source_id: int, camera: WatchedCamera, now: float) -> dict[str, Any]:
    seen = camera.stats.snapshot(now)
    return {
        "source_id": source_id,
        "sensor_id": camera.camera_id,
        "sensor_name": camera.camera_id,
        "fps": round(seen.fps, 2),
        "latency_ms": round(seen.latency_ms, 2),
        "frame_number": seen.frame_number,
        "last_frame_age_ms": None if seen.last_frame_age_s is None else round(seen.last_frame_age_s * 1000),
        "state": seen.state.value,
    }


def _system_stats() -> dict[str, float]:
    """Returns what this process uses: the CPU in % of one core since it began, the largest amount of memory in GB; it has no GPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    lived_s = max(time.monotonic() - _BEGAN, 1e-3)
    return {
        "gpu_util": 0.0,
        "GPU_gb": 0.0,
        "cpu_util": round(100 * (used.ru_utime + used.ru_stime) / lived_s, 2),
        "RAM_gb": round(used.ru_maxrss / 1e6, 3),
    }


_BEGAN: Final = time.monotonic()
