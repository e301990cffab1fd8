"""A line and the feet of one object, in order. The picture: x to the right, y down."""

import itertools
import math
from collections.abc import Iterable, Sequence

import pytest

from pipeline.analytics.journey import Journey
from pipeline.analytics.lines import Line
from pipeline.files.rules import CrossingLine, Mode, Point

HEIGHT = 40.0
# From left to right over a line from top to bottom at x = 100, which ends at y = 50 and y = 150.
RIGHT = CrossingLine(direction=((0, 0), (10, 0)), begin=(100, 50), end=(100, 150))
LEFT = CrossingLine(direction=((10, 0), (0, 0)), begin=(100, 50), end=(100, 150))
DOWN = CrossingLine(direction=((0, 0), (0, 10)), begin=(50, 100), end=(150, 100))
UP = CrossingLine(direction=((0, 10), (0, 0)), begin=(50, 100), end=(150, 100))
DOWN_RIGHT = CrossingLine(direction=((0, 0), (10, 10)), begin=(50, 150), end=(150, 50))


def crossings(
    line: CrossingLine,
    feet: Sequence[Point],
    *,
    extended: bool = True,
    mode: Mode = Mode.LOOSE,
    step_s: float = 0.1,
) -> list[int]:
    """The indexes of the feet with which the line is crossed."""
    watched = Line(line, extended=extended, mode=mode)
    journey = Journey(feet[0], HEIGHT, 0.0)
    approach, crossed = watched.step(None, journey)
    found = [0] if crossed else []
    for index, foot in enumerate(feet[1:], 1):
        journey.go_on(foot, HEIGHT, index * step_s)
        approach, crossed = watched.step(approach, journey)
        found += [index] if crossed else []
    return found


def way(*corners: Point, step: float = 10.0) -> list[Point]:
    """A walk along the corners."""
    feet = [corners[0]]
    for begin, end in itertools.pairwise(corners):
        steps = math.ceil(math.dist(begin, end) / step)
        feet += [
            (begin[0] + (end[0] - begin[0]) * part / steps, begin[1] + (end[1] - begin[1]) * part / steps)
            for part in range(1, steps + 1)
        ]
    return feet


TO_THE_RIGHT, TO_THE_LEFT = way((15, 100), (185, 100)), way((185, 100), (15, 100))
DOWNWARDS, UPWARDS = way((100, 15), (100, 185)), way((100, 185), (100, 15))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize(
    ("line", "along", "against"),
    [
        (RIGHT, TO_THE_RIGHT, TO_THE_LEFT),
        (LEFT, TO_THE_LEFT, TO_THE_RIGHT),
        (DOWN, DOWNWARDS, UPWARDS),
        (UP, UPWARDS, DOWNWARDS),
        (DOWN_RIGHT, way((15, 15), (185, 185)), way((185, 185), (15, 15))),
    ],
)
def test_along_the_vector_counts_and_against_it_does_not(
    line: CrossingLine, along: list[Point], against: list[Point], extended: bool, mode: Mode
) -> None:
    assert len(crossings(line, along, extended=extended, mode=mode)) == 1
    assert crossings(line, against, extended=extended, mode=mode) == []


@pytest.mark.parametrize("mode", Mode)
def test_which_end_of_a_line_is_the_first_does_not_matter(mode: Mode) -> None:
    turned = CrossingLine(RIGHT.direction, begin=RIGHT.end, end=RIGHT.begin)
    assert crossings(turned, TO_THE_RIGHT, mode=mode) == crossings(RIGHT, TO_THE_RIGHT, mode=mode)
    assert crossings(turned, TO_THE_LEFT, mode=mode) == []


def test_where_the_vector_stands_does_not_matter() -> None:
    for x in (0.0, 100.0, 500.0):
        moved = CrossingLine(((x, 300), (x + 10, 300)), RIGHT.begin, RIGHT.end)
        assert len(crossings(moved, TO_THE_RIGHT)) == 1
        assert crossings(moved, TO_THE_LEFT) == []


