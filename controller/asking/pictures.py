"""What cameras show, for as long as somebody looks: who is asked for which, and who may have how many."""

import asyncio
import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from controller.asking.answer_reader import AnswerReader
from controller.asking.base import CannotAsk
from controller.asking.leases import AskingTimings, LeaseOffice
from controller.asking.picture_memory import FORGOTTEN_SECONDS, Key, PictureMemory
from controller.asking.picture_round import PictureRound
from controller.asking.wanted import NoPicture, PictureAnswer, PictureSeen, PictureWanted, Watcher
from controller.asking.whom import Whom
from crds.asking import MOST_CAMERAS
from crds.instance_config import InstanceConfig
from ports.clock import Clock

_log = logging.getLogger(__name__)

MOST_LOOKED_AT: Final = 1000
"""Cameras at a time, by all callers: a hundred pictures a second, some 5 % of a core."""
MOST_OF_CALLER: Final = 300
MOST_CALLERS: Final = 500
_MOST_LARGE: Final = 20
"""Of the large ones, which come five times as often."""
_LARGE_WIDTH: Final = 1280
_STALE_SECONDS: Final = 60.0
"""A picture that is older gives way to the reason why there is no newer one."""
_BUG: Final = "the controller met an error: see its log"


@dataclass
class _Call:
    """One look of a caller: what is the same for all cameras of it."""

    now: float
    own: dict[Key, float]
    """What he looks at, and until when that counts."""
    whoms: dict[str, Whom | str] = field(default_factory=dict)
    """Whom to ask by node, or why nobody can be asked there."""
    total: int = 0


