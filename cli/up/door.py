"""A door at a fixed port to the embedded broker, whose own port is another one at every start.

Kafka clients come through it once: what they are told then names the broker's own address, and they go on to that.
"""

import asyncio
import contextlib

_CHUNK_BYTES = 64 * 1024


async def open_door(port: int, broker: tuple[str, int]) -> asyncio.Server:
    """Carries what comes to a port of the loopback to the broker, and back.

    Args:
        port: where to listen.
        broker: host and port of the broker.

    Raises:
        OSError: the port cannot be listened on.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            there, back = await asyncio.open_connection(*broker)
            await asyncio.gather(_carry(reader, back), _carry(there, writer))
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", port)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carries one way; its end is the end of the other way too, since Kafka knows no half-closed connections."""
    try:
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass  # one of the two has left: nobody needs to know
    finally:
        writer.close()
