"""What is shown of machines whose clocks are wrong, and of two that speak as one node."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from controller.model import ObjectRef
from controller.observed import Fleet, ObservedNode
from controller.picture.documents import LiveDocuments
from controller.picture.events import events_of
from controller.picture.store import ObjectStore
from controller.status.fold import AgentMessage, fold
from tests.picture import fleets
from tests.picture.fleets import (
    NOW,
    camera,
    differences,
    documents,
    greeting,
    instance,
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
REF = PUBLISHED[node_id(1)].ref
SECOND = timedelta(seconds=1)


def said(run: str, sequence: int, ahead: timedelta = timedelta(0), *, at: timedelta = timedelta(0)) -> AgentMessage:
    since = NOW - timedelta(minutes=5) + ahead
    status = running(CONFIG, started_at=since, since=since)
    return report(1, status, ref=REF, boot_id=run, sequence=sequence, sent_at=NOW + at + ahead)


def clones(seconds: int = 60) -> Fleet:
    """Two machines that report every five seconds as one node."""
    known = ObservedNode(node_id(1))
    for number, hostname in enumerate(("gate", "gate-copy")):
        known = fold(known, greeting(1, boot_id=hostname, hostname=hostname, ip_address=f"10.1.0.{number}"), NOW)
    for second in range(0, seconds, 5):
        for hostname in ("gate", "gate-copy"):
            at = second * SECOND
            known = fold(known, said(hostname, second, at=at), NOW + at, is_live=True)
    return Fleet({node_id(1): known})


def skewed(ahead: timedelta) -> Fleet:
    known = fold(ObservedNode(node_id(1)), greeting(1, boot_id="a", sent_at=NOW + ahead), NOW)
    for number in range(3):
        at = 5 * number * SECOND
        known = fold(known, said("a", number, ahead, at=at), NOW + at, is_live=True)
    return Fleet({node_id(1): known})


def shown(fleet: Fleet, seconds: int, **inputs: Any) -> Mapping[str, dict[str, Any]]:
    found = documents(REVISION, PLAN, PUBLISHED, fleet, NOW + seconds * SECOND, **inputs)
    return {str(ObjectRef(one["kind"], one["metadata"]["name"])): one for one in found}


def condition_of(document: Mapping[str, Any], kind: str) -> dict[str, str]:
    return next(one for one in document["status"]["conditions"] if one["type"] == kind)


def test_of_two_machines_with_one_identity_neither_is_believed() -> None:
    found = shown(clones(), 57)
    for name in ("node/n1", "dsinstance/door", "camera/hq-1"):
        ready = condition_of(found[name], "Ready")
        assert (ready["status"], ready["reason"]) == ("Unknown", "TwoMachines"), name
        assert "gate (10.1.0.0) and gate-copy (10.1.0.1)" in ready["message"]
    assert found["node/n1"]["status"]["phase"] == "Unknown"


def test_two_machines_are_told_and_so_is_that_one_was_left() -> None:
    healthy, conflict = shown(skewed(timedelta(0)), 10), shown(clones(), 57)
    reasons = [one.reason for one in events_of(differences(healthy.values(), conflict.values()), NOW)]
    assert "TwoMachines" in reasons
    lost = shown(clones(), 200)
    reasons = [one.reason for one in events_of(differences(conflict.values(), lost.values()), NOW)]
    assert "NodeLost" in reasons


def test_documents_change_when_two_machines_are_one_again_and_nobody_speaks() -> None:
    store = ObjectStore(1)
    live, fleet = LiveDocuments(store), clones()
    for seconds in (57, 100, 200):
        for _ in live.update(REVISION, PLAN, PUBLISHED, fleet, NOW + seconds * SECOND):
            pass
        (found,) = store.objects("Node")
        assert found.document["status"]["reason"] == shown(fleet, seconds)["node/n1"]["status"]["reason"]


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_wrong_clock_is_a_condition_and_the_times_of_its_machine_are_put_right(hours: int) -> None:
    found = shown(skewed(timedelta(hours=hours)), 11)
    assert found["node/n1"]["status"]["phase"] == "Ready"
    clock = condition_of(found["node/n1"], "ClockSynchronized")
    assert (clock["status"], clock["reason"]) == ("False", "ClockSkewed")
    assert f"3600 s {'ahead of' if hours > 0 else 'behind'} the controller's" in clock["message"]
    assert found["dsinstance/door"]["status"]["startedAt"] == "2026-03-01T11:55:30Z"
    assert condition_of(found["dsinstance/door"], "Ready")["lastTransitionTime"] == "2026-03-01T11:55:30Z"


def test_a_right_clock_is_said_to_be_right() -> None:
    assert condition_of(shown(skewed(timedelta(0)), 11)["node/n1"], "ClockSynchronized")["status"] == "True"
