"""One writes at a time. The others wait, but not for ever, and not as many as there can be; who comes next may be done together."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from controller.writing.refusals import NotNow

WAIT_SECONDS: Final = 30.0
"""Until a write that waits is refused: a remote that is away may hold the one before it for minutes."""
MOST_WAITING: Final = 200
"""Each has a body of up to a mebibyte."""

A = TypeVar("A")
B = TypeVar("B")


@dataclass(eq=False)
class Turn(Generic[A, B]):
    """One who waits, with what he asks for, and what comes of it."""

    asked: A
    answer: "asyncio.Future[B]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def done(self, answer: B) -> None:
        """Gives him what came of it, unless he left."""
        if not self.answer.done():
            self.answer.set_result(answer)

    def failed(self, error: Exception) -> None:
        """Tells him why nothing comes of it, unless he left."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Turns(Generic[A, B]):
    """Whose turn it is, in the order of who came."""

    def __init__(
        self,
        work: Callable[[list[Turn[A, B]]], Awaitable[None]],
        together: Callable[[list[A]], list[int]],
        *,
        wait_seconds: float = WAIT_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Nobody waits.

        Args:
            work: does what some ask for, and answers each of them; who has no answer afterwards waits on, before all others.
            together: of what is asked for, in the order of who came, the places of what is done next: the first of them at least.
            wait_seconds: so long one waits until his turn comes.
            most_waiting: so many wait at most.
        """
        self._work = work
        self._together = together
        self._wait_seconds = wait_seconds
        self._most_waiting = most_waiting
        self._waiting: list[Turn[A, B]] = []
        self._worker: asyncio.Task[None] | None = None

    async def mine(self, asked: A) -> B:
        """What comes of what somebody asks for. Once his turn has come it is done, whether he waits or not.

        Raises:
            NotNow: others keep him waiting for too long, or too many are.
        """
        if len(self._waiting) >= self._most_waiting:
            raise NotNow(f"{self._most_waiting} other writes are waiting already: try again later")
        turn: Turn[A, B] = Turn(asked)
        self._waiting.append(turn)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work_until_nobody_waits())
        try:
            await asyncio.wait({turn.answer}, timeout=self._wait_seconds)
            if turn in self._waiting:
                raise NotNow(f"the writes before this one took more than {self._wait_seconds:g} s: try again later")
            return await turn.answer
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    async def _work_until_nobody_waits(self) -> None:
        try:
            while self._waiting:
                chosen = [self._waiting[at] for at in self._together([one.asked for one in self._waiting])]
                self._waiting = [one for one in self._waiting if one not in chosen]
                try:
                    await self._work(chosen)
                except Exception as error:  # noqa: BLE001 - a bug in one write ends no others (S15)
                    for one in chosen:
                        one.failed(error)
                self._waiting[:0] = [one for one in chosen if not one.answer.done()]
        finally:
            self._worker = None
