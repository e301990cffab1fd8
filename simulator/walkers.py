"""PURE. People who walk through a picture, known exactly: where each of them is in each frame, and which lines they cross.

A clip that shows them can be looped for ever: at its ends nobody is in the picture. Its first seconds show nobody either, so
that a detector can learn the ground. Nobody ever comes near somebody else, unless ``overlapping`` asks for it: otherwise
counting would be a matter of luck for a detector that sees one blob where two people are. Everything is deterministic.
"""

import math
import random
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

Point = tuple[float, float]
"""x from the left and y from the top, in pixels."""

Box = tuple[int, float, float, float, float]
"""Number of the walker, then left, top, width and height in pixels."""

# The upper margin of the picture, in which the number of the frame stands: so much of the width.
NUMBER_SHARE: Final = 1 / 16

_WARM_UP_S: Final = 2.0
# Nobody is in the picture for so long before one kind of walk follows another, and before the end.
_PAUSE_S: Final = 0.5

_WIDTH_OF_HEIGHT: Final = 0.4
# Between two lanes lies at least so much ground, in heights of a walker: far more than what detectors fill to close holes.
_GAP_HEIGHTS: Final = 0.6
# From one upright lane to the next, in heights of a walker: four lanes in the usual pictures.
_COLUMN_HEIGHTS: Final = 1.9
# Real people walk at 1, run at 3 of their height in a second.
_SPEED_HEIGHTS: Final = (1.6, 2.1)
# From one walker of a lane to the next.
_FOLLOW_HEIGHTS: Final = (2.4, 4.0)

# Of the diagonal way, and of the line across it: how far to the side for each pixel down. Steeper than 45°, because somebody
# whose feet are still, or already, below the picture seems to move sideways.
_LEAN: Final = 0.9

# Prime, so that clips with neighbouring variants have nothing in common.
_SEED_STEP: Final = 7919


class Walks(StrEnum):
    """Which ways people walk.

    Attributes:
        SIDEWAYS: To the right and to the left.
        UPRIGHT: Up and down.
        DIAGONAL: One of the four ways between these; which one, the variant decides.
        MIXED: All of these, one kind after the other.
    """

    SIDEWAYS = "sideways"
    UPRIGHT = "upright"
    DIAGONAL = "diagonal"
    MIXED = "mixed"


@dataclass(frozen=True)
class WalkersSpec:
    """Who walks where and when; equal specs give equal walks.

    Attributes:
        width: Of the picture in pixels, even.
        height: Of the picture in pixels, even.
        fps: Frames per second.
        seconds: How long the clip is. In one of less than about 8 s nobody has the time to walk.
        variant: Other variants have other walkers.
        walks: Which ways they go.
        tall: How high walkers are, as a share of the height of the picture.
        overlapping: They take no care of each other; counting them exactly is then more than a motion detector can do.
    """

    width: int = 640
    height: int = 360
    fps: int = 10
    seconds: int = 30
    variant: int = 0
    walks: Walks = Walks.MIXED
    tall: float = 0.17
    overlapping: bool = False

    @property
    def frames(self) -> int:
        """How many frames the clip has."""
        return self.fps * self.seconds

    @property
    def walker_size(self) -> tuple[float, float]:
        """Width and height of a walker in pixels."""
        height = self.tall * self.height
        return _WIDTH_OF_HEIGHT * height, height


@dataclass(frozen=True)
class Walker:
    """One person on the way through the picture, at an even speed.

    Attributes:
        walker_id: From 1, in the order in which they come.
        first_frame: The first one in which a part of them is in the picture.
        last_frame: The last one.
        begin: Where they stand in the first frame: the middle of the lower edge of their box.
        step: How far they get from one frame to the next, to the right and down.
        size: Width and height of their box.
    """

    walker_id: int
    first_frame: int
    last_frame: int
    begin: Point
    step: Point
    size: tuple[float, float]

    def foot_at(self, frame: int) -> Point:
        """Where they stand in a frame."""
        frames = frame - self.first_frame
        return self.begin[0] + self.step[0] * frames, self.begin[1] + self.step[1] * frames

    def box_at(self, frame: int) -> Box:
        """Their box in a frame; at the edge of the picture, a part of it is outside."""
        (x, y), (width, height) = self.foot_at(frame), self.size
        return self.walker_id, x - width / 2, y - height, width, height


