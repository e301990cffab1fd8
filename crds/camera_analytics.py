"""The lines and regions of one camera, checked against the picture that they are drawn in."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pydantic.alias_generators import to_camel

from crds.key_path import key_path
from deepstream.analytics.config import LAYOUT, AnalyticsFile
from deepstream.analytics.geometry import StreamGroup, is_fractional, points_of, shapes_field
from deepstream.analytics.groups import AnalyticsProperty
from deepstream.analytics.rules import SET_IN_FRAME, check_analytics_file
from deepstream.findings import Finding, Severity

Path = tuple[str | int, ...]

_STREAM: Final = 0
"""Any number will do: the file that is checked has this camera only."""
_FRAME_OF_CAMERA: Final = (
    "set the points in that frame, or give analytics.frame as the picture that they are drawn in, or write them as "
    "fractions of the picture, from 0.0 to 1.0"
)


def shape_findings(groups: Mapping[str, StreamGroup], width: int, height: int) -> Iterator[tuple[Path, Finding]]:
    """What is wrong with lines and regions.

    Args:
        groups: by the name of the field that an analytics file has for groups of this kind.
        width: of the picture in pixels; any will do for shapes in fractions.
        height: of the picture in pixels; likewise.

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
        message = finding.message.replace(SET_IN_FRAME, _FRAME_OF_CAMERA)
        yield (to_camel(field), *key_path(groups[field], finding.key)), replace(finding, message=message)


def unit_findings(groups: Mapping[str, StreamGroup]) -> Iterator[tuple[Path, Finding]]:
    """Shapes whose numbers are pixels and fractions of the picture at once, or look like the other than they are.

    Args:
        groups: as `shape_findings` takes them.

    Yields:
        As `shape_findings`; of a mixture, the message names the first point that does not fit.
    """
    for field, group in groups.items():
        shapes = shapes_field(group)
        for label, shape in getattr(group, shapes).items():
            path = (to_camel(field), shapes, label)
            odd = next((point for point in points_of(shape) if max(point) > 1), None)
            if is_fractional(shape) and odd is not None:
                message = (
                    f"the point {odd[0]};{odd[1]} is in pixels, and a number with a decimal point makes the shape one of "
                    "fractions of the picture: write all of it as whole pixels, or as fractions from 0.0 to 1.0"
                )
                yield path, Finding(Severity.ERROR, message)
            elif odd is None and not is_fractional(shape):
                message = (
                    "whole numbers are pixels, so the shape lies in the first pixel of the picture: write 0.0 and 1.0 if "
                    "fractions of the picture are meant"
                )
                yield path, Finding(Severity.WARNING, message)
