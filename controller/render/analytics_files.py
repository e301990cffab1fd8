"""Lines and regions of all cameras as one nvdsanalytics file."""

from collections.abc import Mapping
from typing import TypeVar

from controller.render.filled import filled
from controller.render.sources import CamerasBySlot
from crds.camera import ANY_FRAME, Camera, FrameSize
from crds.dsinstance import DsInstanceSpec
from deepstream.analytics.config import AnalyticsFile
from deepstream.analytics.geometry import Size, scaled
from deepstream.analytics.groups import (
    AnalyticsProperty,
    DirectionDetection,
    LineCrossing,
    Overcrowding,
    RoiFiltering,
)

_GROUPS = ("roi_filtering", "overcrowding", "line_crossing", "direction_detection")
_GroupT = TypeVar("_GroupT", RoiFiltering, Overcrowding, LineCrossing, DirectionDetection)


def analytics_file(spec: DsInstanceSpec, cameras: CamerasBySlot, source_ids: Mapping[str, int]) -> AnalyticsFile | None:
    """The file; None when no camera has lines or regions and the instance says nothing of analytics either."""
    if spec.analytics is None and not any(has_analytics(camera) for _, camera in cameras):
        return None
    settings = _settings(spec, cameras)
    size = _size(settings)
    file = AnalyticsFile(settings=settings)
    groups: dict[str, dict[int, object]] = {name: {} for name in _GROUPS}
    for _, camera in cameras:
        analytics, number = camera.spec.analytics, source_ids[camera.name]
        for name in _GROUPS if analytics is not None else ():
            group = getattr(analytics, name)
            if group is not None:
                groups[name][number] = _drawn_in(filled(group, enable=True), camera.spec.frame, size)
    return file.model_copy(update=groups)


def has_analytics(camera: Camera) -> bool:
    """True when a camera has lines or regions of any kind."""
    return camera.spec.analytics is not None and any(getattr(camera.spec.analytics, name) for name in _GROUPS)


def _settings(spec: DsInstanceSpec, cameras: CamerasBySlot) -> AnalyticsProperty:
    """What is given, in the frame of the muxer when it is not said, or else of the first camera that has one.

    Fractions of the picture need none, and nvdsanalytics stretches the one that it is told to the frames that come: any
    will do for them.
    """
    given = spec.analytics or AnalyticsProperty()
    drawn = [camera for _, camera in cameras if has_analytics(camera)]
    frame = next((camera.spec.frame for camera in drawn if camera.spec.frame), ANY_FRAME if drawn else None)
    return filled(
        given,
        enable=True,
        config_width=spec.streammux.width or (frame.width if frame else None),
        config_height=spec.streammux.height or (frame.height if frame else None),
    )


def _size(settings: AnalyticsProperty) -> Size | None:
    if not settings.config_width or not settings.config_height:
        return None
    return settings.config_width, settings.config_height


def _drawn_in(group: _GroupT, frame: FrameSize | None, size: Size | None) -> _GroupT:
    return scaled(group, (frame.width, frame.height) if frame else None, size) if size else group