@dataclass(frozen=True)
class _Lane:
    """A way through the picture: a walker who stands at one of its ends cannot be seen any more."""

    begin: Point
    end: Point

    @property
    def length(self) -> float:
        return math.dist(self.begin, self.end)

    def reversed(self) -> "_Lane":
        return _Lane(self.end, self.begin)


@lru_cache(maxsize=64)
def walkers_of(spec: WalkersSpec) -> tuple[Walker, ...]:
    """Returns everybody who walks through the picture in one loop, in the order in which they come."""
    dice = random.Random(spec.variant * _SEED_STEP)  # noqa: S311 - a picture, no secret
    begin, end = round(_WARM_UP_S * spec.fps), spec.frames - round(_PAUSE_S * spec.fps)
    walked = _unheeding(spec, dice, begin, end) if spec.overlapping else _heeding(spec, dice, begin, end)
    walked.sort(key=lambda walk: (walk[0], walk[1].begin))
    return tuple(_walker(spec, number, *walk) for number, walk in enumerate(walked, start=1))


def boxes_at(spec: WalkersSpec, frame: int) -> tuple[Box, ...]:
    """Returns the boxes of all who are in a frame; frames beyond the first loop are those of the loops after it."""
    place = frame % spec.frames
    present = (walker for walker in walkers_of(spec) if walker.first_frame <= place <= walker.last_frame)
    return tuple(walker.box_at(place) for walker in present)


def crossings(
    spec: WalkersSpec,
    line_begin: Point,
    line_end: Point,
    direction: Point,
    *,
    extended: bool = False,
    least_cosine: float = -1.0,
) -> int:
    """Counts who crosses a line in one loop.

    Somebody crosses it who stands before it when they come into the picture, and beyond it when they leave. Beyond is the side
    that the direction points to. What happens outside the picture does not count. It comes from the straight ways alone: no frame is looked at.

    Args:
        spec: Who walks.
        line_begin: One end of the line.
        line_end: The other.
        direction: A vector that points to the side beyond the line.
        extended: The line goes on beyond its ends.
        least_cosine: Only those count whose way has at most this angle to the direction, given by its cosine.
    """
    return sum(
        _crosses(spec, walker, line_begin, line_end, direction, extended=extended)
        and _cosine(walker.step, direction) >= least_cosine
        for walker in walkers_of(spec)
    )


def suggested_lines(spec: WalkersSpec) -> dict[str, tuple[Point, Point, Point]]:
    """Returns lines that are worth drawing, by the way that they count: begin, end and direction vector of each.

    All of them keep a distance from the ways that run along them, and from the places where people come into the picture.
    """
    width, height = spec.width, spec.height
    upright = (width / 2, 0.0), (width / 2, float(height))
    level = (0.0, height / 2), (float(width), height / 2)
    # Between 45° and upright: lanes that lead up and down meet it far from where people come into the picture.
    # It leans to the other side than the diagonal way, which so crosses it at a right angle.
    mirrored = _leads_to_the_left(spec)
    lean = -_LEAN * height / 2 if mirrored else _LEAN * height / 2
    slanting = (width / 2 - lean, float(height)), (width / 2 + lean, 0.0)
    across = (-float(height) if mirrored else float(height), 2 * abs(lean))
    return {
        "right": (*upright, (1.0, 0.0)),
        "left": (*upright, (-1.0, 0.0)),
        "down": (*level, (0.0, 1.0)),
        "up": (*level, (0.0, -1.0)),
        "down-left" if mirrored else "down-right": (*slanting, across),
        "up-right" if mirrored else "up-left": (*slanting, (-across[0], -across[1])),
    }


