"""What is said of a camera whose pictures are damaged: it is ready all the same."""

from dataclasses import replace

import pytest

from crds.camera_status import CameraDamage, CameraStatus
from crds.messages import InstanceStatus
from nodeagent.model import Pictures, Probe, StreamStats
from nodeagent.reporter.frames import AppProgress, after_probe
from nodeagent.reporter.heartbeats import has_moved
from nodeagent.reporter.report import Standing, Told, standing
from tests.reporter.known_instances import at, known, running, status

SOUND = Pictures(width=320, height=180)
BLACK = Pictures("BlackPicture", "one colour for 10 s", 320, 180)


def _looked(*pictures: Pictures | None, still_from: int = 1000) -> AppProgress:
    """An app that was asked once a second and said this of the pictures of its camera."""
    progress = None
    for second, one in enumerate(pictures):
        streams = (StreamStats("dock", 25.0, min(second, still_from), pictures=one),)
        progress = after_probe(progress, Probe("yard", "id-1", at(second), answered=True, ready=True, streams=streams))
    assert progress is not None
    return progress


def _camera(progress: AppProgress, second: float, previous: InstanceStatus | None = None) -> CameraStatus:
    (one,) = _instance(progress, second, previous).cameras
    return one


def _instance(progress: AppProgress, second: float, previous: InstanceStatus | None = None) -> InstanceStatus:
    return status(known(running(), progress=progress), at(second), {"yard": previous} if previous else None)


def test_a_damaged_camera_is_ready_and_its_damage_lasts_since_it_was_told_first() -> None:
    first = _instance(_looked(SOUND, BLACK), 1)
    (camera,) = first.cameras
    assert (camera.ready, camera.reason, camera.sound) == (True, "FramesProcessed", False)
    assert camera.degraded == CameraDamage(reason="BlackPicture", message="one colour for 10 s", since=at(1))
    assert (camera.width, camera.height) == (320, 180)
    frozen = replace(BLACK, damage="FrozenPicture", message="the same for 60 s")
    later = _camera(_looked(SOUND, BLACK, frozen), 2, first)
    assert later.degraded == CameraDamage(reason="FrozenPicture", message="the same for 60 s", since=at(1))


@pytest.mark.parametrize(
    ("progress", "second", "sound"),
    [
        pytest.param(_looked(SOUND, SOUND), 1, True, id="nothing is damaged"),
        pytest.param(_looked(BLACK, SOUND), 1, True, id="nothing is damaged any more"),
        pytest.param(_looked(None, None), 1, False, id="an app that does not look at pictures"),
        pytest.param(_looked(BLACK, BLACK, still_from=1), 20, False, id="a camera without new frames"),
    ],
)
def test_no_damage(progress: AppProgress, second: float, sound: bool) -> None:
    found = _camera(progress, second)
    assert (found.degraded, found.sound) == (None, sound)
    # What is not known is not written: reports of old apps are as they were.
    assert ("sound" in found.model_dump()) is sound
    assert "degraded" not in found.model_dump()


def test_a_report_follows_when_damage_begins_ends_or_is_another_and_heartbeats_while_seconds_go_by() -> None:
    def stands(pictures: Pictures) -> Standing:
        return standing(known(running(), progress=_looked(SOUND, pictures)), Told(), (), at(1))

    later = replace(BLACK, message="one colour for 11 s")
    assert stands(BLACK) != stands(SOUND)
    assert stands(BLACK) != stands(replace(BLACK, damage="FrozenPicture"))
    assert stands(SOUND) != stands(replace(SOUND, width=640))
    assert stands(BLACK) == stands(later)
    assert not has_moved(stands(BLACK), stands(later))
    assert has_moved(stands(BLACK), stands(replace(BLACK, message="it is dark")))
