from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.model import SCALED_TO_ZERO, FleetPlan, ObjectRef, Reason
from controller.observed import Fleet
from controller.status.trust import with_keys
from crds.camera import Camera
from crds.camera_status import CameraStatus
from crds.condition import Condition, ConditionStatus
from crds.messages import AgentResponse, GenerationRef, InstanceState
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

REVISION = fleets.revision(
    camera("hq-1"), camera("hq-2"), camera("spare"), instance("door", "n1", ("hq-1", "hq-2")), node("n1", 1)
)
PLAN = plan(REVISION)
PUBLISHED = published(REVISION)
CONFIG = PUBLISHED[node_id(1)].node_config_list[0]
REF = PUBLISHED[node_id(1)].ref


def shown(fleet: Fleet, **inputs: Any) -> Mapping[str, dict[str, Any]]:
    """The documents by kind/name."""
    wanted = {"revision": REVISION, "plan": PLAN, "published": PUBLISHED, "now": NOW, **inputs}
    return {str(ObjectRef(one["kind"], one["metadata"]["name"])): one for one in documents(fleet=fleet, **wanted)}


def conditions(document: Mapping[str, Any]) -> dict[str, str]:
    return {one["type"]: f"{one['status']} {one['reason']}" for one in document["status"]["conditions"]}


def reported(**changes: Any) -> Fleet:
    """The node is connected, and says this of its instance."""
    return heard(healthy(REVISION), report(1, running(CONFIG, **changes), ref=REF, sequence=2), NOW)


def camera_said(name: str, ready: bool | None, reason: str = "NoFrames", fps: float | None = 0.0) -> CameraStatus:
    return CameraStatus(name=name, ready=ready, reason=reason, fps=fps, since=NOW - timedelta(minutes=1))


def test_a_healthy_fleet() -> None:
    found = shown(healthy(REVISION))
    status = found["node/n1"]["status"]
    assert (status["phase"], status["instances"], status["capacity"]) == ("Ready", 1, {"cameras": 2, "limit": 24})
    generation = {"epoch": 2, "generation": 7}
    assert status["generation"] == {"published": generation, "observed": generation, "applied": generation}
    assert conditions(found["node/n1"]) == {"Ready": "True AgentConnected", "UpToDate": "True Applied"}

    status = found["dsinstance/door"]["status"]
    assert (status["phase"], status["node"], status["cameras"]) == ("Running", "n1", {"ready": 2, "total": 2})
    assert (status["upToDate"], status["generation"], status["startedAt"]) == (True, 7, "2026-03-01T11:55:30Z")
    assert conditions(found["dsinstance/door"]) == {"Ready": "True Running", "Planned": "True Planned"}

    status = found["camera/hq-1"]["status"]
    assert (status["ready"], status["fps"], status["nodes"]) == (True, 25.0, ["n1"])
    assert [one["name"] for one in status["instances"]] == ["door"]
    assert conditions(found["camera/hq-1"]) == {"Ready": "True FramesProcessed"}


def test_a_document_is_the_manifest_as_written() -> None:
    found = shown(healthy(REVISION))
    written = {key: value for key, value in found["camera/hq-1"].items() if key != "status"}
    assert written == REVISION.cameras[0].document()


@pytest.mark.parametrize("last_heard", [timedelta(seconds=15), timedelta(days=2)])
def test_whatever_a_lost_node_said_last_is_shown_as_unknown(last_heard: timedelta) -> None:
    fleet = lost(healthy(REVISION), 1, NOW - last_heard)
    found = shown(fleet)
    node_status, instance_status = found["node/n1"]["status"], found["dsinstance/door"]["status"]
    camera_status = found["camera/hq-1"]["status"]
    assert (node_status["phase"], instance_status["phase"], camera_status["ready"]) == ("Unknown", "Unknown", None)
    assert node_status["generation"]["observed"] is None
    assert node_status["generation"]["applied"] is None
    assert (instance_status["cameras"], instance_status["upToDate"]) == ({"ready": None, "total": 2}, None)
    assert (instance_status["restarts"], instance_status["startedAt"]) == (None, None)
    assert (camera_status["fps"], camera_status["instances"][0]["ready"]) == (None, None)
    for document in found.values():
        if document["metadata"]["name"] != "spare":
            assert conditions(document)["Ready"] == "Unknown NodeLost"


def test_a_node_that_was_never_heard_is_unknown_for_that_reason() -> None:
    found = shown(Fleet())
    assert conditions(found["node/n1"]) == {"Ready": "Unknown NodeNeverSeen", "UpToDate": "Unknown NodeNeverSeen"}
    assert found["node/n1"]["status"]["lastSeen"] is None
    assert found["dsinstance/door"]["status"]["phase"] == "Unknown"


