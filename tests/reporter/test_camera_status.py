"""What is said of the cameras of an instance: ready is whose frames grow."""

from dataclasses import replace
from typing import Any

import pytest

from crds.camera_status import AlertStatus, CameraStatus
from crds.messages import InstanceStatus
from nodeagent.model import (
    FilesState,
    Probe,
    StreamStats,
)
from nodeagent.reporter.frames import after_probe
from nodeagent.reporter.status import Known
from tests.differ.generations import NOW
from tests.reporter.known_instances import EXITED, LOST, MUTE, STRICT, at, known, probed, running, silent, status


def camera(what: Known, after: float, previous: InstanceStatus | None = None) -> CameraStatus:
    (one,) = status(what, at(after), {"yard": previous} if previous else None).cameras
    return one


def test_why_the_app_has_no_frames_is_said_in_its_words() -> None:
    streams = (StreamStats("dock", 0.0, 7, "Connection refused"),)
    progress = after_probe(None, Probe("yard", "id-1", NOW, answered=True, ready=True, streams=streams))
    found = camera(known(running(), progress=progress), 0)
    assert "no frame has been processed yet: Connection refused" in str(found)


def test_the_newest_alerts_are_said_as_long_as_the_instance_runs() -> None:
    alert = AlertStatus(rule="busy", id="a-1", number=1, active=True, count=2, began_at=NOW)
    streams = (StreamStats("dock", 25.0, 7, alerts=(alert,)),)
    progress = after_probe(None, Probe("yard", "id-1", NOW, answered=True, ready=True, streams=streams))
    assert camera(known(running(), progress=progress), 0).alerts == (alert,)
    assert camera(known(EXITED, progress=progress), 0).alerts == ()
    assert camera(known(running(runtime_id="id-2"), progress=progress), 0).alerts == ()


@pytest.mark.parametrize(
    ("what", "after", "expected"),
    [
        pytest.param(known(None), 0, (False, "InstanceNotRunning"), id="no instance"),
        pytest.param(known(EXITED, progress=probed(1, 2)), 1, (False, "InstanceNotRunning"), id="the instance left"),
        pytest.param(known(running(MUTE), config=MUTE), 0, (None, "NoEvidence"), id="an app that says nothing"),
        pytest.param(known(running()), 0, (False, "WaitingForApp"), id="not asked yet"),
        pytest.param(known(running(), progress=silent()), 0, (False, "WaitingForApp"), id="no answer yet"),
        pytest.param(known(running(), progress=probed(5000)), 0, (False, "WaitingForFrames"), id="one number"),
        pytest.param(known(running(), progress=probed(7, 7, 7)), 2, (False, "WaitingForFrames"), id="it stands still"),
        pytest.param(known(running(), progress=probed(7, 8)), 1, (True, "FramesProcessed"), id="it grew"),
        pytest.param(known(running(), progress=probed(7, 8)), 11, (True, "FramesProcessed"), id="within the limit"),
        pytest.param(known(running(), progress=probed(7, 8)), 11.5, (False, "NoFrames"), id="past the limit"),
        pytest.param(
            known(running(), progress=probed(7, 8, 8, 8)), 3, (True, "FramesProcessed"), id="stands for a moment"
        ),
        pytest.param(
            known(running(), progress=probed(7, 8, 2)), 2, (False, "WaitingForFrames"), id="the app began anew"
        ),
        pytest.param(
            known(running(runtime_id="id-2"), progress=probed(7, 8)),
            1,
            (False, "WaitingForApp"),
            id="frames of an older container",
        ),
        pytest.param(
            known(running(STRICT), config=STRICT, progress=probed(7, 8, fps=4.9)),
            1,
            (False, "TooFewFrames"),
            id="too few frames",
        ),
        pytest.param(
            known(running(STRICT), config=STRICT, progress=probed(7, 8, fps=5.0)),
            21,
            (True, "FramesProcessed"),
            id="limits of its own",
        ),
        pytest.param(
            known(running(STRICT), config=STRICT, progress=probed(7, 8)),
            22,
            (False, "NoFrames"),
            id="past its own limit",
        ),
    ],
)
def test_a_camera_is_ready_when_its_frames_grow(what: Known, after: float, expected: tuple[bool | None, str]) -> None:
    one = camera(what, after)

    assert (one.ready, one.reason) == expected


def test_a_camera_that_the_app_does_not_name_is_not_ready() -> None:
    other = Probe("yard", "id-1", NOW, answered=True, ready=True, streams=(StreamStats("ramp", 25.0, 7),))

    assert camera(known(running(), progress=after_probe(None, other)), 0).reason == "NotInApp"


def test_another_container_starts_from_nothing() -> None:
    before = probed(5000, 5001)
    probe = Probe("yard", "id-2", at(2), answered=True, ready=True, streams=(StreamStats("dock", 25.0, 9000),))

    assert camera(known(running(runtime_id="id-2"), progress=after_probe(before, probe)), 2).ready is False


def test_a_missed_answer_keeps_what_was_seen() -> None:
    missed = after_probe(probed(7, 8), Probe("yard", "id-1", at(2), answered=False, message="timed out"))

    assert camera(known(running(), progress=missed), 2).ready is True
    assert camera(known(running(), progress=missed), 12).ready is False


def test_since_of_a_camera_stays_while_its_readiness_does() -> None:
    first = status(known(running(), progress=probed(7, 8)), at(1))
    second = status(known(running(), progress=probed(7, 8, 9)), at(2), {"yard": first})
    third = status(known(running(), progress=probed(7, 8, 9)), at(50), {"yard": second})

    assert [one.cameras[0].since for one in (first, second, third)] == [at(1), at(1), at(50)]
    assert [one.cameras[0].frame_number for one in (first, second, third)] == [8, 9, 9]


@pytest.mark.parametrize(
    ("files", "ready", "reason", "message"),
    [
        ({"dark": {"dock": LOST}}, False, "SecretNotFound", "secret 'dock' is missing"),
        (
            {"kept": {"dock": LOST}},
            True,
            "FramesProcessed",
            "its login is the one that it had: secret 'dock' is missing",
        ),
        ({"dark": {"another": LOST}}, True, "FramesProcessed", ""),
    ],
)
def test_a_camera_says_what_is_wrong_with_its_secret(
    files: dict[str, Any], ready: bool, reason: str, message: str
) -> None:
    there = known(running(), progress=probed(1, 2))
    assert there.observed is not None
    observed = replace(there.observed, files={"yard": FilesState(current=True, **files)})
    (camera,) = status(replace(there, observed=observed), at(1)).cameras
    assert (camera.ready, camera.reason, camera.message) == (ready, reason, message)
