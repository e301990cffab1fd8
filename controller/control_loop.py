"""The loop of the controller: any wake-up means look at everything, then act.

Manifests and messages come in by tasks of their own, which only wake the loop. The loop reads the source, plans,
publishes what changed, answers greetings, and shows the result. It publishes nothing before it has read the topics to
their ends: what was published before a restart is what the agents hold.
"""

import asyncio
import contextlib
import importlib.metadata
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bus.base import Bus, PublishFailed, Topic
from bus.codec import encode_plain
from bus.signature import SigningKey
from controller.inbox import Inbox
from controller.model import FleetPlan, NodeState, ObjectRef, Revision
from controller.picture.documents import LiveDocuments
from controller.picture.event_log import EventLog
from controller.picture.events import EventType, FleetEvent, events_between
from controller.picture.placed import PlacedInstance, placed_instances
from controller.picture.store import ObjectStore
from controller.picture.summary import summary
from controller.planner.exclusive import holders_of_exclusive_cameras
from controller.planner.guard import RemovalLimit
from controller.planner.planner import plan
from controller.publish.admission import Admission
from controller.publish.generations import KnownGenerations, newest_held, next_epoch, next_record
from controller.publish.publisher import Publisher, raise_first
from controller.render.instance import Renderer
from controller.revision_gate import RevisionGate
from controller.source.last_good import LastGood
from controller.source.read.reader import Reading, Source
from controller.status.agent_messages import AgentMessages
from controller.status.fold import connected
from crds.messages import AgentConfig, Refresh, UpdateConfig

_log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
"""Lost nodes are noticed, and failed publications repeated, this often."""
_SHOW_EVERY_SECONDS = 0.2
_FLEET = ObjectRef("Fleet", "fleet")