def test_an_agent_with_another_key_than_the_pinned_one_is_not_believed() -> None:
    pinned = fleets.revision(*REVISION.cameras, *REVISION.instances, node("n1", 1, publicKey="cd" * 32))
    found = shown(with_keys(healthy(REVISION), {node_id(1): "cd" * 32}, NOW), revision=pinned)
    assert conditions(found["node/n1"])["Ready"] == "Unknown KeyRefused"
    assert conditions(found["node/n1"])["KeyUndisputed"] == "False KeyRefused"
    assert "change spec.publicKey to abab" in found["node/n1"]["status"]["message"]
    assert found["camera/hq-1"]["status"]["ready"] is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"observed": None, "applied": None}, "False NotObserved"),
        ({"observed": GenerationRef(epoch=2, generation=6)}, "False NotObserved"),
        ({"applied": None}, "False Applying"),
        ({"applied": GenerationRef(epoch=2, generation=6)}, "False Applying"),
        ({"observed": GenerationRef(epoch=2, generation=7, digest="sha256:other")}, "False Conflict"),
        ({"observed": GenerationRef(epoch=2, generation=8)}, "False Ahead"),
        ({"observed": GenerationRef(epoch=3, generation=1)}, "False Ahead"),
    ],
)
def test_up_to_date_compares_what_was_published_with_what_was_reached(changes: dict[str, Any], expected: str) -> None:
    said = report(1, ref=REF, sequence=2).model_copy(update=changes)
    found = shown(heard(healthy(REVISION), said, NOW))
    assert conditions(found["node/n1"])["UpToDate"] == expected


def test_a_generation_that_nobody_published_is_never_shown_as_observed() -> None:
    ahead = GenerationRef(epoch=2, generation=8)
    found = shown(heard(healthy(REVISION), report(1, ref=ahead, sequence=2), NOW))
    assert found["node/n1"]["status"]["generation"]["observed"] is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "Running: True Running"),
        ({"state": InstanceState.STARTING}, "Starting: False Starting"),
        ({"state": InstanceState.CRASH_LOOP, "reason": "Exited"}, "CrashLoopBackOff: False Exited"),
        ({"digest": "sha256:old"}, "Running: False Outdated"),
        ({"digest": None}, "Running: False Outdated"),
        ({"cameras": (camera_said("hq-1", ready=False),)}, "Running: False CamerasNotReady"),
        ({"cameras": (camera_said("hq-1", ready=None),)}, "Running: True Running"),
        ({"cameras": (camera_said("gone", ready=False),)}, "Running: True Running"),
    ],
)
def test_an_instance_is_ready_when_it_runs_what_was_published_and_no_camera_is_dark(
    changes: dict[str, Any], expected: str
) -> None:
    found = shown(reported(**changes))["dsinstance/door"]
    assert f"{found['status']['phase']}: {conditions(found)['Ready']}" == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"cameras": (camera_said("hq-1", ready=False),)}, "False NoFrames"),
        ({"cameras": (camera_said("hq-1", ready=None, reason="NoEvidence"),)}, "Unknown NoEvidence"),
        ({"cameras": ()}, "Unknown NotObserved"),
        ({"digest": "sha256:old"}, "Unknown InstanceOutdated"),
        ({"state": InstanceState.FAILED}, "False InstanceNotRunning"),
        ({"state": InstanceState.UNHEALTHY}, "True FramesProcessed"),
    ],
)
def test_a_camera_is_ready_only_by_what_is_said_of_the_published_instance(
    changes: dict[str, Any], expected: str
) -> None:
    assert conditions(shown(reported(**changes))["camera/hq-1"])["Ready"] == expected


def test_cameras_without_evidence_are_not_counted_as_not_ready() -> None:
    said = tuple(camera_said(name, ready=None, reason="NoEvidence", fps=None) for name in ("hq-1", "hq-2"))
    status = shown(reported(cameras=said))["dsinstance/door"]["status"]
    assert status["cameras"] == {"ready": None, "total": 2}


def test_a_camera_with_several_watchers_is_as_good_as_the_worst() -> None:
    revision = fleets.revision(
        camera("shared"),
        instance("a", "n1", ("shared",)),
        instance("b", "n2", ("shared",)),
        node("n1", 1),
        node("n2", 2),
    )
    inputs = {"revision": revision, "plan": plan(revision), "published": published(revision)}
    status = shown(healthy(revision), **inputs)["camera/shared"]["status"]
    assert (status["ready"], status["nodes"]) == (True, ["n1", "n2"])
    status = shown(lost(healthy(revision), 2, NOW - timedelta(hours=1)), **inputs)["camera/shared"]["status"]
    assert (status["ready"], [one["ready"] for one in status["instances"]]) == (None, [True, None])


