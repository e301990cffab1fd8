"""What must hold across an nvdsanalytics file.

Source of the fatal rules: nvdsanalytics_property_parser.cpp, DeepStream 9.1. A file that it refuses stops the whole
pipeline: at the start, and when the file is reloaded.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deepstream.analytics.config import LAYOUT, AnalyticsFile
from deepstream.analytics.geometry import (
    Size,
    StreamGroup,
    crosses_itself,
    is_fractional,
    meets_frame,
    points_of,
    region_meets_frame,
    shapes_field,
)
from deepstream.analytics.groups import CrossingLine, DirectionDetection, LineCrossing, RoiFiltering
from deepstream.findings import Finding, Severity
from deepstream.keyfile_values import Reader, read

SET_IN_FRAME: Final = "set the points in the frame that config-width and config-height name"

_NUMBERS = {"roi-": (6, None), "line-crossing-": (8, 8), "direction-": (4, 4)}
"""By the prefix of the key: the fewest and the most numbers that its value must have."""


def check_analytics_file(file: AnalyticsFile, *, batch_size: int | None = None) -> tuple[Finding, ...]:
    """Checks a whole file.

    Args:
        file: what to check.
        batch_size: number of streams of the streammux; None when it is not known.
    """
    return tuple(_findings(file, batch_size))


def _findings(file: AnalyticsFile, batch_size: int | None) -> Iterator[Finding]:
    yield from _check_settings(file)
    width = file.settings.config_width if file.settings else None
    height = file.settings.config_height if file.settings else None
    for prefix, (attribute, _) in LAYOUT.numbered.items():
        groups: Mapping[int, StreamGroup] = getattr(file, attribute)
        for stream, group in groups.items():
            name = f"{prefix}{stream}"
            yield from _check_group(name, group)
            yield from _check_shapes(name, group, width, height)
            if batch_size is not None and stream >= batch_size:
                message = (
                    f"no camera ever has the number {stream}: the batch has {batch_size} streams, counted from 0; "
                    "nothing is counted by this group"
                )
                yield Finding(Severity.WARNING, message, name)
    yield from _check_shared_labels(file)


def _check_settings(file: AnalyticsFile) -> Iterator[Finding]:
    if file.settings is None:
        yield Finding(Severity.ERROR, "the group is missing: DeepStream refuses the file", "property")
        return
    for field, name in (("enable", "enable"), ("config_width", "config-width"), ("config_height", "config-height")):
        value = getattr(file.settings, field)
        if value is None and name not in file.settings.extra_keys:
            yield Finding(Severity.ERROR, "the key is missing: DeepStream refuses the file", "property", name)
        elif value == 0 and field != "enable":
            message = (
                "a frame of no size: no point lies inside; write the size of the frame that the points were set in"
            )
            yield Finding(Severity.ERROR, message, "property", name)


def _check_group(name: str, group: StreamGroup) -> Iterator[Finding]:
    field = shapes_field(group)
    prefix = group.keys()[field].name
    extra = {key: raw for key, raw in group.extra_keys.items() if key.startswith(prefix) and len(key) > len(prefix)}
    if not getattr(group, field) and not extra:
        message = (
            f"the group has no {prefix}<label>: DeepStream refuses the whole file, even when the group is not enabled; "
            "give it one, or leave the group away"
        )
        yield Finding(Severity.ERROR, message, name)
    if group.enable is None and "enable" not in group.extra_keys:
        yield Finding(Severity.WARNING, "the key is missing, so the group does nothing; write enable=1", name, "enable")
    for key, raw in extra.items():
        message = _fault_of(prefix, raw)
        if message:
            yield Finding(Severity.ERROR, message, name, key)


def _fault_of(prefix: str, raw: str) -> str:
    """Why the raw value of a shape is no good, or nothing."""
    try:
        numbers = read(Reader.INTEGER_LIST, raw)
    except ValueError as error:
        return f"{error}; DeepStream refuses the file"
    if not isinstance(numbers, tuple):
        raise TypeError("a reader of lists gives a tuple")
    fewest, most = _NUMBERS[prefix]
    if len(numbers) % 2:
        return f"{len(numbers)} numbers are no points: DeepStream reads one behind the end, which can be any number"
    if len(numbers) < fewest:
        return f"{len(numbers)} numbers are too few, {fewest} are needed: DeepStream reads behind the end of the list"
    if most is not None and len(numbers) > most:
        return f"{len(numbers)} numbers are too many: DeepStream looks at the first {most} only"
    if any(isinstance(one, int) and one < 0 for one in numbers):
        return "a point lies left of or above the frame: DeepStream refuses the whole file"
    return ""


def _check_shapes(name: str, group: StreamGroup, width: int | None, height: int | None) -> Iterator[Finding]:
    field = shapes_field(group)
    prefix = group.keys()[field].name
    for label, shape in getattr(group, field).items():
        found = [*(_beyond(group, shape, (width, height)) if width and height else ()), *_degenerate(group, shape)]
        for severity, message in found:
            yield Finding(severity, message, name, prefix + label)


def _beyond(group: StreamGroup, shape: Any, frame: Size) -> Iterator[tuple[Severity, str]]:
    """What lies over the right or lower edge of the frame. The edges themselves are let pass: regions are drawn to them.

    DeepStream takes such points. Objects are looked for at the middle of their lower edge, which lies in the frame
    (https://docs.nvidia.com/metropolis/deepstream/dev-guide/text/DS_plugin_gst-nvdsanalytics.html), so a region counts
    by the part that is seen, a line by its part, or all of its length on both sides when it is extended, and of a
    direction only where it points to matters.
    """
    if is_fractional(shape):
        return
    point = next((one for one in points_of(shape) if one[0] > frame[0] or one[1] > frame[1]), None)
    if point is None:
        return
    where = f"the point {point[0]};{point[1]} lies outside of the frame of {frame[0]}x{frame[1]}"
    advice = SET_IN_FRAME
    if isinstance(shape, CrossingLine):
        endless = isinstance(group, LineCrossing) and group.extended is not False
        counts, what = meets_frame(shape.line, frame, endless=endless), "line"
    elif isinstance(group, DirectionDetection):
        counts, what = True, "direction"
    else:
        counts, what = region_meets_frame(shape, frame), "region"
    if counts:
        yield Severity.WARNING, f"{where}; DeepStream takes it, and the {what} counts; if it is not meant, {advice}"
    elif isinstance(group, RoiFiltering) and group.inverse_roi:
        yield Severity.WARNING, f"{where}, and with it the whole region: every object is outside of it; {advice}"
    else:
        yield Severity.ERROR, f"{where}, and with it the whole {what}, which no object ever gets to; {advice}"


def _degenerate(group: StreamGroup, shape: Any) -> Iterator[tuple[Severity, str]]:
    if isinstance(shape, CrossingLine):
        (from_x, from_y), (to_x, to_y) = shape.direction
        (start_x, start_y), (end_x, end_y) = shape.line
        if shape.line[0] == shape.line[1]:
            yield Severity.ERROR, "the line begins where it ends, so nothing can cross it"
        elif shape.direction[0] == shape.direction[1]:
            yield Severity.ERROR, "the direction ends where it begins, so no way of crossing the line counts"
        elif (to_x - from_x) * (end_y - start_y) == (to_y - from_y) * (end_x - start_x):
            message = "the direction runs along the line, so it does not tell one way of crossing from the other"
            yield Severity.WARNING, message
    elif isinstance(group, DirectionDetection):
        if shape[0] == shape[1]:
            yield Severity.ERROR, "the direction ends where it begins, so nothing moves in it"
    elif len(set(shape)) < 3:
        yield Severity.WARNING, "the region has fewer than 3 different points, so nothing is ever inside of it"
    elif crosses_itself(shape):
        yield Severity.WARNING, "the edge of the region crosses itself: give the corners in the order of going round it"


def _check_shared_labels(file: AnalyticsFile) -> Iterator[Finding]:
    for stream, group in file.overcrowding.items():
        other = file.roi_filtering.get(stream)
        for label in group.regions:
            if other and label in other.regions:
                message = (
                    f"[roi-filtering-stream-{stream}] has a region of this label too, and both counts are told under "
                    "it: the one of overcrowding wins; give the regions different labels"
                )
                yield Finding(Severity.WARNING, message, f"overcrowding-stream-{stream}", f"roi-{label}")
