"""What one agent answers to one lease, on its way to who asked."""

import asyncio
from collections import deque
from typing import Final

from controller.asking.base import CannotAsk
from controller.asking.whom import Whom
from crds.answers import AgentAnswer

ROOM: Final = 64
"""So many answers of at most 60 KiB wait to be taken; an agent is not allowed more."""


class Conversation:
    """Puts answers in order, each once. What no agent of ours does is no error: it is dropped.

    Args:
        number: of the lease.
        whom: whom it is with.
    """

    def __init__(self, number: int, whom: Whom) -> None:
        self.number = number
        self.whom = whom
        self.missed = 0
        """How many answers were lost on their way before the one that was taken last."""
        self.attached = b""
        """What lay behind the answer that was taken last."""
        self.wants_renewal = asyncio.Event()
        """Set when there is much more room than the agent was told."""
        self.credit = ROOM
        """Answers of lower numbers than this may come."""
        self._told_credit = ROOM
        self._came: deque[tuple[AgentAnswer, bytes]] = deque()
        self._next = 0
        self._failure: CannotAsk | None = None
        self._changed = asyncio.Event()

    def put(self, answer: AgentAnswer, attached: bytes = b"") -> None:
        """An answer came, and what lies behind it."""
        if (answer.sequence < self._next and not answer.ends) or len(self._came) > 2 * ROOM:
            return
        self._next = max(self._next, answer.sequence + 1)
        self._came.append((answer, attached))
        self._changed.set()

    def fail(self, why: CannotAsk) -> None:
        """No more will come."""
        self._failure = why
        self._changed.set()

    def told(self) -> int:
        """The credit, which the agent is told now."""
        self._told_credit = self.credit
        self.wants_renewal.clear()
        return self.credit

    async def take(self) -> AgentAnswer:
        """The next answer.

        Raises:
            CannotAsk: no more will come.
        """
        while not self._came:
            if self._failure is not None:
                raise self._failure
            self._changed.clear()
            await self._changed.wait()
        answer, self.attached = self._came.popleft()
        taken = self.credit - ROOM
        self.missed = max(0, answer.sequence - taken)
        self.credit = max(self.credit, answer.sequence + 1 + ROOM)
        if self.credit - self._told_credit >= ROOM // 2:
            self.wants_renewal.set()
        return answer
