"""One request to the REST interface of an app on this machine, and the verdict in its answer.

The interface is DeepStream's. Every outcome on a known path is HTTP 200 and the verdict stands in the body; calls hang
while the pipeline changes its state; and `Accept: text/plain` turns JSON into Prometheus text.
"""

import asyncio
import contextlib
import json
import os
import re
import socket
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, NoReturn

TIMEOUT_S = 1.0
_TOGETHER_S = 0.02
"""Answers are looked for at multiples of it, the next but one. Apps that are asked at the same moment have all answered by then: to wait
for each is to wake up for each, and that costs as much as the rest of a question."""
_PLAIN_HEAD = re.compile(rb"HTTP/1\.[01] 200 [\t -~]*(?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~]*)*")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,7})[ \t]*(?=\r\n|\Z)", re.IGNORECASE)
_OTHER_LENGTH = re.compile(rb"\r\n(?:transfer-encoding|content-length)[^\r]*", re.IGNORECASE)
_MOST_BYTES = 1024 * 1024
_MOST_HEAD_BYTES = 64 * 1024
_PART_BYTES = 64 * 1024


class NoAnswerError(Exception):
    """The app did not give an answer that can be used; the message says why."""


def one_line(said: object, most: int | None = None) -> str:
    """What an app says, as it may be shown to people and sent on: in one line, and short; nothing of what is no text.

    Args:
        said: anything.
        most: characters; None for all, so that whatever is to be masked in them is whole.
    """
    text = said if isinstance(said, str) else ""
    return "".join(one if one.isprintable() else " " for one in text[:most])


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
        with contextlib.suppress(BlockingIOError):  # on the loopback it is connected nevertheless, or refused
            bare.connect(("127.0.0.1", port))
        await loop.sock_sendall(bare, request_text(port, path, content))
        await asyncio.sleep(2 * _TOGETHER_S - loop.time() % _TOGETHER_S)
        return await _answer(partial(loop.sock_recv, bare, _PART_BYTES), path)


def request_text(port: int, path: str, content: bytes | None = None) -> bytes:
    """One request, which ends the connection."""
    lines = ["GET" if content is None else "POST", f" {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n"]
    if content is not None:
        lines.append(f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n")
    return "".join((*lines, "Connection: close\r\n\r\n")).encode("ascii") + (content or b"")


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


async def _answer(read: Callable[[], Awaitable[bytes]], path: str) -> bytes:
    head = await _head(read, path)
    if (plain := plain_content(head)) is not None:
        return plain
    # Here, since it is 0.8 MiB of an agent, and hardly an app answers in any other way.
    import h11  # noqa: PLC0415 - see above

    connection = h11.Connection(h11.CLIENT)
    for asked in (h11.Request(method="GET", target="/", headers=[("Host", "")]), h11.EndOfMessage()):
        connection.send(asked)
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


def plain_content(answer: bytes) -> bytes | None:
    """The content of an answer that is whole, and as simple as an answer can be; None for any other, which h11 takes apart.

    That is: status 200, lines that nobody can read in two ways, one length and nothing beside it, and so many bytes. It is what
    servers send who know their answer before they begin, and takes a tenth of h11's time.
    """
    head, end, content = answer.partition(b"\r\n\r\n")
    if not end or _PLAIN_HEAD.fullmatch(head) is None or len(_OTHER_LENGTH.findall(head)) != 1:
        return None
    length = _LENGTH.search(head)
    return content if length is not None and int(length[1]) == len(content) else None


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
