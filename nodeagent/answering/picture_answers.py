"""Answers a lease of pictures: asks the apps for what cameras show, one after another, and says what is new."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from bus.attached import digest_of
from crds.answers import LARGEST_PICTURE, PictureTold
from crds.asking import PicturesAsked
from crds.instance_config import InstanceConfig
from nodeagent.answering.channel import Channel
from nodeagent.answering.pace import Pace
from nodeagent.answering.picture_turns import Turns
from nodeagent.apps.identity import HolderOf, held_by_another
from nodeagent.apps.pictures import AppPicture, NoFrameError, TakePicture
from nodeagent.apps.rest import NoAnswerError
from nodeagent.model import ObservedInstance, Transient
from ports.clock import Clock

PICTURES_PER_SECOND: Final = 6.0
"""Of an agent, whatever is asked: sixty tiles in ten seconds, and a few per cent of a core in the apps."""
ASKED_AT_ONCE: Final = 4
SMALL_WIDTH: Final = 320
LARGEST_SMALL: Final = 12 * 1024
"""Bytes of a picture that is no wider than `SMALL_WIDTH`: sixty of them in ten seconds are 72 KB a second."""
WHOLE_AFTER_SAME: Final = 6
"""So often a frame is only said to be the same; then it is sent again, for whom the first one never reached."""
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
        config, there = self._watcher(camera)
        now, name = self._clock.monotonic(), config.name
        self._silent = {runtime: one for runtime, one in self._silent.items() if one[0] > now}
        if (silent := self._silent.get(there.runtime_id)) is not None:
            raise NoFrameError(silent[1])
        camera_id = next(one.camera_id for one in config.cameras if one.name == camera)
        max_bytes = LARGEST_SMALL if width <= SMALL_WIDTH else LARGEST_PICTURE
        try:
            picture = await self._take(config, camera_id, width=width, max_bytes=max_bytes)
        except NoFrameError as error:
            # What an app says may hold the address of a camera.
            said = await self._redacted(config.instance_name, str(error))
            raise NoFrameError(f"the app of instance {name} says: {said[:_LONGEST_SAID]}") from None
        except NoAnswerError as error:
            why = f"the app of instance {name} shows nothing: {error}"
            self._silent[there.runtime_id] = (now + SILENT_SECONDS, why)
            raise NoFrameError(why) from None
        await self._check_holder(config, there.runtime_id)
        return there.runtime_id, picture

    def _watcher(self, camera: str) -> tuple[InstanceConfig, ObservedInstance]:
        """The instance that a camera is seen by: of several one that can show it.

        Raises:
            NoFrameError: there is none.
        """
        why = "its node was not told to watch it yet"
        for config in self._wanted():
            if all(one.name != camera for one in config.cameras):
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


@dataclass
class _Sent:
    """What was sent of a camera last."""

    of: tuple[str, int, int]
    """The runtime, its frame, and the width."""
    times_same: int = 0


@dataclass
class PictureAnswers:
    """The answers to one lease."""

    asked: PicturesAsked
    channel: Channel
    source: PictureSource
    clock: Clock
    _sent: dict[str, _Sent] = field(default_factory=dict)
    _under_way: set[str] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    def ask(self, asked: PicturesAsked) -> None:
        """Other cameras are looked at from now on."""
        self.asked = asked
        self._sent = {camera: one for camera, one in self._sent.items() if camera in asked.cameras}
        self._changed.set()

    async def run(self) -> None:
        """Answers for as long as it is let."""
        await self.channel.send()
        turns = Turns()
        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                now = self.clock.monotonic()
                turns = turns.among(self.asked.cameras, now)
                camera, due = turns.next or ("", now + self.asked.every_seconds)
                if due > now:
                    await self._wait(due - now)
                    continue
                await self.source.turn()
                turns = turns.after(camera, self.asked.every_seconds, self.clock.monotonic())
                if camera not in self._under_way:
                    await self.source.room.acquire()
                    self._under_way.add(camera)
                    # A callback, since a task that is cancelled before it begins runs no `finally`.
                    group.create_task(self._tell(camera)).add_done_callback(partial(self._told, camera))

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            pass

    async def _tell(self, camera: str) -> None:
        try:
            runtime, picture = await self.source.picture(camera, self.asked.width)
        except NoFrameError as error:
            self._sent.pop(camera, None)
            await self._say({"camera": camera, "none": str(error)[:400]})
        else:
            await self._say_picture(camera, runtime, picture)

    def _told(self, camera: str, _: object) -> None:
        self.source.room.release()
        self._under_way.discard(camera)

    async def _say_picture(self, camera: str, runtime: str, picture: AppPicture) -> None:
        taken = self.clock.monotonic()
        sent, of = self._sent.get(camera), (runtime, picture.frame, self.asked.width)
        is_same = sent is not None and sent.of == of and sent.times_same < WHOLE_AFTER_SAME
        jpeg = b"" if is_same else picture.jpeg
        told = {
            "camera": camera,
            "frame": picture.frame,
            "age_ms": picture.age_ms,
            "width": picture.width,
            "height": picture.height,
            "objects": () if is_same else picture.objects,
            "same": sent is not None and sent.of == of,
            "jpeg_sha256": digest_of(jpeg),
        }
        if not await self._say(told, jpeg, taken):
            return
        if is_same and sent is not None:
            sent.times_same += 1
        elif camera in self.asked.cameras:
            self._sent[camera] = _Sent(of)

    async def _say(self, told: dict[str, Any], jpeg: bytes = b"", taken: float | None = None) -> bool:
        """Says it once. What waits for those before it gets older, and says so."""
        async with self._one_at_a_time:
            now = self.clock.monotonic()
            waited_ms = 0 if taken is None else round(1000 * (now - taken))
            aged = {"age_ms": told.get("age_ms", 0) + waited_ms, "clock_ms": round(1000 * now)}
            return await self.channel.send_once(PictureTold.model_validate({**told, **aged}), jpeg)
