import pytest

from pipeline.analytics.regions import CROWD_GAP_S, Crowd, Region
from pipeline.files.rules import Point

SQUARE = ((10, 10), (20, 10), (20, 20), (10, 20))
# An L: its inner corner is at 20;20.
NOTCHED = ((10, 10), (30, 10), (30, 20), (20, 20), (20, 30), (10, 30))
# Crosses itself: two triangles that touch at 20;20.
BOW = ((10, 10), (30, 30), (30, 10), (10, 30))
STAR = ((50, 0), (80, 90), (0, 35), (100, 35), (20, 90))


@pytest.mark.parametrize(
    ("corners", "foot", "inside"),
    [
        (SQUARE, (15, 15), True),
        (SQUARE, (9.9, 15), False),
        (SQUARE, (20.1, 15), False),
        (SQUARE, (10, 15), True),  # Edges belong to a region,
        (SQUARE, (15, 20), True),
        (SQUARE, (10, 10), True),  # and so do corners.
        (SQUARE, (20, 20), True),
        (SQUARE, (15, 9.9), False),
        (SQUARE, (15, 100), False),
        (NOTCHED, (15, 25), True),
        (NOTCHED, (25, 15), True),
        (NOTCHED, (25, 25), False),
        (NOTCHED, (20, 20), True),
        (BOW, (28, 20), True),
        (BOW, (12, 20), True),
        (BOW, (20, 12), False),
        (STAR, (50, 20), True),
        (STAR, (50, 50), False),  # The middle of a star is enclosed twice.
    ],
)
def test_what_a_region_holds(corners: tuple[Point, ...], foot: Point, inside: bool) -> None:
    assert Region(corners).holds(foot) is inside
    assert Region(corners[::-1]).holds(foot) is inside
    assert Region((*corners[2:], *corners[:2])).holds(foot) is inside


def crowd_after(counts: list[tuple[float, int]], threshold: int = 3) -> Crowd:
    crowd = Crowd()
    for at_s, objects in counts:
        crowd = crowd.counted(objects, threshold, at_s)
    return crowd


def test_a_crowd_is_enough_objects_for_long_enough() -> None:
    assert not crowd_after([(0, 2), (5, 2)]).lasts(5, 2000)
    assert not crowd_after([(0, 3), (1.9, 3)]).lasts(1.9, 2000)
    assert crowd_after([(0, 3), (2, 3)]).lasts(2, 2000)
    assert crowd_after([(0, 9)]).lasts(0, 0)
    assert not Crowd().lasts(100, 0)


def test_the_time_of_a_crowd_begins_when_there_are_enough() -> None:
    counts = [(0, 1), (5, 3), (6.5, 4)]
    assert not crowd_after(counts).lasts(6.5, 2000)
    assert crowd_after([*counts, (7, 3)]).lasts(7, 2000)


def test_a_crowd_that_is_seen_too_small_for_a_moment_is_the_same_crowd() -> None:
    flickering = [(0, 3), (0.5, 2), (0.9, 3), (1.3, 2), (1.5, 3), (2, 3)]
    assert crowd_after(flickering).lasts(2, 2000)
    assert crowd_after([*flickering, (2.2, 1)]).lasts(2.2, 2000)


def test_a_crowd_that_has_gone_is_none() -> None:
    gone = [(0, 3), (3, 3), (3.2, 0), (3 + CROWD_GAP_S + 0.1, 0)]
    assert not crowd_after(gone).lasts(4, 2000)
    assert not crowd_after([*gone, (4, 3), (5, 3)]).lasts(5, 2000)
    assert crowd_after([*gone, (4, 3), (6, 3)]).lasts(6, 2000)


def test_nobody_is_no_crowd_even_if_the_threshold_is_zero() -> None:
    assert not crowd_after([(0, 0), (9, 0)], threshold=0).lasts(9, 0)
    assert crowd_after([(0, 1)], threshold=0).lasts(0, 0)
