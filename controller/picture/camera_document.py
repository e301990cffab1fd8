"""What is said of a camera: who watches it, and whether its frames are being processed."""

from collections.abc import Mapping
from typing import Any

from controller.model import SCALED_TO_ZERO, ObjectRef
from controller.picture.camera_alerts import camera_alerts
from controller.picture.camera_damage import degraded_condition
from controller.picture.conditions import Document, Verdict, condition, false, timestamp, true, unknown
from controller.picture.look import Look, Sighting
from crds.camera import Camera
from crds.camera_status import CameraStatus
from crds.condition import ConditionStatus
from crds.messages import InstanceState

_STATES_THAT_PROCESS = frozenset({InstanceState.STARTING, InstanceState.RUNNING, InstanceState.UNHEALTHY})
# The worst verdict of several watchers is the one of the camera.
_WORST_FIRST = (ConditionStatus.FALSE, ConditionStatus.UNKNOWN, ConditionStatus.TRUE)


def camera_status(camera: Camera, look: Look, previous: Document | None) -> Document:
    """The status of a camera: True only when every instance that should watch it is seen to process its frames.

    Args:
        camera: its manifest.
        look: what is known.
        previous: its document as it is shown until now; None when it is not shown yet.
    """
    watchers = look.watchers(camera.name)
    looks = [(_said(camera.name, one), one) for one in watchers]
    verdicts = [(_verdict(said, one), said, one) for said, one in looks]
    if verdicts:
        verdict, said, worst = min(verdicts, key=lambda found: _WORST_FIRST.index(found[0].status))
        since, cause = said.since if said else None, None if verdict.ready else _cause(worst)
    else:
        verdict, since, cause = _unwatched(camera, look), None, _unplaced_watcher(camera, look)
    old_fps = _old_fps(previous)
    instances = [_watcher(verdict, said, one, old_fps) for verdict, said, one in verdicts]
    known_fps = [one["fps"] for one in instances if one["fps"] is not None]
    alerts = camera_alerts(
        camera, (alert for one, _ in looks if one for alert in one.alerts), previous, watchers=len(watchers)
    )
    return {
        "ready": verdict.ready,
        "reason": verdict.reason,
        "message": verdict.message,
        **({"cause": str(cause)} if cause else {}),
        "fps": min(known_fps, default=None),
        "instances": instances,
        "nodes": sorted({one.node_name for one in watchers}),
        "conditions": [
            condition("Ready", verdict, previous=previous, now=look.now, since=since),
            *degraded_condition(camera, [(said, one) for found, said, one in verdicts if said], look, previous),
        ],
        **({"alerts": list(alerts)} if alerts else {}),
    }


def _said(camera: str, sighting: Sighting) -> CameraStatus | None:
    if sighting.status is None:
        return None
    return next((one for one in sighting.status.cameras if one.name == camera), None)


def _verdict(said: CameraStatus | None, sighting: Sighting) -> Verdict:
    name = sighting.config.name
    if sighting.silence:
        return sighting.silence
    if sighting.status is None:
        return unknown("NotObserved", f"The agent of node {sighting.node_name} has not reported {name} yet")
    state = sighting.status.state
    if state not in _STATES_THAT_PROCESS:
        return false("InstanceNotRunning", f"{name} is {state.value}: {sighting.status.message}".rstrip(": "))
    if not sighting.up_to_date:
        return unknown("InstanceOutdated", f"{name} does not run what was published last yet")
    return _repeated(said) if said else unknown("NotObserved", f"{name} says nothing about this camera")


def _cause(sighting: Sighting) -> ObjectRef | None:
    """What keeps a camera from being ready beside the camera itself: its node, or its instance."""
    if sighting.silence:
        return ObjectRef("Node", sighting.node_name)
    if sighting.status is None or sighting.status.state is not InstanceState.RUNNING or not sighting.up_to_date:
        return ObjectRef("DsInstance", sighting.config.name)
    return None


def _unplaced_watcher(camera: Camera, look: Look) -> ObjectRef | None:
    """The instance that would watch a camera, if it had a place."""
    name = look.layout.unplaced_watcher(camera.name)
    return ObjectRef("DsInstance", name) if name else None


def _repeated(said: CameraStatus) -> Verdict:
    if said.ready is None:
        return unknown(said.reason, said.message)
    return true(said.reason, said.message) if said.ready else false(said.reason, said.message)


def _unwatched(camera: Camera, look: Look) -> Verdict:
    if reasons := look.layout.reasons.get((camera.kind, camera.name), ()):
        return false(reasons[0].reason, "; ".join(one.message for one in reasons))
    if planned := look.layout.planned.watching(camera.name):
        return false(
            "NotPublished", f"{', '.join(one.name for one in planned)} will watch it as soon as that is published"
        )
    if stopped := look.layout.stopped_watcher(camera.name):
        return false(
            SCALED_TO_ZERO, f"dsinstance/{stopped}, which would watch it, runs nowhere on purpose: spec.replicas is 0"
        )
    if look.layout.plan is None:
        return false("NotPlanned", "No plan was made yet")
    return false("NotWatched", "No running instance names or selects this camera")


def _watcher(verdict: Verdict, said: CameraStatus | None, sighting: Sighting, old_fps: Mapping[str, float]) -> Document:
    name = sighting.config.name
    fps = said.fps if said and not sighting.silence else None
    return {
        "name": name,
        "node": sighting.node_name,
        "ready": verdict.ready,
        "reason": verdict.reason,
        "fps": None if fps is None else _steady(old_fps.get(name), fps),
        "since": timestamp(said.since) if said and said.since else None,
    }


def _old_fps(previous: Mapping[str, Any] | None) -> dict[str, float]:
    watchers = (previous or {}).get("status", {}).get("instances", ())
    return {one["name"]: one["fps"] for one in watchers if one["fps"] is not None}


def _steady(old: float | None, new: float) -> float:
    """Frames per second to a tenth; the old value while the new one only wobbles, lest each report be a change."""
    if old is not None and abs(new - old) <= max(0.1, 0.03 * old) and (new > 0) == (old > 0):
        return old
    return round(new, 1)
