"""Remembers what happens to cameras: notices it look by look, and writes it down beside the loop."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from controller.actions import Tell
from controller.history.blind import measured_blind_seconds
from controller.history.camera_changes import (
    Applied,
    CameraChange,
    Rollout,
    applied_by_nodes,
    camera_changes,
    rollouts_between,
)
from controller.history.camera_file import CameraPast, CameraPasts, Happened
from controller.knowledge import Knowledge
from controller.model import Previous, Revision
from controller.picture.difference import Difference
from controller.picture.events import EventType
from controller.timings import Timings
from crds.change import ChangeClass
from ports.threads import Threads

MOST_WAITING: Final = 20_000
"""Changes that wait to be written; the oldest go when the disk takes none: some 12 MiB."""


class CameraKeeper:
    """The one who writes it. What was noticed and not written when the controller dies is lost: some seconds of it.

    Args:
        pasts: where it is kept.
        knowledge: what is published, and the manifests in force.
        threads: run what blocks.
        timings: how often it writes.
    """

    def __init__(self, pasts: CameraPasts, knowledge: Knowledge, threads: Threads, timings: Timings) -> None:
        self._pasts = pasts
        self._knowledge = knowledge
        self._threads = threads
        self._timings = timings
        self._known: set[str] = set()
        """Cameras of which something is kept, or will be."""
        self._is_swept = False
        """True once nothing is kept of cameras that went while no controller ran."""
        self._published: Previous | None = None
        """The records of which it is known what they changed; None before the fleet is shown."""
        self._cameras: deque[CameraChange] = deque(maxlen=MOST_WAITING)
        self._applied: deque[Applied] = deque(maxlen=MOST_WAITING)
        self._news = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    async def load(self) -> None:
        """Knows again of which cameras something is kept.

        Raises:
            OSError: it cannot be read now: what changed since the last run is not noticed then.
        """
        self._known |= await self._threads.run(self._pasts.load)

    def notice(self, differences: Sequence[Difference], now: datetime) -> None:
        """Takes in what became different between two looks at the fleet. Costs what is different."""
        if self._published is None:
            self._published = self._knowledge.state.published.configs
        for change in camera_changes(differences, now):
            if change.camera in self._known or (change.before is not None and change.after is not None):
                (self._known.discard if change.after is None else self._known.add)(change.camera)
                self._cameras.append(change)
        self._applied.extend(applied_by_nodes(differences, now))
        if self._cameras or self._applied or self._knowledge.state.published.configs is not self._published:
            self._news.set()

    async def keep(self) -> None:
        """Writes what was noticed, every some seconds. Ends when the disk does not take it, after a while."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self.write()
                await asyncio.sleep(self._timings.cameras_kept_every_seconds)
        except OSError as error:
            text = f"what happens to cameras cannot be kept on disk: {error}"
            told = Tell(EventType.WARNING, "CameraHistoryNotKept", text)
            self._knowledge.become(self._knowledge.state, (told,))
            await asyncio.sleep(self._timings.keep_again_seconds)
            self._news.set()

    async def write(self) -> None:
        """Writes what was noticed until now.

        Raises:
            OSError: the disk does not take it; it is kept in memory, as far as that goes.
        """
        async with self._one_at_a_time:
            published, revision = self._knowledge.state.published.configs, self._knowledge.state.gate.in_force
            rollouts: tuple[Rollout, ...] = ()
            if self._published is not None and self._published is not published and revision is not None:
                rollouts = await self._threads.run(_rollouts, self._published, published, revision)
            self._sweep(revision)
            cameras, applied = self._take_waiting()
            try:
                if happened := Happened(cameras, rollouts, applied):
                    await self._threads.run(self._pasts.store, happened)
            except OSError:
                self._cameras = deque((*cameras, *self._cameras), MOST_WAITING)
                self._applied = deque((*applied, *self._applied), MOST_WAITING)
                raise
            if self._published is not None:
                self._published = published

    def finish(self) -> None:
        """Writes what waits, as far as the disk takes it: for a controller that leaves."""
        cameras, applied = self._take_waiting()
        with contextlib.suppress(OSError):
            if happened := Happened(cameras, (), applied):
                self._pasts.store(happened)

    async def of(self, camera: str, instances: Collection[str]) -> CameraPast:
        """What is kept of a camera, and of the instances that watch it; also what was noticed just now.

        Raises:
            OSError: it cannot be read now.
        """
        return await self._of((camera,), instances)

    async def measured_blind_seconds(self, instances: Collection[str]) -> Mapping[tuple[str, ChangeClass], float]:
        """For how long the latest changes of instances made their cameras blind: see `measured_blind_seconds`.

        Raises:
            OSError: it cannot be read now.
        """
        revision = self._knowledge.state.gate.in_force
        cameras = {
            name: [one.name for one in revision.cameras_by_instance.get(name, ())]
            for name in instances
            if revision is not None
        }
        watched = {camera for some in cameras.values() for camera in some}
        past = await self._of(watched, cameras.keys())
        return await self._threads.run(measured_blind_seconds, past.conditions, past.rollouts, cameras)

    async def _of(self, cameras: Collection[str], instances: Collection[str]) -> CameraPast:
        with contextlib.suppress(OSError):  # it is told by `keep`
            await self.write()
        return await self._threads.run(self._pasts.of, cameras, instances)

    def _take_waiting(self) -> tuple[Sequence[CameraChange], Sequence[Applied]]:
        found = (self._cameras, self._applied)
        self._cameras, self._applied = deque(maxlen=MOST_WAITING), deque(maxlen=MOST_WAITING)
        return found

    def _sweep(self, revision: Revision | None) -> None:
        if not self._is_swept and self._published is not None and revision is not None:
            self._is_swept = True
            gone = self._known - revision.camera_by_name.keys()
            self._known -= gone
            self._cameras.extend(CameraChange(name, None, None) for name in gone)


def _rollouts(before: Previous, after: Previous, revision: Revision) -> tuple[Rollout, ...]:
    return rollouts_between(before, after, {node_id: one.name for node_id, one in revision.node_by_id.items()})
