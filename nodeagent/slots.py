"""How many operations go on at the same time, and who is next."""

import asyncio
import heapq
import itertools


class Slots:
    """A number of slots, for which some wait in an order; belongs to one event loop.

    Args:
        count: how many there are.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._numbers = itertools.count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    async def take(self, order: int) -> None:
        """Waits for a slot; lower orders come first, and of the same order those who waited longest."""
        if self._free:
            self._free -= 1
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (order, next(self._numbers), granted))
        try:
            await granted
        except asyncio.CancelledError:
            if not granted.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Gives a slot to the next, or to nobody."""
        while self._waiting:
            _, _, granted = heapq.heappop(self._waiting)
            if not granted.done():
                granted.set_result(None)
                return
        self._free += 1


class Slot:
    """The slot of one chain of operations, which keeps it from one operation to the next.

    Args:
        slots: all there are.
        order: see `Slots.take`.
    """

    def __init__(self, slots: Slots, order: int) -> None:
        self._slots = slots
        self._order = order
        self._taken = False

    async def take(self) -> None:
        """Waits for a slot, unless this one has it."""
        if not self._taken:
            await self._slots.take(self._order)
            self._taken = True

    def give_back(self) -> None:
        """Lets others have it; nothing, if this one does not."""
        if self._taken:
            self._taken = False
            self._slots.give_back()
