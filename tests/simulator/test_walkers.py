import itertools
import json
import math

import pytest

from simulator.walkers import (
    Point,
    WalkersSpec,
    Walks,
    boxes_at,
    crossings,
    suggested_lines,
    truth_of,
    walkers_of,
)

SPECS = [
    *(WalkersSpec(variant=variant) for variant in range(8)),
    *(WalkersSpec(walks=walks, variant=3) for walks in (Walks.SIDEWAYS, Walks.UPRIGHT, Walks.DIAGONAL)),
    WalkersSpec(width=640, height=480, fps=15),
    WalkersSpec(width=320, height=180, fps=25, seconds=12),
    WalkersSpec(tall=0.4, seconds=60),
    WalkersSpec(overlapping=True),
]

any_spec = pytest.mark.parametrize("spec", SPECS, ids=str)


def feet(spec: WalkersSpec) -> dict[int, list[Point]]:
    """The way of each walker over one loop, from the boxes alone."""
    ways: dict[int, list[Point]] = {}
    for frame in range(spec.frames):
        for walker, left, top, width, height in boxes_at(spec, frame):
            ways.setdefault(walker, []).append((left + width / 2, top + height))
    return ways


def counted(spec: WalkersSpec, begin: Point, end: Point, direction: Point, *, extended: bool) -> int:
    """Crossings by looking at each pair of frames: the segment of the way against the segment of the line."""

    def side(point: Point) -> bool:
        ahead = -(end[1] - begin[1]), end[0] - begin[0]
        if ahead[0] * direction[0] + ahead[1] * direction[1] < 0:
            ahead = -ahead[0], -ahead[1]
        return (point[0] - begin[0]) * ahead[0] + (point[1] - begin[1]) * ahead[1] > 0

    def within(before: Point, after: Point) -> bool:
        # Where the step meets the line: halved until it is known well enough.
        for _ in range(40):
            middle = (before[0] + after[0]) / 2, (before[1] + after[1]) / 2
            before, after = (before, middle) if side(middle) else (middle, after)
        x, y = after
        if not (0 <= x <= spec.width and 0 <= y <= spec.height):
            return False
        return extended or math.dist(after, begin) + math.dist(after, end) < math.dist(begin, end) + 1e-6

    steps = (pair for way in feet(spec).values() for pair in itertools.pairwise(way))
    return sum(not side(before) and side(after) and within(before, after) for before, after in steps)


@any_spec
def test_what_the_ways_say_is_what_the_boxes_say(spec: WalkersSpec) -> None:
    width, height = spec.width, spec.height
    lines = [*suggested_lines(spec).values()]
    lines += [
        ((0.2 * width, 0.1 * height), (0.7 * width, 0.8 * height), (1.0, -0.5)),
        ((0.0, 0.71 * height), (0.5 * width, 0.71 * height), (0.0, -1.0)),
        ((0.31 * width, 0.9 * height), (0.31 * width, 0.3 * height), (-1.0, 0.2)),
    ]
    for begin, end, direction in lines:
        for extended in (False, True):
            assert crossings(spec, begin, end, direction, extended=extended) == counted(
                spec, begin, end, direction, extended=extended
            )


@any_spec
def test_a_loop_has_no_seam(spec: WalkersSpec) -> None:
    occupied = [frame for frame in range(spec.frames) if boxes_at(spec, frame)]
    assert occupied, "somebody walks"
    # The ground can be learnt first; and nobody is there when the clip begins anew.
    assert occupied[0] > 2 * spec.fps - 1
    assert occupied[-1] < spec.frames - 1
    assert [boxes_at(spec, frame + 3 * spec.frames) for frame in occupied] == [boxes_at(spec, f) for f in occupied]
    for frames in feet(spec).values():
        assert len(frames) > spec.fps


