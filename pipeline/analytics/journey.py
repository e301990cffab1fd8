"""Where an object was in the last seconds, in the coordinates of the rules."""

import math
from collections import deque
from typing import Final

from pipeline.files.rules import Point

# What an object does is told from what it did in so long; DeepStream 9.1 looks back 50 frames.
MOVEMENT_WINDOW_S: Final = 2.0
# Bounds memory: between two places that are remembered lies at least so much time.
_STEP_S: Final = 0.05


class Journey:
    """The way of one object.

    Attributes:
        foot: Where it stands now.
        height: Of its box now.
    """

    def __init__(self, foot: Point, height: float, at_s: float) -> None:
        self.foot = foot
        self.height = height
        self._places: deque[tuple[float, Point]] = deque([(at_s, foot)])

    @property
    def begin(self) -> Point:
        """Where it stood ``MOVEMENT_WINDOW_S`` ago, or when it was first seen."""
        return self._places[0][1]

    @property
    def movement(self) -> Point:
        """How far it got since then, to the right and down."""
        return self.foot[0] - self.begin[0], self.foot[1] - self.begin[1]

    def go_on(self, foot: Point, height: float, at_s: float) -> None:
        """It was seen again."""
        self.foot, self.height = foot, height
        if at_s - self._places[-1][0] >= _STEP_S:
            self._places.append((at_s, foot))
        while len(self._places) > 1 and self._places[1][0] <= at_s - MOVEMENT_WINDOW_S:
            self._places.popleft()


def likeness(one: Point, other: Point) -> float:
    """How alike two directions are: the cosine of the angle between them, 1 for the same; 0 if one of them is none."""
    lengths = math.hypot(*one) * math.hypot(*other)
    return (one[0] * other[0] + one[1] * other[1]) / lengths if lengths else 0.0
