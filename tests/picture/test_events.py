from datetime import timedelta
from typing import Any

import pytest

from controller.observed import Fleet
from controller.picture.event_log import EventLog
from controller.picture.events import events_of
from crds.camera_status import CameraStatus
from crds.condition import Condition, ConditionStatus
from crds.messages import InstanceState
from tests.picture import fleets
from tests.picture.fleets import (
    NOW,
    camera,
    differences,
    documents,
    greeting,
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

REVISION = fleets.revision(camera("hq-1"), instance("door", "n1", ("hq-1",)), node("n1", 1))
PLAN = plan(REVISION)
PUBLISHED = published(REVISION)
CONFIG = PUBLISHED[node_id(1)].node_config_list[0]
HEALTHY = healthy(REVISION)
LOST = lost(HEALTHY, 1, NOW - timedelta(minutes=1))


def said(**changes: Any) -> Fleet:
    return heard(HEALTHY, report(1, running(CONFIG, **changes), ref=PUBLISHED[node_id(1)].ref, sequence=2), NOW)


def told(before: Fleet | None, after: Fleet, **inputs: Any) -> list[str]:
    wanted = {"revision": REVISION, "plan": PLAN, "published": PUBLISHED, **inputs}
    old = documents(REVISION, PLAN, PUBLISHED, before, NOW) if before else ()
    new = documents(fleet=after, now=NOW, previous=old, **wanted)
    return [f"{one.type.value} {one.subject} {one.reason}" for one in events_of(differences(old, new), NOW)]


def as_recorded(status: str, reason: str, message: str) -> Fleet:
    kind, verdict = "AsRecorded", ConditionStatus(status)
    one = Condition(type=kind, status=verdict, reason=reason, message=message, last_transition_time=NOW)
    return said(conditions=(one,))


DARK = CameraStatus(name="hq-1", ready=False, reason="NoFrames", fps=0.0, since=NOW)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(HEALTHY, HEALTHY, [], id="nothing happened"),
        pytest.param(
            Fleet(),
            heard(Fleet(), greeting(1, sent_at=NOW), NOW),
            ["Normal dsinstance/door NotObserved", "Normal node/n1 NoReport"],
            id="an agent that has just greeted is no trouble",
        ),
        pytest.param(None, HEALTHY, [], id="a controller that starts does not announce the fleet"),
        pytest.param(
            None, LOST, ["Warning dsinstance/door NodeLost", "Warning node/n1 NodeLost"], id="but its troubles"
        ),
        pytest.param(
            HEALTHY, LOST, ["Warning dsinstance/door NodeLost", "Warning node/n1 NodeLost"], id="a node is lost"
        ),
        pytest.param(
            LOST, HEALTHY, ["Normal dsinstance/door Running", "Normal node/n1 NodeReady"], id="a node comes back"
        ),
        pytest.param(
            HEALTHY,
            said(state=InstanceState.CRASH_LOOP, reason="Exited", restarts=3),
            ["Warning dsinstance/door Exited", "Warning dsinstance/door Restarted"],
            id="an instance crashes, which tells it of its cameras too",
        ),
        pytest.param(
            HEALTHY,
            as_recorded("False", "Drifted", "cpus"),
            ["Warning dsinstance/door Drifted"],
            id="a container is changed by hand",
        ),
        pytest.param(
            as_recorded("False", "Drifted", "cpus"), as_recorded("False", "Drifted", "cpus"), [], id="it is told once"
        ),
        pytest.param(
            as_recorded("False", "Drifted", "cpus"),
            as_recorded("True", "SetBack", "set back"),
            ["Normal dsinstance/door SetBack"],
            id="it is set back",
        ),
        pytest.param(HEALTHY, as_recorded("True", "OneImage", ""), [], id="that all is well is no news"),
        pytest.param(
            HEALTHY,
            as_recorded("True", "SetBack", "set back"),
            ["Normal dsinstance/door SetBack"],
            id="changed and set back between two reports",
        ),
        pytest.param(
            HEALTHY,
            said(cameras=(DARK,)),
            ["Warning camera/hq-1 CameraNotReady", "Normal dsinstance/door CamerasNotReady"],
            id="a camera goes dark",
        ),
        pytest.param(
            said(cameras=(DARK,)),
            HEALTHY,
            ["Normal camera/hq-1 CameraReady", "Normal dsinstance/door Running"],
            id="and comes back",
        ),
        pytest.param(
            HEALTHY, heard(HEALTHY, greeting(5), NOW), ["Warning node/pending-00000005 NotAdmitted"], id="asks"
        ),
    ],
)
def test_what_is_told(before: Fleet | None, after: Fleet, expected: list[str]) -> None:
    assert told(before, after) == expected


def test_a_generation_is_told_when_it_is_published_observed_and_applied() -> None:
    newer = published(REVISION, generation=8)
    ref = newer[node_id(1)].ref
    assert told(HEALTHY, HEALTHY, published=newer)[-1] == "Normal node/n1 GenerationPublished"
    applied = heard(HEALTHY, report(1, running(CONFIG), ref=ref, sequence=2), NOW)
    assert told(HEALTHY, applied, published=newer) == [
        "Normal node/n1 GenerationPublished",
        "Normal node/n1 GenerationObserved",
        "Normal node/n1 GenerationApplied",
    ]


def test_an_object_that_left_the_manifests_is_told_once() -> None:
    without = fleets.revision(instance("door", "n1", ()), node("n1", 1))
    assert "Normal camera/hq-1 Removed" in told(HEALTHY, HEALTHY, revision=without)


