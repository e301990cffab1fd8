"""Asks the running apps, again and again, how their cameras do."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

from crds.instance_config import InstanceConfig
from nodeagent.model import Probe
from nodeagent.reporter.frames import AppProgress, after_probe
from ports.clock import Clock

ProbeApp = Callable[[InstanceConfig, str, datetime], Awaitable[Probe]]


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

    @property
    def progress(self) -> Mapping[str, AppProgress]:
        """How far each app got."""
        return self._progress

    def forget(self, name: str) -> None:
        """The app of this instance began anew, or will: what the one before it said proves nothing any more."""
        self._progress.pop(name, None)

    def keep_only(self, names: Collection[str]) -> None:
        """Forgets all other instances."""
        for name in self._progress.keys() - set(names):
            del self._progress[name]

    async def look(self, apps: Mapping[str, tuple[InstanceConfig, str]]) -> None:
        """Asks each app once, side by side.

        Args:
            apps: the instance that runs and its runtime, by name.
        """
        await asyncio.gather(*(self._look_at(name, config, runtime) for name, (config, runtime) in apps.items()))

    async def _look_at(self, name: str, config: InstanceConfig, runtime_id: str) -> None:
        asked_at = self._clock.now()
        before = self._progress.setdefault(name, AppProgress(runtime_id, asked_at))
        probe = await self._probe(config, runtime_id, asked_at)
        # Forgotten in the meantime: then this is the answer of the app that was there before.
        if self._progress.get(name) is before:
            self._progress[name] = after_probe(before, probe)
