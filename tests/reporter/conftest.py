"""A bus that a test can watch and break."""

import asyncio
from dataclasses import dataclass, field

import pytest

from bus.base import PublishFailed, Topic


@dataclass
class WatchedBus:
    """Keeps what is published; fails when it is told to. Only `publish` of the port."""

    sent: list[tuple[Topic, str | None, bytes | None]] = field(default_factory=list)
    failures: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def publish(self, topic: Topic, *, key: str | None, value: bytes | None) -> None:
        self.sent.append((topic, key, value))
        self.news.set()
        await self.open.wait()
        if self.failures:
            self.failures -= 1
            raise PublishFailed("no acknowledgement")

    async def until(self, count: int) -> None:
        """Waits for so many publications in all."""
        async with asyncio.timeout(10):
            while len(self.sent) < count:
                self.news.clear()
                await self.news.wait()


@pytest.fixture
def watched_bus() -> WatchedBus:
    bus = WatchedBus()
    bus.open.set()
    return bus
