"""Looks for what earlier agents have left on this machine, says so, and takes it over or ends it when a person wants that."""

import logging
from collections.abc import Callable, Collection, Mapping

from crds.messages import AgentCommand, AgentConfig, CommandKind, OrphanStatus
from nodeagent.differ.orphans import orphan_status, orphans_among, seen_since, told_of, why_not_adopted
from nodeagent.engines.base import Driver
from nodeagent.model import Leftover, Transient
from nodeagent.reporter.conditions import NO_ORPHANS, Conditions
from ports.clock import Clock

_log = logging.getLogger(__name__)


class Orphans:
    """Touches nothing by itself: only what an order names by its very runtime id, and only while it is an orphan."""

    def __init__(
        self,
        *,
        driver: Driver,
        lives: Callable[[str], bool],
        desired: Callable[[], AgentConfig | None],
        well: Callable[[], Collection[str]],
        conditions: Conditions,
        clock: Clock,
        on_order: Callable[[], None],
    ) -> None:
        """Makes one that has not looked yet.

        Args:
            driver: finds and ends them.
            lives: whether a node, by its id, has an agent on this machine.
            desired: the generation in force.
            well: the instances of this node that are seen to run well.
            conditions: where they are told of.
            clock: the time.
            on_order: told when something is to be taken over.
        """
        self._driver = driver
        self._lives = lives
        self._desired = desired
        self._well = well
        self._conditions = conditions
        self._clock = clock
        self._tell_order = on_order
        self._since: dict[str, float] = {}
        self._known: dict[str, Leftover] = {}
        self._orders: dict[str, CommandKind] = {}
        self._failures: dict[str, str] = {}

    @property
    def statuses(self) -> tuple[OrphanStatus, ...]:
        """What is reported of them."""
        return tuple(orphan_status(one, self._desired()) for one in self._known.values())

    @property
    def adoptions(self) -> Mapping[str, Leftover]:
        """What is to be taken over, by name of the instance."""
        wanted = (one for name, one in self._known.items() if self._orders.get(name) is CommandKind.ADOPT)
        return {one.instance: one for one in wanted if not why_not_adopted(one, self._desired(), self._well())}

    def order(self, command: AgentCommand) -> None:
        """A person wants these runtimes to be taken over or ended; what is no orphan here is left alone."""
        for runtime_id in command.runtimes:
            if runtime_id in self._known:
                _log.info("asked to %s %s", command.command, self._known[runtime_id])
                self._orders[runtime_id] = command.command
                self._failures.pop(runtime_id, None)
            else:
                _log.warning("asked to %s %s, which is no orphan on this machine", command.command, runtime_id)
        self._tell_order()

    async def look(self) -> None:
        """Looks once, and ends what is to be ended."""
        try:
            leftovers = await self._driver.leftovers(self._lives)
        except Transient as error:
            _log.debug("%s", error)  # the loop says so once, when it looks
            return
        now_s = self._clock.monotonic()
        self._since = seen_since(self._since, leftovers, now_s)
        self._known = {one.runtime_id: one for one in orphans_among(leftovers, self._since, now_s)}
        self._orders = {name: kind for name, kind in self._orders.items() if name in self._known}
        self._failures = {name: text for name, text in self._failures.items() if name in self._known}
        for runtime_id, kind in list(self._orders.items()):
            await self._carry_out(kind, self._known[runtime_id])
        self._say()

    async def _carry_out(self, kind: CommandKind, orphan: Leftover) -> None:
        if kind is CommandKind.ADOPT:
            if refusal := why_not_adopted(orphan, self._desired(), self._well()):
                _log.warning("%s is not taken over: %s", orphan, refusal)
                self._failures[orphan.runtime_id] = f"not taken over: {refusal}"
                del self._orders[orphan.runtime_id]
            return
        try:
            await self._driver.clean(orphan)
        except Transient as error:
            self._failures[orphan.runtime_id] = f"not ended yet: {error}"
        else:
            _log.info("ended %s", orphan)
            del self._known[orphan.runtime_id], self._orders[orphan.runtime_id]

    def _say(self) -> None:
        if self._known:
            message = told_of(self.statuses, self._failures)
            if self._conditions.set(NO_ORPHANS, ok=False, reason="OrphansFound", message=message):
                _log.warning("%s", message)
        elif any(one.type == NO_ORPHANS for one in self._conditions.all):
            self._conditions.set(NO_ORPHANS, ok=True, reason="NoneFound")
