"""pipeline.json: what only the reference workload is told, because no DeepStream app has a file for it."""

from typing import Any, Final

from controller.render.sources import CamerasBySlot
from crds.camera import Camera
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


def write_pipeline_file(head: str, cameras: CamerasBySlot) -> str:
    """The file.

    Args:
        head: see `write_pipeline_head`.
        cameras: its cameras, in the order of their slots.
    """
    of_cameras = indented_json({camera.camera_id: _camera(camera) for _, camera in cameras}, level=1)
    return f'{head},\n  "cameras": {of_cameras}{_END}\n'


def _detector(detector: ReferenceDetector) -> dict[str, Any]:
    """Its kind and the fields of that kind, which the file calls as the manifest does but for the spelling."""
    return detector.model_dump(mode="json", exclude_none=True)


def _camera(camera: Camera) -> dict[str, float]:
    limits = camera.spec.limits
    return {
        "frame_delay_s": camera.spec.frame_delay_seconds,
        "not_reachable_after_s": max(limits.not_reachable_after_seconds, _SHORTEST_LIMIT_S),
        "alive_interval_s": limits.alive_interval_seconds,
        "minimum_fps": limits.minimum_fps,
    }
