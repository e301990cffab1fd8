"""Hands the events of the fleet to who tells them: follows the file of the endpoints, and keeps on disk what still waits."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from controller.actions import Tell
from controller.notifying.backlog import Backlog
from controller.notifying.delivery import Delivery
from controller.notifying.happening import Happening, happening_in
from controller.notifying.kept_backlogs import FILE_NAME, KeptBacklogs
from controller.notifying.post import HttpPost, Post
from controller.notifying.webhooks_file import BadWebhooks, WebhooksFile, parse_webhooks
from controller.picture.events import EventType
from controller.picture.store import Change, Expired, ObjectStore
from ports.ports import Ports

LOOK_SECONDS: Final = 1.0
"""Between two looks at the file of the endpoints."""
_KEEP_AFTER_SECONDS: Final = 1.0
"""What waits is written so long after it became something else: a killed controller forgets that much of it, or tells it again."""
_KEEP_AGAIN_SECONDS: Final = 60.0
_log = logging.getLogger("controller.notifying")


@dataclass
class _AtWork:
    delivery: Delivery
    task: "asyncio.Task[None]"


class Notifier:
    """Tells endpoints of the events of a fleet."""

    def __init__(
        self,
        path: Path,
        *,
        fleet_id: str,
        state_dir: Path,
        objects: ObjectStore,
        events: ObjectStore,
        ports: Ports,
        post: Post | None = None,
    ) -> None:
        """Reads the file; sends nothing yet. Everything that the events hold from now on is told.

        Args:
            path: the file of the endpoints; others are named relative to its folder.
            fleet_id: whose events they are.
            state_dir: where what waits is kept.
            objects: what is shown of the fleet, for labels.
            events: the events that are shown.
            ports: clock, dice, disk and threads.
            post: posts messages; None: over HTTP.

        Raises:
            BadWebhooks: the file is not of its form.
            OSError: it cannot be read.
        """
        self._path = path
        self._fleet_id = fleet_id
        self._objects = objects
        self._events = events
        self._ports = ports
        self._post = post or HttpPost(ports.threads)
        self._cursor = events.cursor("Event")
        self._kept = KeptBacklogs(state_dir / FILE_NAME, ports.disk)
        self._content = ports.disk.read(path)
        self._wanted = parse_webhooks(path, self._content)
        self._problem = ""
        self._at_work: dict[str, _AtWork] = {}
        self._changed = asyncio.Event()
        self._tell: Callable[[Tell], None] = lambda _: None

    def status(self) -> Mapping[str, Any]:
        """How the endpoints do, for `/fleet/v1/status`."""
        return {"problem": self._problem, "endpoints": [one.delivery.shown() for one in self._at_work.values()]}

    async def run(self, tell: Callable[[Tell], None]) -> None:
        """Tells endpoints of events until it is cancelled.

        Args:
            tell: told what people should know of the endpoints.
        """
        self._tell = tell
        backlogs, problem = await self._ports.threads.run(self._kept.load)
        if problem:
            _log.error("%s", problem)
        try:
            async with asyncio.TaskGroup() as tasks:
                self._follow(tasks, self._wanted, backlogs)
                tasks.create_task(self._take_events())
                tasks.create_task(self._keep_looking(tasks))
                tasks.create_task(self._keep())
        finally:
            with contextlib.suppress(OSError):
                self._kept.store(self._backlogs())
            self._at_work = {}

    def _backlogs(self) -> dict[str, Backlog]:
        return {name: one.delivery.backlog for name, one in self._at_work.items()}

    def _follow(self, tasks: asyncio.TaskGroup, wanted: WebhooksFile, kept: Mapping[str, Backlog]) -> None:
        """Has these told. Whose entry is as it was goes on as it does; others keep what waits for them, and begin anew."""
        self._wanted = wanted
        before, self._at_work = self._at_work, {}
        for endpoint in wanted.endpoints:
            known = before.pop(endpoint.name, None)
            if known is not None and known.delivery.endpoint == endpoint and not known.delivery.tally.is_gone:
                self._at_work[endpoint.name] = known
                continue
            delivery = Delivery(
                endpoint, self._fleet_id, self._path.parent, self._post, self._ports,
                tell=self._tell, changed=self._changed.set,
            )  # fmt: skip
            if known is not None:
                known.task.cancel()
                delivery.backlog = known.delivery.backlog
            elif (waiting := kept.get(endpoint.name)) is not None:
                delivery.backlog = waiting
            self._at_work[endpoint.name] = _AtWork(delivery, tasks.create_task(self._run(delivery)))
        for gone in before.values():
            gone.task.cancel()
        self._changed.set()

    async def _run(self, delivery: Delivery) -> None:
        while not delivery.tally.is_gone:
            try:
                await delivery.run()
            except Exception:  # noqa: BLE001 - no bug in one may end what the others are told (S15)
                _log.exception("telling webhook %s failed; it begins again", delivery.endpoint.name)
                await asyncio.sleep(_KEEP_AGAIN_SECONDS)

    async def _take_events(self) -> None:
        while True:
            await self._cursor.wait()
            if self._events.ended:
                return
            try:
                changes = self._cursor.take()
            except Expired:  # more happened in one look than is remembered
                self._cursor = self._events.cursor("Event")
                _log.warning("more happened at once than is remembered: webhooks are not told of all of it")
                continue
            self._take(changes)

    def _take(self, changes: list[Change]) -> None:
        if not self._at_work:
            return
        needs_labels = any(one.delivery.endpoint.events.selector for one in self._at_work.values())
        happenings = [
            (one, self._labels(one) if needs_labels else {}) for one in map(happening_in, changes) if one is not None
        ]
        for one in self._at_work.values():
            one.delivery.take(happenings)

    def _labels(self, one: Happening) -> Mapping[str, str]:
        stored = self._objects.get(one.kind, one.name)
        labels: Mapping[str, str] = {} if stored is None else stored.document["metadata"].get("labels") or {}
        return labels

    async def _keep_looking(self, tasks: asyncio.TaskGroup) -> None:
        """Follows the file; what is wrong with it is told once, and what was in force stays."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            problem = ""
            try:
                content = await self._ports.threads.run(self._ports.disk.read, self._path)
                if content == self._content:
                    continue
                self._content = content
                self._follow(tasks, parse_webhooks(self._path, content), {})
                _log.info("%s is followed as it is now", self._path)
            except BadWebhooks as error:
                problem = str(error)
            except OSError as error:
                self._content = b""
                problem = f"{self._path} cannot be read: {error.strerror}"
            if problem and problem != self._problem:
                text = f"The webhooks go on as they were, since their file cannot be followed: {problem}"
                self._tell(Tell(EventType.WARNING, "WebhooksNotFollowed", text))
            self._problem = problem

    async def _keep(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(_KEEP_AFTER_SECONDS)
            self._changed.clear()
            try:
                await self._ports.threads.run(self._kept.store, self._backlogs())
            except OSError as error:
                _log.error("what webhooks are still to be told cannot be kept: %s", error.strerror)
                await asyncio.sleep(_KEEP_AGAIN_SECONDS)
                self._changed.set()
