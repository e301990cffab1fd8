"""What is done with connections that send nothing, or little by little, and with too many of them."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from controller.api.listeners import port_listener
from tests.api.serving import FakeControl, LiveServer
from tests.patience import patient

HEAD_S = 0.5


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that waits no longer than a test does."""
    monkeypatch.setattr("controller.api.connections.HEAD_SECONDS", HEAD_S)
    monkeypatch.setattr("controller.api.bodies.BODY_SECONDS", HEAD_S)


@contextmanager
def connected(server: LiveServer) -> Iterator[socket.socket]:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=patient(10)) as connection:
        yield connection


def test_no_answer_waits_until_its_beginning_is_acknowledged() -> None:
    async def delay_is_off() -> bool:
        found: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connection = writer.get_extra_info("socket")
            found.set_result(bool(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        async with await asyncio.start_server(accepted, sock=port_listener("127.0.0.1", 0)) as server:
            _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            is_off = await found
            writer.close()
            return is_off

    assert asyncio.run(delay_is_off())


def until_the_end(connection: socket.socket) -> bytes:
    """All that comes until the server closes; the time out of the socket fails the test."""
    found = b""
    try:
        while data := connection.recv(65536):
            found += data
    except ConnectionResetError:
        pass
    return found


def trickle(connection: socket.socket) -> None:
    """One header line after the other."""
    for number in range(1000):
        connection.sendall(b"X-%d: 1\r\n" % number)
        time.sleep(HEAD_S / 10)


@pytest.mark.parametrize(
    "sent", [b"", b"G", b"GET /healthz HTTP/1.1\r\n", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "]
)
@pytest.mark.usefixtures("hasty")
def test_a_head_that_does_not_come_whole_ends_its_connection(server: LiveServer, sent: bytes) -> None:
    with connected(server) as connection:
        connection.sendall(sent)
        assert until_the_end(connection) == b""


@pytest.mark.usefixtures("hasty")
def test_bytes_that_trickle_in_do_not_prolong_it(server: LiveServer) -> None:
    with connected(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises(OSError, match=r"pipe|reset"):
            trickle(connection)


@pytest.mark.usefixtures("hasty")
def test_the_second_head_of_a_connection_is_waited_for_as_long(server: LiveServer) -> None:
    with connected(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HT")
        found = until_the_end(connection)
    assert found.startswith(b"HTTP/1.1 200")
    assert found.count(b"HTTP/1.1") == 1


@pytest.mark.usefixtures("hasty")
def test_a_body_that_does_not_come_whole_is_answered(server: LiveServer) -> None:
    head = b"POST /fleet/v1/update HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    with connected(server) as connection:
        connection.sendall(head)
        assert until_the_end(connection).startswith(b"HTTP/1.1 408")


@pytest.mark.usefixtures("hasty")
def test_a_request_at_work_is_not_ended(server: LiveServer) -> None:
    query = {"watch": "true", "timeoutSeconds": "2"}
    answer = httpx.get(f"{server.url}/apis/dsfleet.io/v1/cameras", params=query, timeout=patient(10))
    assert [json.loads(line)["type"] for line in answer.text.splitlines()] == ["ADDED"] * 3


HOST, TYPE = b"Host: localhost\r\n", b"Content-Type: application/json\r\n"
UPDATE = b"POST /fleet/v1/update HTTP/1.1\r\n" + HOST + TYPE


NO_REQUESTS = (
    b"\r\n\r\n\0\0\0\0\r\n\r\n",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03\r\n\r\n",
    b"POST /fleet/v1/update\r\n\r\n",
    b"POST /fleet/v1/update HTTP/1.1\r\n" + TYPE + b"Content-Length: 2\r\n\r\n{}",
    b"POST /fleet/v1/update HTTP/1.1\r\n"
    + HOST
    + b"Host: evil.example.com\r\n"
    + TYPE
    + b"Content-Length: 2\r\n\r\n{}",
    b"POST http://evil.example.com/fleet/v1/update HTTP/1.1\r\nHost: evil.example.com\r\n"
    + TYPE
    + b"Content-Length: 2\r\n\r\n{}",
    UPDATE + b"Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}",
    UPDATE + b"Content-Length: -2\r\n\r\n{}",
    UPDATE + b"Content-Length: 2, 2x\r\n\r\n{}",
    UPDATE + b"Content-Length: 99999999999999999999\r\n\r\n{}",
    UPDATE + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    UPDATE + b"Transfer-Encoding: gzip\r\n\r\n{}",
    UPDATE + b"Bad Header: 1\r\nContent-Length: 2\r\n\r\n{}",
    UPDATE + b"X: \0\r\nContent-Length: 2\r\n\r\n{}",
    UPDATE + b"X: " + b"x" * (1 << 20) + b"\r\nContent-Length: 2\r\n\r\n{}",
    UPDATE + b"X: 1\r\n" * 50_000 + b"Content-Length: 2\r\n\r\n{}",
)


@pytest.mark.usefixtures("hasty")
def test_what_is_no_request_does_nothing(server: LiveServer, control: FakeControl) -> None:
    """Half of HTTP, two lengths, two hosts, endless heads: refused or dropped, and others are answered."""
    for sent in NO_REQUESTS:
        with connected(server) as connection:
            with suppress(OSError):
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
            found = until_the_end(connection)
        assert found == b"" or found.startswith(b"HTTP/1.1 4"), (sent[:200], found[:200])
        assert b"HTTP/1.1 2" not in found
    assert control.asked == []
    assert httpx.get(f"{server.url}/healthz", timeout=patient(10)).status_code == 200


def test_connections_are_bounded_and_it_is_said(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., Any]
) -> None:
    monkeypatch.setattr("controller.api.connections.MOST_CONNECTIONS", 3)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(connected(server))
        with connected(server) as late:
            found = until_the_end(late)
        head, _, body = found.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 5" in head
        assert json.loads(body)["reason"] == "ServiceUnavailable"

    def code() -> int:
        try:
            return httpx.get(f"{server.url}/healthz", timeout=patient(10)).status_code
        except httpx.TransportError:
            return 0

    wait_until(lambda: code() == 200, "there is room again", 5.0)
