"""What must hold for any walk and any line."""

import itertools
import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.stream_analytics import StreamAnalytics
from pipeline.files.rules import CrossingLine, LineCrossingRule, Mode, Point, RoiFilteringRule, StreamRules
from pipeline.model import Detection, FrameCounts
from tests.pipeline.analytics.walks import box

SIZE = (4096, 4096)
# Whole numbers, and powers of two to scale with: nothing is rounded, so that equal means equal.
COORDINATES = st.integers(200, 1000).map(float)
POINTS = st.tuples(COORDINATES, COORDINATES)
LINES = st.builds(lambda a, b, c, d: CrossingLine((a, b), c, d), POINTS, POINTS, POINTS, POINTS)
MODES = st.sampled_from(Mode)
# Steps that a tracker can follow: boxes are 128 high.
STEPS = st.tuples(st.integers(-60, 60).map(float), st.integers(-60, 60).map(float))
HEIGHT = 128.0


@st.composite
def ways(draw: st.DrawFn) -> list[Point]:
    steps = draw(st.lists(STEPS, min_size=1, max_size=25))
    start = draw(POINTS)
    xs = itertools.accumulate((step[0] for step in steps), initial=start[0])
    ys = itertools.accumulate((step[1] for step in steps), initial=start[1])
    return list(zip(xs, ys, strict=True))


def counted(
    lines: dict[str, CrossingLine],
    frames: Sequence[Sequence[Detection]],
    *,
    mode: Mode = Mode.LOOSE,
    extended: bool = True,
    step_s: float = 0.125,
) -> list[FrameCounts]:
    analytics = StreamAnalytics(StreamRules(line_crossing=LineCrossingRule(lines, extended, mode)), SIZE)
    return [analytics.update(detections, SIZE, number * step_s)[1] for number, detections in enumerate(frames)]


def boxes(way: Sequence[Point], height: float = HEIGHT) -> list[list[Detection]]:
    return [[box(foot, height / 2, height)] for foot in way]


def moved(line: CrossingLine, by: Point = (0, 0), times: float = 1) -> CrossingLine:
    def to(point: Point) -> Point:
        return point[0] * times + by[0], point[1] * times + by[1]

    return CrossingLine((to(line.direction[0]), to(line.direction[1])), to(line.begin), to(line.end))


@given(ways(), LINES, MODES, st.booleans(), st.tuples(st.integers(0, 900), st.integers(0, 900)))
def test_where_all_of_it_happens_does_not_matter(
    way: list[Point], line: CrossingLine, mode: Mode, extended: bool, by: tuple[int, int]
) -> None:
    there = [(x + by[0], y + by[1]) for x, y in way]
    assert counted({"a": moved(line, by)}, boxes(there), mode=mode, extended=extended) == counted(
        {"a": line}, boxes(way), mode=mode, extended=extended
    )


@given(ways(), LINES, MODES, st.booleans(), st.sampled_from([0.5, 2.0]))
def test_how_large_all_of_it_is_does_not_matter(
    way: list[Point], line: CrossingLine, mode: Mode, extended: bool, times: float
) -> None:
    larger = [(x * times, y * times) for x, y in way]
    assert counted(
        {"a": moved(line, times=times)}, boxes(larger, HEIGHT * times), mode=mode, extended=extended
    ) == counted({"a": line}, boxes(way), mode=mode, extended=extended)


@given(ways(), LINES, MODES)
def test_a_mirror_swaps_in_and_out(way: list[Point], line: CrossingLine, mode: Mode) -> None:
    def mirrored(point: Point) -> Point:
        return 2048 - point[0], point[1]

    back = CrossingLine((line.direction[1], line.direction[0]), line.begin, line.end)
    glass = CrossingLine(
        (mirrored(line.direction[0]), mirrored(line.direction[1])), mirrored(line.begin), mirrored(line.end)
    )
    glass_back = CrossingLine((glass.direction[1], glass.direction[0]), glass.begin, glass.end)
    assert counted({"in": glass, "out": glass_back}, boxes([mirrored(foot) for foot in way]), mode=mode) == counted(
        {"in": line, "out": back}, boxes(way), mode=mode
    )


@given(ways(), LINES)
def test_in_and_out_take_turns(way: list[Point], line: CrossingLine) -> None:
    back = CrossingLine((line.direction[1], line.direction[0]), line.begin, line.end)
    last = counted({"in": line, "out": back}, boxes(way))[-1].lines_cumulative
    assert abs(last["in"] - last["out"]) <= 1


@given(ways(), LINES, st.booleans(), st.integers(2, 4))
def test_more_frames_of_the_same_way_count_the_same(
    way: list[Point], line: CrossingLine, extended: bool, parts: int
) -> None:
    finer = [way[0]]
    for (from_x, from_y), (to_x, to_y) in itertools.pairwise(way):
        finer += [
            (from_x + (to_x - from_x) * part / parts, from_y + (to_y - from_y) * part / parts)
            for part in range(1, parts)
        ]
        finer.append((to_x, to_y))
    coarse = counted({"a": line}, boxes(way), extended=extended)[-1]
    fine = counted({"a": line}, boxes(finer), extended=extended, step_s=0.125 / parts)[-1]
    assert fine.lines_cumulative == coarse.lines_cumulative


@given(st.lists(ways(), min_size=2, max_size=4), LINES, MODES, st.randoms(use_true_random=False))
def test_the_order_of_detections_does_not_matter(
    walkers: list[list[Point]], line: CrossingLine, mode: Mode, dice: random.Random
) -> None:
    frames = [[box(foot, 64, HEIGHT) for foot in feet if foot] for feet in itertools.zip_longest(*walkers)]
    shuffled = [dice.sample(detections, len(detections)) for detections in frames]
    assert counted({"a": line}, shuffled, mode=mode) == counted({"a": line}, frames, mode=mode)


@given(st.lists(ways(), min_size=1, max_size=4), LINES, MODES, st.booleans())
def test_cumulative_is_the_sum_of_current(
    walkers: list[list[Point]], line: CrossingLine, mode: Mode, extended: bool
) -> None:
    frames = [[box(foot, 64, HEIGHT) for foot in feet if foot] for feet in itertools.zip_longest(*walkers)]
    counts = counted({"a": line}, frames, mode=mode, extended=extended)
    running = itertools.accumulate(one.lines_current["a"] for one in counts)
    assert [one.lines_cumulative["a"] for one in counts] == list(running)


@given(ways(), LINES)
def test_no_mode_counts_more_than_loose(way: list[Point], line: CrossingLine) -> None:
    loose, balanced, strict = (counted({"a": line}, boxes(way), mode=mode)[-1].lines_cumulative["a"] for mode in Mode)
    # Strict may count what balanced does not: it waits longer before it looks at the movement.
    assert loose >= max(balanced, strict)


@given(st.lists(POINTS, min_size=3, max_size=8), POINTS)
def test_an_object_is_in_a_region_or_in_its_inverse(corners: list[Point], foot: Point) -> None:
    def count(*, inverse: bool) -> int:
        rules = StreamRules(roi_filtering=RoiFilteringRule({"r": tuple(corners)}, inverse=inverse))
        return StreamAnalytics(rules, SIZE).update([box(foot)], SIZE, 0)[1].regions["r"]

    assert count(inverse=False) + count(inverse=True) == 1
