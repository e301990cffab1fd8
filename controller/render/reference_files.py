"""pipeline.json: what only the reference workload is told, because no DeepStream app has a file for it."""

from typing import Any, Final

from controller.render.sources import CamerasBySlot
from crds.alert_schedule import alert_window
from crds.camera import Camera
from crds.camera_alerts import CameraAlert
from crds.reference_app import ReferenceApp, ReferenceDetector
from deepstream.json_layout import indented_json

_END: Final = "\n}"
_SHORTEST_LIMIT_S: Final = 0.1
"""The workload takes no shorter time for a camera that is not reachable: frames are further apart."""


def write_pipeline_head(app: ReferenceApp) -> str:
    """What the file says before its cameras: every setting, with its default where nothing was said."""
    content = {
        "detector": _detector(app.detector.resolved),
        "batch_size": app.batch_size,
        "batch_deadline_ms": app.batch_deadline_milliseconds,
        "significant_change_percent": app.significant_change_percent,
        "messages": {
            "analytics_topic": app.analytics_topic or "",
            "objects_topic": app.objects_topic or "",
            "camera_states_topic": app.camera_states_topic or "",
            "interval_s": app.message_interval_seconds,
            "visual_interval_s": app.visual_interval_seconds,
        },
    }
    return indented_json(content).removesuffix(_END)


def write_pipeline_file(app: ReferenceApp, head: str, cameras: CamerasBySlot) -> str:
    """The file. Of alerts it says something only where a camera has rules for them.

    Args:
        app: the settings.
        head: see `write_pipeline_head`.
        cameras: its cameras, in the order of their slots.
    """
    of_alerts = ""
    if any(camera.spec.alerts for _, camera in cameras):
        of_alerts = f'  "alerts": {indented_json(_alert_settings(app), level=1)},\n'
    of_cameras = indented_json({camera.camera_id: _camera(camera) for _, camera in cameras}, level=1)
    return f'{head},\n{of_alerts}  "cameras": {of_cameras}{_END}\n'


def _alert_settings(app: ReferenceApp) -> dict[str, Any]:
    kept = app.alert_frames
    return {
        "topic": app.alerts_topic or "",
        "frames_per_camera": kept.per_camera,
        "frames_megabytes": kept.megabytes,
        "frames_days": kept.days,
    }


def _detector(detector: ReferenceDetector) -> dict[str, Any]:
    """Its kind and the fields of that kind, which the file calls as the manifest does but for the spelling."""
    return detector.model_dump(mode="json", exclude_none=True)


def _camera(camera: Camera) -> dict[str, Any]:
    limits = camera.spec.limits
    alerts = {name: _alert(rule) for name, rule in (camera.spec.alerts or {}).items()}
    return {
        "frame_delay_s": camera.spec.frame_delay_seconds,
        "not_reachable_after_s": max(limits.not_reachable_after_seconds, _SHORTEST_LIMIT_S),
        "alive_interval_s": limits.alive_interval_seconds,
        "minimum_fps": limits.minimum_fps,
        **({"alerts": alerts} if alerts else {}),
    }


def _alert(rule: CameraAlert) -> dict[str, Any]:
    """What the file has its own words for, and the rest as the manifest says it but for the spelling; what is not given is not said."""
    own = {"for_seconds", "ends_after_seconds", "pause_seconds", "schedule", "time_zone"}
    found = rule.model_dump(mode="json", exclude=own, exclude_none=True, exclude_defaults=True)
    found |= {
        "for_s": rule.for_seconds,
        "ends_after_s": rule.ends_after_seconds,
        "pause_s": rule.pause_seconds,
    }
    if rule.schedule:
        windows = (alert_window(line) for line in rule.schedule)
        found["schedule"] = [
            {"days": list(one.days), "from_minute": one.from_minute, "to_minute": one.to_minute} for one in windows
        ]
        found["time_zone"] = rule.time_zone
    return found
