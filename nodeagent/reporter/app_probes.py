"""Asks the running apps, again and again, how their cameras do."""

import asyncio
from collections.abc import Collection, Mapping

from crds.instance_config import InstanceConfig
from nodeagent.apps.probe import ProbeApp
from nodeagent.reporter.frames import AppProgress, after_probe
from nodeagent.reporter.heartbeats import fps_moved
from nodeagent.reporter.pace import EVERY, may_be_left_out
from nodeagent.reporter.series import Series, SeriesKeeper
from ports.clock import Clock


class AppProbes:
    """What is known of the progress of each app, by name of the instance.

    Args:
        probe: asks one app.
        clock: says when.
    """

    def __init__(self, probe: ProbeApp, clock: Clock) -> None:
        self._probe = probe
        self._clock = clock
        self._progress: dict[str, AppProgress] = {}
        self._looks = 0
        self._looked_at = clock.monotonic()
        self._left_out: dict[str, int] = {}
        """Looks since the last one at which an app was asked."""
        self._all_even = False
        """Whether the last look has shown nothing else."""
        self._said: Mapping[str, AppProgress] = {}
        """What was known when it was reported last."""
        self._series = SeriesKeeper()
        self.news = asyncio.Event()
        """Set when there may be somebody new to ask."""

    @property
    def progress(self) -> Mapping[str, AppProgress]:
        """How far each app got."""
        return self._progress

    @property
    def seconds_since_look(self) -> float:
        """How long ago the last look ended."""
        return self._clock.monotonic() - self._looked_at

    def forget(self, name: str) -> None:
        """The app of this instance began anew, or will: what the one before it said proves nothing any more."""
        self._progress.pop(name, None)
        self._left_out.pop(name, None)
        self.news.set()

    def keep_only(self, names: Collection[str]) -> None:
        """Forgets all other instances."""
        for name in self._progress.keys() - set(names):
            del self._progress[name]
        self._series.keep_only(names)

    def series_of(self, name: str, camera_id: str) -> Series | None:
        """How a camera of an instance did; None when nothing is known of that."""
        return self._series.of(name, camera_id, self._clock.monotonic())

    def said(self) -> None:
        """What is known at this moment is reported."""
        self._said = dict(self._progress)

    @property
    def rest(self) -> int:
        """How many of the next looks would ask nobody, if nobody is new."""
        return EVERY - 1 - self._looks % EVERY if self._all_even else 0

    async def look(self, apps: Mapping[str, tuple[InstanceConfig, str]], passed: int = 1) -> bool:
        """Asks each app once, side by side, but for those that may be left out.

        True when there may be something to tell: an app was asked that did not run evenly, or does not any more, or its
        frames per second, its alerts, or what is said of its pictures, are others than were reported.

        Args:
            apps: the instance that runs and its runtime, by name.
            passed: how many looks later than the one before it this is; those in between were not made.
        """
        # Those that are left out are asked at the same look: to wake up for each of them costs as much as to ask it.
        is_turn_of_all = self._looks // EVERY != (self._looks + passed) // EVERY
        self._looks += passed
        even = {name for name, one in apps.items() if may_be_left_out(*one, self._progress.get(name))}
        asked = apps.keys() if is_turn_of_all else apps.keys() - even
        before = {name: passed - 1 + self._left_out.get(name, 0) for name in apps}
        self._left_out = {name: 1 + before[name] for name in apps.keys() - asked}
        await asyncio.gather(
            *(
                self._look_at(name, *one, left_out=before[name], known_ready=name in even and bool(one[0].cameras))
                for name, one in apps.items()
                if name in asked
            )
        )
        self._looked_at = self._clock.monotonic()
        uneven = any(not may_be_left_out(*apps[name], self._progress.get(name)) for name in asked)
        self._all_even = not uneven and len(even | asked) == len(apps)
        return uneven or any(_others_than_said(self._progress[name], self._said.get(name)) for name in asked)

    async def _look_at(
        self, name: str, config: InstanceConfig, runtime_id: str, *, left_out: int, known_ready: bool
    ) -> None:
        asked_at = self._clock.now()
        before = self._progress.setdefault(name, AppProgress(runtime_id, asked_at))
        probe = await self._probe(config, runtime_id, asked_at, known_ready=known_ready)
        # Forgotten in the meantime: then this is the answer of the app that was there before.
        if self._progress.get(name) is before:
            self._progress[name] = after_probe(before, probe, left_out)
            if probe.answered:
                self._series.heard(name, runtime_id, probe.streams, self._clock.monotonic())


def _others_than_said(now: AppProgress, said: AppProgress | None) -> bool:
    """Whether the frames per second of a camera, its alerts, or its pictures are others than were said of it."""
    before = said.cameras if said is not None else None
    return any(
        before is None
        or (one := before.get(camera_id)) is None
        or fps_moved(one.fps, camera.fps)
        or one.alerts != camera.alerts
        or one.pictures != camera.pictures
        for camera_id, camera in (now.cameras or {}).items()
    )
