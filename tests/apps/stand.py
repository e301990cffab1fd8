"""An app that answers as a test says."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

OK = "HTTP/1.1 200 OK"


def http(body: Any, head: str = OK) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"{head}\r\nContent-Type: text/plain\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


Answer = Callable[[str, asyncio.StreamWriter], Any]


@contextlib.asynccontextmanager
async def app(answer: Answer) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert "Accept: */*" in request
            done = answer(request.split()[1], writer)
            if asyncio.iscoroutine(done):
                await done
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
