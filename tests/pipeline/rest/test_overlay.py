from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pipeline.files.rules import (
    AnalyticsRules,
    CrossingLine,
    DirectionRule,
    LineCrossingRule,
    OvercrowdingRule,
    RoiFilteringRule,
    StreamRules,
)
from pipeline.model import Detection, FrameCounts, TrackedObject
from pipeline.rest import overlay
from pipeline.rest.label_places import Rectangle, WantedLabel, place_labels
from pipeline.rest.overlay import Picture, draw_overlay
from tests.pipeline.rest.stand import grey_frame, result_of

GREY = 90
YELLOW, GREEN, RED, PINK, BLUE = (0, 255, 255), (0, 220, 0), (0, 0, 255), (255, 0, 255), (255, 170, 0)
LINE = CrossingLine(direction=((900, 500), (900, 700)), begin=(300, 600), end=(1600, 600))
SQUARE = ((200.0, 200.0), (600.0, 200.0), (600.0, 500.0), (200.0, 500.0))


def _grey(width: int, height: int) -> Picture:
    return np.full((height, width, 3), GREY, np.uint8)


def _rules(**groups: object) -> AnalyticsRules:
    return AnalyticsRules(1920, 1080, {0: StreamRules(**groups)})  # type: ignore[arg-type] - each test names its group


def _has(picture: Picture, x: int, y: int, colour: tuple[int, int, int]) -> bool:
    """Whether the colour is there, give or take a pixel and the smoothing of edges."""
    around = picture[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].astype(int)
    return bool((np.abs(around - colour).max(axis=2) < 40).any())


def test_a_line_in_the_coordinates_of_the_rules_whatever_the_size() -> None:
    rules = _rules(line_crossing=LineCrossingRule({"in": LINE}))
    for width, height in ((1920, 1080), (640, 360), (321, 181)):
        drawn = draw_overlay(_grey(width, height), result_of(grey_frame(1280, 720)), rules)
        for x, y in ((1200, 600), (1500, 600), (900, 560)):
            assert _has(drawn, round(x * width / 1920), round(y * height / 1080), YELLOW)
        assert not _has(drawn, round(1700 * width / 1920), round(600 * height / 1080), YELLOW)


def test_the_arrow_points_the_way_that_counts() -> None:
    def tip_pixels(begin: tuple[float, float], end: tuple[float, float]) -> tuple[int, int]:
        line = CrossingLine((begin, end), (10, 1070), (20, 1070))
        rules = _rules(line_crossing=LineCrossingRule({"x": line}))
        yellow = (
            np.abs(draw_overlay(_grey(1920, 1080), result_of(grey_frame()), rules).astype(int) - YELLOW) < 40
        ).all(2)
        return int(yellow[500:540].sum()), int(yellow[660:700].sum())

    up_there, down_here = tip_pixels((900, 500), (900, 700))
    assert down_here > up_there > 0
    up_there, down_here = tip_pixels((900, 700), (900, 500))
    assert up_there > down_here > 0


def test_the_count_is_written() -> None:
    rules = _rules(line_crossing=LineCrossingRule({"in": LINE}))

    def drawn(count: int) -> Picture:
        counts = FrameCounts(lines_cumulative={"in": count})
        return draw_overlay(_grey(1280, 720), result_of(grey_frame(), counts=counts), rules)

    assert (drawn(1) != drawn(8)).any()
    assert (drawn(3) == drawn(3)).all()


def test_crowded_regions_are_red() -> None:
    rules = _rules(overcrowding=OvercrowdingRule({"queue": SQUARE}))
    calm = draw_overlay(_grey(1920, 1080), result_of(grey_frame()), rules)
    crowded = result_of(grey_frame(), counts=FrameCounts(crowded={"queue": True}))
    full = draw_overlay(_grey(1920, 1080), crowded, rules)
    assert _has(calm, 600, 400, GREEN)
    assert not _has(calm, 600, 400, RED)
    assert _has(full, 600, 400, RED)


