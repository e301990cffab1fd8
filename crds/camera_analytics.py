"""The lines and regions of one camera, checked against the picture that they are drawn in."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic.alias_generators import to_camel

from crds.key_path import key_path
from deepstream.analytics.config import LAYOUT, AnalyticsFile
from deepstream.analytics.groups import AnalyticsProperty
from deepstream.analytics.rules import StreamGroup, check_analytics_file
from deepstream.findings import Finding

Path = tuple[str | int, ...]

_STREAM: Final = 0
"""Any number will do: the file that is checked has this camera only."""
_FRAME_OF_FILE: Final = "set the points in the frame that config-width and config-height name"
_FRAME_OF_CAMERA: Final = "set the points in that frame, or give analytics.frame as the picture that they are drawn in"


def shape_findings(groups: Mapping[str, StreamGroup], width: int, height: int) -> Iterator[tuple[Path, Finding]]:
    """What is wrong with lines and regions.

    Args:
        groups: by the name of the field that an analytics file has for groups of this kind.
        width: of the picture in pixels.
        height: of the picture in pixels.

    Yields:
        The path below the analytics of the camera, in the words of manifests, and what is wrong there.
    """
    # What a manifest gives is meant: the key is written when it is left out.
    enabled: dict[str, Any] = {
        field: {_STREAM: group.model_copy(update={"enable": True}) if group.enable is None else group}
        for field, group in groups.items()
    }
    fields = {f"{prefix}{_STREAM}": field for prefix, (field, _) in LAYOUT.numbered.items()}
    settings = AnalyticsProperty(enable=True, config_width=width, config_height=height)
    for finding in check_analytics_file(AnalyticsFile(settings=settings, **enabled)):
        field = fields[finding.group]
        message = finding.message.replace(_FRAME_OF_FILE, _FRAME_OF_CAMERA)
        yield (to_camel(field), *key_path(groups[field], finding.key)), replace(finding, message=message)
