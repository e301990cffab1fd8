"""Counts objects that cross a line, by where they stand: the middle of the lower edge of their box.

A crossing is a change of side between two sightings, however far apart they are: no frame is needed in which the object
stands at the line. It counts if it goes the way of the direction vector, that is to the side of the line that the vector
points to. x grows to the right and y down; where the vector itself stands in the picture does not matter.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from pipeline.analytics.journey import Journey, likeness
from pipeline.files.rules import CrossingLine, Mode, Point

# An object that has just changed sides changes back, or changes again, only when it gets so far away from the line, in
# heights of it. Who stands on the line changes sides once, however the box trembles: it trembles by less.
SETTLED_HEIGHTS: Final = 0.25


@dataclass(frozen=True)
class Certainty:
    """What it takes to believe a crossing.

    Attributes:
        clear_heights: So far beyond the line the object must be, in heights of it.
        likeness: So alike the movement and the direction vector must be, as a cosine.
        sightings: In so many frames the object must have been seen before the line, and in so many beyond it.
    """

    clear_heights: float
    likeness: float
    sightings: int


# The cosines of balanced and strict are those of nvds_analytics.cpp, DeepStream 9.1. Its other limits are pixels and frames,
# which mean something else for each camera; ours are heights of the object.
CERTAINTY: Final = {
    Mode.LOOSE: Certainty(0.0, -math.inf, 1),
    Mode.BALANCED: Certainty(0.1, 0.5, 1),
    Mode.STRICT: Certainty(0.1, 0.8, 3),
}


@dataclass(frozen=True)
class Approach:
    """Where one object is with one line.

    Attributes:
        foot: Where it stood when it was last seen.
        is_before: It is taken to be before the line; else beyond it.
        is_settled: It was far enough on that side to believe at once that it has left it. So is who was just found.
        before: In so many frames it was seen before the line since it got there.
        beyond: In so many frames it was seen beyond the line since then.
        through: It went through the line between its ends, when it last came from before to beyond.
    """

    foot: Point
    is_before: bool
    is_settled: bool
    before: int = 0
    beyond: int = 0
    through: bool = False


class Line:
    """One line; all it knows is where it lies.

    Args:
        line: Begin, end and direction.
        extended: Crossing it beyond its ends counts too.
        mode: How sure a crossing must be.
    """

    def __init__(self, line: CrossingLine, *, extended: bool, mode: Mode) -> None:
        (from_x, from_y), (to_x, to_y) = line.direction
        self._vector = (to_x - from_x, to_y - from_y)
        self._begin = line.begin
        self._along = (line.end[0] - line.begin[0], line.end[1] - line.begin[1])
        self._extended = extended
        self._certainty = CERTAINTY[mode]
        # At a right angle to the line, to the side that the vector points to. A line without length and a vector along the
        # line have no such side: it is 0;0, and nothing ever gets there.
        normal = (-self._along[1], self._along[0])
        side = normal[0] * self._vector[0] + normal[1] * self._vector[1]
        length = math.copysign(math.hypot(*normal), side) or 1.0
        self._ahead = (normal[0] / length, normal[1] / length) if side else (0.0, 0.0)

    def step(self, approach: Approach | None, journey: Journey) -> tuple[Approach, bool]:
        """Takes the next sighting of an object.

        Args:
            approach: What the sighting before gave, None at the first.
            journey: Of the object, with the new sighting.

        Returns:
            What to give next time, and whether the object has crossed the line now.
        """
        foot, distance = journey.foot, self._distance(journey.foot)
        settled = SETTLED_HEIGHTS * journey.height
        if approach is None:
            return Approach(foot, is_before=distance <= 0, is_settled=True, before=1), False
        if not approach.is_before:
            if distance < 0 and (approach.is_settled or distance <= -settled):
                return Approach(foot, is_before=True, is_settled=distance <= -settled, before=1), False
            return replace(approach, foot=foot, is_settled=approach.is_settled or distance >= settled), False
        if distance <= 0:
            is_settled = approach.is_settled or distance <= -settled
            return replace(approach, foot=foot, is_settled=is_settled, before=approach.before + 1, beyond=0), False
        through = approach.through if approach.beyond else self._goes_through(approach.foot, foot)
        approach = replace(approach, foot=foot, beyond=approach.beyond + 1, through=through)
        if not approach.is_settled and distance < settled:
            return approach, False
        return self._judge(approach, distance, journey)

    def _judge(self, approach: Approach, distance: float, journey: Journey) -> tuple[Approach, bool]:
        """Decides about an object that stands beyond the line."""
        certainty = self._certainty
        if distance < certainty.clear_heights * journey.height or approach.beyond < certainty.sightings:
            return approach, False
        agrees = likeness(journey.movement, self._vector) >= certainty.likeness
        # As long as the movement that is looked at began before the line, it may still turn out to agree.
        if not agrees and self._distance(journey.begin) <= 0:
            return approach, False
        counts = agrees and approach.through and approach.before >= certainty.sightings
        is_settled = distance >= SETTLED_HEIGHTS * journey.height
        return Approach(journey.foot, is_before=False, is_settled=is_settled), counts

    def _distance(self, point: Point) -> float:
        """How far beyond the line the point is, in pixels; negative before it."""
        x, y = point[0] - self._begin[0], point[1] - self._begin[1]
        return x * self._ahead[0] + y * self._ahead[1]

    def _goes_through(self, before: Point, beyond: Point) -> bool:
        """Whether the way from one side to the other leads between the ends of the line, which belong to it."""
        if self._extended:
            return True
        start, stop = self._distance(before), self._distance(beyond)
        share = start / (start - stop)
        x = before[0] + (beyond[0] - before[0]) * share - self._begin[0]
        y = before[1] + (beyond[1] - before[1]) * share - self._begin[1]
        place = x * self._along[0] + y * self._along[1]
        return 0 <= place <= self._along[0] ** 2 + self._along[1] ** 2
