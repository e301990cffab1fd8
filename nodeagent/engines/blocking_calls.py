"""Blocking calls in threads that nobody has to wait for."""

import asyncio
import contextlib
import functools
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class BlockingCalls:
    """Runs blocking functions, each in a thread of its own.

    A cancelled call returns at once while its thread finishes what it does. The threads are daemons, which those of
    `ThreadPoolExecutor` are not: an agent that is told to leave does not wait for an image that is being pulled.

    Args:
        name: what the threads are called.
        limit: most threads at a time; one counts until it ends, also when its call was cancelled.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(limit)
        self._shared: dict[object, asyncio.Future[Any]] = {}

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls the function in a thread; returns or raises what it does."""
        await self._slots.acquire()
        return await self._in_thread(functools.partial(function, *args, **kwargs))

    async def run_to_its_end(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, but once its thread has begun, a cancelled call is over only when the thread is.

        For changes that whoever looks next must see.
        """
        await self._slots.acquire()
        call = asyncio.ensure_future(self._in_thread(functools.partial(function, *args, **kwargs)))
        try:
            return await asyncio.shield(call)
        except asyncio.CancelledError:
            await asyncio.wait({call})
            if not call.cancelled():
                call.exception()  # looked at, so that nobody complains that it was not
            raise

    async def run_shared(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, but who asks while somebody else has asked the same, and has no answer yet, gets his.

        For questions that many ask at the same moment. The arguments must be hashable.
        """
        question = (function, args, tuple(sorted(kwargs.items())))
        asked = self._shared.get(question)
        if asked is None:
            asked = self._shared[question] = asyncio.ensure_future(self.run(function, *args, **kwargs))
            asked.add_done_callback(lambda asked: self._answered(question, asked))
        return await asyncio.shield(asked)

    def _answered(self, question: object, asked: "asyncio.Future[Any]") -> None:
        del self._shared[question]
        if not asked.cancelled():
            asked.exception()  # looked at: whoever asked may have gone

    async def _in_thread(self, call: Callable[[], T]) -> T:
        """Calls it in a thread that has a slot, which is free again when the thread ends."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        threading.Thread(target=self._work, args=(call, future), name=self._name, daemon=True).start()
        try:
            return await future
        finally:
            # An error refers to this frame: without this, both would stay until the next garbage collection.
            del future

    def _work(self, call: Callable[[], T], future: "asyncio.Future[T]") -> None:
        result, failure = None, None
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller gets it
            failure = error
        # The loop may have been closed in the meantime: then nobody waits any more.
        with contextlib.suppress(RuntimeError):
            future.get_loop().call_soon_threadsafe(self._settle, future, result, failure)
        del future, result, failure  # for the same reason

    def _settle(self, future: "asyncio.Future[T]", result: T | None, failure: BaseException | None) -> None:
        self._slots.release()
        if future.done():
            return
        if failure is None:
            future.set_result(result)  # type: ignore[arg-type]  # T itself may be None
        else:
            future.set_exception(failure)
