"""Blocking calls in threads that nobody has to wait for."""

import asyncio
import contextlib
import functools
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeAlias, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
A = TypeVar("A")

_Call: TypeAlias = "tuple[Callable[[], Any], asyncio.Future[Any]]"
_IDLE_S = 6.0
_GATHER_S = 0.02


class BlockingCalls:
    """Runs blocking functions, each in a thread that does nothing else meanwhile.

    A cancelled call returns at once while its thread finishes what it does. The threads are daemons, which those of
    `ThreadPoolExecutor` are not: an agent that is told to leave does not wait for an image that is being pulled. One that has
    nothing to do waits some seconds for the next call: to begin a thread holds up the loop, for milliseconds on a busy machine.

    Args:
        name: what the threads are called.
        limit: most threads at a time; one counts until it ends, also when its call was cancelled.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._slots = asyncio.Semaphore(limit)
        self._calls: queue.SimpleQueue[_Call] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._idle = 0
        self._shared: dict[object, asyncio.Future[Any]] = {}
        self._gathered: dict[
            Callable[[Sequence[Any]], Callable[[Any], Any]], list[tuple[Any, asyncio.Future[Any]]]
        ] = {}
        self._batches: set[asyncio.Task[None]] = set()

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

    async def run_together(self, prepare: Callable[[Sequence[A]], Callable[[A], T]], question: A) -> T:
        """Answers a question in one thread with all that are asked in this way within 20 ms, one after the other.

        For short ones that many ask at the same moment: to wake a thread for each costs more than what it does.

        Args:
            prepare: called with all of the questions, finds out what they share, and returns what answers each.
            question: one of them.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        gathered = self._gathered.setdefault(prepare, [])
        gathered.append((question, future))
        if len(gathered) == 1:
            loop.call_later(_GATHER_S, self._begin_batch, prepare)
        return await future

    def _begin_batch(self, prepare: Callable[[Sequence[Any]], Callable[[Any], Any]]) -> None:
        task = asyncio.ensure_future(self._run_batch(prepare, self._gathered.pop(prepare)))
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)

    async def _run_batch(
        self,
        prepare: Callable[[Sequence[Any]], Callable[[Any], Any]],
        batch: Sequence[tuple[Any, "asyncio.Future[Any]"]],
    ) -> None:
        def answers() -> list[tuple[Any, BaseException | None]]:
            answer, failure = _answer_of(functools.partial(prepare, [question for question, _ in batch]))
            if answer is None:
                return [(None, failure)] * len(batch)
            return [_answer_of(functools.partial(answer, question)) for question, _ in batch]

        for (_, future), (result, failure) in zip(batch, await self.run(answers), strict=True):
            _settle(future, result, failure)

    def _answered(self, question: object, asked: "asyncio.Future[Any]") -> None:
        del self._shared[question]
        if not asked.cancelled():
            asked.exception()  # looked at: whoever asked may have gone

    async def _in_thread(self, call: Callable[[], T]) -> T:
        """Calls it in a thread that has a slot, which is free again when the thread ends."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        with self._lock:
            one_is_idle = self._idle > 0
            self._idle -= one_is_idle
        self._calls.put((call, future))
        if not one_is_idle:
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        try:
            return await future
        finally:
            # An error refers to this frame: without this, both would stay until the next garbage collection.
            del future

    def _work(self) -> None:
        next_call: _Call | None = self._calls.get()
        while next_call is not None:
            wait_s = _IDLE_S if self._perform(*next_call) else 0.0
            next_call = None  # what it refers to is not kept until the next one comes
            next_call = self._next(wait_s)

    def _perform(self, call: Callable[[], Any], future: "asyncio.Future[Any]") -> bool:
        """Makes one call; False when nobody waits for it, or for any other."""
        result, failure = _answer_of(call)
        with self._lock:
            self._idle += 1  # before it is told: who asks next finds this thread
        try:
            future.get_loop().call_soon_threadsafe(self._release, future, result, failure)
        except RuntimeError:  # the loop was closed in the meantime
            return False
        finally:
            # An error refers to this frame.
            del future, result, failure
        return True

    def _next(self, wait_s: float) -> "_Call | None":
        """What an idle thread does next; None when nobody asks within that time."""
        while True:
            with contextlib.suppress(queue.Empty):
                return self._calls.get(timeout=wait_s)
            with self._lock:
                if self._idle:
                    self._idle -= 1
                    return None
            # Somebody counts on an idle one: his call is on its way.

    def _release(self, future: "asyncio.Future[T]", result: T | None, failure: BaseException | None) -> None:
        self._slots.release()
        _settle(future, result, failure)


def _answer_of(call: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    """What it returns or raises."""
    try:
        return call(), None
    except BaseException as error:  # noqa: BLE001 - whatever it is, the caller gets it
        return None, error


def _settle(future: "asyncio.Future[T]", result: T | None, failure: BaseException | None) -> None:
    """Tells whoever waits for it, if he still does."""
    if future.done():
        return
    if failure is None:
        future.set_result(result)  # type: ignore[arg-type]  # T itself may be None
    else:
        future.set_exception(failure)
