"""Walkers whose ways are known exactly, as the boxes that a detector would give, good or bad."""

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.files.rules import CrossingLine, Point
from pipeline.model import Detection

FRAME = (1280, 720)


@dataclass(frozen=True)
class Walk:
    """Someone who walks straight on: from a place, at a moment, with a speed in pixels per second, for some time."""

    start: Point
    velocity: Point
    begin_s: float
    lasts_s: float
    width: float = 36.0
    height: float = 90.0

    def foot(self, at_s: float) -> Point:
        walked_s = at_s - self.begin_s
        return self.start[0] + self.velocity[0] * walked_s, self.start[1] + self.velocity[1] * walked_s

    def there(self, at_s: float) -> bool:
        return self.begin_s <= at_s <= self.begin_s + self.lasts_s


@dataclass(frozen=True)
class Sight:
    """What a detector gets to see: so many frames per second, a share of the boxes lost, the others trembling."""

    fps: float = 15.0
    lost: float = 0.0
    trembling_px: float = 0.0
    seed: int = 0

    def frames(self, walks: Iterable[Walk]) -> Iterator[tuple[float, list[Detection]]]:
        walks = tuple(walks)
        dice = random.Random(self.seed)
        last_s = max(walk.begin_s + walk.lasts_s for walk in walks)
        for number in range(int(last_s * self.fps) + 1):
            at_s = number / self.fps
            there = [walk for walk in walks if walk.there(at_s) and dice.random() >= self.lost]
            yield at_s, [self._box(walk, at_s, dice) for walk in there]

    def _box(self, walk: Walk, at_s: float, dice: random.Random) -> Detection:
        def off() -> float:
            return dice.gauss(0, self.trembling_px) if self.trembling_px else 0.0

        x, y = walk.foot(at_s)
        return box((x + off(), y + off()), walk.width + off(), walk.height + off())


def box(
    foot: Point, width: float = 36.0, height: float = 90.0, *, class_id: int = 0, label: str = "person"
) -> Detection:
    """The box of an object that stands there."""
    return Detection(foot[0] - width / 2, foot[1] - height, width, height, class_id, label, 0.9)


def true_crossings(walk: Walk, line: CrossingLine) -> int:
    """1 if the walk leads over the line, without ends, the way of its direction; else 0."""
    along = (line.end[0] - line.begin[0], line.end[1] - line.begin[1])
    vector = (line.direction[1][0] - line.direction[0][0], line.direction[1][1] - line.direction[0][1])

    def side(point: Point) -> float:
        return math.copysign(1.0, _cross(along, vector)) * _cross(
            along, (point[0] - line.begin[0], point[1] - line.begin[1])
        )

    return int(side(walk.foot(walk.begin_s)) <= 0 < side(walk.foot(walk.begin_s + walk.lasts_s)))


def _cross(one: Point, other: Point) -> float:
    return one[0] * other[1] - one[1] * other[0]
