"""The newest pictures of cameras that somebody looks at, bounded in number, in bytes and in time: pure."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from controller.asking.wanted import NoPicture, PictureAnswer, PictureSeen
from crds.answers import PictureObject, PictureTold

EVERY_SECONDS: Final[Mapping[int, float]] = MappingProxyType({320: 10.0, 1280: 2.0})
"""Between two pictures of a camera, by their width in pixels: of a wall, and of who draws a line on one."""
MOST_BYTES: Final = 64 * 1024 * 1024
MOST_CAMERAS: Final = 5000
FORGOTTEN_SECONDS: Final = 60.0
"""After nobody has asked for it for so long."""

_STILL_SECONDS: Final = 8.0
"""A frame that is the newest one for so long is a frozen one: most cameras are limited to some frames a second, none to less."""
_OLD_SECONDS: Final = 10.0
"""Of a frame when its app was asked."""
_PAUSE_SECONDS: Final = 12.0
"""Who does not ask for so long, as leases last, looks anew: that its picture is old by then is no fault of the camera."""
_LATE_ROUNDS: Final = 3.0
"""Without an answer for so many times the pause between two, a picture is as good as frozen."""
_VERSION_DIGITS: Final = 16

Key = tuple[str, int]
"""A camera, and the width of its pictures."""


@dataclass(frozen=True)
class _Picture:
    version: str
    jpeg: bytes
    frame: int
    objects: tuple[PictureObject, ...]
    width: int
    height: int
    first_at: float
    """When this frame came first, in seconds of the monotonic clock."""
    looked_at: float
    """When its app was asked last and had no newer one."""
    age: float
    """Of the frame by then, in seconds."""

    def age_at(self, now: float) -> float:
        return self.age + max(0.0, now - self.looked_at)

    def is_frozen(self, now: float, every: float, since: float) -> bool:
        """Whether it stands still, for who has looked at it since then."""
        is_still = self.looked_at - self.first_at >= _STILL_SECONDS or self.age >= _OLD_SECONDS
        return is_still or min(self.age_at(now), now - since) >= max(_OLD_SECONDS, _LATE_ROUNDS * every)


@dataclass(frozen=True)
class _Kept:
    asked_at: float
    since: float
    """When who asks now began to, in seconds of the monotonic clock."""
    picture: _Picture | None = None
    before: _Picture | None = None
    """The one before it: who was told of it a moment ago gets it still."""
    none: str = ""
    """Why there is none, as its agent said last."""

    @property
    def size(self) -> int:
        return sum(len(one.jpeg) for one in (self.picture, self.before) if one is not None)


class PictureMemory:
    """What was seen, for as long as somebody asks for it. Those that nobody asked for longest go first.

    Args:
        most_bytes: of all pictures.
        most_cameras: cameras, each width for itself.
    """

    def __init__(self, most_bytes: int = MOST_BYTES, most_cameras: int = MOST_CAMERAS) -> None:
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._most_bytes = most_bytes
        self._most_cameras = most_cameras
        self.size = 0
        """Bytes of all pictures."""

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, key: Key) -> bool:
        return key in self._kept

    def ask(self, key: Key, now: float) -> PictureAnswer:
        """What is known of a camera, which is looked at now."""
        kept = self._kept.get(key)
        if kept is None:
            kept = _Kept(now, now)
        else:
            goes_on = now - kept.asked_at < _PAUSE_SECONDS
            kept = replace(kept, asked_at=now, since=kept.since if goes_on else now)
        self._put(key, kept)
        self._kept.move_to_end(key)
        if kept.none:
            return NoPicture(kept.none)
        picture = kept.picture
        if picture is None:
            return None
        return PictureSeen(
            picture.version,
            picture.age_at(now),
            picture.frame,
            picture.is_frozen(now, EVERY_SECONDS[key[1]], kept.since),
            picture.objects,
            picture.width,
            picture.height,
        )

    def take(self, key: Key, told: PictureTold, jpeg: bytes, late_seconds: float, now: float) -> None:
        """An agent has told something of a camera; of one that nobody looks at nothing is kept.

        Args:
            key: which camera.
            told: what it says.
            jpeg: the picture, which belongs to that; empty when it is the same as before, or there is none.
            late_seconds: how long that was on its way.
            now: by the monotonic clock, in seconds.
        """
        kept = self._kept.get(key)
        if kept is None:
            return
        if told.none:
            self._put(key, replace(kept, picture=None, before=kept.picture or kept.before, none=told.none))
            return
        last, age = kept.picture, told.age_ms / 1000 + late_seconds
        is_last = told.same and last is not None and last.frame == told.frame
        if jpeg:
            picture = _Picture(
                version=told.jpeg_sha256[:_VERSION_DIGITS],
                jpeg=jpeg,
                frame=told.frame,
                objects=told.objects,
                width=told.width,
                height=told.height,
                first_at=last.first_at if is_last and last is not None else now,
                looked_at=now,
                age=age,
            )
            before = kept.before if last is None or last.version == picture.version else last
            self._put(key, replace(kept, picture=picture, before=before, none=""))
        elif is_last and last is not None:
            self._put(key, replace(kept, picture=replace(last, looked_at=now, age=age), none=""))

    def jpeg(self, key: Key, version: str) -> bytes | None:
        """A picture, or the newest one for an empty version; None when it is gone."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        found = (one for one in (kept.picture, kept.before) if one is not None)
        if not version:
            return kept.picture.jpeg if kept.picture else None
        return next((one.jpeg for one in found if one.version == version), None)

    def forget(self, now: float) -> None:
        """Lets go of what nobody has asked for in the last minute."""
        while self._kept and now - next(iter(self._kept.values())).asked_at >= FORGOTTEN_SECONDS:
            self.size -= self._kept.popitem(last=False)[1].size

    def _put(self, key: Key, kept: _Kept) -> None:
        before = self._kept.get(key)
        self.size += kept.size - (before.size if before is not None else 0)
        self._kept[key] = kept
        while len(self._kept) > 1 and (self.size > self._most_bytes or len(self._kept) > self._most_cameras):
            oldest = next(one for one in self._kept if one != key)
            self.size -= self._kept.pop(oldest).size
