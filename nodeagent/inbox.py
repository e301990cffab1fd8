"""What comes in from the bus: generations for the ledger, words of the controller, wishes for a new report."""

import asyncio
import logging
from collections.abc import Callable

from bus.base import Bus, BusEvent, CaughtUp, ConnectionChanged, MadeAnew, Record, Start, Subscription, Topic
from bus.codec import Undecodable, UnknownFormat, decode_signed
from crds.messages import AgentCommand, AgentInfo, CommandKind
from crds.version_skew import needs_upgrade
from nodeagent.ledger.acceptance import Decision, Verdict
from nodeagent.ledger.ledger import Ledger
from nodeagent.reporter.conditions import ADMITTED, LEDGER_WRITABLE, RECORDS_ACCEPTED, VERSION_SUPPORTED, Conditions
from ports.ports import Ports

_log = logging.getLogger(__name__)

# Whatever a controller of a later version may say: one of before heartbeats can take over, and hears none of them.
_LONGEST_HEARTBEATS_SECONDS = 3600


class Inbox:
    """Reads topics 210, 201 and 301. Whatever lies there, reading goes on (invariant S15).

    Topic 210 is read from its beginning, and may hold every generation of the past. Until all of it is read none is put
    in force, or even written: an agent without a ledger, or killed halfway, would stop what a newer one wants (S3).
    """

    def __init__(
        self,
        *,
        bus: Bus,
        ledger: Ledger,
        identity: AgentInfo,
        controller_key: str,
        conditions: Conditions,
        ports: Ports,
        on_generation: Callable[[], None],
        on_greeting_wanted: Callable[[], None],
        on_report_wanted: Callable[[], None],
        on_order: Callable[[AgentCommand], None],
        on_lease: Callable[[AgentCommand], None],
        on_heartbeats: Callable[[float], None],
    ) -> None:
        """Makes an inbox.

        Args:
            bus: the way to the controller.
            ledger: takes generations.
            identity: who this is.
            controller_key: public key of the controller.
            conditions: where refusals are said.
            ports: the time, and threads in which the ledger works.
            on_generation: told when a newer generation is in force, or waits to be written to disk.
            on_greeting_wanted: told when the agent should greet.
            on_report_wanted: told when it should report, whether anything changed or not.
            on_order: told what is to be done with what earlier agents have left.
            on_lease: told what somebody wants to look at for a while.
            on_heartbeats: told for how many seconds from now on the controller takes heartbeats.
        """
        self._bus = bus
        self._ledger = ledger
        self._fleet_id = identity.fleet_id
        self._node_id = str(identity.node_id)
        self._public_key = identity.public_key
        self._version = identity.agent_version
        self._controller_key = controller_key
        self._conditions = conditions
        self._ports = ports
        self._on_generation = on_generation
        self._on_greeting_wanted = on_greeting_wanted
        self._on_report_wanted = on_report_wanted
        self._on_order = on_order
        self._on_lease = on_lease
        self._on_heartbeats = on_heartbeats
        self._caught_up = False
        self._refused: dict[Topic, Decision] = {}
        """What is wrong with the newest record of a topic, the newest of them last."""
        # Files are written in a thread: the lock keeps the records in order, and the loop of the agent out.
        self._lock = asyncio.Lock()

    async def run(self) -> None:
        """Reads until cancelled."""
        subscriptions = (
            Subscription(Topic.AGENT_CONFIG, Start.BEGINNING, self._node_id),
            Subscription(Topic.AGENT_COMMAND, Start.END, self._node_id),
            Subscription(Topic.REFRESH, Start.END),
        )
        self._caught_up = False
        if self._ledger.current is None and self._ledger.unknown_format:
            self._refuse(Topic.AGENT_CONFIG, Decision(Verdict.UNKNOWN_FORMAT, self._ledger.unknown_format))
        async with self._bus.subscribe(subscriptions) as events:
            self._on_greeting_wanted()
            async for event in events:
                try:
                    await self._take(event)
                except Exception:  # noqa: BLE001 - no record may take the agent down, now and at every start after
                    _log.exception("a record could not be taken: %s", _place_of(event))

    @property
    def holds_unwritten(self) -> bool:
        """True when a generation could not be written to disk, and is not acted on."""
        return self._caught_up and self._ledger.holds_unwritten

    async def retry_unwritten(self) -> None:
        """Tries again to write the generation that could not be written."""
        if self.holds_unwritten:
            async with self._lock:
                await self._commit()

    async def _take(self, event: BusEvent) -> None:
        match event:
            case Record(topic=Topic.AGENT_CONFIG):
                if event.key == self._node_id.encode() and event.value is not None:
                    await self._take_config(event.value)
            case Record(topic=Topic.AGENT_COMMAND):
                if event.key == self._node_id.encode() and event.value is not None:
                    self._take_command(event.value)
            case Record(topic=Topic.REFRESH):
                _log.info("asked to greet and report again")
                self._on_greeting_wanted()
                self._on_report_wanted()
            case ConnectionChanged(connected=connected, message=message):
                _log.info("Kafka is %s %s", "reachable" if connected else "away; everything goes on", message)
                if connected:
                    self._on_greeting_wanted()
                    self._on_report_wanted()
            case MadeAnew(topic=topic):
                # What this agent said is gone with it, and the controller may have read neither.
                _log.warning("topic %s was made anew: greeting and reporting again", topic)
                self._on_greeting_wanted()
                self._on_report_wanted()
            case CaughtUp():
                async with self._lock:
                    self._caught_up = True
                    await self._commit()
                observed = self._ledger.current
                _log.info("read topic 210 to its end; holding %s", observed.ref.order if observed else "no generation")
            case _:
                pass

    async def _take_config(self, envelope: bytes) -> None:
        async with self._lock:
            decision = await self._ports.threads.run(self._ledger.consider, envelope, self._ports.clock.now())
            if decision.verdict in (Verdict.ACCEPTED, Verdict.UNCHANGED):
                _log.info("%s %s", decision.verdict.lower(), decision.message)
                self._refused.clear()
                self._say_what_is_refused()
            else:
                # An older record lies before a newer one whenever a topic is read anew: no fault of anybody.
                is_old = decision.verdict is Verdict.STALE
                level = logging.DEBUG if is_old and not self._caught_up else logging.WARNING
                _log.log(level, "%s: %s", decision.verdict, decision.message)
                if not is_old:
                    self._refuse(Topic.AGENT_CONFIG, decision)
            if self._caught_up:
                await self._commit()

    def _refuse(self, topic: Topic, decision: Decision) -> None:
        self._refused.pop(topic, None)
        self._refused[topic] = decision
        self._say_what_is_refused()

    def _say_what_is_refused(self) -> None:
        for newest in reversed(self._refused.values()):
            self._conditions.set(RECORDS_ACCEPTED, ok=False, reason=newest.verdict, message=newest.message)
            return
        self._conditions.set(RECORDS_ACCEPTED, ok=True, reason="Accepted")

    async def _commit(self) -> None:
        """Puts the newest accepted generation in force, once it is on disk (invariant S1)."""
        try:
            is_newer = await self._ports.threads.run(self._ledger.commit)
        except OSError as error:
            if self._conditions.set(LEDGER_WRITABLE, ok=False, reason="WriteFailed", message=str(error)):
                _log.error("cannot persist a new generation, the old one stays in force: %s", error)
                self._on_generation()  # the loop of the agent tries again
            return
        if self._ledger.current is not None:
            self._conditions.set(LEDGER_WRITABLE, ok=True, reason="Written")
        if is_newer:
            self._on_generation()

    def _take_command(self, envelope: bytes) -> None:
        try:
            command = decode_signed(AgentCommand, envelope, [self._controller_key])
        except UnknownFormat as error:
            _log.warning("a record on topic 201 cannot be read: %s", error)
            self._refuse(Topic.AGENT_COMMAND, Decision(Verdict.UNKNOWN_FORMAT, str(error)))
            return
        except Undecodable as error:
            _log.warning("a record on topic 201 is not for us: %s", error)
            return
        if self._refused.pop(Topic.AGENT_COMMAND, None):
            self._say_what_is_refused()
        if command.fleet_id != self._fleet_id or str(command.node_id) != self._node_id:
            return
        if command.public_key not in ("", self._public_key):
            return  # to somebody else who greets as this node
        if command.command is CommandKind.ASK_INFO:
            self._on_greeting_wanted()
            return
        if command.command in (CommandKind.ADOPT, CommandKind.CLEAN):
            self._on_order(command)
            return
        if command.command is CommandKind.ASK:
            self._on_lease(command)
            return
        self._compare_versions(command.controller_version)
        admitted = command.command is CommandKind.ADMITTED
        self._on_heartbeats(min(command.heartbeats_for_seconds, _LONGEST_HEARTBEATS_SECONDS) if admitted else 0)
        reason = "Admitted" if admitted else "Refused"
        if self._conditions.set(ADMITTED, ok=admitted, reason=reason, message=command.reason):
            _log.info("the controller says: %s %s", reason, command.reason)

    def _compare_versions(self, controller_version: str) -> None:
        if not controller_version:
            return
        far = needs_upgrade(controller_version, self._version)
        reason = "NeedsUpgrade" if far else "Neighbours"
        if self._conditions.set(VERSION_SUPPORTED, ok=not far, reason=reason, message=far) and far:
            _log.warning("%s", far)


def _place_of(event: BusEvent) -> str:
    return f"{event.topic}[{event.partition}]@{event.offset}" if isinstance(event, Record) else type(event).__name__
