"""Files of nvinfer and nvdsanalytics that come without the app around them."""

import posixpath
from typing import Any, Final

from deepstream.analytics.config import AnalyticsFile
from deepstream.findings import Severity
from deepstream.nvinfer.property import is_secondary
from importer.cameras import CameraMaker, Draft, Origin
from importer.desk import Desk
from importer.infer_import import Effective, InferImport
from importer.model import CannotImport
from importer.stream_settings import ANALYTICS_GROUPS, analytics_property, give_analytics, read_analytics

_SINK: Final = {"0": {"enable": True, "type": 1, "sync": False}}
"""No pipeline without one; it throws frames away."""
_MOST_CAMERAS: Final = 1024


def import_infer_alone(desk: Desk) -> dict[str, Any]:
    """The spec of an instance with this model and no camera."""
    infer = InferImport(desk, desk.options.release)
    name = infer.take(posixpath.basename(desk.main), "primary-gie")
    if name is None:
        raise CannotImport(f"{desk.main}: the file cannot be read")
    p = infer.property_of(name)
    infer.check_engine(name, Effective(), desk.main, infer.line_of(name, "model-engine-file"))
    message = "the instance has no cameras: name them in spec.cameras; its sink throws frames away"
    desk.remark(Severity.NOTE, desk.main, infer.line_of(name), message)
    if is_secondary(p):
        message = "process-mode=2 is for a model behind another one: here it is the only one, and infers whole frames"
        desk.remark(Severity.WARNING, desk.main, infer.line_of(name, "process-mode"), message)
    gie: dict[str, Any] = {"enable": True, "configFile": name}
    if p.gie_unique_id is not None:
        gie["gieUniqueId"] = max(p.gie_unique_id, 0)
    spec: dict[str, Any] = {
        "streammux": {"batchSize": min(max(p.batch_size or 1, 1), _MOST_CAMERAS)},
        "deepstreamApp": {"primaryGie": gie, "sinks": _SINK},
        "inferConfigs": infer.configs,
    }
    if infer.prebuilt:
        spec["prebuiltEngines"] = infer.prebuilt
    return spec


def import_analytics_alone(desk: Desk, text: str) -> tuple[dict[str, Any], CameraMaker, list[Draft]]:
    """The spec of an instance, and cameras whose addresses are to be filled in."""
    on_disk = posixpath.basename(desk.main)
    file, lines = read_analytics(desk, on_disk, text, desk.options.release)
    maker, drafts = CameraMaker(desk), []
    for number in range(_cameras_of(file)):
        name = f"camera-{number}"
        line = next(
            (lines.of(f"{prefix}{number}") for prefix, _ in ANALYTICS_GROUPS.values() if lines.of(f"{prefix}{number}")),
            None,
        )
        draft = maker.make(
            Origin(desk.main, line, f"stream {number}"), number, f"rtsp://{name}.invalid/", desk.place, (None, name)
        )
        message = f"no address is known for stream {number}: give camera {draft.name} its own instead of {draft.spec['address']}"
        desk.remark(Severity.WARNING, desk.main, line, message)
        desk.places.put((), desk.main, line, draft.name)
        drafts.append(draft)
    give_analytics(desk, desk.main, file, lines, drafts, None)
    spec: dict[str, Any] = {
        "streammux": {"batchSize": max(len(drafts), 1)},
        "deepstreamApp": {"streams": "static", "nvdsAnalytics": {"enable": True}, "sinks": _SINK},
    }
    settings = analytics_property(desk, desk.main, file, lines)
    if settings is not None:
        spec["analytics"] = settings
    message = "the instance has no model: without objects nothing is counted; give spec.deepstreamApp.primaryGie"
    desk.remark(Severity.WARNING, desk.main, None, message)
    return spec, maker, drafts


def _cameras_of(file: AnalyticsFile) -> int:
    """As many as the highest number of a stream asks for: position makes the number."""
    numbers = [number for field in ANALYTICS_GROUPS for number in getattr(file, field)]
    return max((number + 1 for number in numbers if number < _MOST_CAMERAS), default=0)
