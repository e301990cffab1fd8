"""No label covers another or leaves the picture, whatever is asked."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.rest.label_places import MOST_LABELS, Rectangle, WantedLabel, place_labels

SIZES = st.tuples(st.integers(1, 640), st.integers(1, 360))
LABELS = st.builds(
    WantedLabel,
    st.builds(Rectangle, st.integers(-900, 900), st.integers(-900, 900), st.integers(-10, 200), st.integers(-10, 200)),
    st.integers(1, 120),
    st.integers(1, 20),
    st.booleans(),
)


@settings(max_examples=60)
@given(st.lists(LABELS, max_size=30), SIZES)
def test_no_two_overlap_all_are_inside_and_the_same_again(wanted: list[WantedLabel], size: tuple[int, int]) -> None:
    places = place_labels(wanted, size)
    assert len(places) == len(wanted)
    found = [one for one in places if one is not None]
    assert not any(one.overlaps(other) for one, other in combinations(found, 2))
    assert all(one.left >= 0 and one.top >= 0 and one.right <= size[0] and one.bottom <= size[1] for one in found)
    assert place_labels(wanted, size) == places
    kept = Rectangle(0, 0, size[0], size[1])
    assert place_labels(wanted, size, [kept]) == [None] * len(wanted)


@settings(max_examples=60)
@given(st.lists(LABELS, min_size=1, max_size=30), SIZES)
def test_those_that_come_first_are_placed_as_if_there_were_no_others(
    wanted: list[WantedLabel], size: tuple[int, int]
) -> None:
    half = wanted[: len(wanted) // 2]
    assert place_labels(wanted, size)[: len(half)] == place_labels(half, size)


def test_it_stands_above_its_box_or_within_it_at_the_edge() -> None:
    box = Rectangle(100, 50, 40, 80)
    assert place_labels([WantedLabel(box, 60, 12)], (320, 180)) == [Rectangle(100, 38, 60, 12)]
    at_top = Rectangle(300, 2, 20, 80)
    assert place_labels([WantedLabel(at_top, 60, 12)], (320, 180)) == [Rectangle(260, 0, 60, 12)]
    too_wide = WantedLabel(box, 400, 12)
    assert place_labels([too_wide], (320, 180)) == [None]


def test_so_many_are_looked_at() -> None:
    wanted = [WantedLabel(Rectangle(10 * number, 10, 5, 5), 5, 5) for number in range(MOST_LABELS + 20)]
    assert [one is None for one in place_labels(wanted, (10_000, 100))] == [False] * MOST_LABELS + [True] * 20
