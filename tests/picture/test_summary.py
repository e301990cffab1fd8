from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from controller.model import ObjectRef, Reason, Revision
from controller.observed import Fleet
from controller.picture.conditions import Document
from controller.picture.images import ImageUse
from controller.picture.standing import Standing
from controller.picture.summary import summary
from crds.camera_status import CameraStatus
from crds.condition import Condition, ConditionStatus
from crds.messages import InstanceState
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
    revision,
    running,
)

REVISION = revision(camera("hq-1"), camera("spare"), instance("door", "n1", ("hq-1",)), node("n1", 1), node("n2", 2))


def standing(shown: Iterable[Document]) -> Standing:
    everything = differences((), shown)
    found = Standing({key: new for key, _, new in everything}.get)
    found.take(everything)
    return found


def test_it_counts_and_names_what_is_not_ready() -> None:
    fleet = lost(healthy(REVISION), 2, NOW.replace(hour=1))
    shown = documents(REVISION, plan(REVISION), published(REVISION), fleet, NOW)
    reason = Reason(ObjectRef("DsInstance", "yard"), "NodeFull", "no room")

    found = summary(standing(shown), [reason])

    assert found["nodes"] == {"total": 2, "ready": 1, "pending": 0}
    assert found["instances"] == {"total": 1, "ready": 1}
    assert found["cameras"] == {"total": 2, "ready": 1}
    assert [(one["object"], one["reason"]) for one in found["notReady"]] == [
        ("camera/spare", "NotWatched"),
        ("node/n2", "NodeLost"),
    ]
    assert found["reasons"] == [{"object": "dsinstance/yard", "reason": "NodeFull", "message": "no room"}]


def test_what_is_not_ready_is_not_listed_without_end() -> None:
    many = revision(*(camera(f"hq-{one}") for one in range(300)))
    found = summary(standing(documents(many, plan(many), {}, healthy(many), NOW)), [])
    assert (found["cameras"]["total"], len(found["notReady"])) == (300, 50)


def document(name: str, image_id: str | None, platform: str = "linux/amd64", image: str = "app:1") -> dict[str, Any]:
    status = {"image": image, "imageId": image_id, "imagePlatform": platform}
    return {"kind": "DsInstance", "metadata": {"name": name}, "status": status}


A, B = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        pytest.param([document("door", A), document("yard", A)], {}, id="one image"),
        pytest.param([document("door", A), document("yard", None)], {}, id="nobody knows which"),
        pytest.param([document("door", A), document("yard", B, "linux/arm64")], {}, id="one for each platform"),
        pytest.param([document("door", A), document("yard", B, image="app:2")], {}, id="two names"),
        pytest.param(
            [document("yard", A), document("door", A), document("hall", B)],
            {
                "app:1": "One name, and the instances run different images: sha256:aaaaaaaaaaaa (door, yard), "
                "sha256:bbbbbbbbbbbb (hall)"
            },
            id="a tag that moved",
        ),
    ],
)
def test_one_name_with_two_images_is_told(shown: list[dict[str, Any]], expected: dict[str, str]) -> None:
    camera_document = {"kind": "Camera", "metadata": {"name": "x"}, "status": {}}
    use = ImageUse()
    use.take(differences((), [camera_document, *shown]))
    assert use.with_two_ids() == expected
    assert use.with_two_ids() is use.with_two_ids()
    use.take(differences([camera_document, *shown], ()))
    assert use.with_two_ids() == {}


def test_what_was_changed_by_hand_and_names_with_two_images_are_listed() -> None:
    config = published(REVISION)[node_id(1)].node_config_list[0]
    drifted = Condition(
        type="AsRecorded",
        status=ConditionStatus.FALSE,
        reason="Drifted",
        message="cpus: wanted none, found 0.2",
        last_transition_time=NOW,
    )
    status = running(
        config,
        image_id=A,
        conditions=(drifted, drifted.model_copy(update={"type": "Other", "status": ConditionStatus.TRUE})),
    )
    said = report(1, status, ref=published(REVISION)[node_id(1)].ref, sequence=2)
    shown = documents(REVISION, plan(REVISION), published(REVISION), heard(healthy(REVISION), said, NOW), NOW)

    found = summary(standing(shown), [], {"app:1": "two"})

    told = {"type": "AsRecorded", "reason": "Drifted", "message": "cpus: wanted none, found 0.2"}
    assert found["conditions"] == [{"object": "dsinstance/door", **told}]
    assert found["images"] == [{"object": "app:1", "reason": "TwoImages", "message": "two"}]
    (door,) = [one["status"] for one in shown if one["kind"] == "DsInstance"]
    assert door["imageId"] == A
    assert [one["type"] for one in door["conditions"]] == ["Ready", "Planned", "AsRecorded", "Other"]