class Pictures:
    """Implements `Asking.look`. While nobody looks it has no task, and keeps nothing after a minute.

    Args:
        whom: the agent of a node that can be asked; raises CannotAsk.
        config_of: what an instance was told, by its watcher; None where it was told nothing.
        office: says leases.
        reader: reads the answers.
        clock: the time.
        timings: how long it waits for what.
    """

    def __init__(
        self,
        *,
        whom: Callable[[str], Whom],
        config_of: Callable[[Watcher], InstanceConfig | None],
        office: LeaseOffice,
        reader: AnswerReader,
        clock: Clock,
        timings: AskingTimings,
    ) -> None:
        self._whom = whom
        self._config_of = config_of
        self._office = office
        self._reader = reader
        self._clock = clock
        self._timings = timings
        self._memory = PictureMemory()
        self._rounds: dict[tuple[str, int], tuple[PictureRound, asyncio.Task[None]]] = {}
        self._failures: dict[tuple[str, int], tuple[float, str]] = {}
        """Until when a node is not asked again, and why."""
        self._callers: dict[Hashable, dict[Key, float]] = {}
        self._tidying: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """True while nobody looks, and nothing is left of those who did."""
        return not (self._rounds or self._failures or self._callers or len(self._memory) or self._tidying)

    def look(self, caller: Hashable, wanted: Sequence[PictureWanted], width: int) -> Mapping[str, PictureAnswer]:
        """See `Asking`."""
        now = self._clock.monotonic()
        if caller not in self._callers and len(self._callers) >= MOST_CALLERS:
            self._tidy(now)
        if caller not in self._callers and len(self._callers) >= MOST_CALLERS:
            none = NoPicture(f"{MOST_CALLERS} look at pictures already, and no more at a time: try again later")
            return {one.camera: none for one in wanted}
        own = {key: until for key, until in self._callers.get(caller, {}).items() if until > now}
        self._callers[caller] = own
        call = _Call(now, own, total=self._looked_at(width))
        answers = {one.camera: self._answer(call, one, width) for one in wanted}
        self._tidy_later()
        return answers

    def picture(self, camera: str, width: int, version: str) -> bytes | None:
        """See `Asking`."""
        return self._memory.jpeg((camera, width), version)

    async def aclose(self) -> None:
        """Ends all of it."""
        if self._tidying is not None:
            self._tidying.cancel()
            self._tidying = None
        tasks = [task for _, task in self._rounds.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _answer(self, call: _Call, wanted: PictureWanted, width: int) -> PictureAnswer:
        key, why = (wanted.camera, width), self._ask(call, wanted, width)
        if why and key not in self._memory:
            return NoPicture(why)
        known = self._memory.ask(key, call.now)
        if not why or (isinstance(known, PictureSeen) and known.age_seconds < _STALE_SECONDS):
            return known
        return NoPicture(why)

    def _ask(self, call: _Call, wanted: PictureWanted, width: int) -> str:
        """Has a camera asked for; returns why it cannot be."""
        key, why = (wanted.camera, width), wanted.unwatched
        for watcher in wanted.watchers:
            config = self._config_of(watcher)
            if config is None:
                why = f"instance {watcher.instance} is not published for node {watcher.node} yet"
            elif not (why := config.app_kind.why_no_pictures):
                whom = self._whom_of(call, watcher.node)
                if isinstance(whom, Whom):
                    break
                why = whom
        else:
            return why
        if key not in call.own and (why := self._limit(call, width)):
            return why
        at = (whom.node, width)
        until, failure = self._failures.get(at, (0.0, ""))
        if until > call.now:
            return failure
        until = call.now + self._timings.seen_seconds
        is_new = key not in call.own
        if not self._round(at, whom).look(wanted.camera, until):
            return f"{MOST_CAMERAS} cameras of node {whom.node} are looked at already, and no more at a time"
        call.own[key] = until
        call.total += is_new
        return ""

    def _whom_of(self, call: _Call, node: str) -> Whom | str:
        found = call.whoms.get(node)
        if found is None:
            try:
                found = self._whom(node)
            except CannotAsk as error:
                found = str(error)
            call.whoms[node] = found
        return found

    def _looked_at(self, width: int) -> int:
        return sum(len(one.cameras) for (_, of), (one, _) in self._rounds.items() if of == width)

    def _limit(self, call: _Call, width: int) -> str:
        most = _MOST_LARGE if width >= _LARGE_WIDTH else MOST_LOOKED_AT
        if call.total >= most:
            return f"{most} pictures of this size are looked at already, and no more at a time: try again later"
        if len(call.own) >= MOST_OF_CALLER:
            return f"you look at {MOST_OF_CALLER} cameras already, and no more at a time"
        return ""

    def _round(self, at: tuple[str, int], whom: Whom) -> PictureRound:
        known = self._rounds.get(at)
        if known is not None:
            if known[0].whom.boot_id == whom.boot_id and not known[1].done():
                return known[0]
            known[1].cancel()  # its agent was restarted, and knows nothing of it
        begun = PictureRound(
            whom,
            at[1],
            office=self._office,
            reader=self._reader,
            memory=self._memory,
            clock=self._clock,
            timings=self._timings,
        )
        task = asyncio.create_task(begun.run())
        self._rounds[at] = (begun, task)
        task.add_done_callback(lambda done: self._ended(at, done))
        return begun

    def _ended(self, at: tuple[str, int], task: asyncio.Task[None]) -> None:
        if at in self._rounds and self._rounds[at][1] is task:
            del self._rounds[at]
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        if not isinstance(error, CannotAsk):
            _log.error("pictures of node %s cannot be asked for", at[0], exc_info=error)
        why = str(error) if isinstance(error, CannotAsk) else _BUG
        self._failures[at] = (self._clock.monotonic() + self._timings.again_seconds, why)
        self._tidy_later()

    # --- what nobody needs any more ---------------------------------------------------------------------------------------

    def _tidy_later(self) -> None:
        if self._tidying is None:
            self._tidying = asyncio.get_running_loop().call_later(FORGOTTEN_SECONDS / 2, self._tidy_now)

    def _tidy_now(self) -> None:
        self._tidying = None
        self._tidy(self._clock.monotonic())
        if not self.is_idle:
            self._tidy_later()

    def _tidy(self, now: float) -> None:
        self._memory.forget(now)
        self._failures = {at: one for at, one in self._failures.items() if one[0] > now}
        self._callers = {
            caller: own for caller, own in self._callers.items() if any(until > now for until in own.values())
        }
