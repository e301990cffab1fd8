"""Names of instances on their way to whoever looks at them."""

import asyncio


class Mailbox:
    """Hands out names in the order in which they came; one that waits already is not put in again.

    So it never holds more names than there are instances, however fast the events come. Belongs to one event loop.
    """

    def __init__(self) -> None:
        self._names: dict[str, None] = {}
        self._closed = self._interrupted = False
        self._changed = asyncio.Event()

    def put(self, name: str) -> None:
        """Adds a name."""
        self._names.setdefault(name)
        self._changed.set()

    def interrupt(self) -> None:
        """Has `next`, now or when it is called, say at once that there is none, if none waits."""
        self._interrupted = True
        self._changed.set()

    def close(self) -> None:
        """Lets `next` end, once the names that wait are handed out."""
        self._closed = True
        self._changed.set()

    async def next(self, timeout_s: float | None = None) -> str | None:
        """The next name; None when the mailbox is closed, or empty for so many seconds or until it is interrupted."""
        if not self._names and not self._closed and not self._interrupted:
            self._changed.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._changed.wait()
            except TimeoutError:
                return None
        if not self._names:
            self._interrupted = False
            return None
        name = next(iter(self._names))
        del self._names[name]
        return name

    @property
    def closed(self) -> bool:
        """True when no name waits and none will come."""
        return self._closed and not self._names
