"""Posts one message over HTTP/1.1: a connection of its own, certificates checked, redirects not followed, no proxy."""

import asyncio
import contextlib
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import h11

from controller.notifying.webhooks_file import Target
from ports.threads import Threads

_PART_BYTES: Final = 64 * 1024
_MOST_BYTES: Final = 256 * 1024
"""Of an answer that are read, so that who answers is done before the connection ends."""


class Unreachable(Exception):  # noqa: N818 - what happened
    """There is no answer; the message says why, and holds nothing of the URL but host and port."""


@dataclass(frozen=True)
class Posted:
    """What was answered."""

    status: int
    retry_after: str = ""
    """The value of that header."""


class Post(Protocol):
    """Posts messages."""

    async def __call__(
        self, target: Target, headers: Mapping[str, str], body: bytes, *, ca_file: Path | None, timeout_seconds: float
    ) -> Posted:
        """Posts one.

        Args:
            target: where to.
            headers: besides those that HTTP needs.
            body: the content.
            ca_file: what is trusted instead of what the machine trusts.
            timeout_seconds: until the answer must be there.

        Raises:
            Unreachable: there is no answer.
        """
        ...


class HttpPost:
    """See `Post`."""

    def __init__(self, threads: Threads) -> None:
        """Connects to nobody yet.

        Args:
            threads: where certificates are read.
        """
        self._threads = threads

    async def __call__(
        self, target: Target, headers: Mapping[str, str], body: bytes, *, ca_file: Path | None, timeout_seconds: float
    ) -> Posted:
        """See `Post`."""
        try:
            async with asyncio.timeout(timeout_seconds):
                # Some 20 ms, in a message every few seconds at most: whoever renews certificates needs not start anything anew.
                context = await self._threads.run(_context, ca_file) if target.is_secure else None
                return await _exchange(target, context, headers, body)
        except TimeoutError:
            raise Unreachable(f"no answer from {target.origin} within {timeout_seconds:g} s") from None
        except ssl.SSLCertVerificationError as error:
            raise Unreachable(f"the certificate of {target.origin} is not trusted: {error.verify_message}") from None
        except ssl.SSLError as error:
            raise Unreachable(f"no TLS with {target.origin}: {error.reason or 'the connection broke off'}") from None
        except (OSError, UnicodeError) as error:
            number = getattr(error, "errno", None)
            why = os.strerror(number) if number and number > 0 else "there is no such host, or nobody listens there"
            raise Unreachable(f"{target.origin} is not reached: {why}") from None
        except h11.RemoteProtocolError:
            raise Unreachable(f"{target.origin} breaks off, or answers otherwise than HTTP does") from None


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # of the disk, or of OpenSSL
        is_disk = error.errno and not isinstance(error, ssl.SSLError)
        why = error.strerror if is_disk else "it holds no certificate"
        raise Unreachable(f"{ca_file} cannot be used: {why}") from None


async def _exchange(target: Target, context: ssl.SSLContext | None, headers: Mapping[str, str], body: bytes) -> Posted:
    connection = h11.Connection(h11.CLIENT)
    own = [("Host", target.host_header), ("Content-Length", str(len(body))), ("Connection", "close")]
    request = h11.Request(method="POST", target=target.path, headers=[*own, *headers.items()])
    content = [connection.send(one) or b"" for one in (request, h11.Data(data=body), h11.EndOfMessage())]
    reader, writer = await asyncio.open_connection(target.host, target.port, ssl=context, happy_eyeballs_delay=0.25)
    try:
        # Who answers before he has read all, a 413 for instance, is heard nevertheless.
        with contextlib.suppress(ConnectionError):
            writer.write(b"".join(content))
            await writer.drain()
        return await _answer(connection, reader)
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _answer(connection: h11.Connection, reader: asyncio.StreamReader) -> Posted:
    posted, count = None, 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            part = await reader.read(_PART_BYTES)
            count += len(part)
            if posted is not None and (not part or count > _MOST_BYTES):
                return posted
            connection.receive_data(part)
        elif isinstance(event, h11.Response):
            found = [value for name, value in event.headers if name == b"retry-after"]
            posted = Posted(event.status_code, found[0].decode("ascii", "replace") if found else "")
        elif posted is not None and not isinstance(event, h11.Data):
            return posted
