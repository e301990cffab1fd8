"""Messages that are posted to a real server: what arrives, and what is said of one that answers badly."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.certificates import OwnCertificate
from controller.notifying.post import HttpPost, Posted, Unreachable
from controller.notifying.webhooks_file import target_of
from ports.disk import RealDisk
from ports.threads import PoolThreads
from tests.patience import patient

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
BODY = b'{"specversion":"1.0"}'


class Server:
    """A server that remembers what came, and answers with given bytes."""

    def __init__(self, answer: bytes, *, hangs: bool = False) -> None:
        self.answer, self.hangs = answer, hangs
        self.requests: list[bytes] = []
        self.at_work = set[asyncio.Task[None] | None]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_work.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head + await reader.readexactly(len(BODY)))
            writer.write(self.answer)
            await writer.drain()
            if self.hangs:
                await reader.read()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def serving(server: Server, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        await asyncio.gather(*(task for task in server.at_work if task))


async def posted(url: str, *, ca_file: Path | None = None, seconds: float | None = None) -> Posted:
    return await HttpPost(PoolThreads())(
        target_of(url), {"Content-Type": "text/x"}, BODY, ca_file=ca_file, timeout_seconds=seconds or patient(10)
    )


def answered(answer: bytes, path: str = "/fleet?a=b") -> tuple[Posted, bytes]:
    async def run() -> tuple[Posted, bytes]:
        server = Server(answer)
        async with serving(server) as port:
            return await posted(f"http://127.0.0.1:{port}{path}"), server.requests[0]

    return asyncio.run(run())


def test_a_message_arrives_whole() -> None:
    answer, request = answered(b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nok")
    assert answer == Posted(202)
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /fleet?a=b HTTP/1.1\r\n")
    for line in (
        b"\r\nContent-Length: 21\r\n",
        b"\r\nContent-Type: text/x",
        b"\r\nConnection: close\r\n",
        b"\r\nHost: 127.0.0.1:",
    ):
        assert line in head
    assert body == BODY


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", Posted(204)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Posted(200)),
        (b"HTTP/1.1 503 No\r\nRetry-After: 120\r\n\r\nlater", Posted(503, "120")),
        (b"HTTP/1.0 200 OK\r\n\r\nno length", Posted(200)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\ncut", Posted(200)),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", Posted(302)),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 3_000_000, Posted(200)),
    ],
)
def test_an_answer_is_its_status(answer: bytes, expected: Posted) -> None:
    assert answered(answer)[0] == expected


@pytest.mark.parametrize(
    "answer",
    [b"", b"hello\r\n\r\n", b"HTTP/1.1 2", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, b"\x16\x03\x01\x00\x00"],
)
def test_what_is_no_answer_is_said_without_the_path(answer: bytes) -> None:
    with pytest.raises(Unreachable, match=r"^http://127\.0\.0\.1:\d+ ") as refused:
        answered(answer, "/hush?hush=hush")
    assert "hush" not in str(refused.value)


def test_who_hangs_is_waited_for_no_longer_than_is_said() -> None:
    async def run() -> None:
        async with serving(Server(b"HTTP/1.1 200", hangs=True)) as port:
            await posted(f"http://127.0.0.1:{port}/", seconds=0.2)

    with pytest.raises(Unreachable, match=r"^no answer from http://127\.0\.0\.1:\d+ within 0\.2 s$"):
        asyncio.run(run())


def test_where_nobody_listens_it_is_said(free_port: Callable[[], int]) -> None:
    with pytest.raises(Unreachable, match=r"is not reached: Connection refused$"):
        asyncio.run(posted(f"http://127.0.0.1:{free_port()}/"))


def test_a_certificate_is_believed_for_its_name_and_by_who_signed_it_alone(tmp_path: Path) -> None:
    own = OwnCertificate(tmp_path, RealDisk(), ("127.0.0.1",))
    own.renew(datetime.now(UTC))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own.certificate, own.key)

    async def run(url: str, ca_file: Path | None) -> Posted:
        async with serving(Server(b"HTTP/1.1 204 No Content\r\n\r\n"), context) as port:
            return await posted(url.format(port=port), ca_file=ca_file)

    assert asyncio.run(run("https://127.0.0.1:{port}/", own.authority)) == Posted(204)
    for url, ca_file in (("https://127.0.0.1:{port}/", None), ("https://localhost:{port}/", own.authority)):
        with pytest.raises(Unreachable, match="is not trusted: "):
            asyncio.run(run(url, ca_file))
    with pytest.raises(Unreachable, match=r"ca\.pem cannot be used: No such file or directory"):
        asyncio.run(run("https://127.0.0.1:{port}/", tmp_path / "no" / "ca.pem"))
    (tmp_path / "none.pem").write_text("hush")
    with pytest.raises(Unreachable, match=r"none\.pem cannot be used: it holds no certificate"):
        asyncio.run(run("https://127.0.0.1:{port}/", tmp_path / "none.pem"))
