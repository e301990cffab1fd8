"""Talks to the API of a controller over HTTP, and turns all that can go wrong into sentences.

It uses http.client: the library that would do it better takes longer to import than a command takes to answer.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from cli.failure import Failure, one_line, printable
from cli.securing import client_context, is_loopback, ssl_error
from cli.server import Server

_TIMEOUT_SECONDS = 10.0
_MOST_BYTES = 256 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024

UNIX = "unix://"
JSON = "application/json"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"


class _UnixConnection(HTTPConnection):
    """HTTP over a socket in the file system."""

    def __init__(self, path: str, timeout_seconds: float) -> None:
        super().__init__("localhost", timeout=timeout_seconds)
        self._path = path

    def connect(self) -> None:
        """See `HTTPConnection`."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Unreachable(Failure):
    """Nobody answers, or the answer broke off."""


class Refused(Failure):
    """The controller answered that it will not, and why."""

    def __init__(self, message: str, status: int, reason: str = "", said: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.said = said or {}
        """The whole Status."""
        self.is_starting = (status, reason) == (503, "ServiceUnavailable")
        """True for a controller that does not know its fleet yet, and will."""


class Answer(NamedTuple):
    """What answers a request that was done."""

    document: dict[str, Any]
    headers: HTTPMessage
    status: int


class Api:
    """The API of one controller."""

    def __init__(self, server: Server | str, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        """Takes `http://host[:port]`, `https://host[:port]` or `unix:///path`; the scheme may be left out.

        Raises:
            Failure: that is no URL, or a token would be sent so that others can read it.
        """
        self._timeout = timeout_seconds
        self._server = server if isinstance(server, Server) else Server(server)
        url = self._server.url
        self._headers = {"Authorization": f"Bearer {self._server.token}"} if self._server.token else {}
        self._path = url.removeprefix(UNIX) if url.startswith(UNIX) else ""
        if self._path:
            self.url, self._host, self._port, self._tls = url, "localhost", None, False
            return
        self.url = (url if "://" in url else f"http://{url}").rstrip("/")
        try:
            parts = urlsplit(self.url)
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError:
            parts, self._host = urlsplit(""), ""
        readable = self._host and self._host.isprintable() and " " not in self._host
        if parts.scheme not in ("http", "https") or not readable or parts.path or parts.query:
            raise Failure(f"--server '{printable(url)}' is no address such as http://127.0.0.1:8420")
        self._tls = parts.scheme == "https"
        if self._headers and not self._tls and not is_loopback(self._host):
            raise Failure(
                f"a token is not sent to {self.url}, where others could read it on the way: use https:// and --ca, or leave out the token"
            )

    def get(self, path: str, query: Mapping[str, str] | None = None, accept: str = JSON) -> dict[str, Any]:
        """The JSON object that answers a GET.

        Raises:
            Unreachable: nobody answers.
            Refused: the controller answers with an error.
            Failure: what answers is no controller.
        """
        return self._exchange("GET", _with_query(path, query), None, accept).document

    def delete(self, path: str) -> dict[str, Any]:
        """The JSON object that answers a DELETE; raises as `get` does."""
        return self._exchange("DELETE", path, None, JSON).document

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that answers a POST; raises as `get` does."""
        return self._exchange("POST", path, json.dumps(body).encode(), JSON).document

    def send(
        self, method: str, path: str, query: Mapping[str, str], body: Any = None, content_type: str = JSON
    ) -> Answer:
        """What answers a request that changes something.

        Args:
            method: of HTTP.
            path: of the object, or of the list.
            query: what else is asked.
            body: is sent as JSON; None for none.
            content_type: what that JSON means.

        Raises:
            As `get` does.
        """
        content = None if body is None else json.dumps(body).encode()
        return self._exchange(method, _with_query(path, query), content, JSON, content_type)

    def get_object(self, path: str) -> dict[str, Any]:
        """The object at a path, which has a name; raises as `get` does."""
        found = self.get(path)
        if not _is_object(found):
            raise self._no_controller("a JSON object without a name")
        return found

    def get_list(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The list at a path, whose items are objects with names; raises as `get` does."""
        found = self.get(path, query)
        items, metadata = found.get("items"), found.get("metadata")
        if not isinstance(items, list) or not isinstance(metadata, dict) or not all(map(_is_object, items)):
            raise self._no_controller("a JSON object that is no list of objects")
        return found

    @contextmanager
    def watch(
        self, path: str, query: Mapping[str, str], accept: str = JSON, timeout_seconds: float | None = None
    ) -> Iterator[Iterator[dict[str, Any]]]:
        """The events of a watch, as they come; the iterator ends when the controller ends the watch.

        Args:
            path: of a list.
            query: selectors, and the resourceVersion to go on from.
            accept: JSON or TABLE.
            timeout_seconds: the longest silence; None for any.

        Raises:
            Unreachable: nobody answers, the stream broke off, or the silence was too long.
            Refused: the controller answers with an error.
        """
        connection = self._connection()
        try:
            with self._explained():
                connection.request(
                    "GET", _with_query(path, {**query, "watch": "true"}), headers={"Accept": accept, **self._headers}
                )
                response = connection.getresponse()
                if response.status != 200:
                    with response:
                        self._parsed(response)
                if connection.sock is not None:
                    connection.sock.settimeout(timeout_seconds)
            with response:
                yield self._events(response)
        finally:
            connection.close()

    @contextmanager
    def stream(self, path: str, query: Mapping[str, str]) -> Iterator[Iterator[bytes]]:
        """What answers a GET with text, as it comes and for as long as that takes; raises as `watch` does."""
        connection = self._connection()
        try:
            with self._explained():
                connection.request("GET", _with_query(path, query), headers={"Accept": "*/*", **self._headers})
                response = connection.getresponse()
                kind = response.headers.get_content_type()
                if response.status != 200 or kind != "text/plain":
                    with response:
                        self._parsed(response)
                        raise self._no_controller(f"{response.status} and {kind}")
                if connection.sock is not None:
                    connection.sock.settimeout(None)
            with response:
                yield self._chunks(response)
        finally:
            connection.close()

    def download(self, path: str, query: Mapping[str, str], kind: str) -> tuple[bytes, HTTPMessage]:
        """The bytes that answer a GET, which must be of a media type, and the headers; raises as `get` does."""
        connection = self._connection()
        try:
            with self._explained():
                connection.request("GET", _with_query(path, query), headers={"Accept": "*/*", **self._headers})
                with connection.getresponse() as response:
                    found = response.headers.get_content_type()
                    if response.status != HTTPStatus.OK or found != kind:
                        self._parsed(response)
                        raise self._no_controller(f"{response.status} and {found}")
                    return response.read(), response.headers
        finally:
            connection.close()

    def _chunks(self, response: HTTPResponse) -> Iterator[bytes]:
        with self._explained():
            while chunk := response.read1(_CHUNK_BYTES):
                yield chunk

    def _events(self, response: HTTPResponse) -> Iterator[dict[str, Any]]:
        with self._explained():
            while line := response.readline():
                if line.strip():
                    yield json.loads(line)

    def _connection(self) -> HTTPConnection:
        if self._path:
            return _UnixConnection(self._path, self._timeout)
        if self._tls:
            from http.client import HTTPSConnection

            return HTTPSConnection(self._host, self._port, timeout=self._timeout, context=client_context(self._server))
        return HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _exchange(self, method: str, target: str, body: bytes | None, accept: str, content_type: str = JSON) -> Answer:
        connection = self._connection()
        headers = {"Accept": accept, **self._headers} | ({"Content-Type": content_type} if body is not None else {})
        try:
            with self._explained():
                connection.request(method, target, body=body, headers=headers)
                with connection.getresponse() as response:
                    return Answer(self._parsed(response), response.headers, response.status)
        finally:
            connection.close()

    def _parsed(self, response: HTTPResponse) -> dict[str, Any]:
        body = response.read(_MOST_BYTES)
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if response.status < 300 and isinstance(answer, dict):
            return answer
        if isinstance(answer, dict) and answer.get("kind") == "Status":
            reason = one_line(str(answer.get("reason") or response.status))
            raise Refused(f"the controller says {reason}: {_causes(answer)}", response.status, reason, answer)
        if isinstance(answer, dict) and "detail" in answer:
            raise Refused(
                f"the controller answers {response.status}: {one_line(str(answer['detail']))}", response.status
            )
        kind = response.headers.get_content_type()
        raise self._no_controller(f"{response.status} and {kind}")

    def _no_controller(self, answer: str) -> Failure:
        return Failure(f"{self.url} answers with {answer}, as no fleet controller does: is --server right?")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            raise Unreachable(
                f"no answer from {self.url} in {self._timeout:g} s: is the controller stuck, or a firewall between?"
            ) from None
        except (
            ConnectionResetError,
            BrokenPipeError,
            HTTPException,
            json.JSONDecodeError,
            UnicodeDecodeError,
        ) as error:
            why = one_line(str(error)) or type(error).__name__
            raise Unreachable(f"the connection to {self.url} broke off ({why}): try again") from None
        except ssl_error() as error:
            reason = one_line(str(getattr(error, "verify_message", "") or error))
            raise Unreachable(
                f"{self.url} cannot be trusted ({reason}): name the authority of its certificate with --ca, and the controller by a "
                "name that stands in the certificate"
            ) from None
        except (OSError, socket.gaierror, UnicodeError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise Unreachable(
                f"no controller answers at {self.url} ({why}): start one with `fleet up`, or name another with --server"
            ) from None


def _is_object(value: Any) -> bool:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    return isinstance(metadata, dict) and isinstance(metadata.get("name"), str)


def _with_query(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _causes(status: Mapping[str, Any]) -> str:
    message = one_line(str(status.get("message") or "it does not say why"), 500)
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    lines = [
        f"\n  {printable(str(cause.get('field') or ''))}: {one_line(str(cause.get('message') or ''))}"
        for cause in causes or []
        if isinstance(cause, dict)
    ]
    return message + "".join(lines)
