from collections.abc import Iterable, Mapping

from pipeline.analytics.stream_analytics import StreamAnalytics
from pipeline.analytics.tracker import MOST_TRACKS
from pipeline.files.rules import (
    CrossingLine,
    DirectionRule,
    LineCrossingRule,
    OvercrowdingRule,
    Point,
    RoiFilteringRule,
    StreamRules,
)
from pipeline.model import Detection, FrameCounts, TrackedObject
from tests.pipeline.analytics.walks import FRAME, Sight, Walk, box

LEFT_HALF = ((0.0, 0.0), (640.0, 0.0), (640.0, 720.0), (0.0, 720.0))
MIDDLE = CrossingLine(((600, 360), (680, 360)), (640, 0), (640, 720))
BACK = CrossingLine(((680, 360), (600, 360)), (640, 0), (640, 720))
LINES = LineCrossingRule({"in": MIDDLE, "out": BACK})
ACROSS = Walk((40, 400), (120, 0), 0, 10)


def last(
    analytics: StreamAnalytics, frames: Iterable[tuple[float, list[Detection]]]
) -> tuple[tuple[TrackedObject, ...], FrameCounts]:
    return [analytics.update(detections, FRAME, at_s) for at_s, detections in frames][-1]


def look(rules: StreamRules, *detections: Detection) -> tuple[tuple[TrackedObject, ...], FrameCounts]:
    return StreamAnalytics(rules, FRAME).update(detections, FRAME, 0)


def test_without_rules_objects_are_followed_and_counted() -> None:
    objects, counts = look(StreamRules(), box((100, 400)), box((700, 400), class_id=2, label="car"), box((300, 400)))

    assert [one.track_id for one in objects] == [1, 3, 2]
    assert [one.detection.foot for one in objects] == [(100, 400), (700, 400), (300, 400)]
    assert all(one.regions == one.crowds == one.crossed == one.directions == () for one in objects)
    assert counts == FrameCounts(classes={"person": 2, "car": 1})


def test_a_line_tells_the_crossing_in_the_frame_where_it_happens_and_keeps_count() -> None:
    analytics = StreamAnalytics(StreamRules(line_crossing=LINES), FRAME)
    crossed: list[tuple[float, tuple[str, ...], Mapping[str, int]]] = []
    for at_s, detections in Sight(15).frames([ACROSS]):
        objects, counts = analytics.update(detections, FRAME, at_s)
        if any(counts.lines_current.values()):
            crossed.append((detections[0].foot[0], objects[0].crossed, counts.lines_current))
        assert counts.lines_cumulative == {"in": len(crossed), "out": 0}

    ((x, labels, current),) = crossed
    assert 640 < x <= 648
    assert labels == ("in",)
    assert current == {"in": 1, "out": 0}


def test_counts_that_were_given_out_stay_as_they_were() -> None:
    analytics = StreamAnalytics(StreamRules(line_crossing=LINES), FRAME)
    _, first = analytics.update([], FRAME, 0)
    last(analytics, Sight(15).frames([ACROSS]))
    assert first.lines_cumulative == {"in": 0, "out": 0}


def test_classes_that_a_line_does_not_look_at_do_not_cross_it() -> None:
    rules = StreamRules(line_crossing=LineCrossingRule({"in": MIDDLE}, class_ids=frozenset({2})))
    for class_id, count in ((0, 0), (2, 1)):
        frames = [(n / 10, [box((400 + 20 * n, 400), class_id=class_id)]) for n in range(30)]
        assert last(StreamAnalytics(rules, FRAME), frames)[1].lines_cumulative == {"in": count}


def test_points_of_the_rules_are_in_the_frame_of_the_rules() -> None:
    small = LineCrossingRule({"in": CrossingLine(((150, 90), (170, 90)), (160, 0), (160, 180))})
    region = RoiFilteringRule({"left": tuple((x / 4, y / 4) for x, y in LEFT_HALF)})
    analytics = StreamAnalytics(StreamRules(line_crossing=small, roi_filtering=region), (320, 180))
    seen = {}
    for at_s, detections in Sight(15).frames([ACROSS]):
        _, counts = analytics.update(detections, FRAME, at_s)
        seen[detections[0].foot[0] > 640] = counts
    assert seen[False].lines_cumulative == {"in": 0}
    assert seen[False].regions == {"left": 1}
    assert seen[True].lines_cumulative == {"in": 1}
    assert seen[True].regions == {"left": 0}


def test_a_frame_of_another_shape_is_stretched_as_the_muxer_does() -> None:
    region = RoiFilteringRule({"lower": ((0.0, 50.0), (100.0, 50.0), (100.0, 100.0), (0.0, 100.0))})
    analytics = StreamAnalytics(StreamRules(roi_filtering=region), (100, 100))
    assert analytics.update([box((600, 350))], FRAME, 0)[1].regions == {"lower": 0}
    assert analytics.update([box((600, 370))], FRAME, 0.1)[1].regions == {"lower": 1}