# --- troubles that come, go out of sight, and end ---------------------------------------------------------------------


class Watched:
    """Look after look, as the picture makes them, with what was told in all."""

    def __init__(self, fleet: Fleet) -> None:
        self.log = EventLog()
        self.documents = documents(REVISION, PLAN, PUBLISHED, fleet, NOW)

    def told(self, fleet: Fleet) -> list[str]:
        """What is told after the next look."""
        before, self.documents = (
            self.documents,
            documents(REVISION, PLAN, PUBLISHED, fleet, NOW, previous=self.documents),
        )
        events = events_of(differences(before, self.documents), NOW, self.log.open_troubles)
        self.log.add(events)
        return [f"{one.type.value} {one.subject} {one.reason}" for one in events]


def with_condition(*, ok: bool, reason: str, kind: str = "LedgerWritable") -> Fleet:
    status = ConditionStatus.TRUE if ok else ConditionStatus.FALSE
    one = Condition(type=kind, status=status, reason=reason, message="why", last_transition_time=NOW)
    ref = PUBLISHED[node_id(1)].ref
    return heard(HEALTHY, report(1, running(CONFIG), ref=ref, sequence=2, conditions=(one,)), NOW)


FULL, WRITTEN = with_condition(ok=False, reason="WriteFailed"), with_condition(ok=True, reason="Written")
FULL_AND_LOST = lost(FULL, 1, NOW - timedelta(minutes=1))
NODE_IS_LOST = ["Warning dsinstance/door NodeLost", "Warning node/n1 NodeLost"]
NODE_IS_BACK = ["Normal dsinstance/door Running", "Normal node/n1 NodeReady"]


@pytest.mark.parametrize("kind", ["LedgerWritable", "EngineReachable", "RecordsAccepted", "AgentHealthy", "AnyOther"])
def test_a_condition_is_told_in_both_directions(kind: str) -> None:
    watched = Watched(HEALTHY)
    no, yes = with_condition(ok=False, reason="No", kind=kind), with_condition(ok=True, reason="Yes", kind=kind)
    assert watched.told(no) == ["Warning node/n1 No"]
    assert watched.told(no) == []
    assert watched.told(yes) == ["Normal node/n1 Yes"]
    assert [one["message"] for one in watched.log.documents()] == [
        f"{kind} is False: why",
        f"{kind} is True again: why",
    ]
    assert Watched(HEALTHY).told(yes) == [], "that all is well is no news"


def test_a_condition_that_was_out_of_sight_is_told_once_and_so_is_its_end() -> None:
    watched = Watched(HEALTHY)
    assert watched.told(FULL) == ["Warning node/n1 WriteFailed"]
    assert watched.told(FULL_AND_LOST) == NODE_IS_LOST
    assert watched.told(FULL) == NODE_IS_BACK
    assert watched.told(FULL_AND_LOST) == NODE_IS_LOST
    assert watched.told(WRITTEN) == [*NODE_IS_BACK, "Normal node/n1 Written"]
    assert watched.told(FULL_AND_LOST) == NODE_IS_LOST
    assert watched.told(WRITTEN) == NODE_IS_BACK


def test_a_condition_that_is_a_trouble_when_it_is_true_is_told_and_so_is_that_nobody_says_it_any_more() -> None:
    watched = Watched(HEALTHY)
    assert watched.told(with_condition(ok=True, reason="TooLarge", kind="ReportTruncated")) == [
        "Warning node/n1 TooLarge"
    ]
    assert watched.told(HEALTHY) == ["Normal node/n1 Ended"]
    assert watched.told(WRITTEN) == watched.told(HEALTHY) == []


def test_that_a_generation_is_on_its_way_is_no_trouble() -> None:
    newer = published(REVISION, generation=8)
    assert "Warning" not in "".join(told(HEALTHY, HEALTHY, published=newer))


CRASHED = said(state=InstanceState.CRASH_LOOP, reason="BackOff")
STARTING = said(
    state=InstanceState.STARTING,
    reason="WaitingForApp",
    cameras=(DARK.model_copy(update={"reason": "WaitingForApp"}),),
)


def waiting_for_frames(message: str) -> Fleet:
    return said(cameras=(DARK.model_copy(update={"reason": "WaitingForFrames", "message": message}),))


def of_cameras(told: list[str]) -> list[str]:
    return [one for one in told if " camera/" in one]


def test_a_crash_is_told_by_its_instance_and_not_by_each_of_its_cameras() -> None:
    watched = Watched(HEALTHY)
    for fleet in (CRASHED, STARTING, waiting_for_frames("no frame has been processed yet"), HEALTHY, CRASHED, HEALTHY):
        assert of_cameras(watched.told(fleet)) == []
    shown = {one["kind"]: one["status"] for one in documents(REVISION, PLAN, PUBLISHED, CRASHED, NOW)}
    assert (shown["Camera"]["reason"], shown["Camera"]["cause"]) == ("InstanceNotRunning", "dsinstance/door")


def test_a_camera_that_stays_dark_after_a_crash_is_told_and_so_is_its_end() -> None:
    watched = Watched(HEALTHY)
    for fleet in (CRASHED, STARTING):
        watched.told(fleet)
    refused = waiting_for_frames("no frame has been processed yet: 401 Unauthorized")
    assert of_cameras(watched.told(refused)) == ["Warning camera/hq-1 CameraNotReady"]
    for fleet in (CRASHED, STARTING, refused):
        assert of_cameras(watched.told(fleet)) == []
    assert of_cameras(watched.told(HEALTHY)) == ["Normal camera/hq-1 CameraReady"]
