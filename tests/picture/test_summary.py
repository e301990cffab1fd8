from controller.model import ObjectRef, Reason
from controller.picture.summary import summary
from tests.picture.fleets import NOW, camera, documents, healthy, instance, lost, node, plan, published, revision

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
