"""The port itself: sockets, threads and HTTP, on the loopback interface alone. What is answered, ``calls`` decides."""

import contextlib
import io
import logging
import re
import socket
import socketserver
import sys
import threading
import time
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from pipeline.rest.answer import Answer, Call, error_answer
from pipeline.rest.callers import refusal
from pipeline.rest.calls import Calls
from pipeline.rest.control import Control

_LOG = logging.getLogger(__name__)

_HOST: Final = "127.0.0.1"

# Each call is answered at once, so more than a few at a time are a client gone wrong; it must not cost us a thread each.
_CALLS_AT_ONCE: Final = 32

# A client may be silent for so long,
_CLIENT_TIMEOUT_S: Final = 5.0
# and may take so long in all: one that sends a byte now and then would hold a thread for good.
_CALL_LIMIT_S: Final = 10.0

# Of a camera with all its metadata, a hundred times over.
_LARGEST_BODY: Final = 64 * 1024

# Of a body that is not looked at, so much is taken from the client, so that it can finish and read its answer.
_MOST_UNREAD: Final = 1024 * 1024
_GOODBYE_S: Final = 1.0

_LENGTH: Final = re.compile(r"[0-9]{1,18}")


class RestServer(ThreadingHTTPServer):
    """Listens from the moment it is made; answers once ``serve_forever`` runs.

    Args:
        port: On 127.0.0.1; 0 takes any free one, ``server_port`` tells which.
        control: The streams; it is called by several threads at once.

    Raises:
        OSError: If the port cannot be listened on.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, control: Control) -> None:
        self.calls: Final = Calls(control)
        self._room = threading.BoundedSemaphore(_CALLS_AT_ONCE)
        self._lock = threading.Lock()
        self._due: dict[socket.socket, float] = {}
        super().__init__((_HOST, port), _Connection)

    def server_bind(self) -> None:
        """Binds the socket, without the base class's look-up of the host's name, which can hang."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = _HOST, self.socket.getsockname()[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers in a thread, unless too many are at it already."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answers one call."""
        with self._lock:
            self._due[request] = time.monotonic() + _CALL_LIMIT_S
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                del self._due[request]
            self._room.release()

    def service_actions(self) -> None:
        """Hangs up on clients that take too long; ``serve_forever`` calls it about twice a second."""
        now = time.monotonic()
        with self._lock:
            late = [request for request, due in self._due.items() if due < now]
        for request in late:
            with contextlib.suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's arguments
        """Stays quiet about a client that went away, but not about anything else."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            _tell_of("a call", error)


class _RefusedError(Exception):
    """A call that is not even looked at."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class _WholeLines(io.BufferedReader):
    """Takes no part of a line for a line: the base class would follow a call whose head was cut short."""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(-1 if size is None else size)
        if not line.endswith(b"\n") and len(line) != size:
            raise ConnectionAbortedError
        return line


class _Connection(BaseHTTPRequestHandler):
    """One connection with one call on it."""

    server: RestServer
    protocol_version = "HTTP/1.1"
    timeout = _CLIENT_TIMEOUT_S
    rbufsize = 0
    # For what is no HTTP at all, which the base class answers.
    error_message_format = "Error %(code)d: %(message)s\n"
    error_content_type = "text/plain; charset=utf-8"

    def setup(self) -> None:
        super().setup()
        self.rfile = _WholeLines(self.rfile)

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Stays quiet: clients poll."""

    def version_string(self) -> str:
        return "pipeline"

    def _serve(self) -> None:
        self._unread = True
        try:
            answer = self._answer()
        except _RefusedError as error:
            answer = error_answer(error.status, str(error))
        self._send(answer)
        if self._unread:
            self._let_the_client_finish()

    def _answer(self) -> Answer:
        self._check_caller()
        body = self._body()
        path, _, query = self.path.partition("?")
        call = Call(self.command, path, query, self.headers.get("Accept", ""), body)
        try:
            return self.server.calls.answer(call)
        except Exception as error:  # noqa: BLE001 - whatever it is, the port must go on, and somebody must hear of it
            _tell_of(f"{call.method} {path}", error)
            return error_answer(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _check_caller(self) -> None:
        why = refusal(
            self.headers.get_all("Host", []),
            self.headers.get_all("Origin", []),
            self.headers.get_all("Sec-Fetch-Site", []),
        )
        if why is not None:
            raise _RefusedError(HTTPStatus.FORBIDDEN, why)

    def _body(self) -> bytes:
        """Returns the body; as in DeepStream, there is none without a Content-Length."""
        lengths = set(self.headers.get_all("Content-Length", ["0"]))
        if "Transfer-Encoding" in self.headers:
            return b""
        if len(lengths) != 1 or not _LENGTH.fullmatch(length := lengths.pop().strip()):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "the Content-Length is not a number")
        if int(length) > _LARGEST_BODY:
            raise _RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body must not be longer than {_LARGEST_BODY} bytes"
            )
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "the body is shorter than its Content-Length")
        self._unread = False
        return body

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        content = b"" if self.command == "HEAD" else answer.content
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def _let_the_client_finish(self) -> None:
        """Takes what the client still sends: the kernel resets a connection that is closed over unread bytes, answer and all."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(_GOODBYE_S)
        left = _MOST_UNREAD
        while left > 0 and (part := self.rfile.read1(65536)):
            left -= len(part)


def _tell_of(call: str, error: BaseException) -> None:
    """Logs where a call failed, without the error's message: that could hold the address of a camera."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    _LOG.error("%s failed: %s in %s:%s", call, type(error).__name__, where.filename, where.lineno)