def test_an_instance_that_could_not_be_planned_says_why() -> None:
    reason = Reason(ObjectRef("DsInstance", "door"), "NoCapacity", "node n1 is full: raise spec.capacity")
    nothing = FleetPlan(REVISION.id, {}, (reason,), ())
    found = shown(healthy(REVISION), plan=nothing, published={})["dsinstance/door"]
    assert (found["status"]["phase"], found["status"]["message"]) == ("Pending", reason.message)
    assert conditions(found) == {"Ready": "False NoCapacity", "Planned": "False NoCapacity"}


def test_what_runs_nowhere_on_purpose_is_stopped_and_its_cameras_say_so() -> None:
    reason = Reason(ObjectRef("DsInstance", "door"), SCALED_TO_ZERO, "it runs nowhere on purpose")
    nothing = FleetPlan(REVISION.id, {}, (reason,), ())
    found = shown(healthy(REVISION), plan=nothing, published={})
    assert (found["dsinstance/door"]["status"]["phase"], found["dsinstance/door"]["status"]["reason"]) == (
        "Stopped",
        SCALED_TO_ZERO,
    )
    status = found["camera/hq-1"]["status"]
    assert (status["ready"], status["reason"], status["cause"]) == (False, SCALED_TO_ZERO, "dsinstance/door")
    assert "dsinstance/door, which would watch it, runs nowhere on purpose" in status["message"]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"plan": None, "published": {}}, {"dsinstance/door": "NotPlanned", "camera/hq-1": "NotPlanned"}),
        ({"published": {}}, {"dsinstance/door": "NotPublished", "camera/hq-1": "NotPublished"}),
        ({}, {"camera/spare": "NotWatched"}),
    ],
)
def test_what_is_not_published_says_how_far_it_got(inputs: dict[str, Any], expected: dict[str, str]) -> None:
    found = shown(healthy(REVISION), **inputs)
    assert {name: found[name]["status"]["reason"] for name in expected} == expected


def test_an_edit_that_is_not_published_yet_is_not_up_to_date() -> None:
    """Kafka may be away: `fleet wait` right after an edit must not take the old state for the new one."""
    edited = fleets.revision(
        *(one for one in REVISION.objects if not isinstance(one, Camera)),
        *(camera(one.name, encodeType="h265") for one in REVISION.cameras),
    )
    found = shown(healthy(REVISION), revision=edited, plan=plan(edited))
    door = next(name for name, one in found.items() if name.startswith("dsinstance/") and one["spec"]["cameras"])
    home = f"node/{found[door]['status']['node']}"
    assert conditions(found[door])["Ready"] == "False NotPublished"
    assert conditions(found[home])["UpToDate"] == "False NotPublished"


def test_while_an_instance_moves_it_is_shown_where_it_is_planned() -> None:
    nodes = (node("n1", 1), node("n2", 2))
    old = fleets.revision(camera("hq-1"), instance("door", "n1", ("hq-1",)), *nodes)
    new = fleets.revision(camera("hq-1"), instance("door", "n2", ("hq-1",)), *nodes)
    both = {node_id(1): published(old)[node_id(1)], node_id(2): published(new)[node_id(2)]}
    inputs = {"revision": new, "plan": plan(new)}
    assert shown(healthy(old), **inputs, published=published(old))["dsinstance/door"]["status"]["node"] == "n1"
    assert shown(healthy(old), **inputs, published=both)["dsinstance/door"]["status"]["node"] == "n2"


def test_an_agent_that_is_in_no_manifest_asks_to_join() -> None:
    fleet = heard(healthy(REVISION), greeting(5, gpulist=("GPU-1",)), NOW)
    found = shown(fleet)["node/pending-00000005"]
    assert found["spec"]["nodeId"] == node_id(5)
    assert (found["spec"]["hostname"], found["spec"]["gpus"]) == ("host-5", ["GPU-1"])
    assert (found["status"]["phase"], found["status"]["reason"]) == ("Pending", "NotAdmitted")
    assert f"spec.nodeId {node_id(5)}" in found["status"]["message"]


def test_a_greeting_cannot_write_to_the_terminal_of_whoever_looks() -> None:
    odd = greeting(5, hostname="\x1b[2Jx\n" + "y" * 1000, ip_address="\u202e", gpulist=("\x07",) * 1000)
    found = shown(heard(healthy(REVISION), odd, NOW))["node/pending-00000005"]
    assert found["spec"]["hostname"] == "?[2Jx?" + "y" * 247
    assert (found["spec"]["address"], found["spec"]["gpus"]) == ("?", ["?"] * 64)


