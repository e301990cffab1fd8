"""Long answers in pieces, so that nobody else waits for one to be written."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from itertools import islice

AT_ONCE = 250
"""Objects whose JSON is made in one go: some ten milliseconds when none of it was made before."""


async def in_pieces(parts: Iterable[bytes], at_once: int = AT_ONCE) -> AsyncIterator[bytes]:
    """The parts, many at a time; whatever else has to be done has its turn between."""
    waiting = iter(parts)
    while some := list(islice(waiting, at_once)):
        yield b"".join(some)
        if len(some) < at_once:
            return
        await asyncio.sleep(0)


def listed(head: bytes, items: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    """A JSON list with what stands around it, part by part."""
    before = head
    for item in items:
        yield before + item
        before = b","
    yield end if before == b"," else head + end
