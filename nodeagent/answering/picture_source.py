"""Where pictures of cameras come from: the apps of this machine, asked at a pace that all who look share."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from crds.answers import LARGEST_PICTURE, LARGEST_SNAPSHOT
from crds.asking import SnapshotAsked
from crds.instance_config import InstanceConfig
from nodeagent.answering.pace import Pace
from nodeagent.apps.identity import HolderOf, held_by_another
from nodeagent.apps.pictures import AppPicture, NoFrameError, PictureWish, TakePicture
from nodeagent.apps.rest import NoAnswerError
from nodeagent.model import ObservedInstance, Transient
from ports.clock import Clock

PICTURES_PER_SECOND: Final = 6.0
"""Of an agent, whatever is asked: sixty tiles in ten seconds, and a few per cent of a core in the apps."""
ASKED_AT_ONCE: Final = 4
SMALL_WIDTH: Final = 320
LARGEST_SMALL: Final = 12 * 1024
"""Bytes of a picture that is no wider than `SMALL_WIDTH`: sixty of them in ten seconds are 72 KB a second."""
_LONGEST_SAID: Final = 200
"""Characters of what an app says."""
SILENT_SECONDS: Final = 10.0
"""An app that did not answer is left alone for so long: it has other cameras, which would wait for it one after another."""


class PictureSource:
    """What pictures come from: one for all leases of an agent, which share its pace.

    Args:
        wanted: the instances that the node is to run, in which cameras are found by name.
        seen: an instance as it was seen last.
        take: asks an app.
        holder_of: who listens on a port, and who is expected to.
        redacted: a text of an instance without its secrets.
        clock: the time.
    """

    def __init__(
        self,
        *,
        wanted: Callable[[], tuple[InstanceConfig, ...]],
        seen: Callable[[str], ObservedInstance | None],
        take: TakePicture,
        holder_of: HolderOf,
        redacted: Callable[[str, str], Awaitable[str]],
        clock: Clock,
    ) -> None:
        self._wanted = wanted
        self._seen = seen
        self._take = take
        self._holder_of = holder_of
        self._redacted = redacted
        self._clock = clock
        self._pace = Pace.of(PICTURES_PER_SECOND, 1.0, clock.monotonic())
        self._one_at_a_time = asyncio.Lock()
        self.room = asyncio.Semaphore(ASKED_AT_ONCE)
        self._silent: dict[str, tuple[float, str]] = {}
        """Until when the app of an instance is left alone, and why: by its runtime."""

    async def turn(self) -> None:
        """Waits until a picture may be taken again."""
        async with self._one_at_a_time:
            await asyncio.sleep(self._pace.wait_seconds)
            self._pace = self._pace.after(1, self._clock.monotonic())

    async def picture(self, camera: str, width: int) -> tuple[str, AppPicture]:
        """The runtime that watches a camera, and what that shows of it.

        Raises:
            NoFrameError: it shows nothing; the message says why, a sentence.
        """
        max_bytes = LARGEST_SMALL if width <= SMALL_WIDTH else LARGEST_PICTURE
        config, there = self._watcher(camera)
        return there.runtime_id, await self._taken(config, there, camera, PictureWish(width, max_bytes))

    async def snapshot(self, asked: SnapshotAsked) -> AppPicture:
        """One picture, as large as is asked for; raises as `picture` does."""
        config, there = self._watcher(asked.camera, asked.instance)
        wish = PictureWish(asked.width, LARGEST_SNAPSHOT, overlay=asked.overlay, at=asked.at)
        return await self._taken(config, there, asked.camera, wish)

    async def _taken(
        self, config: InstanceConfig, there: ObservedInstance, camera: str, wish: PictureWish
    ) -> AppPicture:
        now, name = self._clock.monotonic(), config.name
        self._silent = {runtime: one for runtime, one in self._silent.items() if one[0] > now}
        if (silent := self._silent.get(there.runtime_id)) is not None:
            raise NoFrameError(silent[1])
        camera_id = next(one.camera_id for one in config.cameras if one.name == camera)
        try:
            picture = await self._take(config, camera_id, wish)
        except NoFrameError as error:
            # What an app says may hold the address of a camera.
            said = await self._redacted(config.instance_name, str(error))
            raise NoFrameError(f"the app of instance {name} says: {said[:_LONGEST_SAID]}") from None
        except NoAnswerError as error:
            why = f"the app of instance {name} shows nothing: {error}"
            self._silent[there.runtime_id] = (now + SILENT_SECONDS, why)
            raise NoFrameError(why) from None
        await self._check_holder(config, there.runtime_id)
        return picture

    def _watcher(self, camera: str, instance: str = "") -> tuple[InstanceConfig, ObservedInstance]:
        """The instance that a camera is seen by: the one that is named, or of several one that can show it.

        Raises:
            NoFrameError: there is none.
        """
        why = "its node was not told to watch it yet"
        for config in self._wanted():
            if instance not in ("", config.instance_name) or all(one.name != camera for one in config.cameras):
                continue
            if not config.app_kind.has_pictures:
                why = config.app_kind.why_no_pictures
                continue
            there = self._seen(config.instance_name)
            if there is not None and there.running and not there.paused:
                return config, there
            frozen = there is not None and there.paused
            why = f"instance {config.name} {'is frozen by its engine' if frozen else 'does not run'}"
        raise NoFrameError(why)

    async def _check_holder(self, config: InstanceConfig, runtime_id: str) -> None:
        try:
            holder = await self._holder_of(config.rest_port, runtime_id)
        except Transient:
            return
        if holder is not None and holder.runtime_id != runtime_id:
            raise NoFrameError(held_by_another(config.rest_port, holder))
