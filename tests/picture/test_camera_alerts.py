"""Alerts of a camera: what its document says of them, and what is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from controller.observed import Fleet
from controller.picture.camera_alerts import camera_alerts
from controller.picture.conditions import Document
from controller.picture.event_log import EventLog
from controller.picture.events import FleetEvent, events_of
from crds.camera_status import AlertStatus, CameraStatus
from tests.picture import fleets
from tests.picture.fleets import (
    NOW,
    camera,
    differences,
    documents,
    healthy,
    heard,
    instance,
    lost,
    node,
    node_id,
    plan,
    published,
    report,
    running,
)

REVISION = fleets.revision(
    camera("hq-1", alerts={"busy": {"atLeast": 2}, "zone-2": {}}), instance("door", "n1", ("hq-1",)), node("n1", 1)
)
PLAN, PUBLISHED = plan(REVISION), published(REVISION)
CONFIG, REF = PUBLISHED[node_id(1)].node_config_list[0], PUBLISHED[node_id(1)].ref
BUSY = AlertStatus(
    rule="busy", id="a-1", number=1, active=True, count=2, seen="2 person", region="yard", message="Open", began_at=NOW
)


def alert(alert_id: str, number: int, *, rule: str = "busy", **changes: Any) -> AlertStatus:
    return BUSY.model_copy(update={"id": alert_id, "number": number, "rule": rule, **changes})


class Watched:
    """A controller that shows what agents say, look by look."""

    def __init__(self) -> None:
        self.shown: Sequence[Document] = ()
        self.log = EventLog()
        self._sequence = 1
        self.sees(healthy(REVISION))

    def sees(self, fleet: Fleet) -> list[str]:
        before = self.shown
        self.shown = documents(revision=REVISION, plan=PLAN, published=PUBLISHED, fleet=fleet, now=NOW, previous=before)
        found: tuple[FleetEvent, ...] = events_of(differences(before, self.shown), NOW)
        self.log.add(found)
        return [f"{one.type.value} {one.reason} {one.message}" for one in found if one.subject.kind == "Camera"]

    def says(self, *alerts: AlertStatus) -> list[str]:
        status = CameraStatus(name="hq-1", ready=True, reason="FramesProcessed", fps=25.0, since=NOW, alerts=alerts)
        self._sequence += 1
        said = report(1, running(CONFIG, cameras=(status,)), ref=REF, sequence=self._sequence, sent_at=NOW)
        return self.sees(heard(healthy(REVISION), said, NOW))

    @property
    def alerts(self) -> list[dict[str, Any]]:
        (found,) = [one for one in self.shown if one["kind"] == "Camera"]
        return list(found["status"].get("alerts", ()))


def test_an_alert_is_told_once_when_it_begins() -> None:
    watched = Watched()
    assert watched.alerts == []
    assert watched.says(BUSY) == ["Warning CameraAlert busy: 2 person in yard: Open (alert a-1)"]
    assert watched.alerts == [
        {
            "rule": "busy",
            "id": "a-1",
            "number": 1,
            "active": True,
            "count": 2,
            "seen": "2 person",
            "region": "yard",
            "message": "Open",
            "began": "2026-03-01T12:00:30Z",
            "ended": None,
        }
    ]
    ended = BUSY.model_copy(update={"active": False, "ended_at": NOW + timedelta(seconds=9)})
    assert watched.says(ended) == watched.says(ended) == []
    assert (watched.alerts[0]["active"], watched.alerts[0]["ended"]) == (False, "2026-03-01T12:00:39Z")
    assert watched.says(alert("a-2", 2, region="", message="", seen="")) == ["Warning CameraAlert busy: 2 (alert a-2)"]


def test_of_several_between_two_reports_the_newest_is_told_with_their_number() -> None:
    watched = Watched()
    watched.says(alert("a-1", 1))
    assert watched.says(alert("a-5", 5)) == [
        "Warning CameraAlert busy: 2 person in yard: Open (alert a-5, and 3 more before it)"
    ]
    # The app began anew: its numbers tell nothing of those that were told.
    assert watched.says(alert("b-1", 1)) == ["Warning CameraAlert busy: 2 person in yard: Open (alert b-1)"]


def test_an_agent_that_was_silent_says_again_what_was_told() -> None:
    watched = Watched()
    watched.says(BUSY)
    gone = lost(healthy(REVISION), 1, NOW - timedelta(minutes=1))
    assert not [one for one in watched.sees(gone) if "CameraAlert" in one]
    assert [(one["id"], one["active"]) for one in watched.alerts] == [("a-1", False)]
    assert not [one for one in watched.says(BUSY) if "CameraAlert" in one]
    assert watched.alerts[0]["active"] is True


def test_an_app_that_began_anew_has_forgotten_its_alerts_and_the_controller_has_not() -> None:
    watched = Watched()
    watched.says(BUSY)
    assert watched.says() == []
    assert [(one["id"], one["active"]) for one in watched.alerts] == [("a-1", False)]


def test_of_rules_that_the_camera_has_not_nothing_is_said() -> None:
    watched = Watched()
    assert watched.says(*(alert(f"x-{number}", 1, rule=f"made-up-{number}") for number in range(16))) == []
    assert watched.alerts == []
    assert len(watched.says(BUSY, alert("z-1", 1, rule="zone-2"))) == 2
    assert [one["rule"] for one in watched.alerts] == ["busy", "zone-2"]


def test_alerts_of_one_rule_are_one_event_with_a_count_and_those_of_others_are_others() -> None:
    watched = Watched()
    for number in range(1, 4):
        watched.says(alert(f"a-{number}", number), alert(f"z-{number}", number, rule="zone-2"))
    events = [one for one in watched.log.documents() if one["reason"] == "CameraAlert"]
    assert [(one["message"].partition(":")[0], one["count"]) for one in events] == [("busy", 3), ("zone-2", 3)]
    assert events[0]["message"].endswith("(alert a-3)")


def test_its_times_are_by_the_clock_of_the_controller() -> None:
    watched = Watched()
    status = CameraStatus(name="hq-1", ready=True, reason="FramesProcessed", fps=25.0, since=NOW, alerts=(BUSY,))
    fleet = heard(healthy(REVISION), report(1, running(CONFIG, cameras=(status,)), ref=REF, sequence=2), NOW)
    ahead = replace(fleet.nodes[node_id(1)], clock_ahead_seconds=3600)
    watched.sees(replace(fleet, nodes={**fleet.nodes, node_id(1): ahead}))
    assert watched.alerts[0]["began"] == "2026-03-01T11:00:30Z"


def test_of_two_that_watch_it_one_that_is_away_brings_no_older_alert_back() -> None:
    (camera_of,) = REVISION.cameras
    older, newer = alert("a-1", 50), alert("b-1", 1, began_at=NOW + timedelta(seconds=5))

    def shown(*said: AlertStatus, previous: Document | None, watchers: int = 2) -> Document:
        return {"status": {"alerts": list(camera_alerts(camera_of, said, previous, watchers=watchers))}}

    def ids(document: Document) -> list[tuple[str, bool]]:
        return [(one["id"], one["active"]) for one in document["status"]["alerts"]]

    both = shown(older, newer, previous=None)
    assert ids(both) == [("b-1", True)]
    assert ids(shown(older, previous=both)) == [("b-1", False)]
    assert ids(shown(newer, previous=both)) == [("b-1", True)]
    # Of two that began in one second the one that was told stays.
    same_second = alert("c-1", 1, began_at=newer.began_at + timedelta(milliseconds=400))
    assert ids(shown(newer, same_second, previous=both)) == [("b-1", True)]
    # Of one alone whatever it says is news: its clock may have been set back.
    assert ids(shown(older, previous=both, watchers=1)) == [("a-1", True)]


def test_of_two_that_watch_it_the_numbers_tell_nothing_of_each_other() -> None:
    def document(number: int, *watchers: str) -> Document:
        one = {
            "rule": "busy",
            "id": f"a-{number}",
            "number": number,
            "count": 2,
            "seen": "",
            "region": "",
            "message": "",
        }
        status = {"ready": True, "reason": "", "message": "", "instances": [{"name": name} for name in watchers]}
        return {"kind": "Camera", "metadata": {"name": "hq-1"}, "status": {**status, "alerts": [one]}}

    def told(*watchers: str) -> list[str]:
        key = ("Camera", "hq-1")
        found = events_of([(key, document(1, *watchers), document(51, *watchers))], NOW)
        return [one.message for one in found]

    assert told("door") == ["busy: 2 (alert a-51, and 49 more before it)"]
    assert told("door", "gate") == ["busy: 2 (alert a-51)"]