@pytest.mark.parametrize(
    ("feet", "count"),
    [
        ([(90, 100), (100, 100)], 0),  # Arrived on the line, not beyond it.
        ([(90, 100), (100, 100), (101, 100)], 1),
        ([(90, 100), (100, 100), (90, 100)], 0),
        ([(100, 100), (101, 100)], 1),  # Who was first seen on the line was not beyond it.
        ([(101, 100), (150, 100)], 0),  # First seen beyond it.
        (
            [(150, 100), (101, 100), (99, 100), (101, 100)],
            0,
        ),  # Came back to before it by less than a quarter of its height.
        ([(150, 100), (89, 100), (101, 100)], 1),  # Was before the line by more than a quarter of the height.
        ([(150, 100), (91, 100), (101, 100)], 0),
        ([(150, 100), (91, 100), (101, 100), (110, 100)], 1),  # Beyond it by a quarter, then it is believed.
        ([(99, 100)], 0),
        ([(-900, 100), (900, 100)], 1),  # However far apart.
    ],
)
def test_sides(feet: list[Point], count: int) -> None:
    assert len(crossings(RIGHT, feet)) == count


TREMBLING = [(100.0 + offset, 100.0) for offset in (-3, 2, -4, 4, -1, 3, -5, 1) * 10]


@pytest.mark.parametrize("mode", Mode)
def test_who_stands_on_the_line_and_trembles_counts_once(mode: Mode) -> None:
    there = [*way((20, 100), (95, 100)), *TREMBLING]
    assert len(crossings(RIGHT, there)) == 1
    assert crossings(LEFT, there) == []
    onwards = [*there, *way((100, 100), (180, 100))]
    assert (len(crossings(RIGHT, onwards, mode=mode)), crossings(LEFT, onwards, mode=mode)) == (1, [])


def test_who_turns_back_after_trembling_on_the_line_has_crossed_it_both_ways() -> None:
    """Else the difference of in and out would not be the number of those who are inside."""
    there_and_back = [*way((20, 100), (95, 100)), *TREMBLING, *way((100, 100), (20, 100))]
    assert (len(crossings(RIGHT, there_and_back)), len(crossings(LEFT, there_and_back))) == (1, 1)


@pytest.mark.parametrize("mode", Mode)
def test_who_returns_and_crosses_again_counts_again(mode: Mode) -> None:
    there_and_back = way((15, 100), (185, 100), (15, 100), (185, 100), (15, 100), (185, 100), step=5)
    assert len(crossings(RIGHT, there_and_back, mode=mode)) == 3
    assert len(crossings(LEFT, there_and_back, mode=mode)) == 2


@pytest.mark.parametrize("mode", Mode)
def test_frames_that_are_missing_at_the_line_lose_nothing(mode: Mode) -> None:
    for first in range(4, 12):
        for missing in (2, 3, 5):
            seen = TO_THE_RIGHT[:first] + TO_THE_RIGHT[first + missing :]
            assert len(crossings(RIGHT, seen, mode=mode)) == 1


def test_a_line_with_ends_counts_between_them_and_at_them() -> None:
    def passes(y: float) -> int:
        return len(crossings(RIGHT, way((15, y), (185, y)), extended=False))

    assert [passes(y) for y in (0, 49, 50, 51, 149, 150, 151, 300)] == [0, 0, 1, 1, 1, 1, 0, 0]
    # One step over it: what counts is where the way leads through, not where it begins and ends.
    assert len(crossings(RIGHT, [(50, 0), (150, 120)], extended=False)) == 1
    assert crossings(RIGHT, [(50, 0), (150, 60)], extended=False) == []


def test_who_walks_round_the_end_has_not_crossed_but_is_beyond() -> None:
    round_the_end = way((50, 100), (50, 200), (150, 200), (150, 100))
    assert crossings(RIGHT, round_the_end, extended=False) == []
    assert len(crossings(RIGHT, round_the_end, extended=True)) == 1
    # Back through the line, and through it once more.
    assert len(crossings(RIGHT, [*round_the_end, *way((150, 100), (50, 100), (150, 100))], extended=False)) == 1


