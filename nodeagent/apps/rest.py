"""One request to the REST interface of an app on this machine, and the verdict in its answer.

The interface is DeepStream's. Every outcome on a known path is HTTP 200 and the verdict stands in the body; calls hang
while the pipeline changes its state; and `Accept: text/plain` turns JSON into Prometheus text.
"""

import asyncio
import json
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NoReturn

import h11

TIMEOUT_S = 1.0
_MOST_BYTES = 1024 * 1024
_MOST_HEAD_BYTES = 64 * 1024
_PART_BYTES = 64 * 1024


class NoAnswerError(Exception):
    """The app did not give an answer that can be used; the message says why."""


async def ask(
    port: int, path: str, body: Mapping[str, Any] | None = None, *, timeout_s: float = TIMEOUT_S
) -> dict[str, Any]:
    """Asks the app that listens at a port of the loopback; never through a proxy.

    Args:
        port: where it listens.
        path: what it is asked.
        body: what it is told: with one the request is a POST, without a GET.
        timeout_s: how long it may take in all, however it drips.

    Returns:
        The answer, whose verdict is 200.

    Raises:
        NoAnswerError: there is none within the time, it is longer than 1 MiB, is not JSON, or says no.
    """
    try:
        async with asyncio.timeout(timeout_s):
            answer = await _exchange(port, path, None if body is None else json.dumps(body).encode())
    except TimeoutError:
        raise NoAnswerError(f"{path}: no answer within {timeout_s:g} s") from None
    except OSError as error:
        # Not `strerror`: asyncio has put its own words there.
        raise NoAnswerError(f"{path}: {os.strerror(error.errno) if error.errno else error}") from None
    return _verdict(path, answer)


async def _exchange(port: int, path: str, content: bytes | None) -> bytes:
    # A bare socket: the streams of asyncio are made for more than one question, and take half of its time.
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as bare:
        bare.setblocking(False)
        await loop.sock_connect(bare, ("127.0.0.1", port))
        connection = h11.Connection(h11.CLIENT)
        await loop.sock_sendall(bare, _request(connection, port, path, content))
        return await _answer(connection, partial(loop.sock_recv, bare, _PART_BYTES), path)


def _request(connection: h11.Connection, port: int, path: str, content: bytes | None) -> bytes:
    headers = [("Host", f"127.0.0.1:{port}"), ("Accept", "*/*"), ("Connection", "close")]
    if content is not None:
        headers += [("Content-Type", "application/json"), ("Content-Length", str(len(content)))]
    request = h11.Request(method="GET" if content is None else "POST", target=path, headers=headers)
    events = (request, h11.Data(data=content or b""), h11.EndOfMessage())
    return b"".join(connection.send(event) or b"" for event in events)


async def _head(read: Callable[[], Awaitable[bytes]], path: str) -> bytes:
    """The answer as far as it is there when its head is."""
    head = b""
    while b"\r\n\r\n" not in head:
        if len(head) > _MOST_HEAD_BYTES:
            raise NoAnswerError(f"{path}: the head of the answer has no end")
        part = await read()
        if not part:
            raise NoAnswerError(f"{path}: {_status_in(head)}")
        head += part
    return head


async def _answer(connection: h11.Connection, read: Callable[[], Awaitable[bytes]], path: str) -> bytes:
    head = await _head(read, path)
    connection.receive_data(head)
    answer = bytearray()
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            raise NoAnswerError(f"{path}: {_status_in(head)}") from None
        if event is h11.NEED_DATA:
            connection.receive_data(await read())
        elif isinstance(event, h11.Response) and event.status_code != 200:
            raise NoAnswerError(f"{path}: HTTP {event.status_code}")
        elif isinstance(event, h11.Data):
            answer += event.data
            if len(answer) > _MOST_BYTES:
                raise NoAnswerError(f"{path}: the answer is longer than {_MOST_BYTES} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return bytes(answer)


def _status_in(head: bytes) -> str:
    """What came in the place of an answer, in a few words."""
    status = head.partition(b"\r\n")[0].split()
    if status[1:2] == [b"200"]:
        return "the answer breaks off, or breaks the rules of HTTP"
    return f"HTTP {status[1][:3].decode(errors='replace')}" if len(status) > 1 else "HTTP no status"


def _verdict(path: str, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NoAnswerError(f"{path}: the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise NoAnswerError(f"{path}: the answer is not an object")
    status = str(answer.get("status", "")).split()
    if "200" not in status[1:2]:
        raise NoAnswerError(f"{path}: the app says {str(answer.get('reason', 'nothing'))[:200]!r}")
    return answer


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")
