from datetime import timedelta
from typing import Any

import pytest

from controller.model import Fleet, ObjectRef
from controller.picture.event_log import EventLog
from controller.picture.events import EventType, FleetEvent, events_between
from crds.condition import Condition, ConditionStatus
from crds.messages import CameraStatus, InstanceState
from tests.picture import fleets
from tests.picture.fleets import (
    NOW,
    camera,
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
    return [f"{one.type.value} {one.subject} {one.reason}" for one in events_between(old, new, NOW)]


def drifted(status: str, message: str) -> Fleet:
    one = Condition(
        type="Drifted", status=ConditionStatus(status), reason="X", message=message, last_transition_time=NOW
    )
    return said(conditions=(one,))


DARK = CameraStatus(name="hq-1", ready=False, reason="NoFrames", fps=0.0, since=NOW)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param(HEALTHY, HEALTHY, [], id="nothing happened"),
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
            [
                "Warning camera/hq-1 CameraNotReady",
                "Warning dsinstance/door Exited",
                "Warning dsinstance/door Restarted",
            ],
            id="an instance crashes",
        ),
        pytest.param(
            HEALTHY, drifted("True", "cpus"), ["Warning dsinstance/door DriftedX"], id="a container is changed by hand"
        ),
        pytest.param(
            drifted("True", "cpus"),
            drifted("True", "cpus; memory"),
            ["Warning dsinstance/door DriftedX"],
            id="and changed again",
        ),
        pytest.param(drifted("True", "cpus"), drifted("True", "cpus"), [], id="it is told once"),
        pytest.param(
            drifted("True", "cpus"),
            drifted("False", "set back"),
            ["Normal dsinstance/door DriftedX"],
            id="it is set back",
        ),
        pytest.param(HEALTHY, drifted("False", ""), [], id="that all is well is no news"),
        pytest.param(
            HEALTHY,
            drifted("False", "set back"),
            ["Normal dsinstance/door DriftedX"],
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


def event(message: str, minutes: int = 0) -> FleetEvent:
    return FleetEvent(ObjectRef("Node", "n1"), EventType.WARNING, "NodeLost", message, NOW + timedelta(minutes=minutes))


def test_repeats_are_counted_and_move_to_the_end() -> None:
    log = EventLog()
    log.add([event("a"), event("b", 1), event("a", 2)])
    assert [(one["message"], one["count"]) for one in log.documents()] == [("b", 1), ("a", 2)]
    document = log.documents()[1]
    assert (document["firstTimestamp"], document["lastTimestamp"], document["count"]) == (
        "2026-03-01T12:00:30Z",
        "2026-03-01T12:02:30Z",
        2,
    )


def test_the_log_is_bounded_in_number_and_length() -> None:
    log = EventLog(limit=3)
    log.add(event(f"{number}" + "x" * 5000) for number in range(9))
    assert [one["message"][0] for one in log.documents()] == ["6", "7", "8"]
    assert all(len(one["message"]) == 1024 for one in log.documents())


def test_the_name_of_an_event_is_the_same_in_every_process() -> None:
    log = EventLog()
    log.add([event("a")])
    assert log.documents()[0]["metadata"] == {"name": "n1.d979591d9c7c10bf", "namespace": "default"}


def test_a_document_is_made_when_its_event_happens_and_not_at_every_look() -> None:
    log = EventLog()
    log.add([event("a"), event("b", 1)])
    first = log.documents()
    assert log.documents() is first
    log.add([event("c", 2)])
    assert all(one is two for one, two in zip(first, log.documents(), strict=False))
