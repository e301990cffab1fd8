"""Sources of deepstream-app that are cameras of the machine itself: types 1 and 5, and `usb:` and `csi:` in lists."""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import ValidationError

from crds.camera_device import CaptureMode
from deepstream.app.source import SourceGroup, SourceType
from deepstream.app.source_ids import AppSource
from importer.cameras import Device

_KINDS: Final[Mapping[SourceType, Literal["usb", "csi"]]] = {
    SourceType.CAMERA_V4L2: "usb",
    SourceType.CAMERA_CSI: "csi",
}
_NUMBERS: Final = {"usb": "camera_v4l2_dev_node", "csi": "camera_csi_sensor_id"}
_OF_MODE: Final = frozenset({"camera_width", "camera_height", "camera_fps_n", "camera_fps_d"})
_IN_LIST: Final = re.compile(r"(?:usb|csi):([0-9]{1,9})")


def device_of(use: AppSource) -> Device | None:
    """The camera that a source is; None for any other source."""
    kind = _KINDS.get(use.source.type) if use.source.type is not None else None
    if kind is None:
        return None
    listed = _IN_LIST.fullmatch(use.uri or "")
    number = int(listed[1]) if listed is not None else getattr(use.source, _NUMBERS[kind]) or 0
    return Device(kind, number, _capture(use.source))


def of_capture(spec: Mapping[str, Any]) -> frozenset[str]:
    """The fields of a source that its camera stands for: what only cameras of a machine have."""
    kind = spec.get("type")
    if kind not in _NUMBERS:
        return frozenset()
    return frozenset({_NUMBERS[kind]}) | (_OF_MODE if "capture" in spec else frozenset())


def _capture(source: SourceGroup) -> Mapping[str, int] | None:
    """The mode as a manifest says it; None for another rate than so many pictures in one second."""
    if source.camera_fps_d not in (None, 1):
        return None
    given = {
        "width": source.camera_width,
        "height": source.camera_height,
        "framesPerSecond": source.camera_fps_n,
    }
    try:
        CaptureMode.model_validate(given)
    except ValidationError:
        return None
    return {key: value for key, value in given.items() if value is not None}
