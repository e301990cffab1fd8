"""How cameras did in the last hours, as far as their apps say: kept by the agent in little memory, for whoever asks.

It is filled from the answers by which the agent watches the apps anyway; none is asked for it. Once in a step of a minute numbers are
compared with those of a minute before, so between two steps it costs next to nothing. It begins anew with the agent.
"""

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Final, NamedTuple

from nodeagent.model import StreamStats

STEP_SECONDS: Final = 60
STEPS: Final = 360
MOST_BYTES: Final = 768 * 1024
"""Of the numbers of all cameras together, lines and regions too: those of 200 cameras with ten lines."""
MOST_LABELS: Final = 32
"""Lines of a camera, and regions of it."""
_LONGEST_LABEL: Final = 64
_NARROW: Final = "B"
"""A byte: hardly more than 254 people cross a line in a minute, and where they do, it becomes a wide one."""
_WIDE: Final = "H"
_UNKNOWN: Final = {_NARROW: 0xFF, _WIDE: 0xFFFF}
_BYTES: Final = {_NARROW: STEPS, _WIDE: 2 * STEPS}
_PER_FRAME: Final = 100
"""Frames per second are kept in hundredths."""


class Series(NamedTuple):
    """How a camera did, in steps of `STEP_SECONDS`, the oldest first; None where nothing is known."""

    age_seconds: float
    """How long ago the last step ended."""
    fps: Sequence[float | None]
    objects: Sequence[int | None]
    lines: Mapping[str, Sequence[int | None]]
    """Crossings in each step."""
    regions: Mapping[str, Sequence[int | None]]
    counts_told: bool
    """False for an app that tells of frames alone."""
    left_out: int
    """Lines and regions for which there was no room."""


@dataclass
class _Camera:
    since: int
    """Its first step."""
    frames: int
    """Its frame number when the last step ended; 0 for an app that began anew since."""
    crossed: dict[str, int]
    """Likewise, by line."""
    seen: int = 0
    """The last step in which its app named it."""
    carried_frames: int = 0
    """Of this step, by the app as it was before it began anew."""
    carried: dict[str, int] = field(default_factory=dict)
    rings: "dict[tuple[str, str], array[int]]" = field(default_factory=dict)
    """By what they are, and the label of the line or region."""
    counts_told: bool = False
    left_out: int = 0


@dataclass
class _App:
    runtime_id: str
    step: int
    """The one that is under way."""
    at: float
    """When it was begun to be counted."""
    last: Sequence[StreamStats]
    cameras: dict[str, _Camera] = field(default_factory=dict)


