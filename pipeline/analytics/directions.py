"""Tells which way an object moves."""

import math
from typing import Final

from pipeline.analytics.journey import Journey, likeness
from pipeline.files.rules import Mode, Point

# An object that got less far than this in the time of a journey, in heights of it, stands: its box trembles.
MOVING_HEIGHTS: Final = 0.25

# As cosines. DeepStream 9.1 knows the modes for lines, and takes 0.5 for directions whatever the mode says.
LIKENESS: Final = {Mode.LOOSE: 0.1, Mode.BALANCED: 0.5, Mode.STRICT: 0.8}


def moves_in(way: tuple[Point, Point], mode: Mode, journey: Journey) -> bool:
    """Tells whether an object moves the way from the first point to the second."""
    movement = journey.movement
    if math.hypot(*movement) < MOVING_HEIGHTS * journey.height:
        return False
    return likeness(movement, (way[1][0] - way[0][0], way[1][1] - way[0][1])) >= LIKENESS[mode]
