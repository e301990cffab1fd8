"""The chains of operations under way: at most one for each instance, each a task of its own."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nodeagent.applier import Applier
from nodeagent.differ.diff import leads_on
from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.operations import Op, Outcome, OutcomeKind

_log = logging.getLogger(__name__)


@dataclass
class _Chain:
    """A chain of operations under way on one instance."""

    ops: tuple[Op, ...]
    towards: str | None
    """The digest that is desired; None for a removal."""
    at: int = 0
    """Which operation is under way."""
    fails: bool = False
    """True when the last attempt at it failed, and another one will be made."""
    task: asyncio.Task[None] | None = None

    @property
    def current(self) -> Op:
        return self.ops[self.at]


class Chains:
    """Begins chains and pre-empts them. A cancelled chain is under way until what it has begun has ended."""

    def __init__(
        self,
        *,
        driver: Driver,
        directories: InstanceFolders,
        on_outcome: Callable[[Outcome], None],
        on_change: Callable[[], None],
        on_end: Callable[[], None],
        concurrency: int,
    ) -> None:
        """Makes an empty set of chains.

        Args:
            driver: performs operations on containers or processes.
            directories: the folders of the instances.
            on_outcome: told of every end of an operation and of every failed attempt.
            on_change: told when another operation is under way.
            on_end: told when a chain has ended: what was observed before is old.
            concurrency: operations on the engine at the same time.
        """
        self._applier = Applier(
            driver=driver,
            directories=directories,
            on_begin=self._on_begin,
            on_outcome=self._on_outcome,
            concurrency=concurrency,
        )
        self._tell_outcome = on_outcome
        self._tell_change = on_change
        self._tell_end = on_end
        self._chains: dict[str, _Chain] = {}

    @property
    def busy(self) -> frozenset[str]:
        """The instances that something is done to."""
        return frozenset(self._chains)

    @property
    def failing(self) -> frozenset[str]:
        """Those of them whose operation failed and is tried again: the world may have changed under their chains."""
        return frozenset(name for name, chain in self._chains.items() if chain.fails)

    @property
    def working_on(self) -> Mapping[str, Op]:
        """The operation that is under way for each busy instance."""
        return {name: chain.current for name, chain in self._chains.items()}

    def begin(self, ops: tuple[Op, ...], towards: str | None) -> None:
        """Begins a chain on an instance that is not busy.

        Args:
            ops: the chain.
            towards: the digest that is desired; None for a removal.
        """
        name = ops[0].instance
        chain = _Chain(ops, towards)
        self._chains[name] = chain
        chain.task = asyncio.create_task(self._applier.run(ops), name=f"chain-{name}")
        chain.task.add_done_callback(lambda task: self._end(name, task))

    def cancel_superseded(self, wanted: Mapping[str, str]) -> None:
        """Pre-empts chains that work towards something which is not desired any more.

        Args:
            wanted: the digests that are desired, by name of the instance.
        """
        for name, chain in self._chains.items():
            if chain.towards != wanted.get(name):
                self._cancel(name, chain, "what is under way is no longer wanted")

    def cancel_unless_it_leads_on(self, name: str, planned: tuple[Op, ...]) -> None:
        """Pre-empts a chain that fails, when another one would be planned now."""
        chain = self._chains.get(name)
        if chain is not None and chain.fails and not leads_on(chain.ops[chain.at :], planned):
            self._cancel(name, chain, "what is under way does not fit what is there any more")

    async def aclose(self) -> None:
        """Cancels all, and waits for what they have begun."""
        tasks = [chain.task for chain in self._chains.values() if chain.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _cancel(self, name: str, chain: _Chain, why: str) -> None:
        if chain.task is not None and not chain.task.cancelling():
            _log.info("%s: %s", name, why)
            chain.task.cancel()

    def _on_begin(self, op: Op) -> None:
        chain = self._chains[op.instance]
        chain.at = next(index for index, one in enumerate(chain.ops) if one is op)
        chain.fails = False
        self._tell_change()

    def _on_outcome(self, outcome: Outcome) -> None:
        self._chains[outcome.op.instance].fails = outcome.kind in (OutcomeKind.TRANSIENT, OutcomeKind.WAITING)
        self._tell_outcome(outcome)

    def _end(self, name: str, task: asyncio.Task[None]) -> None:
        del self._chains[name]
        if not task.cancelled() and task.exception() is not None:
            _log.error("the chain on %s ended unexpectedly", name, exc_info=task.exception())
        self._tell_end()
