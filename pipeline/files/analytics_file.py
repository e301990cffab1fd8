"""The file that DeepStream's nvdsanalytics reads, as rules.

As strict as nvdsanalytics_property_parser.cpp of DeepStream 9.1, and stricter where that one reads behind the end of a
list. What DeepStream passes over, it passes over too: other keys and groups, and a mode that there is not.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from pipeline.files.json_reader import ConfigError
from pipeline.files.key_file import Group, read_key_file
from pipeline.files.rules import (
    AnalyticsRules,
    CrossingLine,
    DirectionRule,
    LineCrossingRule,
    Mode,
    OvercrowdingRule,
    Point,
    RoiFilteringRule,
    StreamRules,
)

_STREAM_GROUP: Final = re.compile(r"(roi-filtering|overcrowding|line-crossing|direction-detection)-stream-(.*)")
_STREAM_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_ALL_CLASSES: Final = -1

_ShapeT = TypeVar("_ShapeT")


def read_analytics(file: Path) -> AnalyticsRules:
    """Reads the file; there are no rules if it is not there, or not enabled.

    Raises:
        ConfigError: If it cannot be read, or does not say what it must.
    """
    if not file.exists():
        return AnalyticsRules()
    groups = read_key_file(file)
    settings = next((group for group in groups if group.name == "property"), None)
    if settings is None:
        raise ConfigError(f"{file}: the group [property] is missing")
    width, height = settings.integer("config-width", 1), settings.integer("config-height", 1)
    _check_display(settings)
    # All groups are read, whatever is enabled: DeepStream refuses a file for those that are not, too.
    streams = _streams(groups)
    return AnalyticsRules(width, height, streams) if settings.boolean("enable") else AnalyticsRules()


def _check_display(settings: Group) -> None:
    """Nothing of it is used here, but DeepStream refuses the file if it is wrong."""
    settings.integer("osd-mode", 0, 2, default=2)
    settings.integer("display-font-size", -(2**31), default=12)
    settings.integer("obj-cnt-win-in-ms", 1, 10**9, default=1)
    settings.boolean("display-obj-cnt", default=False)


def _streams(groups: tuple[Group, ...]) -> Mapping[int, StreamRules]:
    found: dict[int, dict[str, Group]] = {}
    for group in groups:
        if match := _STREAM_GROUP.fullmatch(group.name):
            kind, number = match.groups()
            if not _STREAM_NUMBER.fullmatch(number):
                raise group.wrong("", "the name must end with the number of a stream, from 0")
            if found.setdefault(int(number), {}).setdefault(kind, group) is not group:
                raise group.wrong("", "the stream has another group of this kind")
    return {number: _stream(kinds) for number, kinds in found.items()}


def _stream(kinds: Mapping[str, Group]) -> StreamRules:
    def rule(kind: str, read: Callable[[Group], _ShapeT]) -> _ShapeT | None:
        group = kinds.get(kind)
        if group is None:
            return None
        read_rule = read(group)
        return read_rule if group.boolean("enable", default=False) else None

    return StreamRules(
        roi_filtering=rule("roi-filtering", _roi_filtering),
        overcrowding=rule("overcrowding", _overcrowding),
        line_crossing=rule("line-crossing", _line_crossing),
        direction=rule("direction-detection", _direction),
    )


def _roi_filtering(group: Group) -> RoiFilteringRule:
    return RoiFilteringRule(
        regions=_shapes(group, "roi-", _polygon),
        inverse=group.boolean("inverse-roi", default=RoiFilteringRule.inverse),
        class_ids=_class_ids(group),
    )


def _overcrowding(group: Group) -> OvercrowdingRule:
    return OvercrowdingRule(
        regions=_shapes(group, "roi-", _polygon),
        object_threshold=group.integer("object-threshold", 0, default=OvercrowdingRule.object_threshold),
        time_threshold_ms=group.integer("time-threshold", 0, default=OvercrowdingRule.time_threshold_ms),
        class_ids=_class_ids(group),
    )


def _line_crossing(group: Group) -> LineCrossingRule:
    return LineCrossingRule(
        lines=_shapes(group, "line-crossing-", _crossing_line),
        extended=group.boolean("extended", default=LineCrossingRule.extended),
        mode=_mode(group, LineCrossingRule.mode),
        class_ids=_class_ids(group),
    )


def _direction(group: Group) -> DirectionRule:
    return DirectionRule(
        directions=_shapes(group, "direction-", _way),
        mode=_mode(group, DirectionRule.mode),
        class_ids=_class_ids(group),
    )


def _shapes(group: Group, prefix: str, read: Callable[[Group, str], _ShapeT]) -> Mapping[str, _ShapeT]:
    """What stands at the keys with this prefix, by the label that follows it."""
    shapes = {key.removeprefix(prefix): read(group, key) for key in group.entries if key.startswith(prefix)}
    if not shapes:
        raise group.wrong("", f"has no {prefix}<label>; leave the group away, or give it one")
    return shapes


def _polygon(group: Group, key: str) -> tuple[Point, ...]:
    points = _points(group, key)
    if len(points) < 3:
        raise group.wrong(key, "must be a region of 3 points or more, x;y each")
    return points


def _crossing_line(group: Group, key: str) -> CrossingLine:
    points = _points(group, key)
    if len(points) != 4:
        raise group.wrong(key, "must be 8 numbers: the direction from x;y to x;y, then the line from x;y to x;y")
    return CrossingLine((points[0], points[1]), points[2], points[3])


def _way(group: Group, key: str) -> tuple[Point, Point]:
    points = _points(group, key)
    if len(points) != 2:
        raise group.wrong(key, "must be 4 numbers: a direction from x;y to x;y")
    return points[0], points[1]


def _points(group: Group, key: str) -> tuple[Point, ...]:
    numbers = group.integers(key)
    if len(numbers) % 2:
        raise group.wrong(key, f"{len(numbers)} numbers are no points: each is x;y, so their number is even")
    if any(number < 0 for number in numbers):
        raise group.wrong(key, "a point lies left of or above the frame: no number may be negative")
    return tuple((float(x), float(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=True))


def _class_ids(group: Group) -> frozenset[int] | None:
    ids = frozenset(group.integers("class-id")) if group.has("class-id") else frozenset()
    return None if not ids or _ALL_CLASSES in ids else ids


def _mode(group: Group, usual: Mode) -> Mode:
    word = group.text("mode", default=usual)
    return Mode(word) if word in tuple(Mode) else usual
