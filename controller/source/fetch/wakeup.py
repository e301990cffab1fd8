"""One stream of wake-ups out of a stream and an event."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress


async def merged(stream: AsyncIterator[None], event: asyncio.Event) -> AsyncGenerator[None, None]:
    """Yields when the stream yields or the event is set; several causes at once are one wake-up.

    Args:
        stream: an asynchronous generator; it is closed with this one.
        event: cleared when it has caused a wake-up.
    """

    async def pump() -> None:
        if isinstance(stream, AsyncGenerator):
            async with aclosing(stream):
                async for _ in stream:
                    event.set()

    pumping = asyncio.create_task(pump())
    try:
        while True:
            waiting = asyncio.create_task(event.wait())
            try:
                await asyncio.wait({waiting, pumping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
            if pumping.done() and not event.is_set():
                pumping.result()
                return
            event.clear()
            yield
    finally:
        pumping.cancel()
        with suppress(asyncio.CancelledError):
            await pumping
