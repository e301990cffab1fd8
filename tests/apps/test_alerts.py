"""What an app says of alerts, which may be anything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.camera_status import MOST_ALERTS, AlertStatus, CameraStatus
from nodeagent.apps.alerts import alerts_of

BUSY = {
    "rule": "busy",
    "id": "20260105T120000Z-3f9a1c",
    "number": 2,
    "active": True,
    "began": "2026-01-05T12:00:00.006Z",
    "ended": None,
    "region": "yard",
    "count": 3,
    "seen": "3 person",
    "message": "Open the other gate",
}


def test_an_alert_is_understood() -> None:
    (found,) = alerts_of([BUSY])
    assert (found.rule, found.id, found.number, found.active, found.count) == ("busy", BUSY["id"], 2, True, 3)
    assert (found.seen, found.region, found.message) == ("3 person", "yard", "Open the other gate")
    assert (found.began_at.isoformat(), found.ended_at) == ("2026-01-05T12:00:00.006000+00:00", None)


def test_what_has_none_says_nothing_of_them() -> None:
    assert alerts_of(None) == alerts_of([]) == ()
    status = CameraStatus(name="dock", ready=True, reason="FramesProcessed", since="2026-01-05T12:00:00Z")  # type: ignore[arg-type]
    assert b"alerts" not in status.wire_json()


@pytest.mark.parametrize(
    "change",
    [
        {"rule": ""},
        {"rule": None},
        {"id": 7},
        {"number": -1},
        {"number": 1e300},
        {"number": "many"},
        {"active": "perhaps"},
        {"count": None},
        {"began": "yesterday"},
        {"began": "0001-01-01T00:00:00Z"},
        {"began": None},
        {"ended": "soon"},
    ],
)
def test_what_is_no_alert_is_passed_over(change: dict[str, Any]) -> None:
    assert [one.rule for one in alerts_of([{**BUSY, **change}, {**BUSY, "rule": "other"}])] == ["other"]


def test_texts_are_short_and_in_one_line_and_rules_are_few() -> None:
    long = dict.fromkeys(("rule", "id", "region", "seen", "message"), "two\nlines" + "x" * 10000)
    (found,) = alerts_of([{**BUSY, **long}])
    assert max(map(len, (found.rule, found.id, found.region, found.seen, found.message))) == 500
    assert "\n" not in found.rule + found.id + found.region + found.seen + found.message
    assert len(alerts_of([{**BUSY, "rule": str(number)} for number in range(1000)])) == MOST_ALERTS
    # Of two of one rule the later one counts.
    assert [one.number for one in alerts_of([BUSY, {**BUSY, "number": 3}])] == [3]


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(BUSY)), inner, max_size=9),
    max_leaves=8,
)


@given(VALUES, st.dictionaries(st.sampled_from(sorted(BUSY)), VALUES, max_size=3))
def test_anything_is_understood_or_passed_over(said: Any, change: dict[str, Any]) -> None:
    for anything in (said, [said], [{**BUSY, **change}]):
        assert len(alerts_of(anything)) <= MOST_ALERTS


@pytest.mark.parametrize(
    "began", ["1970-01-01T00:00:00+14:00", "9998-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"]
)
def test_what_an_agent_takes_for_a_time_its_controller_takes_for_one_too(began: str) -> None:
    """One of these made the whole report of a node unreadable, when it was read."""
    told = {"rule": "busy", "id": "a-1", "number": 1, "active": True, "count": 1, "began": began}
    for one in alerts_of([told]):
        assert AlertStatus.model_validate_json(one.model_dump_json()) == one
