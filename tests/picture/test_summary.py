from typing import Any

import pytest

from controller.model import ObjectRef, Reason
from controller.picture.images import images_with_two_ids
from controller.picture.summary import summary
from crds.condition import Condition, ConditionStatus
from tests.picture.fleets import (
    NOW,
    camera,
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


def test_it_counts_and_names_what_is_not_ready() -> None:
    fleet = lost(healthy(REVISION), 2, NOW.replace(hour=1))
    shown = documents(REVISION, plan(REVISION), published(REVISION), fleet, NOW)
    reason = Reason(ObjectRef("DsInstance", "yard"), "NodeFull", "no room")

    found = summary(shown, [reason])

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
    found = summary(documents(many, plan(many), {}, healthy(many), NOW), [])
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
    assert images_with_two_ids([camera_document, *shown]) == expected


def test_what_was_changed_by_hand_and_names_with_two_images_are_listed() -> None:
    config = published(REVISION)[node_id(1)].node_config_list[0]
    drifted = Condition(
        type="Drifted",
        status=ConditionStatus.TRUE,
        reason="Differs",
        message="cpus: wanted none, found 0.2",
        last_transition_time=NOW,
    )
    status = running(config, image_id=A, conditions=(drifted, drifted.model_copy(update={"type": "Other"})))
    said = report(1, status, ref=published(REVISION)[node_id(1)].ref, sequence=2)
    shown = documents(REVISION, plan(REVISION), published(REVISION), heard(healthy(REVISION), said, NOW), NOW)

    found = summary(shown, [], {"app:1": "two"})

    assert found["drifted"] == [
        {"object": "dsinstance/door", "reason": "Drifted", "message": "cpus: wanted none, found 0.2"}
    ]
    assert found["images"] == [{"object": "app:1", "reason": "TwoImages", "message": "two"}]
    (door,) = [one["status"] for one in shown if one["kind"] == "DsInstance"]
    assert door["imageId"] == A
    assert [one["type"] for one in door["conditions"]] == ["Ready", "Planned", "Drifted", "Other"]
