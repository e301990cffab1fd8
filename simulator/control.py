"""The control port: breaks simulated cameras on request, for people with curl and for tests in other processes."""

import asyncio
import json
import logging
import threading
import urllib.parse
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeVar

from simulator.camera_path import Fault
from simulator.server import CameraSimulator

_LOG = logging.getLogger("simulator")

_BODY_MOST: Final = 4096
_LONGEST_S: Final = 86_400.0

# An idle connection is closed, and a call that does not come to its end is given up.
_TIMEOUT_S: Final = 10.0

_Result = TypeVar("_Result")


class CallError(Exception):
    """What is wrong with a call."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


class ControlServer:
    """Serves ``GET /cameras`` and ``POST /cameras/NAME/fault`` on the loopback interface, in threads of its own.

    Args:
        simulator: Whose cameras these are.
        loop: That the simulator belongs to.
        port: 0 for any free one.

    Raises:
        OSError: If the port cannot be listened on.
    """

    def __init__(self, simulator: CameraSimulator, loop: asyncio.AbstractEventLoop, port: int) -> None:
        self._simulator = simulator
        self._loop = loop
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listens no more."""
        self._server.shutdown()
        self._server.server_close()

    def cameras(self) -> list[dict[str, Any]]:
        """Answers ``GET /cameras``."""
        return self._in_loop(
            lambda: [
                {
                    "name": name,
                    "fault": path.fault,
                    "clip": path.clip.name,
                    "codec": path.clip.codec,
                    "clients": len(path.sessions),
                }
                for name, path in sorted(self._simulator.paths.items())
            ]
        )

    def set_fault(self, name: str, body: bytes) -> dict[str, Any]:
        """Answers ``POST /cameras/NAME/fault`` with ``{"fault": ..., "seconds": ...}``; the seconds may be left out.

        Raises:
            CallError: If there is no such camera, or the body says something else.
        """
        fault, seconds = _fault_of(body)

        def apply() -> bool:
            if name not in self._simulator.paths:
                return False
            self._simulator.set_fault(name, fault, seconds)
            return True

        if not self._in_loop(apply):
            raise CallError(HTTPStatus.NOT_FOUND, f"no camera is named {name!r}")
        _LOG.info("camera=%s fault=%s%s", name, fault, "" if seconds is None else f" for {seconds:g} s")
        return {"name": name, "fault": fault, "seconds": seconds}

    def _in_loop(self, function: Callable[[], _Result]) -> _Result:
        async def call() -> _Result:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(_TIMEOUT_S)

    def _handler(self, *arguments: Any) -> "_Handler":
        return _Handler(self, *arguments)


def _fault_of(body: bytes) -> tuple[Fault, float | None]:
    known = ", ".join(Fault)
    wrong = CallError(HTTPStatus.BAD_REQUEST, f'the body must be {{"fault": ..., "seconds": ...}}; faults are {known}')
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(content, dict) or not {"fault"} <= content.keys() <= {"fault", "seconds"}:
        raise wrong
    fault, seconds = content["fault"], content.get("seconds")
    if fault not in list(Fault):
        raise wrong
    if seconds is None:
        return Fault(fault), None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= _LONGEST_S:
        raise CallError(HTTPStatus.BAD_REQUEST, f"seconds must be more than 0, and at most {_LONGEST_S:g}")
    return Fault(fault), float(seconds)


class _Handler(BaseHTTPRequestHandler):
    timeout = _TIMEOUT_S

    def __init__(self, control: ControlServer, *arguments: Any) -> None:
        self._control = control
        super().__init__(*arguments)

    def do_GET(self) -> None:
        """Called by the base class."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Called by the base class."""
        self._answer(self._post)

    def _refuse_web_pages(self) -> None:
        # Only browsers send it.
        if "Origin" in self.headers:
            raise CallError(HTTPStatus.FORBIDDEN, "web pages may not call")

    def _get(self) -> object:
        if self.path != "/cameras":
            raise CallError(HTTPStatus.NOT_FOUND, "there is GET /cameras and POST /cameras/NAME/fault")
        return self._control.cameras()

    def _post(self) -> object:
        path, before, behind = urllib.parse.unquote(self.path), "/cameras/", "/fault"
        if path.startswith(before) and path.endswith(behind) and len(path) > len(before) + len(behind):
            return self._control.set_fault(path.removeprefix(before).removesuffix(behind), self._body())
        raise CallError(HTTPStatus.NOT_FOUND, "there is GET /cameras and POST /cameras/NAME/fault")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > _BODY_MOST:
            raise CallError(HTTPStatus.BAD_REQUEST, f"a body of at most {_BODY_MOST} bytes is needed")
        return self.rfile.read(int(length))

    def _answer(self, call: Callable[[], object]) -> None:
        status, content = HTTPStatus.OK, None
        try:
            self._refuse_web_pages()
            content = call()
        except CallError as error:
            status, content = error.status, {"error": str(error)}
        body = f"{json.dumps(content)}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing: what was done is told already."""
