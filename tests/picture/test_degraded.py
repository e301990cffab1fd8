"""A camera whose pictures are damaged: its condition, its events, and what is said of the fleet."""

from datetime import timedelta
from typing import Any

import pytest

from controller.api.columns import COLUMNS
from controller.observed import Fleet
from controller.picture.events import EventType, FleetEvent, Trouble, events_of
from controller.picture.standing import is_dark, is_listed
from crds.camera_status import CameraDamage, CameraStatus
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

LATER = NOW + timedelta(seconds=2)
REVISION = fleets.revision(
    camera("hq-1", width=1280, height=720),
    instance("door", "n1", ("hq-1",)),
    instance("gate", "n2", ("hq-1",)),
    node("n1", 1),
    node("n2", 2),
)
PLAN = plan(REVISION)
PUBLISHED = published(REVISION)
BLACK = CameraDamage(reason="BlackPicture", message="one colour for 10 s", since=NOW - timedelta(seconds=7))


def _said(number: int, **changes: Any) -> CameraStatus:
    known = {"ready": True, "reason": "FramesProcessed", "fps": 25.0, "since": NOW, **changes}
    return CameraStatus.model_validate({"name": "hq-1", **known})


def _fleet(door: dict[str, Any], gate: dict[str, Any] | None = None) -> Fleet:
    fleet = healthy(REVISION)
    for number, changes in ((1, door), (2, gate or {})):
        record = PUBLISHED[node_id(number)]
        said = running(record.node_config_list[0], cameras=(_said(number, **changes),))
        fleet = heard(fleet, report(number, said, ref=record.ref, sequence=2), NOW)
    return fleet


def _documents(fleet: Fleet, previous: tuple[Any, ...] = (), now: Any = NOW) -> tuple[Any, ...]:
    return documents(REVISION, PLAN, PUBLISHED, fleet, now, previous=previous)


def _camera(found: tuple[Any, ...]) -> dict[str, Any]:
    return next(one for one in found if one["kind"] == "Camera")


def _degraded(fleet: Fleet) -> dict[str, str] | None:
    conditions = _camera(_documents(fleet))["status"]["conditions"]
    return next((one for one in conditions if one["type"] == "Degraded"), None)


SOUND = {"sound": True, "width": 1280, "height": 720}
DAMAGED = {"degraded": BLACK, "width": 1280, "height": 720}
OLD: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("door", "gate", "expected"),
    [
        pytest.param(OLD, OLD, None, id="no app can say"),
        pytest.param(SOUND, SOUND, ("False", "Sound", ""), id="nothing is damaged"),
        pytest.param(OLD, SOUND, ("False", "Sound", ""), id="one can say"),
        pytest.param(
            SOUND, DAMAGED, ("True", "BlackPicture", "gate: one colour for 10 s"), id="one says so, and is named"
        ),
        pytest.param(
            {"sound": True, "width": 640, "height": 360},
            OLD,
            (
                "True",
                "WrongResolution",
                "door: the picture is 640x360, and spec.width and spec.height say 1280x720",
            ),
            id="another size than the manifest says",
        ),
    ],
)
def test_the_condition(door: dict[str, Any], gate: dict[str, Any], expected: tuple[str, str, str] | None) -> None:
    found = _degraded(_fleet(door, gate))
    assert (found and (found["status"], found["reason"], found["message"])) == expected
    assert _camera(_documents(_fleet(door, gate)))["status"]["ready"] is True


def test_it_began_when_the_agent_says_so_for_a_controller_that_starts() -> None:
    found = _degraded(_fleet(DAMAGED, SOUND))
    assert found is not None
    assert found["lastTransitionTime"] == "2026-03-01T12:00:23Z"


def test_what_a_lost_node_said_last_is_not_said_any_more() -> None:
    fleet = lost(lost(_fleet(DAMAGED, DAMAGED), 1, NOW - timedelta(days=1)), 2, NOW - timedelta(days=1))
    assert _degraded(fleet) is None


def _told(before: Fleet, after: Fleet, known: dict[Any, str] | None = None) -> tuple[FleetEvent, ...]:
    old = _documents(before)
    found = events_of(differences(old, _documents(after, old, LATER)), LATER, known or {})
    return tuple(one for one in found if one.subject.kind == "Camera")


def test_events_tell_when_damage_begins_and_ends() -> None:
    (begins,) = _told(_fleet(SOUND, SOUND), _fleet(DAMAGED, SOUND))
    assert (begins.type, begins.reason) == (EventType.WARNING, "CameraDegraded")
    assert begins.message == "BlackPicture: door: one colour for 10 s"
    assert begins.trouble == Trouble("Degraded")
    (ends,) = _told(_fleet(DAMAGED, SOUND), _fleet(SOUND, SOUND))
    assert (ends.type, ends.reason, ends.trouble) == (
        EventType.NORMAL,
        "CameraSound",
        Trouble("Degraded", ends=True),
    )
    assert not _told(_fleet(DAMAGED, SOUND), _fleet(DAMAGED, DAMAGED))


def test_an_app_that_begins_to_look_at_pictures_is_no_event_and_one_that_finds_damage_at_once_is() -> None:
    assert not _told(_fleet(OLD), _fleet(SOUND))
    assert [one.reason for one in _told(_fleet(OLD), _fleet(DAMAGED))] == ["CameraDegraded"]


def test_a_camera_that_goes_dark_while_it_is_degraded_is_told_to_be_sound_when_it_is_again() -> None:
    dark = _fleet({"ready": False, "reason": "NoFrames"}, {"ready": False, "reason": "NoFrames"})
    assert [one.reason for one in _told(_fleet(DAMAGED, DAMAGED), dark)] == ["CameraNotReady"]
    subject = _told(_fleet(SOUND), _fleet(DAMAGED))[0].subject
    known = {(subject, "Degraded"): "CameraDegraded"}
    assert [one.reason for one in _told(dark, _fleet(DAMAGED), known)] == ["CameraReady"]
    assert [one.reason for one in _told(dark, _fleet(SOUND), known)] == ["CameraReady", "CameraSound"]


def test_a_degraded_camera_is_listed_and_not_dark() -> None:
    for said, listed in ((DAMAGED, True), (SOUND, False)):
        document = _camera(_documents(_fleet(said)))
        assert not is_dark(document)
        assert any(is_listed(document, one) for one in document["status"]["conditions"]) is listed


@pytest.mark.parametrize(
    ("said", "ready", "degraded"),
    [(DAMAGED, "True,Degraded", "BlackPicture"), (SOUND, "True", "-"), (OLD, "True", "?")],
)
def test_tables_show_it(said: dict[str, Any], ready: str, degraded: str) -> None:
    document = _camera(_documents(_fleet(said)))
    cells = {one.name: one.cell(document, NOW) for one in COLUMNS["Camera"]}
    assert (cells["Ready"], cells["Degraded"]) == (ready, degraded)