def truth_of(spec: WalkersSpec) -> dict[str, Any]:
    """Returns what is true about a clip, ready for JSON: its boxes by frame, and what each of the suggested lines counts.

    ``boxes`` has a list for each frame, of ``[walker, left, top, width, height]``; a box may reach out of the picture.
    ``crossings`` of a line are those of one loop.
    """
    return {
        "width": spec.width,
        "height": spec.height,
        "fps": spec.fps,
        "frames": spec.frames,
        "walkers": len(walkers_of(spec)),
        "lines": {
            label: {
                "begin": list(begin),
                "end": list(end),
                "direction": list(direction),
                "crossings": crossings(spec, begin, end, direction),
            }
            for label, (begin, end, direction) in suggested_lines(spec).items()
        },
        "boxes": [[list(box) for box in boxes_at(spec, frame)] for frame in range(spec.frames)],
    }


def _crosses(
    spec: WalkersSpec, walker: Walker, line_begin: Point, line_end: Point, direction: Point, *, extended: bool
) -> bool:
    start, stop = walker.begin, walker.foot_at(walker.last_frame)
    along = line_end[0] - line_begin[0], line_end[1] - line_begin[1]
    # Positive on the side that the direction points to, zero on the line itself.
    sign = math.copysign(1.0, _cross(along, direction))
    before = sign * _cross(along, (start[0] - line_begin[0], start[1] - line_begin[1]))
    beyond = sign * _cross(along, (stop[0] - line_begin[0], stop[1] - line_begin[1]))
    if not before <= 0 < beyond:
        return False
    share = before / (before - beyond)
    x = start[0] + (stop[0] - start[0]) * share
    y = start[1] + (stop[1] - start[1]) * share
    if not (0 <= x <= spec.width and 0 <= y <= spec.height):
        return False
    place = (x - line_begin[0]) * along[0] + (y - line_begin[1]) * along[1]
    return extended or 0 <= place <= along[0] ** 2 + along[1] ** 2


def _cross(one: Point, other: Point) -> float:
    return one[0] * other[1] - one[1] * other[0]


def _cosine(one: Point, other: Point) -> float:
    return (one[0] * other[0] + one[1] * other[1]) / (math.hypot(*one) * math.hypot(*other))


_Walk = tuple[int, _Lane, float]
"""The frame in which somebody starts at the begin of a lane, the lane, and how far they get in a frame."""


def _walker(spec: WalkersSpec, number: int, start: int, lane: _Lane, speed: float) -> Walker:
    share = speed / lane.length
    step = (lane.end[0] - lane.begin[0]) * share, (lane.end[1] - lane.begin[1]) * share
    # At the start they touch the picture from outside: the first frame that shows some of them is the next one.
    begin = lane.begin[0] + step[0], lane.begin[1] + step[1]
    return Walker(number, start + 1, start + _duration(lane, speed) - 1, begin, step, spec.walker_size)


def _duration(lane: _Lane, speed: float) -> int:
    """How many frames it takes from one end of the lane to the other."""
    return math.ceil(lane.length / speed - 1e-9)


def _heeding(spec: WalkersSpec, dice: random.Random, begin: int, end: int) -> list[_Walk]:
    """Everybody has a lane; the lanes of one kind of walk have a gap between them, and the kinds follow each other."""
    wanted = (Walks.SIDEWAYS, Walks.UPRIGHT, Walks.DIAGONAL) if spec.walks is Walks.MIXED else (spec.walks,)
    pause = round(_PAUSE_S * spec.fps)
    kinds: list[tuple[list[tuple[_Lane, float]], int]] = []
    spare = end - begin
    for kind in wanted:
        lanes = [(lane, _speed(spec, kind, dice)) for lane in _lanes(spec, kind, dice)]
        needed = max(_duration(lane, speed) for lane, speed in lanes) + pause
        if needed <= spare:
            kinds.append((lanes, needed))
            spare -= needed
    walked: list[_Walk] = []
    for lanes, needed in kinds:
        until = begin + needed + spare // len(kinds)
        for lane, speed in lanes:
            walked += _procession(spec, dice, lane, speed, begin, until - pause)
        begin = until
    return walked


