"""Alerts: when they begin, when they end, and what holds for any frames whatever."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.analytics.alerts import GAP_S, StreamAlerts, alert_id, seen
from pipeline.files.alert_rules import AlertRule, Distance, Window
from pipeline.model import AlertNews, Detection, TrackedObject

SIZE = (1000, 500)
MONDAY_NOON_S = 1767614400.0
"""2026-01-05T12:00:00Z."""


def thing(
    label: str = "person", *, foot: tuple[float, float] = (500, 400), height: float = 100, regions: tuple[str, ...] = ()
) -> TrackedObject:
    box = Detection(foot[0] - 20, foot[1] - height, 40, height, 0, label, 0.9)
    return TrackedObject(1, box, regions)


class Watched:
    """A stream to which frames are shown."""

    def __init__(self, **rules: AlertRule) -> None:
        numbers = itertools.count(1)
        self.alerts = StreamAlerts(rules, lambda _unix_s: f"id-{next(numbers)}")

    def sees(
        self, *objects: TrackedObject, at_s: float, unix_s: float | None = None
    ) -> list[tuple[str, str, str, int]]:
        found = self.alerts.update(objects, SIZE, at_s, MONDAY_NOON_S + at_s if unix_s is None else unix_s)
        return [(one.alert.rule, said(one), one.alert.alert_id, one.alert.count) for one in found]


def said(news: AlertNews) -> str:
    return "ended" if news.has_ended else "began"


def test_an_alert_begins_when_enough_was_there_for_long_enough_and_ends_when_it_was_gone_for_long_enough() -> None:
    watched = Watched(busy=AlertRule(at_least=2, for_s=2, ends_after_s=3, pause_s=10))

    assert watched.sees(thing(), thing(), at_s=0) == []
    assert watched.sees(thing(), thing(), at_s=1.9) == []
    assert watched.sees(thing(), thing(), at_s=2) == [("busy", "began", "id-1", 2)]
    assert watched.sees(thing(), at_s=4.9) == []
    assert watched.sees(thing(), thing(), at_s=5) == []
    assert watched.sees(at_s=7.9) == []
    assert watched.sees(at_s=8) == [("busy", "ended", "id-1", 2)]


def test_a_detector_that_misses_something_for_a_moment_does_not_put_an_alert_off() -> None:
    watched = Watched(any=AlertRule(for_s=2))
    assert watched.sees(thing(), at_s=0) == watched.sees(at_s=GAP_S) == []
    assert watched.sees(thing(), at_s=1) == []
    assert watched.sees(thing(), at_s=2) == [("any", "began", "id-1", 1)]

    watched = Watched(any=AlertRule(for_s=2))
    assert watched.sees(thing(), at_s=0) == watched.sees(at_s=GAP_S + 0.1) == []
    assert watched.sees(thing(), at_s=2) == []


def test_an_alert_that_ends_at_once_does_not_end_by_a_frame_in_which_the_detector_misses_something() -> None:
    watched = Watched(any=AlertRule(ends_after_s=0))
    assert watched.sees(thing(), at_s=0)
    assert watched.sees(at_s=GAP_S) == watched.sees(thing(), at_s=0.6) == []
    assert watched.sees(at_s=0.6 + GAP_S + 0.1) == [("any", "ended", "id-1", 1)]


def test_after_an_alert_there_is_a_pause_however_much_there_is_to_see() -> None:
    watched = Watched(any=AlertRule(ends_after_s=0, pause_s=10))
    assert watched.sees(thing(), at_s=0)
    assert watched.sees(at_s=1) == [("any", "ended", "id-1", 1)]
    assert watched.sees(thing(), at_s=10.9) == []
    assert watched.sees(thing(), at_s=11) == [("any", "began", "id-2", 1)]
    assert [one.number for one in watched.alerts.newest()] == [2]


def test_only_objects_of_the_classes_in_the_region_count() -> None:
    watched = Watched(yard=AlertRule(classes=frozenset({"nohelmet"}), region="yard", at_least=1))
    assert watched.sees(thing("NoHelmet", regions=("gate",)), thing(regions=("yard",)), at_s=0) == []
    found = watched.alerts.update(
        [thing("person", regions=("yard",)), one := thing("NoHelmet", regions=("gate", "yard"))], SIZE, 1, MONDAY_NOON_S
    )
    assert [news.objects for news in found] == [(one,)]
    assert found[0].alert.region == "yard"


def test_social_distance_counts_pairs_by_their_own_height() -> None:
    watched = Watched(near=AlertRule(distance=Distance(within_heights=1), at_least=2))
    in_front = [thing(foot=(100, 400)), thing(foot=(199, 400)), thing(foot=(298, 400))]
    assert watched.sees(*in_front[:2], at_s=0) == []
    assert watched.sees(*in_front, at_s=1) == [("near", "began", "id-1", 2)]

    # As far from each other in the picture, but far away from the camera.
    watched = Watched(near=AlertRule(distance=Distance(within_heights=1)))
    assert watched.sees(thing(foot=(100, 60), height=50), thing(foot=(199, 60), height=50), at_s=0) == []
    assert watched.sees(thing(), at_s=1) == []


def test_social_distance_by_the_picture_needs_both_directions() -> None:
    rule = AlertRule(distance=Distance(within_picture=(0.1, 0.2)))
    near, one_side, far = (150, 450), (150, 501), (201, 450)
    for foot, count in ((near, 1), (one_side, 0), (far, 0)):
        found = Watched(near=rule).sees(thing(foot=(100, 400)), thing(foot=foot), at_s=0)
        assert bool(found) is bool(count), foot


def test_only_those_that_make_a_pair_are_told() -> None:
    alerts = StreamAlerts({"near": AlertRule(distance=Distance(within_heights=1))}, str)
    pair = [thing(foot=(100, 400)), thing(foot=(150, 400))]
    (news,) = alerts.update([*pair, thing(foot=(900, 400))], SIZE, 0, MONDAY_NOON_S)
    assert (news.objects, news.alert.count) == (tuple(pair), 1)


def test_outside_of_its_schedule_a_rule_gives_no_alert_and_ends_the_one_that_lasts() -> None:
    at_noon = Window(frozenset({0}), 12 * 60, 12 * 60 + 1)
    watched = Watched(any=AlertRule(schedule=(at_noon,), ends_after_s=5))
    assert watched.sees(thing(), at_s=-1) == []
    assert watched.sees(thing(), at_s=0) == [("any", "began", "id-1", 1)]
    assert watched.sees(thing(), at_s=60) == [("any", "ended", "id-1", 1)]
    assert watched.sees(thing(), at_s=120) == []


def test_a_clock_that_is_set_neither_begins_nor_ends_an_alert() -> None:
    watched = Watched(any=AlertRule(for_s=2, ends_after_s=5, pause_s=10))
    assert watched.sees(thing(), at_s=0, unix_s=1e9) == watched.sees(thing(), at_s=1, unix_s=2e9) == []
    assert watched.sees(thing(), at_s=2, unix_s=5e8)
    assert watched.sees(at_s=3, unix_s=2e9) == []
    assert watched.sees(at_s=7, unix_s=1.0) == [("any", "ended", "id-1", 1)]


def test_rules_that_are_as_they_were_go_on_over_a_reload() -> None:
    kept, changed = AlertRule(for_s=2), AlertRule(for_s=2, at_least=1)
    watched = Watched(kept=kept, changed=changed)
    assert watched.sees(thing(), at_s=0) == []
    watched.alerts.reload({"kept": AlertRule(for_s=2), "changed": AlertRule(for_s=1.5), "new": AlertRule(for_s=9)})
    assert [one[0] for one in watched.sees(thing(), at_s=2)] == ["kept"]
    watched.alerts.reload({})
    assert watched.alerts.newest() == ()
    assert watched.sees(thing(), at_s=3) == []


def test_a_change_anywhere_matters_to_a_rule_without_a_region() -> None:
    assert not StreamAlerts({}, str).look_everywhere
    assert not StreamAlerts({"a": AlertRule(region="yard")}, str).look_everywhere
    assert StreamAlerts({"a": AlertRule(region="yard"), "b": AlertRule()}, str).look_everywhere


def test_what_an_alert_begins_with_is_said_in_words() -> None:
    mixed = [thing("nohelmet"), thing("novest"), thing("nohelmet"), *map(thing, "abc")]
    near = AlertRule(distance=Distance(within_heights=1))
    assert seen(AlertRule(), 6, mixed) == "2 nohelmet, 1 novest, 1 a"
    assert (seen(near, 1, [thing(), thing()]), seen(near, 3, [thing()] * 3)) == (
        "1 pair of person",
        "3 pairs of person",
    )
    (news,) = StreamAlerts({"any": AlertRule()}, str).update([thing()], SIZE, 0, MONDAY_NOON_S)
    assert news.alert.seen == "1 person"


def test_an_id_tells_when_and_is_another_one_elsewhere() -> None:
    assert alert_id(MONDAY_NOON_S + 0.9, "3f9a1c") == "20260105T120000Z-3f9a1c"


RULES = st.builds(
    AlertRule,
    at_least=st.integers(1, 3),
    for_s=st.sampled_from([0.0, 0.5, 2.0]),
    ends_after_s=st.sampled_from([0.0, 0.5, 4.0]),
    pause_s=st.sampled_from([1.0, 3.0, 10.0]),
)
FRAMES = st.lists(st.tuples(st.sampled_from([0.05, 0.1, 0.4, 0.6, 3.0, 20.0]), st.integers(0, 4)), max_size=60)


def told(rules: Mapping[str, AlertRule], frames: Iterable[tuple[float, int]]) -> list[tuple[float, Any]]:
    alerts = StreamAlerts(rules, str)
    found, at_s = [], 0.0
    for gap_s, count in frames:
        at_s += gap_s
        found += [(at_s, news) for news in alerts.update([thing()] * count, SIZE, at_s, MONDAY_NOON_S)]
    return found


@given(RULES, FRAMES)
def test_alerts_of_a_rule_take_turns_with_its_pauses(rule: AlertRule, frames: list[tuple[float, int]]) -> None:
    news = told({"a": rule}, frames)

    assert [said(one) for _, one in news] == [("began", "ended")[index % 2] for index in range(len(news))]
    assert [one.alert.number for _, one in news] == [index // 2 + 1 for index in range(len(news))]
    for (at_s, before), (next_s, after) in itertools.pairwise(news):
        assert next_s - at_s >= (rule.ends_after_s if after.has_ended else rule.pause_s)
        if after.has_ended:
            assert after.alert.alert_id == before.alert.alert_id


@given(RULES, FRAMES)
def test_no_alert_without_enough_for_long_enough(rule: AlertRule, frames: list[tuple[float, int]]) -> None:
    began = {at_s for at_s, one in told({"a": rule}, frames) if not one.has_ended}
    at_s, enough_since_s, last_s = 0.0, None, 0.0
    for gap_s, count in frames:
        at_s += gap_s
        if count >= rule.at_least:
            enough_since_s, last_s = (at_s if enough_since_s is None else enough_since_s), at_s
        elif at_s - last_s > GAP_S:
            enough_since_s = None
        if at_s in began:
            assert enough_since_s is not None
            assert at_s - enough_since_s >= rule.for_s
