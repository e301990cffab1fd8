"""Work that would hold up the loop, done beside it."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Threads(Protocol):
    """Calls functions that block or take long."""

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls the function, and returns or raises what it does; a cancelled call goes on in its thread."""
        ...


class PoolThreads:
    """The threads of asyncio's own pool."""

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """See `Threads`."""
        return await asyncio.to_thread(function, *args, **kwargs)