def test_regions_of_interest_and_their_inverse() -> None:
    detections = box((100, 400)), box((900, 400)), box((200, 400), class_id=2, label="car")
    for inverse, expected in ((False, ["left", None, "left"]), (True, [None, "left", None])):
        rules = StreamRules(roi_filtering=RoiFilteringRule({"left": LEFT_HALF}, inverse=inverse))
        objects, counts = look(rules, *detections)
        assert [one.regions for one in objects] == [(label,) if label else () for label in expected]
        assert counts.regions == {"left": len([label for label in expected if label])}

    people = StreamRules(roi_filtering=RoiFilteringRule({"left": LEFT_HALF}, class_ids=frozenset({0})))
    assert look(people, *detections)[1].regions == {"left": 1}


def test_it_is_the_foot_that_is_in_a_region_and_not_the_box() -> None:
    rules = StreamRules(
        roi_filtering=RoiFilteringRule({"upper": ((0.0, 0.0), (1280.0, 0.0), (1280.0, 300.0), (0.0, 300.0))})
    )
    assert look(rules, box((100, 310), height=300))[1].regions == {"upper": 0}
    assert look(rules, box((100, 290), height=300))[1].regions == {"upper": 1}


def test_overcrowding_counts_objects_and_time() -> None:
    rules = StreamRules(overcrowding=OvercrowdingRule({"hall": LEFT_HALF}, object_threshold=2, time_threshold_ms=1000))
    analytics = StreamAnalytics(rules, FRAME)
    two, one = [box((100, 400)), box((300, 400)), box((900, 400))], [box((100, 400))]

    told = [
        (counts.crowded, counts.regions, [labels.crowds for labels in objects])
        for objects, counts in (
            analytics.update(detections, FRAME, at_s) for at_s, detections in ((0, one), (1, two), (1.9, two), (2, two))
        )
    ]

    assert told == [
        ({"hall": False}, {"hall": 1}, [()]),
        ({"hall": False}, {"hall": 2}, [(), (), ()]),
        ({"hall": False}, {"hall": 2}, [(), (), ()]),
        ({"hall": True}, {"hall": 2}, [("hall",), ("hall",), ()]),
    ]
    assert analytics.update(one, FRAME, 3)[1].crowded == {"hall": False}


def test_overcrowding_looks_at_its_classes_only() -> None:
    rule = OvercrowdingRule({"hall": LEFT_HALF}, object_threshold=1, time_threshold_ms=0, class_ids=frozenset({2}))
    rules = StreamRules(overcrowding=rule)
    assert look(rules, box((100, 400)))[1].crowded == {"hall": False}
    assert look(rules, box((100, 400), class_id=2))[1].crowded == {"hall": True}


def test_of_two_regions_with_one_label_the_count_of_the_crowd_is_told() -> None:
    rules = StreamRules(
        roi_filtering=RoiFilteringRule({"A": LEFT_HALF, "B": LEFT_HALF}),
        overcrowding=OvercrowdingRule({"A": LEFT_HALF}, class_ids=frozenset({7})),
    )
    assert look(rules, box((100, 400)))[1].regions == {"A": 0, "B": 1}


def test_directions() -> None:
    rules = StreamRules(
        direction=DirectionRule({"east": ((0, 0), (9, 0)), "west": ((9, 0), (0, 0))}, class_ids=frozenset({0}))
    )
    analytics = StreamAnalytics(rules, FRAME)
    frames = [
        (n / 10, [box((100 + 10 * n, 300)), box((900 - 10 * n, 600)), box((100 + 10 * n, 500), class_id=1)])
        for n in range(20)
    ]
    objects, _ = last(analytics, frames)
    assert [one.directions for one in objects] == [("east",), ("west",), ()]


def test_after_a_reload_counts_begin_anew_and_the_tracks_go_on() -> None:
    analytics = StreamAnalytics(StreamRules(line_crossing=LINES), FRAME)
    frames = list(Sight(15).frames([ACROSS]))
    # The walker is over the line and a bit farther.
    before = [one for one in frames if one[1][0].foot[0] < 700]
    objects, counts = last(analytics, before)
    assert counts.lines_cumulative == {"in": 1, "out": 0}

    farther = CrossingLine(((0, 0), (9, 0)), (900, 0), (900, 720))
    analytics.reload(StreamRules(line_crossing=LineCrossingRule({"in": MIDDLE, "farther": farther})), FRAME)
    again, counts = last(analytics, frames[len(before) :])

    assert [one.track_id for one in again] == [one.track_id for one in objects] == [1]
    assert counts.lines_cumulative == {"in": 0, "farther": 1}


def test_memory_follows_what_is_in_the_picture_not_the_past() -> None:
    analytics = StreamAnalytics(StreamRules(line_crossing=LINES), FRAME)
    for number in range(2000):
        # A new object each time: this one is far from where the last one was.
        foot: Point = (100 + 300 * (number % 4), 200 + 200 * (number % 3))
        analytics.update([box(foot, class_id=number % 5)], FRAME, number * 0.5)
    assert len(analytics._followed) <= len(analytics._tracker.track_ids) < 30


def test_of_too_many_detections_the_surest_are_looked_at() -> None:
    unsure = [Detection(10.0 * n, 0, 5, 5, 0, "person", 0.2) for n in range(MOST_TRACKS)]
    sure = [Detection(10.0 * n, 300, 5, 5, 0, "person", 0.9) for n in range(3)]

    objects, counts = look(StreamRules(), *unsure, *sure)

    assert counts.classes == {"person": MOST_TRACKS}
    assert [one.detection for one in objects[-3:]] == sure
