"""Answers a lease of pictures: asks the apps for what cameras show, one after another, and says what is new."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from bus.attached import digest_of
from crds.answers import PictureTold
from crds.asking import PicturesAsked
from nodeagent.answering.channel import Channel
from nodeagent.answering.picture_source import PictureSource
from nodeagent.answering.picture_turns import Turns
from nodeagent.apps.pictures import AppPicture, NoFrameError
from ports.clock import Clock

WHOLE_AFTER_SAME: Final = 6
"""So often a frame is only said to be the same; then it is sent again, for whom the first one never reached."""


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
