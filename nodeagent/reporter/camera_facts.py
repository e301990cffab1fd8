"""What is known of the cameras of an instance, and how a report says it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crds.camera_status import AlertStatus, CameraDamage, CameraStatus
from crds.instance_config import CameraConfig, InstanceConfig
from nodeagent.model import FilesState, ObservedInstance, Pictures
from nodeagent.reporter.frames import AppProgress, CameraProgress

_FRAMES_PROCESSED = "FramesProcessed"
_TOO_FEW_FRAMES = "TooFewFrames"
_WITH_PICTURES = frozenset({_FRAMES_PROCESSED, _TOO_FEW_FRAMES})


@dataclass(frozen=True)
class CameraFacts:
    """What is known of a camera at one moment; equal when they differ in nothing but what moves all the time."""

    name: str
    ready: bool | None
    reason: str
    message: str = field(compare=False)
    fps: float | None = field(compare=False)
    frame_number: int | None = field(compare=False)
    alerts: tuple[AlertStatus, ...] = ()
    pictures: Pictures | None = None
    """None when the app says nothing of them, or no new ones come."""


def camera_facts(
    config: InstanceConfig,
    there: ObservedInstance | None,
    progress: AppProgress | None,
    files: FilesState | None,
    now: datetime,
) -> tuple[CameraFacts, ...]:
    """What is known of each camera of an instance.

    Args:
        config: the instance.
        there: as it was seen last.
        progress: what its app said.
        files: what its files lack.
        now: the time, UTC.
    """
    if progress is None or there is None or progress.runtime_id != there.runtime_id:
        progress = None
    facts = []
    for camera in config.cameras:
        ready, reason, message, seen = _camera(camera, config, there, progress, now)
        pictures = seen.pictures if seen and reason in _WITH_PICTURES else None
        if files is not None and (problem := files.dark.get(camera.name)) is not None:
            # A camera that lets everybody in may send all the same; it is not watched as it was asked to be.
            ready, reason, message = False, problem.reason, problem.message
        elif files is not None and (problem := files.kept.get(camera.name)) is not None:
            message = "; ".join(one for one in (message, f"its login is the one that it had: {problem.message}") if one)
        fps, frame_number = (round(seen.fps, 1), seen.frame_number) if seen else (None, None)
        alerts = seen.alerts if seen else ()
        facts.append(CameraFacts(camera.name, ready, reason, message, fps, frame_number, alerts, pictures))
    return tuple(facts)


def _camera(
    camera: CameraConfig,
    config: InstanceConfig,
    there: ObservedInstance | None,
    progress: AppProgress | None,
    now: datetime,
) -> tuple[bool | None, str, str, CameraProgress | None]:
    """Ready, reason, message and what was seen of one camera."""
    if there is None or not there.running:
        return False, "InstanceNotRunning", "its instance does not run", None
    if not config.app_kind.has_metrics:
        return None, "NoEvidence", "this app does not tell which frames it processes", None
    if progress is None or progress.answered_at is None:
        return False, "WaitingForApp", "the app has not answered yet", None
    limits = camera.limits
    limit = timedelta(seconds=limits.not_reachable_after_seconds)
    seen = (progress.cameras or {}).get(camera.camera_id)
    if seen is None:
        return False, "NotInApp", "the app does not name this camera", None
    if seen.advanced_at is None or now - seen.advanced_at > limit:
        because = f": {seen.reason}" if seen.reason else ""
        if seen.advanced_at is None:
            return False, "WaitingForFrames", f"no frame has been processed yet{because}", seen
        age = (now - seen.advanced_at).total_seconds()
        return False, "NoFrames", f"the last frame was processed {age:.0f} s ago{because}", seen
    if seen.fps < limits.minimum_fps:
        return False, _TOO_FEW_FRAMES, f"{seen.fps:.1f} frames per second, {limits.minimum_fps:g} are expected", seen
    return True, _FRAMES_PROCESSED, "", seen


def camera_status(facts: CameraFacts, before: CameraStatus | None, now: datetime) -> CameraStatus:
    """The status of a camera, with the times of the report before where nothing is different."""
    known = {**vars(facts), "since": before.since if before and before.ready == facts.ready else now}
    pictures: Pictures | None = known.pop("pictures")
    if pictures is None:
        return CameraStatus(**known)
    degraded = None
    if pictures.damage:
        since = before.degraded.since if before and before.degraded else now
        degraded = CameraDamage(reason=pictures.damage, message=pictures.message, since=since)
    return CameraStatus(
        **known, degraded=degraded, sound=degraded is None, width=pictures.width, height=pictures.height
    )
