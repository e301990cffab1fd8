"""Walks the chains of a plan: order, retries, outcomes. It decides nothing."""

import asyncio
import logging
from collections.abc import Callable

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_exponential

from nodeagent.engines.base import Driver
from nodeagent.folders.base import InstanceFolders
from nodeagent.model import Applied, Permanent, Transient, Waiting
from nodeagent.operations import Create, Note, Op, Outcome, OutcomeKind, PullImage, Remove, Start, Stop, WriteFiles
from nodeagent.slots import Slot, Slots
from nodeagent.timings import Timings
from ports.ports import Ports

_log = logging.getLogger(__name__)

# What is started again comes before what is made: it ran, and is missed. So is what was stopped to be made anew.
_AGAIN, _ANEW, _NEW = 0, 1, 2


class Applier:
    """Performs operations with retries. Cancelling `run` is how a newer generation pre-empts an older one."""

    def __init__(
        self,
        *,
        driver: Driver,
        folders: InstanceFolders,
        concurrency: int,
        ports: Ports,
        timings: Timings,
    ) -> None:
        """Makes an applier.

        Args:
            driver: performs operations on containers or processes.
            folders: the folders of the instances.
            concurrency: operations on the engine at the same time, pulls and stops apart; above twice the cores only latency grows.
                So many folders are written at the same time, beside them.
            ports: the time, dice for the delays, and threads in which folders are written.
            timings: the delays between two attempts.
        """
        self._driver = driver
        self._folders = folders
        self._slots = Slots(concurrency)
        self._writes = asyncio.Semaphore(concurrency)
        self._ports = ports
        self._longest_delay = wait_exponential(
            multiplier=timings.first_attempt_delay_seconds, max=timings.longest_attempt_delay_seconds
        )

    async def run(
        self, chain: tuple[Op, ...], on_begin: Callable[[Op], None], on_outcome: Callable[[Outcome], None]
    ) -> None:
        """Performs a chain in order; ends early when an operation fails for good.

        Args:
            chain: the operations.
            on_begin: told of each before it is tried.
            on_outcome: told of every end of an operation and of every failed attempt.
        """
        # One that has begun goes on to its end before others begin: so the first instance runs as early as it can.
        slot = Slot(self._slots, _order_of(chain))
        try:
            before: Op | None = None
            for op in chain:
                _log.info("%s", op)
                on_begin(op)
                try:
                    if not _is_noted(op, before):
                        await self._retry(op, slot, on_outcome)
                except Permanent as error:
                    _log.error("%s %s failed until its manifest changes: %s", op.kind, op.instance, error)
                    on_outcome(Outcome(op, OutcomeKind.PERMANENT, self._ports.clock.now(), str(error)))
                    return
                on_outcome(Outcome(op, OutcomeKind.DONE, self._ports.clock.now()))
                before = op
        finally:
            slot.give_back()

    async def _retry(self, op: Op, slot: Slot, on_outcome: Callable[[Outcome], None]) -> None:
        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.retry_after_seconds if isinstance(error, Transient) else None
            return asked if asked is not None else self._ports.dice.uniform(0, self._longest_delay(state))

        def tell(state: RetryCallState) -> None:
            error = state.outcome.exception() if state.outcome else None
            kind = OutcomeKind.WAITING if isinstance(error, Waiting) else OutcomeKind.TRANSIENT
            delay = state.next_action.sleep if state.next_action else 0.0
            _log.warning(
                "%s %s: attempt %d: %s; again in %.1f s", op.kind, op.instance, state.attempt_number, error, delay
            )
            on_outcome(Outcome(op, kind, self._ports.clock.now(), str(error), state.attempt_number))

        retrying = AsyncRetrying(retry=retry_if_exception_type((Transient, Waiting)), wait=wait, before_sleep=tell)
        await retrying(self._once, op, slot)

    async def _once(self, op: Op, slot: Slot) -> None:
        try:
            # Those wait for somebody else, a registry or an app, and must not keep a slot from a crashed neighbour.
            if isinstance(op, PullImage | Stop):
                slot.give_back()
                await self._perform(op)
            elif isinstance(op, WriteFiles):
                async with self._writes:
                    await self._perform(op)
            else:
                await slot.take()
                await self._perform(op)
        except (Transient, Permanent, Waiting):
            slot.give_back()
            raise
        except Exception as error:
            slot.give_back()
            # Unknown is Transient: reported, retried with growing delays, never forgotten.
            _log.exception("%s %s: unexpected error", op.kind, op.instance)
            raise Transient(f"unexpected {type(error).__name__}: {error}") from error

    async def _perform(self, op: Op) -> None:
        match op:
            case WriteFiles(config=config):
                await self._ports.threads.run(self._folders.write, config)
            case Note():
                await self._note(op)
            case _:
                await self._driver.perform(op)
        if isinstance(op, Remove) and op.towards is None:
            await self._ports.threads.run(self._folders.remove, op.instance)

    async def _note(self, op: Note) -> None:
        there = (await self._driver.observe()).get(op.instance)
        if there is not None:
            note = Applied(op.config, op.generation, there.runtime_id)
            await self._ports.threads.run(self._folders.note_applied, note)


def _order_of(chain: tuple[Op, ...]) -> int:
    """Which chains get a slot first."""
    if not any(isinstance(op, Create) for op in chain):
        return _AGAIN
    return _ANEW if any(isinstance(op, Stop | Remove) for op in chain) else _NEW


def _is_noted(op: Op, before: Op | None) -> bool:
    """True for a note about what was started just before: whoever starts an instance notes it himself."""
    if not isinstance(op, Note) or not isinstance(before, Start):
        return False
    return op.config is before.config and op.generation == before.generation
