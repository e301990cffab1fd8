"""Follows objects from frame to frame by where they stand, so that a crossing can be told from two people.

Each object is expected to go on as it went: where it was last, plus its speed times the time since. Detections go to the
nearest expectations first, and what is left over to objects that did not get as far: when a camera stalls, the frames that
it held back come all at once. Everything is measured in seconds and in sizes of the object, so that neither the frame rate,
nor frames that were left out, nor the size of the picture matter. Why this and no library: ADR 9.
"""

import itertools
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pipeline.files.rules import Point
from pipeline.model import Detection

# An object that was not seen for so long is gone: whoever appears there is somebody else. Longer than detectors lose a
# person for, shorter than the pause between two people in a doorway.
GAP_S: Final = 1.0
# Unless frames are that rare: then it is gone when this many of them did not show it,
GAP_FRAMES: Final = 3
# or when so much time has passed that anything may have happened.
LONGEST_GAP_S: Final = 5.0

# How far from where it is expected an object may be found, in sizes of it (the longer side of its box). Nearer than a
# size: two people side by side are two sizes of their boxes' width apart, which is about one of their height.
REACH_SIZES: Final = 0.75
# A new object may go anywhere: running people do about 3 of their height in a second, cars in a street 3 of their length.
REACH_OF_NEW_SIZES_PER_S: Final = 4.0
# Nobody is looked for farther away than this, however long ago they were seen.
LONGEST_REACH_SIZES: Final = 2.0

# Speed is what was done in so long: enough to even out the trembling of boxes, little enough to follow a turn.
SPEED_WINDOW_S: Final = 0.5
# And no less than this: in frames that come all at once, trembling would look like speed.
SHORTEST_SPEED_WINDOW_S: Final = 0.05

# Bounds memory and time. No picture of a camera holds that many objects that can be told apart.
MOST_TRACKS: Final = 256

# In pixels; more than what sums of a few such numbers are off by.
_ROUNDING: Final = 1e-3

_Sighting = tuple[float, float, float]
"""When, in seconds, and the foot: x and y."""


@dataclass(slots=True)
class _Track:
    """One object that is being followed."""

    track_id: int
    class_id: int
    size: float
    sightings: deque[_Sighting] = field(default_factory=deque)
    frames_missed: int = 0

    def seen(self, detection: Detection, at_s: float) -> None:
        """Adds a sighting and forgets those that are too old to tell the speed."""
        self.size = _size(detection)
        self.frames_missed = 0
        self.sightings.append((at_s, *detection.foot))
        while len(self.sightings) > 2 and self.sightings[1][0] <= at_s - SPEED_WINDOW_S:
            self.sightings.popleft()

    @property
    def foot(self) -> Point:
        """Where it was seen last."""
        return self.sightings[-1][1:]

    @property
    def speed(self) -> Point | None:
        """In pixels per second, to the right and down; None when it is too new to tell."""
        (from_s, from_x, from_y), (last_s, x, y) = self.sightings[0], self.sightings[-1]
        seconds = last_s - from_s
        return ((x - from_x) / seconds, (y - from_y) / seconds) if seconds >= SHORTEST_SPEED_WINDOW_S else None

    def search(self, at_s: float) -> tuple[Point, float]:
        """Where its foot is now, if it goes on as it went, and how far from there it may be."""
        unseen_s = max(0.0, at_s - self.sightings[-1][0])
        speed = self.speed
        if speed is None:
            sizes = REACH_SIZES + REACH_OF_NEW_SIZES_PER_S * unseen_s
            return self.foot, self.size * min(sizes, LONGEST_REACH_SIZES)
        (x, y), (speed_x, speed_y) = self.foot, speed
        return (x + speed_x * unseen_s, y + speed_y * unseen_s), self.size * REACH_SIZES

    def gone(self, at_s: float) -> bool:
        """Whether it is of no use to look for it any longer."""
        unseen_s = at_s - self.sightings[-1][0]
        return unseen_s > LONGEST_GAP_S or (unseen_s > GAP_S and self.frames_missed >= GAP_FRAMES)


class Tracker:
    """Gives each object of a stream a number, from 1, which no other object ever gets."""

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._ids = itertools.count(1)

    @property
    def track_ids(self) -> frozenset[int]:
        """Of the objects that are being followed, in sight or not."""
        return frozenset(track.track_id for track in self._tracks)

    def update(self, detections: Sequence[Detection], at_s: float) -> tuple[int, ...]:
        """Takes the detections of a frame, and returns their numbers in the same order.

        Args:
            detections: At most ``MOST_TRACKS``.
            at_s: When the frame was taken, in seconds.
        """
        self._tracks = [track for track in self._tracks if not track.gone(at_s)]
        for track in self._tracks:
            track.frames_missed += 1
        found = self._matches(detections, at_s)
        # Their own order decides which numbers new objects get, not the one that they come in.
        for index in sorted(range(len(detections)), key=lambda index: _order(detections[index])):
            if index not in found:
                found[index] = self._begin(detections[index])
            found[index].seen(detections[index], at_s)
        # Only those that were not seen now are ever too many: they are given up, the longest lost first.
        self._tracks.sort(key=lambda track: (track.frames_missed, track.track_id))
        del self._tracks[MOST_TRACKS:]
        return tuple(found[index].track_id for index in range(len(detections)))

    def _begin(self, detection: Detection) -> _Track:
        track = _Track(next(self._ids), detection.class_id, _size(detection))
        self._tracks.append(track)
        return track

    def _matches(self, detections: Sequence[Detection], at_s: float) -> dict[int, _Track]:
        """The track of each detection that has one, by index of the detection: the nearest pairs first."""
        pairs = []
        seen = [(index, detection, detection.class_id, detection.foot) for index, detection in enumerate(detections)]
        for track in self._tracks:
            expected, reach = track.search(at_s)
            # Who is farther than this is not near the way there either; nearly all are.
            farthest = reach + math.dist(track.foot, expected) + _ROUNDING
            for index, detection, class_id, foot in seen:
                distance = math.dist(expected, foot)
                if distance > farthest or class_id != track.class_id:
                    continue
                late = distance > reach
                if late:
                    distance = _distance_to_way(track.foot, expected, foot)
                if distance <= reach:
                    pairs.append((late, distance / track.size, track.track_id, _order(detection), index, track))
        taken: set[int] = set()
        found: dict[int, _Track] = {}
        for *_, index, track in sorted(pairs, key=lambda pair: pair[:5]):
            if index not in found and track.track_id not in taken:
                found[index] = track
                taken.add(track.track_id)
        return found


def _distance_to_way(begin: Point, end: Point, point: Point) -> float:
    """How far the point is from the nearest place on the straight way."""
    along = (end[0] - begin[0], end[1] - begin[1])
    length_squared = along[0] ** 2 + along[1] ** 2
    share = (point[0] - begin[0]) * along[0] + (point[1] - begin[1]) * along[1]
    share = min(1.0, max(0.0, share / length_squared)) if length_squared else 0.0
    return math.dist((begin[0] + along[0] * share, begin[1] + along[1] * share), point)


def _size(detection: Detection) -> float:
    # At least a pixel: a box of no size would be lost in the next frame, and nothing can be divided by it.
    return max(detection.width, detection.height, 1.0)


def _order(detection: Detection) -> tuple[float, ...]:
    return detection.left, detection.top, detection.width, detection.height, detection.class_id, detection.confidence