class Controller:
    """Decides for the fleet. Everything it touches comes in through its arguments."""

    def __init__(
        self,
        *,
        fleet_id: str,
        bus: Bus,
        key: SigningKey,
        source: Source,
        last_good: LastGood,
        publisher: Publisher,
        store: ObjectStore,
        event_store: ObjectStore,
        limit: RemovalLimit,
    ) -> None:
        """Makes a controller.

        Args:
            fleet_id: the fleet.
            bus: the way to the agents.
            key: the controller's key.
            source: where manifests come from.
            last_good: the copy on disk of the revision in force.
            publisher: the newest records.
            store: the objects that the API shows.
            event_store: the events that the API shows.
            limit: how many instances a revision may remove without approval.
        """
        self._fleet_id = fleet_id
        self._bus = bus
        self._key = key
        self._source = source
        self._publisher = publisher
        self._store = store
        self._event_store = event_store
        self._gate = RevisionGate(last_good=last_good, limit=limit, tell=self._tell)
        self._admission = Admission(fleet_id=fleet_id, bus=bus, key=key)
        self._agent_messages = AgentMessages(fleet_id)
        self._event_log = EventLog()
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._fetch = asyncio.Event()
        self._inbox = Inbox(
            bus=bus,
            agent_messages=self._agent_messages,
            publisher=publisher,
            tell=self._tell,
            wake=self._wake,
            fetch=self._fetch,
        )
        self._reading: Reading | None = None
        self._reading_is_new = False
        self._epoch = 0
        self._renderer = Renderer()
        self._plan: FleetPlan | None = None
        self._planned_from: tuple[Any, ...] = ()
        self._failed: dict[str, str] = {}
        self._live = LiveDocuments()
        self._told_since_caught_up = False
        self._documents: tuple[dict[str, Any], ...] = ()

    async def run(self) -> None:
        """Runs until cancelled. Instances and agents go on when it ends."""
        now = datetime.now(UTC)
        self._publisher.remember_from_disk(now)
        self._gate.recall(now)
        self._pin_keys()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._inbox.run())
            tasks.create_task(self._watch_source())
            tasks.create_task(self._fetch_on_demand())
            tasks.create_task(self._decide_and_act())
            tasks.create_task(self._show_changes())

    # --- what wakes the loop -------------------------------------------------------------------------------------

    async def _watch_source(self) -> None:
        """Reads beside the loop: a repository that does not answer must not hold up anything else."""
        async for _ in self._source.changes():
            self._reading = await self._source.read()
            self._reading_is_new = True
            self._wake.set()

    async def _fetch_on_demand(self) -> None:
        while True:
            await self._fetch.wait()
            self._fetch.clear()
            await self._source.refresh()

    # --- the loop ------------------------------------------------------------------------------------------------

    async def _decide_and_act(self) -> None:
        while True:
            try:
                await self._decide_once(datetime.now(UTC))
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("a turn of the loop failed; the next one comes")
                self._tell(EventType.WARNING, "UnexpectedError", "the controller met an error: see its log")
            self._changed.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def _decide_once(self, now: datetime) -> None:
        if self._inbox.caught_up and not self._epoch:
            self._begin_term(now)
        if self._reading_is_new:
            self._consider_reading()
        if self._epoch:
            await self._act()

    def _begin_term(self, now: datetime) -> None:
        """Once the topics were read to their ends: what was published before is known now."""
        published = self._publisher.published
        self._gate.begin(published, now)
        known = self._gate.in_force.node_by_id if self._gate.in_force else {}
        # A greeting of a stranger must not push the epochs of the fleet.
        held = [
            ref
            for node in self._agent_messages.fleet.nodes.values()
            if node.node_id in known and (ref := newest_held(node))
        ]
        self._epoch = next_epoch((*(config.ref for config in published.values()), *held))
        # Nodes that something was published for were admitted in an earlier term, and need not be told again.
        self._admission.skip(self._agent_messages.fleet, published)
        strangers = self._inbox.untrusted - published.keys()
        if strangers:
            self._tell(
                EventType.WARNING,
                "ControllerKeyNotTrusted",
                f"topic 210 holds generations of {len(strangers)} nodes that another key signed: agents that pinned that "
                "key obey nobody else. Restore controller.key from its backup, or give the agents the new controller.pub",
            )
        _log.info(
            "read the topics to their ends: %d generations, %d nodes; this is epoch %d",
            len(published),
            len(self._agent_messages.fleet.nodes),
            self._epoch,
        )

    def _consider_reading(self) -> None:
        published = self._publisher.published if self._epoch else None
        # What cannot be decided before the topics were read to their ends stays new until then.
        decided = self._reading is None or self._gate.consider(self._reading, published, datetime.now(UTC))
        self._reading_is_new = not decided
        self._pin_keys()

    def _pin_keys(self) -> None:
        nodes = self._gate.in_force.nodes if self._gate.in_force else ()
        self._agent_messages.pin_keys(
            {node.node_id: node.spec.public_key for node in nodes if node.spec.public_key is not None}
        )

    async def _act(self) -> None:
        """Publishes, sends again, admits. What fails for one node or step keeps nothing else from being done."""
        for step in (self._publish, self._send_again, self._admit):
            try:
                await step(datetime.now(UTC))
            except PublishFailed as error:
                self._tell(EventType.WARNING, "PublishFailed", f"{error}; it is tried again every {TICK_SECONDS:g} s")

    async def _admit(self, now: datetime) -> None:
        if self._gate.in_force is not None:  # before that, nobody can say who belongs to the fleet
            known = self._gate.in_force.node_by_id
            await self._admission.answer(self._agent_messages.fleet, known, epoch=self._epoch, now=now)

    async def _send_again(self, now: datetime) -> None:
        if self._gate.in_force is None:
            return
        held = {
            node_id: node.response.observed if node.response else node.info.highest
            for node_id, node in self._agent_messages.fleet.nodes.items()
            if node.info and connected(node, now)
        }
        await self._publisher.resend_missing(held, now)

    # --- publishing ----------------------------------------------------------------------------------------------

    async def _publish(self, now: datetime) -> None:
        if self._gate.in_force is None:
            return
        published = self._publisher.published
        planned = self._planned(self._gate.in_force, published)
        records = [
            record
            for state in planned.nodes.values()
            if (record := self._next_record(state, published.get(state.node_id), now)) is not None
        ]
        results = await asyncio.gather(
            *(self._publisher.publish(record, now) for record in records), return_exceptions=True
        )
        for record, result in zip(records, results, strict=True):
            if isinstance(result, ValueError):
                # Too large, by the words of the bus. It will be as large the next time.
                self._failed[str(record.node_id)] = record.digest
                subject = ObjectRef("Node", planned.nodes[str(record.node_id)].node_name)
                self._tell(EventType.WARNING, "NotPublishable", str(result), subject)
        raise_first(result for result in results if not isinstance(result, ValueError))

    def _planned(self, revision: Revision, published: Mapping[str, AgentConfig]) -> FleetPlan:
        """The plan, made anew when its input changed."""
        holders = holders_of_exclusive_cameras(revision, published, self._agent_messages.fleet)
        generations = tuple((node_id, config.ref.order) for node_id, config in sorted(published.items()))
        made_from = (revision.id, generations, holders)
        if self._plan is None or self._planned_from != made_from:
            self._plan = plan(revision, published, holders, self._renderer)
            self._renderer.forget_unused()
            self._planned_from = made_from
        return self._plan

    def _next_record(self, state: NodeState, published: AgentConfig | None, now: datetime) -> AgentConfig | None:
        """The record to publish for a node now. Without a record before, its agent must greet and say what it holds."""
        revision = self._gate.in_force
        assert revision is not None  # noqa: S101 - the plan was made from it
        node = self._agent_messages.fleet.nodes.get(state.node_id)
        manifest = revision.node_by_id.get(state.node_id)
        if node and node.info and manifest and manifest.spec.public_key not in (None, node.info.public_key):
            node = None  # it greeted before its key was pinned to another one
        greeted = node is not None and node.info is not None
        if (published is None and not greeted) or self._failed.get(state.node_id) == state.digest:
            return None
        response = node.response if node else None
        known = KnownGenerations(published, newest_held(node) if node else None, response.applied if response else None)
        return next_record(
            state,
            known,
            fleet_id=self._fleet_id,
            epoch=self._epoch,
            revision=revision.id,
            approved=self._gate.approved,
            now=now,
        )

    # --- what the API shows and asks -----------------------------------------------------------------------------

    async def _show_changes(self) -> None:
        """Beside the loop that acts: brokers that do not answer must not keep people from seeing that."""
        clock = asyncio.get_running_loop().time
        while True:
            begun = clock()
            try:
                self._show(datetime.now(UTC))
            except Exception:  # noqa: BLE001 - no bug may end what the fleet depends on (S15)
                _log.exception("the fleet could not be shown; publishing goes on")
            # Showing a large fleet takes a while: it may take a fifth of the time, however many reports come in.
            await asyncio.sleep(max(_SHOW_EVERY_SECONDS, 4 * (clock() - begun)))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._changed.wait()
            self._changed.clear()

    def _show(self, now: datetime) -> None:
        revision = self._gate.in_force or Revision("", (), (), ())
        shown = self._live.update(revision, self._plan, self._publisher.published, self._agent_messages.fleet, now)
        if self._told_since_caught_up:
            self._event_log.add(events_between(self._documents, shown, now))
        # Until the topics are read to their ends every node looks new, and lost: that is no news.
        self._told_since_caught_up = bool(self._epoch)
        self._documents = shown
        self._store.replace(shown, now)
        self._event_store.replace(self._event_log.documents(), now)

    def _tell(self, kind: EventType, reason: str, message: str, subject: ObjectRef = _FLEET) -> None:
        _log.log(logging.WARNING if kind is EventType.WARNING else logging.INFO, "%s: %s: %s", subject, reason, message)
        self._event_log.add((FleetEvent(subject, kind, reason, message, datetime.now(UTC)),))

    @property
    def caught_up(self) -> bool:
        """True when the topics were read to their ends: what the API shows is then the whole fleet."""
        return bool(self._epoch)

    def status(self) -> dict[str, Any]:
        """The answer of `/fleet/v1/status`."""
        gate = self._gate
        in_force, candidate = gate.in_force, gate.candidate
        return {
            "fleetId": self._fleet_id,
            "version": importlib.metadata.version("dsfleet"),
            "controllerKey": self._key.public_key_hex,
            "epoch": self._epoch,
            "kafka": {"connected": self._inbox.connected, "caughtUp": self.caught_up},
            "revision": None
            if in_force is None
            else {
                "id": in_force.id,
                "description": in_force.description,
                "since": gate.in_force_since.isoformat() if gate.in_force_since else None,
            },
            "candidate": None
            if candidate is None
            else {
                "state": candidate.state,
                "id": candidate.revision_id,
                "description": candidate.description,
                "message": candidate.message,
                "problems": list(candidate.problems),
                "removed": list(candidate.removed),
                "changes": candidate.changes,
            },
            **summary(self._documents, self._plan.reasons if self._plan else ()),
        }

    def placed_instances(self) -> dict[str, PlacedInstance]:
        """Every instance as its node was told it last, or will be told, by name."""
        return placed_instances(self._plan, self._publisher.published)

    async def approve(self, revision: str) -> str:
        """Approves the parked revision, named by its id or the beginning of it.

        Raises:
            ApproveRefused: no such revision is parked.
        """
        said = self._gate.approve(revision)
        self._reading_is_new = True
        self._wake.set()
        return said

    async def update(self, desc: str) -> None:
        """Asks every controller, by topic 300, to reconcile now.

        Raises:
            PublishFailed: the brokers did not take it.
        """
        await self._bus.publish(Topic.UPDATE_CONFIG, key=None, value=encode_plain(UpdateConfig(desc=desc)))

    async def refresh(self, desc: str) -> None:
        """Asks every agent, by topic 301, to greet and report now.

        Raises:
            PublishFailed: the brokers did not take it.
        """
        await self._bus.publish(Topic.REFRESH, key=None, value=encode_plain(Refresh(desc=desc)))