@any_spec
def test_walkers_come_from_outside_and_leave(spec: WalkersSpec) -> None:
    for walker in walkers_of(spec):
        for frame, inside in (
            (walker.first_frame - 1, False),
            (walker.first_frame, True),
            (walker.last_frame, True),
            (walker.last_frame + 1, False),
        ):
            _, left, top, width, height = walker.box_at(frame)
            # To a thousandth of a pixel: somebody may just touch the edge.
            shown = (
                left + width > 1e-3 and left < spec.width - 1e-3 and top + height > 1e-3 and top < spec.height - 1e-3
            )
            assert shown is inside or spec.overlapping, (walker, frame)


@pytest.mark.parametrize("spec", [spec for spec in SPECS if not spec.overlapping], ids=str)
def test_nobody_comes_near_another(spec: WalkersSpec) -> None:
    for frame in range(spec.frames):
        for one, other in itertools.combinations(boxes_at(spec, frame), 2):
            _, left, top, width, height = one
            gap = max(abs(left - other[1]) - width, abs(top - other[2]) - height)
            assert gap > 0.55 * height


def test_overlapping_walkers_overlap() -> None:
    spec = WalkersSpec(overlapping=True)
    _, width, height = 0, *spec.walker_size
    pairs = (pair for frame in range(spec.frames) for pair in itertools.combinations(boxes_at(spec, frame), 2))
    assert any(abs(one[1] - other[1]) < width and abs(one[2] - other[2]) < height for one, other in pairs)


def test_all_ways_are_walked() -> None:
    octants = {
        round(math.atan2(walker.step[1], walker.step[0]) / (math.pi / 4)) % 8
        for variant in range(4)
        for walker in walkers_of(WalkersSpec(variant=variant))
    }
    assert octants == set(range(8))
    for walks, angles in ((Walks.SIDEWAYS, {0, 4}), (Walks.UPRIGHT, {2, 6}), (Walks.DIAGONAL, {1})):
        walkers = walkers_of(WalkersSpec(walks=walks))
        assert {round(math.atan2(w.step[1], w.step[0]) / (math.pi / 4)) % 8 for w in walkers} == angles


def test_every_suggested_line_is_crossed() -> None:
    for variant in range(8):
        lines = truth_of(WalkersSpec(variant=variant))["lines"]
        assert all(line["crossings"] for line in lines.values()), lines


def test_the_angle_to_the_direction_can_be_limited() -> None:
    spec = WalkersSpec(variant=0)
    begin, end, direction = suggested_lines(spec)["right"]
    everybody = crossings(spec, begin, end, direction)
    straight_on = crossings(spec, begin, end, direction, least_cosine=0.99)
    assert 0 < straight_on < everybody
    assert crossings(spec, begin, end, direction, least_cosine=0.6) == everybody


def test_a_line_without_length_is_crossed_by_nobody() -> None:
    assert crossings(WalkersSpec(), (320.0, 180.0), (320.0, 180.0), (1.0, 0.0), extended=True) == 0


def test_equal_specs_give_equal_walks_and_variants_differ() -> None:
    assert walkers_of(WalkersSpec(variant=1)) == walkers_of(WalkersSpec(variant=1))
    assert len({walkers_of(WalkersSpec(variant=variant)) for variant in range(20)}) == 20


@pytest.mark.parametrize("seconds", [1, 2, 5])
def test_in_a_short_clip_nobody_has_the_time(seconds: int) -> None:
    spec = WalkersSpec(seconds=seconds)
    assert walkers_of(spec) == ()
    assert truth_of(spec)["boxes"] == [[]] * spec.frames


def test_the_truth_is_json() -> None:
    spec = WalkersSpec(seconds=15)
    truth = json.loads(json.dumps(truth_of(spec)))
    assert (truth["width"], truth["height"], truth["fps"], truth["frames"]) == (640, 360, 10, 150)
    assert [tuple(map(tuple, boxes)) for boxes in truth["boxes"]] == [boxes_at(spec, frame) for frame in range(150)]
    assert truth["walkers"] == len({box[0] for boxes in truth["boxes"] for box in boxes})
    for line in truth["lines"].values():
        begin, end, direction = (tuple(line[key]) for key in ("begin", "end", "direction"))
        assert line["crossings"] == crossings(spec, begin, end, direction)
