"""Answers a lease of one snapshot: waits for a frame that is new enough, and sends it in parts."""

import asyncio
from collections.abc import Iterator
from typing import Final

from bus.attached import digest_of
from crds.answers import LARGEST_PICTURE, PictureTold
from crds.asking import SnapshotAsked
from nodeagent.answering.channel import Channel
from nodeagent.answering.picture_source import PictureSource
from nodeagent.apps.pictures import AppPicture, NoFrameError
from ports.clock import Clock

WAIT_SECONDS: Final = 6.0
"""For a newer frame. Who asks waits ten."""
_AGAIN_SECONDS: Final = 0.5


async def send_snapshot(asked: SnapshotAsked, channel: Channel, source: PictureSource, clock: Clock) -> None:
    """Sends it, or says why there is none."""
    try:
        picture = await _new_enough(asked, source, clock)
    except NoFrameError as error:
        await channel.end(str(error))
        return
    taken = clock.monotonic()
    for part in _parts(picture.jpeg):
        now = clock.monotonic()
        told = PictureTold(
            camera=asked.camera,
            frame=picture.frame,
            age_ms=picture.age_ms + round(1000 * (now - taken)),
            clock_ms=round(1000 * now),
            width=picture.width,
            height=picture.height,
            jpeg_sha256=digest_of(part),
            total_bytes=len(picture.jpeg),
            alert=picture.alert,
        )
        await channel.send(picture=told, attached=part)
    await channel.end()


async def _new_enough(asked: SnapshotAsked, source: PictureSource, clock: Clock) -> AppPicture:
    until = clock.monotonic() + WAIT_SECONDS
    while True:
        # Not while it waits: others look at cameras that are well.
        async with source.room:
            await source.turn()
            picture = await source.snapshot(asked)
        if asked.at or picture.age_ms <= asked.max_age_ms:
            return picture
        if clock.monotonic() + _AGAIN_SECONDS >= until:
            raise NoFrameError(
                f"its newest frame is {picture.age_ms / 1000:.1f} s old, and none came within {WAIT_SECONDS:g} s"
            )
        await asyncio.sleep(_AGAIN_SECONDS)


def _parts(jpeg: bytes) -> Iterator[bytes]:
    for at in range(0, len(jpeg), LARGEST_PICTURE):
        yield jpeg[at : at + LARGEST_PICTURE]
