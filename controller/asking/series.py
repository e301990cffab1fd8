"""Series of cameras: asked of an agent once for all who want the same within some seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from controller.asking.base import CannotAsk
from controller.asking.conversation import Conversation
from controller.asking.wanted import Series
from crds.answers import AgentAnswer, CameraSeries

Which = tuple[str, str, str]
"""A node, an instance, a camera."""
MOST_ASKED: Final = 64
"""At the same time, and for some seconds after: some MiB at most."""
_KEEP_SECONDS: Final = 10.0


class SeriesQuestions:
    """The questions of now, and their answers for some seconds. Without one it has no task."""

    def __init__(self) -> None:
        self._asked: dict[Which, asyncio.Task[Series]] = {}
        self._forgetting: set[asyncio.TimerHandle] = set()

    async def of(self, which: Which, ask: Callable[[], Awaitable[Series]]) -> Series:
        """The answer to a question, which is asked unless it was asked just now.

        Raises:
            CannotAsk: as `ask` says, or too many are asked.
        """
        task = self._asked.get(which)
        if task is None:
            if len(self._asked) >= MOST_ASKED:
                raise CannotAsk(f"the series of {MOST_ASKED} cameras are looked at: try again in some seconds")
            task = self._asked[which] = asyncio.ensure_future(_asked(ask))
            task.add_done_callback(partial(self._forget_soon, which))
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Ends all of it."""
        tasks = tuple(self._asked.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for timer in self._forgetting:
            timer.cancel()

    @property
    def is_idle(self) -> bool:
        """True while nothing is asked or kept."""
        return not self._asked

    def _forget_soon(self, which: Which, task: asyncio.Task[Series]) -> None:
        def forget() -> None:
            self._forgetting.discard(timer)
            del self._asked[which]

        if not task.cancelled():
            task.exception()  # taken note of: whoever waited for it may have left
        timer = asyncio.get_running_loop().call_later(_KEEP_SECONDS, forget)
        self._forgetting.add(timer)


async def _asked(ask: Callable[[], Awaitable[Series]]) -> Series:
    return await ask()


async def take_series(conversation: Conversation, now: Callable[[], datetime]) -> Series:
    """Puts together what an agent answers.

    Raises:
        CannotAsk: it cannot say, or parts of it were lost.
    """
    first: CameraSeries | None = None
    ended_at = now()
    while True:
        answer: AgentAnswer = await conversation.take()
        if answer.problem:
            raise CannotAsk(answer.problem)
        if conversation.missed or (answer.ends and first is None):
            raise CannotAsk(f"a part of what node {conversation.whom.node} answered was lost on its way: ask again")
        if answer.series is not None and first is None:
            ended_at = now() - timedelta(seconds=answer.series.age_seconds)
            first = answer.series
        elif answer.series is not None and first is not None:
            lines, regions = {**first.lines, **answer.series.lines}, {**first.regions, **answer.series.regions}
            first = first.model_copy(update={"lines": lines, "regions": regions})
        if answer.ends and first is not None:
            length = timedelta(seconds=first.step_seconds * len(first.fps))
            return Series(
                ended_at - length,
                first.step_seconds,
                first.fps,
                first.objects,
                first.lines,
                first.regions,
                first.counts_told,
                first.left_out,
            )