def _procession(spec: WalkersSpec, dice: random.Random, lane: _Lane, speed: float, begin: int, end: int) -> list[_Walk]:
    """Sends as many walkers down a lane as have left it when its time is over."""
    latest = end - _duration(lane, speed)
    start = begin + dice.randrange(min(latest - begin, spec.fps) + 1)
    walked: list[_Walk] = []
    while start <= latest:
        walked.append((start, lane, speed))
        start += math.ceil(dice.uniform(*_FOLLOW_HEIGHTS) * spec.walker_size[1] / speed)
    return walked


def _unheeding(spec: WalkersSpec, dice: random.Random, begin: int, end: int) -> list[_Walk]:
    """About one walker a second, each on any lane at any time."""
    walked: list[_Walk] = []
    for _ in range(spec.seconds):
        kind = dice.choice([Walks.SIDEWAYS, Walks.UPRIGHT, Walks.DIAGONAL]) if spec.walks is Walks.MIXED else spec.walks
        lane, speed = dice.choice(_lanes(spec, kind, dice)), _speed(spec, kind, dice)
        aside = dice.uniform(-0.3, 0.3) * spec.walker_size[1]
        x, y = (0.0, aside) if kind is Walks.SIDEWAYS else (aside, 0.0)
        lane = _Lane((lane.begin[0] + x, lane.begin[1] + y), (lane.end[0] + x, lane.end[1] + y))
        if begin + _duration(lane, speed) <= end:
            walked.append((dice.randrange(begin, end - _duration(lane, speed) + 1), lane, speed))
    return walked


def _speed(spec: WalkersSpec, kind: Walks, dice: random.Random) -> float:
    slowest, fastest = _SPEED_HEIGHTS
    if kind is Walks.DIAGONAL:
        fastest = slowest  # their feet shall be long in sight before and after the middle: see _LEAN
    return dice.uniform(slowest, fastest) * spec.walker_size[1] / spec.fps


def _lanes(spec: WalkersSpec, kind: Walks, dice: random.Random) -> list[_Lane]:
    match kind:
        case Walks.SIDEWAYS:
            return _sideways(spec, dice)
        case Walks.UPRIGHT:
            return _upright(spec, dice)
        case _:
            return _diagonal(spec)


def _sideways(spec: WalkersSpec, dice: random.Random) -> list[_Lane]:
    """Lanes one below the other, under the number of the frame; neighbours go opposite ways."""
    width, height = spec.walker_size
    top = NUMBER_SHARE * spec.width
    room = (1 + _GAP_HEIGHTS) * height
    count = max(1, int((spec.height - top) / room))
    pitch = (spec.height - top) / count
    lanes = []
    for place in range(count):
        y = top + pitch * (place + 1) - (pitch - height) / 2
        lanes.append(_Lane((-width / 2, y), (spec.width + width / 2, y)))
    return _alternating(lanes, dice)


def _upright(spec: WalkersSpec, dice: random.Random) -> list[_Lane]:
    """Lanes side by side, an even number of them, so that none runs along the middle; neighbours go opposite ways."""
    height = spec.walker_size[1]
    room = _COLUMN_HEIGHTS * height
    count = max(2, int(spec.width / room) // 2 * 2)
    pitch = spec.width / count
    columns = (pitch * (place + 0.5) for place in range(count))
    return _alternating([_Lane((x, 0.0), (x, spec.height + height)) for x in columns], dice)


def _diagonal(spec: WalkersSpec) -> list[_Lane]:
    """One lane through the middle, rather steeper than 45°, in the direction that the variant says."""
    width, height = spec.walker_size
    run = min(_LEAN * (spec.height + height), spec.width - 2 * width)
    left, right = (spec.width - run) / 2, (spec.width + run) / 2
    if _leads_to_the_left(spec):
        left, right = right, left
    lane = _Lane((left, 0.0), (right, spec.height + height))
    return [lane.reversed() if spec.variant % 2 else lane]


def _leads_to_the_left(spec: WalkersSpec) -> bool:
    """Tells whether the diagonal way, seen from above, goes to the left; some walk it the other way."""
    return spec.variant // 2 % 2 == 1


def _alternating(lanes: list[_Lane], dice: random.Random) -> list[_Lane]:
    first = dice.randrange(2)
    return [lane.reversed() if (place + first) % 2 else lane for place, lane in enumerate(lanes)]
