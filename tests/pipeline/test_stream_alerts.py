"""A stream with rules for alerts: which changes of its picture matter, and what comes with its results."""

from pipeline.files.alert_rules import AlertRule
from pipeline.files.rules import AnalyticsRules, RoiFilteringRule, StreamRules
from pipeline.files.settings import CameraSettings
from pipeline.files.source import Source
from pipeline.model import CapturedFrame, Detection
from pipeline.stream import Stream
from tests.pipeline.messages.results import SEEN_AT_S, picture

SMALL = picture(320, 180)
CHANGED = picture(320, 180, right=(255, 255, 255))
YARD = AnalyticsRules(320, 180, {0: StreamRules(RoiFilteringRule({"yard": ((0, 0), (4, 0), (4, 4), (0, 4))}))})
IN_YARD = Detection(0, 0, 4, 2, 0, "object", 1.0)


def stream(**alerts: AlertRule) -> Stream:
    return Stream(
        Source("gate", "rtsp://10.0.0.1/1", "h264", "rtsp", stream=True, given_address=""),
        source_id=0,
        name="gate",
        device_id="gate",
        settings=CameraSettings(alerts=alerts),
        rules=YARD,
        change_percent=1.0,
    )


def frame(number: int, *, changed: bool = False, at_s: float = 1e9) -> CapturedFrame:
    return CapturedFrame("gate", number, CHANGED if changed else SMALL, at_s + number, SEEN_AT_S + number)


def test_alerts_come_with_the_result_of_their_frame_unchanged_ones_too() -> None:
    one = stream(busy=AlertRule(region="yard", for_s=2))
    results = [one.result_of(frame(number), [IN_YARD] if number == 0 else None) for number in range(4)]
    assert [len(result.alerts) for result in results] == [0, 0, 1, 0]
    assert results[2].alerts[0].alert.began_at_s == SEEN_AT_S + 2
    assert [alert.rule for alert in one.alerts.newest()] == ["busy"]


def test_a_change_outside_of_the_regions_matters_to_a_rule_for_the_whole_picture_alone() -> None:
    for rule, matters in ((AlertRule(region="yard"), False), (AlertRule(), True)):
        one = stream(busy=rule)
        assert one.is_significant(frame(1))
        one.result_of(frame(1), [])
        assert one.is_significant(frame(2, changed=True)) is matters


def test_rules_that_are_read_again_hold_from_the_next_frame() -> None:
    one = stream()
    assert one.result_of(frame(1), [IN_YARD]).alerts == ()
    one.treat(CameraSettings(alerts={"busy": AlertRule()}), YARD)
    (news,) = one.result_of(frame(2), None).alerts
    assert news.alert.rule == "busy"
    one.treat(CameraSettings(), YARD)
    one.result_of(frame(3), None)
    assert one.alerts.newest() == ()