def test_two_pending_nodes_whose_ids_begin_alike_have_two_names() -> None:
    fleet = healthy(REVISION)
    ids = [f"00000005-0000-4000-8000-{number:012x}" for number in (1, 2)]
    for one in ids:
        fleet = heard(fleet, greeting(5, node_id=one), NOW)
    found = shown(fleet)
    assert {"node/pending-00000005", f"node/pending-{ids[1]}"} <= found.keys()


def test_the_conditions_of_the_agent_are_passed_on_until_it_is_lost() -> None:
    said = Condition(type="EngineReachable", status=ConditionStatus.FALSE, reason="Refused", last_transition_time=NOW)
    fleet = heard(healthy(REVISION), report(1, running(CONFIG), ref=REF, sequence=2, conditions=(said,)), NOW)
    assert conditions(shown(fleet)["node/n1"])["EngineReachable"] == "False Refused"
    fleet = lost(fleet, 1, NOW - timedelta(minutes=1))
    assert conditions(shown(fleet)["node/n1"])["EngineReachable"] == "Unknown NodeLost"


def test_an_agent_that_says_it_is_not_ready_is_believed() -> None:
    said = Condition(type="Ready", status=ConditionStatus.FALSE, reason="DiskFull", last_transition_time=NOW)
    fleet = heard(healthy(REVISION), report(1, running(CONFIG), ref=REF, sequence=2, conditions=(said,)), NOW)
    found = shown(fleet)["node/n1"]
    assert (found["status"]["phase"], conditions(found)["Ready"]) == ("NotReady", "False DiskFull")


def test_transition_times_stay_while_the_status_does() -> None:
    fleet = healthy(REVISION)
    first = documents(REVISION, PLAN, PUBLISHED, fleet, NOW)
    later = NOW + timedelta(seconds=5)
    second = documents(REVISION, PLAN, PUBLISHED, fleet, later, previous=first)
    assert first == second
    long_after = NOW + timedelta(minutes=9)
    third = documents(REVISION, PLAN, PUBLISHED, fleet, long_after, previous=second)
    times = {one["status"]["conditions"][0]["lastTransitionTime"] for one in third if one["kind"] == "Node"}
    assert times == {"2026-03-01T12:09:30Z"}


def test_a_first_look_takes_the_transition_time_from_the_agent() -> None:
    found = shown(healthy(REVISION))["camera/hq-1"]
    assert found["status"]["conditions"][0]["lastTransitionTime"] == "2026-03-01T11:56:30Z"


def test_a_later_look_never_dates_a_transition_back() -> None:
    first = documents(REVISION, PLAN, PUBLISHED, healthy(REVISION), NOW)
    found = shown(reported(cameras=(camera_said("hq-1", ready=False),)), previous=first)
    for name in ("camera/hq-1", "dsinstance/door"):
        assert found[name]["status"]["conditions"][0]["lastTransitionTime"] == "2026-03-01T12:00:30Z"


@pytest.mark.parametrize(("fps", "shown_fps"), [(25.4, 25.0), (20.04, 20.0), (0.0, 0.0)])
def test_a_wobble_of_the_frame_rate_is_no_change(fps: float, shown_fps: float) -> None:
    first = documents(REVISION, PLAN, PUBLISHED, healthy(REVISION), NOW)
    fleet = reported(cameras=(camera_said("hq-1", ready=True, fps=fps),))
    assert shown(fleet, previous=first)["camera/hq-1"]["status"]["fps"] == shown_fps


def test_the_result_does_not_depend_on_the_order_of_the_inputs() -> None:
    fleet = heard(healthy(REVISION), greeting(5), NOW)
    turned = Fleet(dict(reversed(fleet.nodes.items())))
    other = replace(REVISION, cameras=tuple(reversed(REVISION.cameras)))
    assert documents(REVISION, PLAN, PUBLISHED, fleet, NOW) == documents(other, PLAN, PUBLISHED, turned, NOW)


def test_a_report_with_every_field_at_its_limit_breaks_nothing() -> None:
    strange = AgentResponse(
        fleet_id="test",
        node_id=node_id(1),
        observed=None,
        applied=None,
        status=(running(CONFIG, cameras=()), running(CONFIG, instance_name="unheard-of")),
        sequence=9,
        sent_at=NOW,
    )
    odd = greeting(1, hostname="\x1b[31m" + "x" * 100_000, public_key="no hex", capacity=-1, sent_at=NOW + timedelta(1))
    fleet = heard(heard(healthy(REVISION), strange, NOW), odd, NOW)
    assert shown(fleet)["node/n1"]["status"]["publicKeyFingerprint"] == "unknown"