FIVE = [f"hq-{letter}" for letter in "abcde"]
DOOR = revision(*map(camera, FIVE), instance("door", "n1", tuple(FIVE)), node("n1", 1))
CONFIG = published(DOOR)[node_id(1)].node_config_list[0]
REF = published(DOOR)[node_id(1)].ref


def troubles(fleet: Fleet, of: Revision = DOOR, key: str = "notReady") -> list[tuple[str, str, dict[str, list[str]]]]:
    found = summary(standing(documents(of, plan(of), published(of), fleet, NOW)), [])[key]
    return [
        (one["object"], one["reason"], {kind: many["names"] for kind, many in one.get("affected", {}).items()})
        for one in found
    ]


def said(*conditions: Condition, **changes: Any) -> Fleet:
    answer = report(1, running(CONFIG, **changes), ref=REF, sequence=2, conditions=conditions)
    return heard(healthy(DOOR), answer, NOW)


def dark(names: list[str], message: str = "the last frame was processed 31 s ago") -> tuple[CameraStatus, ...]:
    return tuple(
        CameraStatus(name=one, ready=one not in names, reason="NoFrames", message=message, since=NOW) for one in FIVE
    )


def test_one_cause_is_listed_once_with_all_that_it_keeps_dark() -> None:
    crashed = said(state=InstanceState.CRASH_LOOP, reason="BackOff")
    assert troubles(crashed) == [("dsinstance/door", "BackOff", {"cameras": FIVE})]
    starting = said(state=InstanceState.STARTING, reason="WaitingForApp", cameras=dark(FIVE))
    assert troubles(starting) == [("dsinstance/door", "WaitingForApp", {"cameras": FIVE})]
    gone = lost(healthy(DOOR), 1, NOW.replace(hour=1))
    assert troubles(gone) == [("node/n1", "NodeLost", {"cameras": FIVE, "instances": ["door"]})]


def test_cameras_with_one_trouble_stand_together_and_their_instance_with_them() -> None:
    fleet = said(cameras=dark(FIVE[:3]))
    others = {"cameras": FIVE[1:3], "instances": ["door"]}
    assert troubles(fleet) == [(f"camera/{FIVE[0]}", "NoFrames", others)]


def test_an_instance_without_a_place_is_listed_once_and_so_are_its_cameras() -> None:
    reason = Reason(ObjectRef("DsInstance", "door"), "NodeFull", "no room")
    planned = replace(plan(DOOR), nodes={}, reasons=(reason,))
    found = summary(standing(documents(DOOR, planned, {}, healthy(DOOR), NOW)), planned.reasons)
    assert found["notReady"] == []
    assert found["reasons"][0]["affected"] == {"cameras": {"count": 5, "names": FIVE}}


@pytest.mark.parametrize(
    ("planned", "seen", "said"),
    [
        ("held: x", "held: x; it was killed by SIGKILL, and is not started", None),
        ("held: x", "held: x", "held: x"),
        ("held: x; its release will move it", "held: x; it left", "held: x; its release will move it; it left"),
        ("held: x", "", "held: x"),
    ],
)
def test_of_what_is_held_both_is_said_what_waits_and_that_it_left(planned: str, seen: str, said: str | None) -> None:
    ready = {"type": "Ready", "status": "False", "reason": "Held", "message": seen}
    shown = {"kind": "DsInstance", "metadata": {"name": "door"}, "status": {"conditions": [ready]}}
    (listed,) = summary(standing([shown]), [Reason(ObjectRef("DsInstance", "door"), "Held", planned)])["reasons"]
    assert listed["message"] == (said or seen)


def test_a_condition_that_is_false_is_listed_for_all_who_have_it() -> None:
    def full(number: int) -> Condition:
        text = f"[Errno 28] No space left on device: /state/{number}"
        no = ConditionStatus.FALSE
        return Condition(type="LedgerWritable", status=no, reason="WriteFailed", message=text, last_transition_time=NOW)

    assert troubles(said(full(1)), key="conditions") == [("node/n1", "WriteFailed", {})]
    two = revision(node("n1", 1), node("n2", 2))
    fleet = healthy(two)
    for number in (1, 2):
        ref = published(two)[node_id(number)].ref
        fleet = heard(fleet, report(number, ref=ref, sequence=2, conditions=(full(number),)), NOW)
    assert troubles(fleet, two, "conditions") == [("node/n1", "WriteFailed", {"nodes": ["n2"]})]
    assert troubles(fleet, two) == []
    assert troubles(healthy(DOOR), key="conditions") == []
