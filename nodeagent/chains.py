"""The chains of operations under way: at most one for each instance, each a task of its own."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nodeagent.applier import Applier
from nodeagent.operations import Cancellation, Chain, Op, Outcome, OutcomeKind, UnderWay

_log = logging.getLogger(__name__)


@dataclass
class _Begun:
    """A chain that was begun."""

    chain: Chain
    task: asyncio.Task[None]
    at: int = 0
    """Which operation is under way."""
    fails: bool = False
    is_done: bool = False
    """True once all of it was done."""

    @property
    def under_way(self) -> UnderWay:
        return UnderWay(Chain(self.chain.ops[self.at :], self.chain.towards), self.fails)


class Chains:
    """Begins chains and pre-empts them. A cancelled chain is under way until what it has begun has ended."""

    def __init__(
        self,
        *,
        applier: Applier,
        on_outcome: Callable[[Outcome], None],
        on_change: Callable[[], None],
        on_end: Callable[[str, bool], None],
    ) -> None:
        """Makes an empty set of chains.

        Args:
            applier: performs the operations.
            on_outcome: told of every end of an operation and of every failed attempt.
            on_change: told when another operation is under way.
            on_end: told when a chain has ended: its instance, and whether all of it was done. What was observed before is old.
        """
        self._applier = applier
        self._tell_outcome = on_outcome
        self._tell_change = on_change
        self._tell_end = on_end
        self._begun: dict[str, _Begun] = {}

    @property
    def under_way(self) -> Mapping[str, UnderWay]:
        """How far each chain got, by name of its instance."""
        return {name: begun.under_way for name, begun in self._begun.items()}

    @property
    def working_on(self) -> Mapping[str, Op]:
        """The operation that is under way for each busy instance."""
        return {name: begun.chain.ops[begun.at] for name, begun in self._begun.items()}

    def begin(self, chain: Chain) -> None:
        """Begins a chain on an instance that nothing is done to."""
        name = chain.instance
        performing = self._applier.run(chain.ops, self._on_begin, self._on_outcome)
        task = asyncio.create_task(performing, name=f"chain-{name}")
        self._begun[name] = _Begun(chain, task)
        task.add_done_callback(lambda task: self._end(name, task))

    def cancel(self, cancellation: Cancellation) -> None:
        """Pre-empts a chain, unless it is not any more what was decided about."""
        begun = self._begun.get(cancellation.instance)
        if begun is not None and not begun.task.cancelling() and begun.under_way == cancellation.under_way:
            _log.info("%s", cancellation)
            begun.task.cancel()

    async def aclose(self) -> None:
        """Cancels all, and waits for what they have begun."""
        tasks = [begun.task for begun in self._begun.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_begin(self, op: Op) -> None:
        begun = self._begun[op.instance]
        begun.at = next(index for index, one in enumerate(begun.chain.ops) if one is op)
        begun.fails = False
        self._tell_change()

    def _on_outcome(self, outcome: Outcome) -> None:
        begun = self._begun[outcome.op.instance]
        begun.fails = outcome.kind in (OutcomeKind.TRANSIENT, OutcomeKind.WAITING)
        begun.is_done = outcome.kind is OutcomeKind.DONE and outcome.op is begun.chain.ops[-1]
        self._tell_outcome(outcome)

    def _end(self, name: str, task: asyncio.Task[None]) -> None:
        begun = self._begun.pop(name)
        if not task.cancelled() and task.exception() is not None:
            _log.error("the chain on %s ended unexpectedly", name, exc_info=task.exception())
        self._tell_end(name, begun.is_done)
