import asyncio
from typing import Any

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeagent.apps.rest import NoAnswerError, ask, plain_content
from tests.apps.stand import OK, Answer, app, http
from tests.patience import patient

PATH = "/api/v1/stream/add"
YES = {"status": OK, "reason": "STREAM_ADD_SUCCESS"}


def put(answer: Answer, body: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
    async def run() -> dict[str, Any]:
        async with asyncio.timeout(patient(5)), app(answer) as port:
            return await ask(port, PATH, body, **options)

    return asyncio.run(run())


def raw(*parts: bytes) -> Answer:
    def answer(_: str, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)

    return answer


def test_with_a_body_it_is_a_post() -> None:
    async def run() -> tuple[str, bytes, dict[str, Any]]:
        seen: list[Any] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = int(next(line for line in head.splitlines() if line.startswith("Content-Length:")).split()[1])
            seen.extend((head, await reader.readexactly(length)))
            writer.write(http(YES))
            await writer.drain()
            writer.close()

        async with asyncio.timeout(patient(5)), await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            answer = await ask(server.sockets[0].getsockname()[1], PATH, {"value": {"camera_id": "hof-süd"}})
        return seen[0], seen[1], answer

    head, body, answer = asyncio.run(run())
    assert head.startswith(f"POST {PATH} HTTP/1.1\r\n")
    assert "Content-Type: application/json\r\n" in head
    assert body == b'{"value": {"camera_id": "hof-s\\u00fcd"}}'
    assert answer == YES


@pytest.mark.parametrize(
    "parts",
    [
        (http(YES)[:-1], http(YES)[-1:]),
        (b"HTTP/1.1 100 Continue\r\n\r\n", http(YES)),
        (b'HTTP/1.0 200 OK\r\n\r\n{"status": "HTTP/1.1 200 OK", "reason": "STREAM_ADD_SUCCESS"}',),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            b'1c\r\n{"status": "HTTP/1.1 200 OK"\r\n',
            b'20\r\n, "reason": "STREAM_ADD_SUCCESS"\r\n',
            b"1\r\n}\r\n0\r\n\r\n",
        ),
        (http(YES), b"whatever comes after it"),
    ],
)
def test_an_answer_is_read_however_it_is_sent(parts: tuple[bytes, ...]) -> None:
    assert put(raw(*parts)) == YES


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((http(YES)[:-5],), "the answer breaks off, or breaks the rules of HTTP"),
        ((b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n{}",), "the answer breaks off, or breaks the rules of HTTP"),
        ((b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",), "the answer breaks off, or breaks the rules of HTTP"),
        ((b"HTTP/1.1 101 Switching Protocols\r\n\r\n",), "HTTP 101"),
        ((b"SSH-2.0 OpenSSH\r\n\r\n",), "HTTP Ope"),
        ((b"",), "HTTP no status"),
        ((b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,), "the head of the answer has no end"),
        ((http({"status": "HTTP/1.1 400 Bad Request", "reason": "STREAM_ADD_FAIL"}),), "the app says 'STREAM_ADD_FAIL'"),
    ],
)  # fmt: skip
def test_what_is_no_answer_says_why(parts: tuple[bytes, ...], message: str) -> None:
    with pytest.raises(NoAnswerError) as refusal:
        put(raw(*parts), {})
    assert str(refusal.value) == f"{PATH}: {message}"


def test_whoever_asks_says_how_long_it_may_take() -> None:
    async def hang(_: str, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    with pytest.raises(NoAnswerError, match=r"no answer within 0\.05 s"):
        put(hang, timeout_s=0.05)


def by_h11(answer: bytes) -> bytes | None:
    """The content of an answer with status 200 that is whole, and ends with the connection."""
    connection = h11.Connection(h11.CLIENT)
    for asked in (h11.Request(method="GET", target="/", headers=[("Host", "")]), h11.EndOfMessage()):
        connection.send(asked)
    content = b""
    try:
        connection.receive_data(answer)
        connection.receive_data(b"")
        while not isinstance(event := connection.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Response) and event.status_code != 200:
                return None
            content += bytes(event.data) if isinstance(event, h11.Data) else b""
    except h11.RemoteProtocolError:
        return None
    return content


LINES = st.sampled_from(
    [
        *(b"HTTP/1.1 200 OK", b"HTTP/1.0 200 ", b"HTTP/1.1 404 Not Found", b"HTTP/2 200 OK", b"HTTP/1.1 200", b"200"),
        *(
            b"Content-Length: 2",
            b"content-length:2 ",
            b"Content-Length: 3",
            b"Content-Length: 2, 2",
            b"Content-Length : 2",
        ),
        *(
            b"Content-Length: +2",
            b"Transfer-Encoding: chunked",
            b"X: content-length: 2",
            b"X:",
            b"a/b: c",
            b'"a": c',
            b": x",
            b"X",
            b" folded",
        ),
        *(b"Date: Mon, 30 Nov 2026 20:00:00 GMT", b"X: \xff", b"X: \x00", b"X: a\rb", b""),
    ]
)


@given(
    st.sampled_from([b"HTTP/1.1 200 OK", b"HTTP/1.0 200 Fine"]) | LINES,
    st.lists(LINES, max_size=4),
    st.sampled_from([b"{}", b"", b"{", b"{}\n", b"2\r\n{}\r\n0\r\n\r\n"]),
)
def test_what_counts_as_a_plain_answer_is_what_it_is_for_h11(first: bytes, lines: list[bytes], content: bytes) -> None:
    answer = b"\r\n".join((first, *lines, b"", content))
    if (plain := plain_content(answer)) is not None:
        assert plain == by_h11(answer)


@pytest.mark.parametrize("name", [bytes([one]) for one in range(1, 128)])
def test_a_header_is_called_as_h11_lets_it_be(name: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\na%b: c\r\nContent-Length: 2\r\n\r\n{}" % name
    assert plain_content(answer) in (None, by_h11(answer))


def test_the_answers_of_apps_are_plain() -> None:
    assert plain_content(http(YES)) == http(YES).partition(b"\r\n\r\n")[2]
    served = b"HTTP/1.0 200 OK\r\nServer: BaseHTTP/0.6 Python/3.11\r\nContent-Length: 0\r\n\r\n"
    assert plain_content(served) == b""