def test_regions_and_directions() -> None:
    rules = _rules(
        roi_filtering=RoiFilteringRule({"yard": SQUARE}),
        direction=DirectionRule({"south": ((1000, 300), (1000, 800))}),
    )
    drawn = draw_overlay(_grey(1920, 1080), result_of(grey_frame()), rules)
    assert _has(drawn, 400, 500, GREEN)
    assert _has(drawn, 1000, 600, PINK)


def test_boxes_in_pixels_of_their_frame() -> None:
    box = TrackedObject(3, Detection(100, 50, 60, 120, 0, "person", 0.9))
    drawn = draw_overlay(_grey(1280, 720), result_of(grey_frame(640, 360), box), AnalyticsRules())
    assert _has(drawn, 200, 220, BLUE)
    assert _has(drawn, 320, 300, BLUE)
    assert (drawn[300, 260] == GREY).all()
    crossing = TrackedObject(3, box.detection, crossed=("in",))
    assert _has(draw_overlay(_grey(1280, 720), result_of(grey_frame(), crossing), AnalyticsRules()), 200, 220, YELLOW)


def test_rules_of_other_streams_and_no_rules_change_nothing() -> None:
    rules = AnalyticsRules(1920, 1080, {1: StreamRules(line_crossing=LineCrossingRule({"in": LINE}))})
    for nothing in (rules, AnalyticsRules()):
        assert (draw_overlay(_grey(320, 180), result_of(grey_frame()), nothing) == GREY).all()


def test_the_picture_itself_is_left_alone() -> None:
    picture = _grey(320, 180)
    picture.flags.writeable = False
    drawn = draw_overlay(picture, result_of(grey_frame()), _rules(line_crossing=LineCrossingRule({"in": LINE})))
    assert (drawn != picture).any()


def test_whatever_is_far_out_long_or_strange_can_be_drawn() -> None:
    strange = "Zufahrt Süd 東 " * 20
    rules = _rules(
        line_crossing=LineCrossingRule({strange: CrossingLine(((-5, -5), (1e12, 1e12)), (1e9, -1e9), (0, 0))}),
        overcrowding=OvercrowdingRule({strange: ((0, 0), (1e15, 0), (0, 1e15)), "": SQUARE}),
    )
    objects = [
        TrackedObject(10**12, Detection(*box, 0, strange, 0.9))
        for box in ((-1e20, -1e20, 2e20, 2e20), (0, 0, 0, 0), (639.5, 359.5, 5, 5))
    ]
    for width, height in ((640, 360), (1, 1), (3, 2000), (2000, 3)):
        drawn = draw_overlay(_grey(width, height), result_of(grey_frame(), *objects), rules)
        assert drawn.shape == (height, width, 3)


def test_labels_of_thirty_that_stand_close_cover_no_other_and_stay_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    placed: list[tuple[tuple[int, int], Rectangle]] = []

    def remembered(wanted: list[WantedLabel], size: tuple[int, int], taken: list[Rectangle]) -> list[Rectangle | None]:
        places = place_labels(wanted, size, taken)
        placed.extend((size, one) for one in places if one is not None)
        return places

    monkeypatch.setattr(overlay, "place_labels", remembered)
    rules = _rules(
        line_crossing=LineCrossingRule({"in": LINE, "out": LINE}),
        roi_filtering=RoiFilteringRule({"yard": SQUARE, "gate": SQUARE}),
    )
    people = [
        TrackedObject(number, Detection(600 + 9 * (number % 7), 300 + 5 * number, 60, 150, 0, "person", 0.9))
        for number in range(30)
    ]
    for width, height in ((320, 180), (1280, 720)):
        placed.clear()
        draw_overlay(_grey(width, height), result_of(grey_frame(1280, 720), *people), rules)
        assert len(placed) >= 12
        assert not any(one.overlaps(other) for (_, one), (_, other) in combinations(placed, 2))
        assert all(one.left >= 0 and one.right <= width and one.bottom <= height for _, one in placed)