@pytest.mark.parametrize(
    ("degrees", "modes"),
    [
        (0, {Mode.LOOSE, Mode.BALANCED, Mode.STRICT}),
        (30, {Mode.LOOSE, Mode.BALANCED, Mode.STRICT}),
        (-30, {Mode.LOOSE, Mode.BALANCED, Mode.STRICT}),
        (45, {Mode.LOOSE, Mode.BALANCED}),
        (-55, {Mode.LOOSE, Mode.BALANCED}),
        (65, {Mode.LOOSE}),
        (-85, {Mode.LOOSE}),
    ],
)
def test_modes_differ_in_the_angle_that_they_bear(degrees: float, modes: set[Mode]) -> None:
    """60 degrees for balanced, 37 for strict."""
    x, y = 90 * math.cos(math.radians(degrees)), 90 * math.sin(math.radians(degrees))
    feet = way((100 - x, 100 - y), (100 + x, 100 + y), step=5)
    assert {mode for mode in Mode if crossings(RIGHT, feet, mode=mode)} == modes


def test_modes_differ_in_how_far_beyond_the_line_one_must_be() -> None:
    """A tenth of the height, 4 pixels here, for all but loose."""
    feet = [*way((20, 100), (95, 100)), (101.0, 100.0), (103.0, 100.0), (104.0, 100.0), (108.0, 100.0), (112.0, 100.0)]
    at = len(feet) - 5
    assert crossings(RIGHT, feet, mode=Mode.LOOSE) == [at]
    assert crossings(RIGHT, feet, mode=Mode.BALANCED) == [at + 2]
    assert crossings(RIGHT, feet, mode=Mode.STRICT) == [at + 2]


def test_modes_differ_in_how_often_one_must_be_seen() -> None:
    def feet(before: int, beyond: int) -> list[Point]:
        return [
            *((100.0 - 20 * n, 100.0) for n in range(before, 0, -1)),
            *((100.0 + 20 * n, 100.0) for n in range(1, beyond + 1)),
        ]

    assert crossings(RIGHT, feet(1, 1), mode=Mode.LOOSE) == [1]
    assert crossings(RIGHT, feet(1, 1), mode=Mode.BALANCED) == [1]
    assert crossings(RIGHT, feet(3, 2), mode=Mode.STRICT) == []
    assert crossings(RIGHT, feet(2, 9), mode=Mode.STRICT) == []
    assert crossings(RIGHT, feet(3, 9), mode=Mode.STRICT) == [5]


def test_who_turns_before_the_line_counts_once_the_movement_agrees() -> None:
    """A while after the crossing the object has still come along the line, as far as its last two seconds tell."""
    feet = way((98, 0), (98, 100), (198, 100), step=5)
    loose, balanced, strict = (crossings(RIGHT, feet, mode=mode) for mode in Mode)
    assert len(loose) == len(balanced) == len(strict) == 1
    assert loose[0] < balanced[0] < strict[0]


@pytest.mark.parametrize(
    "line",
    [
        CrossingLine(((0, 0), (0, 10)), (100, 50), (100, 150)),  # The vector runs along the line,
        CrossingLine(((5, 5), (5, 5)), (100, 50), (100, 150)),  # has no length,
        CrossingLine(((0, 0), (10, 0)), (100, 50), (100, 50)),  # or the line has none.
    ],
)
@pytest.mark.parametrize("extended", [True, False])
def test_lines_that_tell_no_way_of_crossing_count_nothing(line: CrossingLine, extended: bool) -> None:
    for mode in Mode:
        for feet in (TO_THE_RIGHT, TO_THE_LEFT, DOWNWARDS, UPWARDS, [(100.0, 100.0)] * 5):
            assert crossings(line, feet, extended=extended, mode=mode) == []


def test_each_object_is_on_its_own() -> None:
    watched = Line(RIGHT, extended=True, mode=Mode.LOOSE)

    def crosses(feet: Iterable[Point]) -> bool:
        (first, second), found = feet, False
        journey = Journey(first, HEIGHT, 0.0)
        approach, _ = watched.step(None, journey)
        journey.go_on(second, HEIGHT, 0.1)
        _, found = watched.step(approach, journey)
        return found

    assert [crosses([(90, 100), (110, 100)]), crosses([(110, 100), (90, 100)]), crosses([(90, 1), (110, 1)])] == [
        True,
        False,
        True,
    ]
