import math

import pytest

from pipeline.analytics.directions import moves_in
from pipeline.analytics.journey import MOVEMENT_WINDOW_S, Journey
from pipeline.files.rules import Mode, Point

HEIGHT = 80.0
EAST, SOUTH = ((0.0, 0.0), (9.0, 0.0)), ((5.0, 5.0), (5.0, 90.0))


def gone(velocity: Point, for_s: float = 1.0, *, journey: Journey | None = None, at_s: float = 0.0) -> Journey:
    """A journey that goes on so fast, in pixels per second, for so long, at 15 frames per second."""
    journey = journey or Journey((500, 500), HEIGHT, at_s)
    x, y = journey.foot
    for number in range(1, round(for_s * 15) + 1):
        passed_s = number / 15
        journey.go_on((x + velocity[0] * passed_s, y + velocity[1] * passed_s), HEIGHT, at_s + passed_s)
    return journey


@pytest.mark.parametrize("mode", Mode)
def test_the_direction_is_that_of_the_movement(mode: Mode) -> None:
    assert moves_in(EAST, mode, gone((60, 0)))
    assert not moves_in(EAST, mode, gone((-60, 0)))
    assert not moves_in(EAST, mode, gone((0, 60)))
    assert moves_in(SOUTH, mode, gone((0, 60)))
    assert not moves_in(SOUTH, mode, gone((0, -60)))


@pytest.mark.parametrize(
    ("degrees", "modes"),
    [(30, set(Mode)), (45, {Mode.LOOSE, Mode.BALANCED}), (70, {Mode.LOOSE}), (88, set()), (180, set())],
)
def test_modes_differ_in_the_angle_that_they_bear(degrees: float, modes: set[Mode]) -> None:
    """84 degrees for loose, 60 for balanced, 37 for strict."""
    journey = gone((60 * math.cos(math.radians(degrees)), 60 * math.sin(math.radians(degrees))))
    assert {mode for mode in Mode if moves_in(EAST, mode, journey)} == modes


def test_who_stands_moves_nowhere() -> None:
    trembling = Journey((500, 500), HEIGHT, 0)
    for number, offset in enumerate((3, -4, 5, -2, 4, -5) * 5, 1):
        trembling.go_on((500 + offset, 500), HEIGHT, number / 15)
        assert not moves_in(EAST, Mode.LOOSE, trembling)


def test_who_has_stopped_moves_no_longer() -> None:
    journey = gone((60, 0), 2)
    assert moves_in(EAST, Mode.STRICT, journey)
    gone((0, 0), MOVEMENT_WINDOW_S, journey=journey, at_s=2)
    assert not moves_in(EAST, Mode.LOOSE, journey)


def test_who_has_turned_moves_the_other_way() -> None:
    journey = gone((60, 0), 2)
    gone((-60, 0), MOVEMENT_WINDOW_S, journey=journey, at_s=2)
    assert not moves_in(EAST, Mode.LOOSE, journey)
    assert moves_in(((9, 0), (0, 0)), Mode.STRICT, journey)


def test_a_direction_that_is_none_is_nobodys() -> None:
    assert not moves_in(((4, 4), (4, 4)), Mode.LOOSE, gone((60, 0)))


def test_a_journey_takes_no_more_memory_the_longer_it_lasts() -> None:
    journey = Journey((0, 0), HEIGHT, 0)
    for number in range(1, 10_000):
        journey.go_on((number, 0), HEIGHT, number / 1000)
    assert len(journey._places) <= MOVEMENT_WINDOW_S / 0.05 + 2
    assert journey.foot[0] - journey.begin[0] == pytest.approx(MOVEMENT_WINDOW_S * 1000, abs=100)