class SeriesKeeper:
    """The series of all cameras of a node.

    Args:
        most_bytes: see `MOST_BYTES`.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._apps: dict[str, _App] = {}
        self._bytes_left = most_bytes

    def heard(self, instance: str, runtime_id: str, streams: Sequence[StreamStats], now: float) -> None:
        """Takes an answer of an app.

        Args:
            instance: its name.
            runtime_id: its container or process.
            streams: what it said.
            now: when it was asked, by a clock that never goes back, in seconds.
        """
        step = int(now // STEP_SECONDS)
        app = self._apps.get(instance)
        if app is None:
            app = self._apps[instance] = _App(runtime_id, step, now, streams)
            for one in streams:
                self._begin(app, one)
            return
        if app.runtime_id != runtime_id or _has_fallen(app.last, streams):
            _begin_anew(app)
        app.runtime_id, app.last = runtime_id, streams
        if step != app.step:
            self._end_step(app, step, now)

    def keep_only(self, instances: Collection[str]) -> None:
        """Forgets all other instances."""
        for name in self._apps.keys() - set(instances):
            for camera in self._apps.pop(name).cameras.values():
                self._give_back(camera)

    def of(self, instance: str, camera_id: str, now: float) -> Series | None:
        """The series of a camera; None when nothing is known of it.

        Args:
            instance: whose app watches it.
            camera_id: by which that app knows it.
            now: by the same clock.
        """
        app = self._apps.get(instance)
        camera = app.cameras.get(camera_id) if app is not None else None
        if app is None or camera is None or app.step == camera.since:
            return None
        steps = range(max(camera.since, app.step - STEPS), app.step)
        found = {key: _values(ring, steps) for key, ring in camera.rings.items()}
        return Series(
            max(0.0, now - app.step * STEP_SECONDS),
            [None if one is None else one / _PER_FRAME for one in found.pop(("fps", ""), ())],
            found.pop(("objects", ""), ()),
            {label: values for (what, label), values in found.items() if what == "line"},
            {label: values for (what, label), values in found.items() if what == "region"},
            camera.counts_told,
            camera.left_out,
        )

    def _begin(self, app: _App, stream: StreamStats) -> None:
        # An app may name a camera twice. The frames of all cameras come before the lines of one.
        if stream.camera_id not in app.cameras and self._takes(_WIDE):
            camera = _Camera(app.step, stream.frame_number, _crossed(stream), app.step)
            camera.rings["fps", ""] = _ring(_WIDE)
            app.cameras[stream.camera_id] = camera

    def _end_step(self, app: _App, step: int, now: float) -> None:
        seconds = now - app.at
        for one in app.cameras.values():
            for ring in one.rings.values():
                for skipped in range(max(app.step, step - STEPS), step):
                    ring[skipped % STEPS] = _UNKNOWN[ring.typecode]
        before, app.step, app.at = app.cameras.copy(), step, now
        for stream in app.last:
            camera = before.pop(stream.camera_id, None)
            if camera is None:
                self._begin(app, stream)
            else:
                self._add(camera, stream, step, seconds)
        for camera_id, silent in before.items():
            if step - silent.seen >= STEPS:
                self._give_back(app.cameras.pop(camera_id))

    def _add(self, camera: _Camera, stream: StreamStats, step: int, seconds: float) -> None:
        """The numbers of the step that has ended."""
        camera.seen, camera.left_out = step, 0
        grown = camera.carried_frames + _grown(stream.frame_number, camera.frames)
        self._put(camera, ("fps", ""), step, round(_PER_FRAME * grown / seconds) if seconds > 0 else 0)
        camera.frames, camera.carried_frames = stream.frame_number, 0
        if stream.counts is None:
            return
        camera.counts_told = True
        objects, _, regions = stream.counts
        if (number := _whole(objects)) is not None:
            self._put(camera, ("objects", ""), step, number)
        crossed = _crossed(stream)
        for label, number in crossed.items():
            # Of a line that is new all crossings are of this step.
            crossings = camera.carried.get(label, 0) + _grown(number, camera.crossed.get(label, 0))
            self._put(camera, ("line", label), step, crossings)
        camera.crossed, camera.carried = crossed, {}
        for label, number in _labelled(regions):
            self._put(camera, ("region", label), step, number)

    def _put(self, camera: _Camera, key: tuple[str, str], step: int, number: int) -> None:
        ring = camera.rings.get(key)
        if ring is None:
            if sum(what == key[0] for what, _ in camera.rings) >= MOST_LABELS or not self._takes(_NARROW):
                camera.left_out += bool(key[1])
                return
            ring = camera.rings[key] = _ring(_NARROW)
        if number >= _UNKNOWN[_NARROW] and ring.typecode == _NARROW and self._takes(_WIDE):
            self._bytes_left += _BYTES[_NARROW]
            ring = camera.rings[key] = _widened(ring)
        ring[(step - 1) % STEPS] = min(number, _UNKNOWN[ring.typecode] - 1)

    def _takes(self, typecode: str) -> bool:
        """Takes the room for a ring, if there is any."""
        if self._bytes_left < _BYTES[typecode]:
            return False
        self._bytes_left -= _BYTES[typecode]
        return True

    def _give_back(self, camera: _Camera) -> None:
        self._bytes_left += sum(_BYTES[ring.typecode] for ring in camera.rings.values())


def _ring(typecode: str) -> "array[int]":
    return array(typecode, (_UNKNOWN[typecode],)) * STEPS


def _widened(ring: "array[int]") -> "array[int]":
    return array(_WIDE, [_UNKNOWN[_WIDE] if one == _UNKNOWN[_NARROW] else one for one in ring])


def _values(ring: "array[int]", steps: range) -> list[int | None]:
    unknown = _UNKNOWN[ring.typecode]
    return [None if (one := ring[step % STEPS]) == unknown else one for step in steps]


def _has_fallen(before: Sequence[StreamStats], after: Sequence[StreamStats]) -> bool:
    """Whether the app began anew in the same container: the first camera stands for all, of which it says the same."""
    return bool(
        before
        and after
        and before[0].camera_id == after[0].camera_id
        and after[0].frame_number < before[0].frame_number
    )


def _begin_anew(app: _App) -> None:
    """What was counted by the app that was is kept for this step; the one that is has counted from nothing."""
    for stream in app.last:
        camera = app.cameras.get(stream.camera_id)
        if camera is not None:
            camera.carried_frames += _grown(stream.frame_number, camera.frames)
            for label, number in _crossed(stream).items():
                camera.carried[label] = camera.carried.get(label, 0) + _grown(number, camera.crossed.get(label, 0))
    for camera in app.cameras.values():
        camera.frames, camera.crossed = 0, {}


def _grown(now: int, before: int) -> int:
    """Numbers that fall are those of a count that began anew."""
    return now - before if now >= before else now


def _crossed(stream: StreamStats) -> dict[str, int]:
    return dict(_labelled(stream.counts[1])) if stream.counts is not None else {}


def _labelled(value: object) -> Iterator[tuple[str, int]]:
    """What an app says by label: it may be anything."""
    for label, number in value.items() if isinstance(value, dict) else ():
        if isinstance(label, str) and 0 < len(label) <= _LONGEST_LABEL and label.isprintable():
            amount = _whole(number)
            if amount is not None:
                yield intern(label), amount


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
